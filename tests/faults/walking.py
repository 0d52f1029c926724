"""A pathway on which people write canaries wherever they may write, through every page that takes words."""

from dataclasses import dataclass
from uuid import UUID

from tests.faults.canaries import Plant
from tests.journeys.live import Live, signed_in, wait
from tests.journeys.pages import answered, links, words
from tests.journeys.steps import (
    CLOSURE,
    COORDINATOR,
    GATEWAY,
    IMU,
    REASON,
    SUPERVISOR,
    assessed,
    by_link,
    case_of,
    cleared,
    decided,
    drafted,
    indexed,
    ready,
    recorded,
    referred,
    risk_owner,
    state,
)
from tests.journeys.test_pathway import row_of

FRONT_DOOR = "frances.frontdoor@kent-council.example"
OFFICER = "Gwen Gateway (synthetic)"
WHO = {"by": "Ann Example (synthetic)", "service": "Early Help"}


def walked(live: Live, reference: str, plant: Plant) -> None:
    """Let people write canaries wherever they may write, and look for the person by name; it ends in partnership."""
    indexed(live, reference)
    walk = _Walk(live, reference, plant)
    for step in (walk.unit, walk.gateway, walk.guarded, walk.alike, walk.other_force, walk.closing, walk.service):
        step()
    walk.partnership()
    walk.channel()
    walk.front_door()
    walk.searched()


def returned(live: Live, reference: str, plant: Plant) -> None:
    """Let Channel return a pack with a canary."""
    ready(live, reference)
    decided(live, reference, "pass-on", rationale=plant.value("pass-on"))
    case_of(live, reference, "return", reason=plant.value("return"))


def asked_about(live: Live, reference: str) -> list[str]:
    """Return the references of which nobody has said whether they are about the same person."""
    with signed_in(live, "triage", GATEWAY) as browser:
        found = links(browser.get(f"/referrals/{reference}"))
    asked = [link.partition("?other=")[2] for link in found if f"/{reference}/same?other=" in link]
    return list(dict.fromkeys(asked))


