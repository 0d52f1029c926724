"""The entry that docs/add-a-recipient.md shows is one that an area file takes, key by key."""

import re
import textwrap
from pathlib import Path

from areas import FrontDoor
from areas.parts import Reached
from areas.reading import read_yaml

GUIDE = Path("docs/add-a-recipient.md").read_text("utf-8")


def test_the_front_door_that_is_shown_is_one() -> None:
    found = re.search(r"^    - id: west-shire-children\n(?:^    .*\n)+", GUIDE, re.MULTILINE)
    assert found is not None
    reading = read_yaml(textwrap.dedent(found[0]), "docs/add-a-recipient.md")
    assert reading.problems == []
    entries = reading.value
    assert isinstance(entries, list)
    door = FrontDoor.model_validate(entries[0])
    assert door.secure_domains == ("west-shire.example",)
    assert str(door.ages) == "children"


def test_every_key_of_whoever_is_reached_is_explained() -> None:
    explained = set(re.findall(r"^\| `([a-z_]+)` \|", GUIDE, re.MULTILINE))
    assert set(Reached.model_fields) <= explained
