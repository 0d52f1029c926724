"""A test that lacks what it needs is never left out where everything is to be run."""

import pytest

from tests import needed


@pytest.mark.parametrize(("everything", "ends"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_not_here_fails_where_everything_is_to_be_run_and_is_left_out_elsewhere(
    monkeypatch: pytest.MonkeyPatch, everything: str, ends: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", everything)
    with pytest.raises(ends, match="There is no node"):
        needed.needed(None, "There is no node.")
    needed.needed("/usr/bin/node", "There is no node.")