@dataclass(frozen=True)
class _Walk:
    live: Live
    reference: str
    plant: Plant

    def unit(self) -> None:
        """The intelligence unit asks for more time, stops the referral, hands it over, and finds it clear."""
        self._found("need-more-time")
        self._found("record-conflict")
        self._record("investigation", IMU, "investigation.rationale", officer=OFFICER)
        self._record("investigation/accepted", IMU, "investigation.accepted")
        cleared(self.live, self.reference)

    def gateway(self) -> None:
        """Officers assess, note, correct, allocate and move a clock."""
        assessed(self.live, self.reference, said=self.plant.value("assessment"))
        self._record("note", GATEWAY, "note")
        self._record("correction", GATEWAY, "correction", reason="wrong-fact")
        self._record(f"clocks/extend-clock?clock=assessment&about={UUID(int=0)}", GATEWAY, "clock")
        self._record("allocate", SUPERVISOR, "allocation", officer=GATEWAY)

    def guarded(self) -> None:
        """A supervisor restricts the referral, lets an officer see it, takes them off, and ends it."""
        self._record("restriction", SUPERVISOR, "restriction", keeps="yes")
        guest = {"officer": "somebody-else", "officer_id": "a-guest", "officer_name": "Guest (synthetic)"}
        self._record("access", SUPERVISOR, "access", **guest)
        listed = "SELECT a.id FROM access a JOIN referral USING (subject) WHERE reference = $1 AND a.officer_id = $2"
        (row,) = self.live.of("triage", listed, self.reference, guest["officer_id"])
        self._record(f"access/{row['id']}/end", SUPERVISOR, "access.end")
        self._record("restriction/end", SUPERVISOR, "restriction.end")

    def alike(self) -> None:
        """An officer joins another referral to the person, separates it, cannot tell, and joins it again."""
        self._told_apart()
        other = referred(self.live)
        self._same(other, "linked")
        whose = "SELECT p.person FROM person_referral p JOIN referral USING (subject) WHERE reference = $1"
        (row,) = self.live.of("triage", whose, self.reference)
        with signed_in(self.live, "triage", GATEWAY) as browser:
            page = browser.get(f"/people/{row['person']}/separate")
            done = answered(browser, page, {"leaving": other, "reason": self.plant.value("separated")})
            assert done.history, words(done)
        self._same(other, "cannot-tell")
        self._same(other, "linked")

    def _told_apart(self) -> None:
        """Separate the canaries of other tests: born on the same day, they are asked about whenever one arrives."""
        whose = "SELECT p.person FROM person_referral p JOIN referral USING (subject) WHERE reference = ANY($1::text[])"
        for other in asked_about(self.live, self.reference):
            persons = {row["person"] for row in self.live.of("triage", whose, [self.reference, other])}
            if len(persons) > 1:
                self._same(other, "separate")

    def other_force(self) -> None:
        """Another force is offered the referral and refuses it."""
        self._decide("offer-transfer", force="southvale-police", message=self.plant.value("transfer.message"))
        no = {"answer": "refuse", "officer": "Nora Example (synthetic)", "rank": "Inspector", "step": "answer"}
        by_link(self.live, self.reference, "transfer-links", {**no, "reason": self.plant.value("transfer.refusal")})
        self._until("assessing")

    def closing(self) -> None:
        """A closure is proposed and sent back; another decision is begun and left."""
        said = {name: self.plant.value(f"closure.{name}") for name in ("finding", "alternatives", "earlier")}
        owner = risk_owner(self.live, self.reference)
        self._told_apart()
        longer = {name: f"SYNTHETIC: long enough, {each}." for name, each in said.items()}
        self._decide("propose-closure", **{**CLOSURE, **longer, "risk_owner": owner})
        self._decide("send-closure-back", SUPERVISOR)
        self._begin("offer-transfer", message=self.plant.value("begun"))

    def service(self) -> None:
        """A service is signposted to and reports by its link; a second signpost is told of by telephone."""
        self._decide("signpost", service="kent-early-help", message=self.plant.value("signpost.message"))
        report = {"report": self.plant.value("signpost.report"), "step": "report"}
        by_link(self.live, self.reference, "signpost-links", {**WHO, "step": "acknowledge"}, report)
        wait(lambda: not self._open(), 60, "The report of the service")
        self._decide("signpost", service="kent-early-help", message=self.plant.value("signpost.second"))
        self._end("done", "signpost.told", told_by=self.plant.value("signpost.told_by"))
        self._again()

    def partnership(self) -> None:
        """The police lead: an action is done, another cancelled, and the partnership reviewed."""
        self._decide("lead-partnership", risk_owner=OFFICER)
        for number, end in enumerate(("done", "cancel")):
            asked = {f"review_on-{name}": value for name, value in (("day", "18"), ("month", "5"), ("year", "2099"))}
            task = {
                "officer": "somebody-else",
                "officer_name": OFFICER,
                "message": self.plant.value(f"action.{number}"),
            }
            recorded(self.live, self.reference, "obligations/action", **task, **asked)
            self._end(end, f"action.{end}")
        self._record("partnership/review", GATEWAY, "review")
        self._again()

    def channel(self) -> None:
        """Channel accepts the pack, reports what it gathered and gives the case back; the police take it."""
        self._decide("pass-on")
        case_of(self.live, self.reference, "accept")
        self._until("handed-over")
        told = {"summary": self.plant.value("gathered"), "gathered_by": "Cora Coordinator (synthetic)"}
        case_of(self.live, self.reference, "record-gathered", **told)
        known = "SELECT gathered FROM referral WHERE reference = $1"
        wait(lambda: self.live.of("triage", known, self.reference)[0]["gathered"], 60, "What was gathered")
        self._record("correction", GATEWAY, "correction.told", reason="wrong-fact")
        case_of(self.live, self.reference, "give-back", reason=self.plant.value("given-back"))
        self._until("given-back")
        self._decide("take-back")
        drafted(self.live, self.reference, said=self.plant.value("draft"))

    def front_door(self) -> None:
        """Social care says what it does."""
        with signed_in(self.live, "notify", FRONT_DOOR) as browser:
            inbox = browser.get("/inbox")
            (link,) = {link for link in links(inbox) if "/concerns/" in link and self.reference in row_of(inbox, link)}
            answered(browser, browser.get(link), {"report": self.plant.value("report")}, of="acknowledge")

    def searched(self) -> None:
        """Officers look for somebody by name, in every place that takes one."""
        for service, person in (("triage", GATEWAY), ("channel", COORDINATOR)):
            with signed_in(self.live, service, person) as browser:
                browser.get("/find", params={"reference": self.plant.value("find"), "q": self.plant.value("find")})
        with signed_in(self.live, "triage", GATEWAY) as browser:
            answered(browser, browser.get("/search"), {"words": self.plant.value("search")})

    def _same(self, other: str, answer: str) -> None:
        said = {"answer": answer, "reason": self.plant.value(f"same.{answer}")}
        recorded(self.live, self.reference, f"same?other={other}", **said)

    def _found(self, outcome: str) -> None:
        contact = self.plant.value(f"{outcome}.contact")
        self._record("deconfliction", IMU, f"{outcome}.note", outcome=outcome, contact=contact)

    def _record(self, page: str, by: str, field: str, /, **answers: str) -> None:
        recorded(self.live, self.reference, page, by, rationale=self.plant.value(field), **answers)

    def _decide(self, command: str, officer: str = GATEWAY, **answers: str) -> None:
        why = {"rationale": self.plant.value(f"{command}.rationale")}
        decided(self.live, self.reference, command, officer, **why, **answers)

    def _begin(self, command: str, **answers: str) -> None:
        """Leave a decision's page with words in it, as the page itself keeps them."""
        with signed_in(self.live, "triage", GATEWAY) as browser:
            address = f"/referrals/{self.reference}/decision/{command}"
            answered(browser, browser.get(address), {"rationale": "", **answers, "step": "check"})

    def _open(self) -> list[str]:
        query = "SELECT o.id FROM obligation o JOIN referral USING (subject) WHERE reference = $1 AND ended_at IS NULL"
        return [str(row["id"]) for row in self.live.of("triage", query, self.reference)]

    def _end(self, end: str, field: str, **answers: str) -> None:
        (obligation,) = self._open()
        self._record(f"obligations/{obligation}/{end}", GATEWAY, field, **answers)

    def _again(self) -> None:
        """Reopen the referral, which begins with the intelligence unit and an assessment."""
        self._decide("reopen")
        cleared(self.live, self.reference)
        assessed(self.live, self.reference, said=REASON)

    def _until(self, standing: str) -> None:
        wait(lambda: state(self.live, self.reference) == standing, 60, f"The state {standing}")
