"""The ethnic groups of the 2021 census of England and Wales, and the five broad ones that statistics count."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts.vocabulary.words import Ethnicity

ETHNIC_GROUPS: Mapping[Ethnicity, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        Ethnicity.ASIAN: (
            "Asian, Asian British or Asian Welsh",
            ("Bangladeshi", "Chinese", "Indian", "Pakistani", "Any other Asian background"),
        ),
        Ethnicity.BLACK: (
            "Black, Black British, Black Welsh, Caribbean or African",
            ("Caribbean", "African", "Any other Black, Black British, or Caribbean background"),
        ),
        Ethnicity.MIXED: (
            "Mixed or multiple ethnic groups",
            (
                "White and Black Caribbean",
                "White and Black African",
                "White and Asian",
                "Any other mixed or multiple ethnic background",
            ),
        ),
        Ethnicity.WHITE: (
            "White",
            (
                "English, Welsh, Scottish, Northern Irish or British",
                "Irish",
                "Gypsy or Irish Traveller",
                "Roma",
                "Any other White background",
            ),
        ),
        Ethnicity.OTHER: ("Other ethnic group", ("Arab", "Any other ethnic group")),
    }
)
"""The broad groups in the census's order, each with its name and the names of the groups in it."""
_BROAD = {name.casefold(): broad for broad, (title, names) in ETHNIC_GROUPS.items() for name in (title, *names)}


def broad_group(text: str) -> Ethnicity:
    """Return the broad group that a text names by exactly one of the census's names; not recorded where it does not.

    What somebody has written in words of their own is counted as nothing: software does not guess who somebody is.
    """
    return _BROAD.get(" ".join(text.split()).casefold(), Ethnicity.NOT_RECORDED)
