"""What people send to statistics."""

from pydantic import Field

from chassis.web import Form


class MakeReleaseForm(Form):
    """The area whose closed months are to be released."""

    area: str = Field(title="the area", min_length=1, max_length=60)
