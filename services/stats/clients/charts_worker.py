"""The process that draws charts: it says when it is ready, then a chart a line comes in as JSON, its SVG goes out."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

import altair as alt
import vl_convert

FONT = "Arial, Helvetica, sans-serif"
INK, QUIET, GRID = "#0b0c0c", "#484949", "#cecece"
COLOURS, DASHES, SHAPES = ("#12436d", "#f46a25"), ([1, 0], [6, 4]), ("circle", "square")
HIDDEN = "[c]"
WIDE, NARROW, LINES_WIDE = 720, 290, 560
BAR, LINE_OF_LABEL = 22, 15
TALL = 300
MOST_LEVEL_LABELS = 8
"""More labels than these stand upright."""


def svg_of(asked: Mapping[str, Any]) -> str:
    """Return a chart as SVG: presentation attributes only, with a title and a description for screen readers."""
    drawn = _bars(asked) if asked["kind"] == "bars" else _lines(asked)
    configured = (
        drawn.configure(font=FONT, background="#ffffff", padding=5)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=14, labelColor=INK, titleFontSize=14, titleColor=INK, gridColor=GRID, domainColor=QUIET,
            tickColor=QUIET,
        )
        .configure_legend(labelFontSize=14, labelColor=INK, labelLimit=400, symbolSize=120, title=None)
    )  # fmt: skip
    return _named(vl_convert.vegalite_to_svg(configured.to_dict()), asked["title"], asked["description"])


def _named(svg: str, title: str, description: str) -> str:
    head, _, rest = svg.partition(">")
    names = f'<title id="title">{escape(title)}</title><desc id="desc">{escape(description)}</desc>'
    return f'{head} role="img" aria-labelledby="title desc">{names}{rest}'


def _lines(asked: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    points = asked["points"]
    places = list(dict.fromkeys(point["label"] for point in points))
    series = list(dict.fromkeys(point["series"] for point in points))
    turned = bool(asked["narrow"]) or len(places) > MOST_LEVEL_LABELS
    across = alt.X(
        "label:O", sort=places, title=None,
        axis=alt.Axis(labelAngle=-90 if turned else 0, labelOverlap=False, labelLimit=200, grid=False),
    )  # fmt: skip
    upward = alt.Y(
        "value:Q", title=None, scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(format=",d", tickCount=5, tickMinStep=1),
    )  # fmt: skip
    looks = _looks(series, narrow=bool(asked["narrow"]))
    base = alt.Chart(alt.InlineData(values=[{**point, "marker": HIDDEN} for point in points])).encode(x=across)
    shown, gone = "isValid(datum.value)", "!isValid(datum.value)"
    line = base.mark_line(strokeWidth=3, invalid="break-paths-show-domains").encode(
        y=upward, color=looks["color"], strokeDash=looks["dash"]
    )
    dots = (
        base.transform_filter(shown)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(y=upward, color=looks["color"], shape=looks["shape"])
    )
    gaps = (
        base.transform_filter(gone)
        .mark_text(baseline="bottom", fontSize=13, color=INK)
        .encode(text="marker:N", y=alt.datum(0))
    )
    return _sized(alt.layer(line, dots, gaps), asked, TALL)


def _looks(series: list[str], *, narrow: bool) -> dict[str, Any]:
    """Return how series are told apart: by colour, by dashes and by the shape of their points, named in one legend."""
    legend = alt.Legend(orient="top", direction="vertical" if narrow else "horizontal") if len(series) > 1 else None
    number = len(series)

    def scale(looks: Sequence[Any]) -> alt.Scale:
        return alt.Scale(domain=series, range=list(looks[:number]))

    return {
        "color": alt.Color("series:N", sort=series, legend=legend, scale=scale(COLOURS)),
        "dash": alt.StrokeDash("series:N", sort=series, legend=legend, scale=scale(DASHES)),
        "shape": alt.Shape("series:N", sort=series, legend=legend, scale=scale(SHAPES)),
    }


def _sized(
    chart: alt.LayerChart | alt.FacetChart, asked: Mapping[str, Any], height: int
) -> alt.LayerChart | alt.FacetChart:
    # Lines stand beside their table, bars above it.
    wide = LINES_WIDE if asked["kind"] == "lines" else WIDE
    width = NARROW if asked["narrow"] else wide
    return chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding"))


def _bars(asked: Mapping[str, Any]) -> alt.LayerChart | alt.FacetChart:
    places = [point["label"] for point in asked["points"]]
    tallest = max(label.count("|") + 1 for label in places)
    most = max((point["value"] or 0 for point in asked["points"]), default=0)
    data = alt.InlineData(
        values=[
            {"label": point["label"], "value": point["value"] or 0,
             "said": HIDDEN if point["value"] is None else f"{point['value']:,}"}
            for point in asked["points"]
        ]
    )  # fmt: skip
    base = alt.Chart(data).encode(
        y=alt.Y(
            "label:O", sort=places, title=None,
            axis=alt.Axis(labelExpr="split(datum.label, '|')", labelLimit=400, ticks=False, labelPadding=8),
        ),
    )  # fmt: skip
    room = alt.Scale(domain=[0, max(most, 1) * 1.15], nice=False)
    bars = base.mark_bar(color=COLOURS[0], height=BAR - 4).encode(x=alt.X("value:Q", axis=None, scale=room))
    said = base.mark_text(align="left", dx=6, fontSize=14, color=INK).encode(
        x=alt.X("value:Q", axis=None, scale=room), text="said:N"
    )
    step = max(BAR + 10, tallest * LINE_OF_LABEL + 12)
    return _sized(alt.layer(bars, said), asked, step * len(places))


def main() -> None:
    """Say "ready", then answer every line with a chart; one that cannot be drawn ends the process."""
    vl_convert.vegalite_to_svg({"data": {"values": []}, "mark": "point"})  # the first one takes as long as many
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        answer = json.dumps({"svg": svg_of(json.loads(line))})
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
