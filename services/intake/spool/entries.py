"""An original as it lies in the spool: everything that is kept with a referral, and the receipt that was given."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import datetime
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from chassis.actor import Actor
from services.intake.domain import ArrivalKey, Attachment, Localities, Original, Receipt

MADE_ANEW = {"practice", "likeness_key", "body", "attachments"}
"""What is not in an entry's head: found again by name, computed again, and what stands behind the head."""
LENGTH = struct.Struct(">Q")


def _default(field: Field[Any]) -> Any:
    """Return what a field is in an entry from before it was there."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return ... if field.default is MISSING else field.default


_HINTS = get_type_hints(Original)
_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", extra="forbid")
_Fields: type[BaseModel] = create_model(  # type: ignore[call-overload]  # its fields are those of Original
    "_Fields",
    __config__=_CONFIG,
    **{each.name: (_HINTS[each.name], _default(each)) for each in fields(Original) if each.name not in MADE_ANEW},
)


class Head(BaseModel):
    """What is sealed before the body: the receipt, who sent it, which local practice, and the original's fields.

    `first` is False for a mail that repeats the Message-ID of another entry with other bytes, and shares its receipt.
    `attached` has the name and media type of each attachment.
    """

    model_config = _CONFIG

    received_at: datetime
    first: bool
    actor: Actor
    area: str
    area_version: str
    district: str
    attached: tuple[tuple[str, str], ...] = ()
    original: _Fields

    @property
    def keys(self) -> tuple[ArrivalKey, ...]:
        """The signs by which the same arrival is recognised."""
        keys: tuple[ArrivalKey, ...] = self._fields["keys"]
        return keys

    @property
    def receipt(self) -> Receipt:
        """The receipt that was given."""
        return Receipt(self._fields["reference"], self.received_at, waiting=True)

    @property
    def door(self) -> str:
        """Through which door it came."""
        return str(self._fields["door"])

    @property
    def _fields(self) -> Mapping[str, Any]:
        return vars(self.original)


@dataclass(frozen=True)
class Spooled:
    """An entry as it is taken out: the original as it came, with the reference of its receipt."""

    id: UUID
    head: Head
    original: Original


def head_of(original: Original, *, actor: Actor, now: datetime, first: bool) -> Head:
    """Return the head of an entry; the original has its reference by now."""
    kept = {name: value for name, value in vars(original).items() if name not in MADE_ANEW}
    practice = original.practice
    return Head(
        received_at=now,
        first=first,
        actor=actor,
        area=practice.area,
        area_version=practice.version,
        district=practice.district,
        attached=tuple((each.name, each.media_type) for each in original.attachments),
        original=_Fields(**kept),
    )


def content_of(original: Original) -> bytes:
    """Return what stands behind the head: the body and the attachments, each after its length."""
    parts = (original.body, *(each.body for each in original.attachments))
    return b"".join(piece for part in parts for piece in (LENGTH.pack(len(part)), part))


def original_of(head: Head, content: bytes, localities: Localities, likeness_key: bytes) -> Original:
    """Return the original again; raises LookupError when the version of its area is not here any more."""
    practice = localities.by_version(head.area, head.area_version, head.district)
    body, *rest = _parts(content)
    attachments = tuple(Attachment(*named, part) for named, part in zip(head.attached, rest, strict=True))
    return Original(
        practice=practice, body=body, attachments=attachments, likeness_key=likeness_key, **vars(head.original)
    )


def _parts(content: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(content):
        [length] = LENGTH.unpack_from(content, place)
        place += LENGTH.size + length
        yield content[place - length : place]
