"""What the parts of an area file are built from: a frozen base, and the shapes of names, addresses and times."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=120)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=400)]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;.]+$", max_length=254)]
Prefix = Annotated[str, StringConstraints(pattern=r"^[A-HJKMNP-Z]{2,4}$")]
WorkingDays = Annotated[int, Field(ge=0, le=260)]
Months = Annotated[int, Field(ge=1, le=1200)]


class AreaPart(BaseModel):
    """A part of an area file: frozen, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Escalation(AreaPart):
    """A person who is told when a clock ran out so many working days ago and nobody has acted."""

    after_working_days: WorkingDays
    name: Words
    organisation: Words
    email: MailAddress
