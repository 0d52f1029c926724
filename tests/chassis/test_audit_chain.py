"""Attacks on an exported audit chain, checked offline."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.audit import chain

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def make_chain(count: int) -> tuple[chain.AuditEntry, ...]:
    entries: list[chain.AuditEntry] = []
    for number in range(1, count + 1):
        entry = chain.AuditEntry(
            service="triage",
            sequence=number,
            id=number * 3,
            at=NOW + timedelta(seconds=number),
            actor_kind="person",
            actor_id="synthetic-officer",
            action="referral.read",
            subject=UUID(int=number) if number % 2 else None,
            area="kent",
            reason="gateway assessment",
            trace_id="0af7651916cd43dd8448eb211c80319c",
            facts={"tries": number, "state": "open"},
            previous_hash=entries[-1].entry_hash if entries else chain.GENESIS,
            entry_hash=b"",
        )
        entries.append(replace(entry, entry_hash=chain.hash_entry(entry)))
    return tuple(entries)


ENTRIES = make_chain(10)
CHECKPOINTS = tuple(chain.sign_checkpoint(KEY, ENTRIES[at - 1], NOW) for at in (4, 8, 10))


def rehash(entries: tuple[chain.AuditEntry, ...]) -> tuple[chain.AuditEntry, ...]:
    """Return the chain as someone without the signing key would rewrite it: every hash right again."""
    rewritten: list[chain.AuditEntry] = []
    for number, entry in enumerate(entries, start=1):
        linked = replace(entry, sequence=number, previous_hash=rewritten[-1].entry_hash if rewritten else chain.GENESIS)
        rewritten.append(replace(linked, entry_hash=chain.hash_entry(linked)))
    return tuple(rewritten)


class TestVerify:
    def test_accepts_an_untouched_chain(self) -> None:
        found = chain.verify(ENTRIES, CHECKPOINTS, PUBLIC)
        assert found == chain.Verification(ok=True, problems=(), entries=10, last_sequence=10, vouched_to=10)

    def test_accepts_entries_newer_than_the_last_checkpoint_and_says_how_far_it_vouches(self) -> None:
        found = chain.verify(ENTRIES, CHECKPOINTS[:2], PUBLIC)
        assert (found.ok, found.last_sequence, found.vouched_to) == (True, 10, 8)

    @pytest.mark.parametrize(
        "change",
        [
            {"actor_id": "somebody-else"},
            {"at": NOW},
            {"subject": UUID(int=99)},
            {"reason": "other"},
            {"facts": {"tries": 0, "state": "open"}},
            {"area": "elsewhere"},
        ],
    )
    def test_finds_a_changed_row(self, change: dict[str, object]) -> None:
        entries = (*ENTRIES[:4], replace(ENTRIES[4], **change), *ENTRIES[5:])  # type: ignore[arg-type]
        found = chain.verify(entries, CHECKPOINTS, PUBLIC)
        assert found.problems == ("Entry 5 was changed after it was sealed.",)

    def test_finds_a_missing_row(self) -> None:
        found = chain.verify((*ENTRIES[:4], *ENTRIES[5:]), CHECKPOINTS, PUBLIC)
        assert found.problems == ("Entries 5 to 5 are missing.",)

    def test_finds_changed_order(self) -> None:
        entries = (*ENTRIES[:4], ENTRIES[5], ENTRIES[4], *ENTRIES[6:])
        found = chain.verify(entries, CHECKPOINTS, PUBLIC)
        assert any("the order was changed" in problem for problem in found.problems)

    def test_finds_a_truncated_tail(self) -> None:
        found = chain.verify(ENTRIES[:9], CHECKPOINTS, PUBLIC)
        assert found.problems == ("The chain ends at 9 but was checkpointed at 10: its tail was cut off.",)

    def test_finds_everything_gone(self) -> None:
        assert chain.verify((), CHECKPOINTS, PUBLIC).problems == (
            "Entries up to 10 were checkpointed but are missing.",
        )

    def test_finds_a_chain_rewritten_with_every_hash_right_again(self) -> None:
        entries = rehash((*ENTRIES[:4], replace(ENTRIES[4], actor_id="somebody-else"), *ENTRIES[5:]))
        found = chain.verify(entries, CHECKPOINTS, PUBLIC)
        assert found.problems == (
            "Entry 8 is not the one that was checkpointed: the chain was rewritten.",
            "Entry 10 is not the one that was checkpointed: the chain was rewritten.",
        )

    def test_finds_a_row_removed_and_the_rest_renumbered(self) -> None:
        entries = rehash((*ENTRIES[:4], *ENTRIES[5:]))
        assert not chain.verify(entries, CHECKPOINTS, PUBLIC).ok

    def test_refuses_checkpoints_signed_by_another_key(self) -> None:
        forger = Ed25519PrivateKey.generate()
        entries = rehash((*ENTRIES[:4], *ENTRIES[5:]))
        forged = tuple(chain.sign_checkpoint(forger, entries[at - 1], NOW) for at in (4, 9))
        found = chain.verify(entries, forged, PUBLIC)
        assert "The checkpoint at 4 was not signed with the key given." in found.problems
        assert not chain.verify(ENTRIES, CHECKPOINTS, forger.public_key().public_bytes_raw()).ok

    def test_refuses_a_checkpoint_whose_hash_was_edited(self) -> None:
        edited = (replace(CHECKPOINTS[0], entry_hash=ENTRIES[4].entry_hash), *CHECKPOINTS[1:])
        assert not chain.verify(ENTRIES, edited, PUBLIC).ok

    def test_wants_at_least_one_checkpoint(self) -> None:
        assert not chain.verify(ENTRIES, (), PUBLIC).ok

    def test_finds_two_signed_checkpoints_that_disagree(self) -> None:
        other = rehash((*ENTRIES[:4], *ENTRIES[5:]))
        both = (*CHECKPOINTS, chain.sign_checkpoint(KEY, other[7], NOW))
        assert "Two checkpoints at 8 disagree: the chain was rewritten." in chain.verify(ENTRIES, both, PUBLIC).problems

    def test_a_part_of_the_chain_needs_the_checkpoint_before_it(self) -> None:
        assert chain.verify(ENTRIES[4:], CHECKPOINTS, PUBLIC).ok
        assert not chain.verify(ENTRIES[5:], CHECKPOINTS, PUBLIC).ok
        assert not chain.verify(make_chain(11)[5:], CHECKPOINTS[1:], PUBLIC).ok

    def test_refuses_the_chain_of_another_service(self) -> None:
        other = tuple(replace(checkpoint, service="intake") for checkpoint in CHECKPOINTS)
        assert not chain.verify(ENTRIES, other, PUBLIC).ok


class TestExport:
    def test_lines_read_back_to_the_same_chain(self) -> None:
        assert chain.read_entries(chain.entry_line(entry) for entry in ENTRIES) == ENTRIES
        assert (
            chain.read_checkpoints(json.dumps(chain.checkpoint_values(one, PUBLIC)) for one in CHECKPOINTS)
            == CHECKPOINTS
        )

    @pytest.mark.parametrize("line", ["{", "[]", "{}", '{"sequence": 1}', "null"])
    def test_a_bad_line_is_named(self, line: str) -> None:
        with pytest.raises(chain.AuditExportUnreadable, match="Line 2"):
            chain.read_entries([chain.entry_line(ENTRIES[0]), line])
        with pytest.raises(chain.AuditExportUnreadable, match="Line 1"):
            chain.read_checkpoints([line])

    def test_an_edited_export_line_does_not_verify(self) -> None:
        lines = [chain.entry_line(entry) for entry in ENTRIES]
        lines[2] = lines[2].replace("synthetic-officer", "somebody-else")
        assert not chain.verify(chain.read_entries(lines), CHECKPOINTS, PUBLIC).ok
