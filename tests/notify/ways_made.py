"""An area whose recipients are reached by other ways than mail, and what became of their notices."""

from dataclasses import replace
from typing import Any

from areas.parts import Way
from chassis.app import Runtime
from services.notify.clients import Outward, WebhookClient
from tests.notify.made import AREA

SECRET = "whsec_" + "bWFkZS11cC1zZWNyZXQtZm9yLXRlc3Rz"


def reach_door(notify: Runtime, *ways: Way, webhook: str | None = None, door: str = "kent-cru") -> None:
    """Let a front door of the sample area be reached by these ways."""
    _change(notify, front_doors=lambda each: _reached(each, door, ways, webhook))


def reach_service(notify: Runtime, *ways: Way, webhook: str | None = None, service: str = "kent-early-help") -> None:
    """Let a service of the sample area be reached by these ways."""
    _change(notify, signpost_services=lambda each: _reached(each, service, ways, webhook))


def reach_referrers(notify: Runtime, *ways: Way) -> None:
    """Let the referrers of the sample area be reached by these ways."""
    files = [
        replace(file, area=file.area.model_copy(update={"referrer_ways": ways})) if file.area.area == AREA else file
        for file in notify.areas.files
    ]
    notify.areas = replace(notify.areas, files=tuple(files))


def _reached(each: Any, wanted: str, ways: tuple[Way, ...], webhook: str | None) -> Any:
    return each.model_copy(update={"ways": ways, "webhook": webhook}) if each.id == wanted else each


def _change(notify: Runtime, **changes: Any) -> None:
    files = []
    for file in notify.areas.files:
        if file.area.area != AREA:
            files.append(file)
            continue
        changed = {name: tuple(map(change, getattr(file.area, name))) for name, change in changes.items()}
        files.append(replace(file, area=file.area.model_copy(update=changed)))
    notify.areas = replace(notify.areas, files=tuple(files))


def with_webhooks(notify: Runtime, outward: Outward) -> None:
    """Let notify post webhooks as this says."""
    notify.clients = replace(notify.clients, webhooks=WebhookClient(outward))
