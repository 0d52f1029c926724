"""What must agree between the parts of one area file, and between the files of all areas."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from areas.doors import Ages, Cover
from areas.model import Area, Audience, Body, Purpose
from areas.parts import Reached, Tls, Way
from areas.reading import Problem, Reading, Where
from contracts.vocabulary import ProgressStage, Team

Finding = tuple[Where, str]


def problems_within(area: Area, reading: Reading) -> list[Problem]:
    """Return everything in one file that contradicts another part of the same file."""
    checks = (
        _districts,
        _front_doors,
        _ways,
        _smtp,
        _dovetail,
        _recipients,
        _completeness,
        _identities,
        _asked,
        _quorum,
    )
    return [reading.problem(where, sentence) for check in checks for where, sentence in check(area)]


def problems_between(loaded: Sequence[tuple[Area, Reading]]) -> list[Problem]:
    """Return what contradicts another file: a prefix or a mail address of two areas, two versions from one day.

    A panel elsewhere that is said to be of an area served here must be of one that has a file.
    """
    problems = list(_panels_elsewhere(loaded))
    prefixes: dict[str, str] = {}
    addresses: dict[str, str] = {}
    starts: dict[tuple[str, date], str] = {}
    for area, reading in loaded:
        if prefixes.setdefault(area.reference_prefix, area.area) != area.area:
            other = prefixes[area.reference_prefix]
            problems.append(
                reading.problem(("reference_prefix",), f"{other} already uses this prefix; choose another one.")
            )
        for number, address in enumerate(area.desk.mail_addresses):
            if addresses.setdefault(address.lower(), area.area) != area.area:
                where = ("desk", "mail_addresses", number)
                problems.append(
                    reading.problem(where, "Another area already receives mail here; give each area its own.")
                )
        first = starts.setdefault((area.area, area.valid_from), area.version)
        if first != area.version:
            sentence = f"Version {first} is valid from the same day; let this one begin on another day."
            problems.append(reading.problem(("valid_from",), sentence))
    return problems


def _panels_elsewhere(loaded: Sequence[tuple[Area, Reading]]) -> Iterator[Problem]:
    served = {area.area for area, _ in loaded}
    for area, reading in loaded:
        for number, panel in enumerate(area.channel.panels_elsewhere):
            where: Where = ("channel", "panels_elsewhere", number, "area")
            if panel.area == area.area:
                yield reading.problem(where, "This is the area of the file itself; name another one, or take it out.")
            elif panel.area and panel.area not in served:
                sentence = f"{panel.area!r} has no file here; correct it, or leave area out: then a link is mailed."
                yield reading.problem(where, sentence)


def problems_with_withholding(
    area: Area, reading: Reading, may_withhold: Mapping[str, frozenset[str]]
) -> list[Problem]:
    """Return every withheld field that the audience's contract does not have, or cannot do without."""
    return [
        reading.problem(
            ("recipients", number, "withhold", position),
            f"The {recipient.audience} contract has no optional field {name!r}; choose from "
            f"{_choices(name, may_withhold.get(recipient.audience, frozenset()))}.",
        )
        for number, recipient in enumerate(area.recipients)
        for position, name in enumerate(recipient.withhold)
        if name not in may_withhold.get(recipient.audience, frozenset())
    ]


def _choices(name: str, known: frozenset[str]) -> str:
    """Return the fields to choose from: those beside the wrong one, for the form has some seventy paths."""
    above = name.rpartition(".")[0]
    near = sorted(each for each in known if each.rpartition(".")[0] == above)
    return ", ".join(near or sorted(each for each in known if "." not in each)) or "none"


def _districts(area: Area) -> Iterator[Finding]:
    for name, count in Counter(area.districts).items():
        if count > 1:
            yield ("districts",), f"{name!r} is listed twice; keep it once."
    for number, (_, name) in enumerate(area.other_spellings):
        if name not in area.districts:
            yield (
                ("other_spellings", number),
                f"{name!r} is not a district here; correct it or list it under districts.",
            )


def _served(area: Area, part: str, served: Iterable[tuple[str, ...]], whom: str = "") -> Iterator[Finding]:
    owners: Counter[str] = Counter()
    for number, districts in enumerate(served):
        owners.update(districts)
        for position, name in enumerate(districts):
            if name not in area.districts:
                where = (part, number, "districts", position)
                yield where, f"{name!r} is not a district here; correct it or list it under districts."
    for name in area.districts:
        if owners[name] != 1:
            yield (part,), f"{name!r} is served by {owners[name]} entries of {part}{whom}; it needs exactly one."


def _front_doors(area: Area) -> Iterator[Finding]:
    found = [
        each
        for ages in (Ages.CHILDREN, Ages.ADULTS)
        for each in _served(
            area,
            "front_doors",
            [door.districts if door.ages in {Ages.EVERYONE, ages} else () for door in area.front_doors],
            f" for {ages}" if any(door.ages != Ages.EVERYONE for door in area.front_doors) else "",
        )
    ]
    yield from dict.fromkeys(found)
    if area.front_door_when_unknown not in {door.id for door in area.front_doors}:
        yield ("front_door_when_unknown",), "No front door has this id; use the id of one under front_doors."


def _smtp(area: Area) -> Iterator[Finding]:
    """Find what may have the form by mail, and is never to be encrypted."""
    never = {domain for domain, policy in area.smtp.tls if policy is Tls.NEVER}
    for number, door in enumerate(area.front_doors):
        for at, domain in enumerate(door.secure_domains):
            if domain.casefold() in never:
                sentence = (
                    f"The form may go to {domain}, of which smtp.tls says never; write required there, or remove it."
                )
                yield ("front_doors", number, "secure_domains", at), sentence


def _ways(area: Area) -> Iterator[Finding]:
    """Find ways that tell nobody: only front doors have an inbox, which is there at once, so nothing follows it."""
    named: dict[str, Sequence[Reached]] = {
        "front_doors": area.front_doors,
        "signpost_services": area.signpost_services,
        "gateway.forces": area.gateway.forces,
        "gateway.escalations": area.gateway.escalations,
        "channel.escalations": area.channel.escalations,
        "panel.members": area.panel.members,
        "channel.partners": area.channel.partners,
        "channel.intervention_providers": area.channel.intervention_providers,
        "channel.panels_elsewhere": area.channel.panels_elsewhere,
    }
    for at, door in enumerate(area.front_doors):
        named[f"front_doors.{at}.escalations"] = door.escalations
    for part, each in named.items():
        for number, reached in enumerate(each):
            where: Where = (*(int(at) if at.isdecimal() else at for at in part.split(".")), number, "ways")
            if Way.INBOX in reached.ways and part != "front_doors":
                yield where, "Only a front door has an inbox; name smtp, govuk-notify or webhook."
            elif Way.INBOX in reached.ways and len(reached.ways) > 1:
                yield where, "What stands in the inbox has arrived, so no other way goes with it; name inbox alone."
    if not set(area.referrer_ways) <= {Way.SMTP, Way.GOVUK_NOTIFY}:
        yield ("referrer_ways",), "Referrers are reached by mail alone; name smtp, govuk-notify, or both."


def _dovetail(area: Area) -> Iterator[Finding]:
    told = area.recipient(Team.DOVETAIL) is not None
    if area.dovetail_teams:
        yield from _served(area, "dovetail_teams", (team.districts for team in area.dovetail_teams))
        if not told:
            yield ("recipients",), "The area has dovetail_teams; add a recipient with team dovetail."
    elif told:
        yield ("recipients",), "No Dovetail team exists; remove the recipient dovetail or add dovetail_teams."
    if area.gathers == Body.LOCAL_AUTHORITY and not area.dovetail_teams:
        yield ("gathers",), "The local authority gathers but has no dovetail_teams; add them or write police."


AUDIENCES = {
    Team.IMU: Audience.POLICE,
    Team.GATEWAY: Audience.POLICE,
    Team.FRONT_DOOR: Audience.SOCIAL_CARE,
    Team.DOVETAIL: Audience.AWARENESS,
    Team.STATISTICS: Audience.STATISTICS,
}
SERVICES = {
    Audience.POLICE: "triage",
    Audience.SOCIAL_CARE: "notify",
    Audience.AWARENESS: "channel",
    Audience.STATISTICS: "stats",
}


def _recipients(area: Area) -> Iterator[Finding]:
    for number, recipient in enumerate(area.recipients):
        ceiling = AUDIENCES[recipient.team]
        if recipient.audience != ceiling:
            yield ("recipients", number, "audience"), f"{recipient.team} reads {ceiling} at most; write {ceiling}."
        elif recipient.service != SERVICES[ceiling]:
            yield (
                ("recipients", number, "service"),
                f"{SERVICES[ceiling]} serves the {ceiling} audience; write {SERVICES[ceiling]}.",
            )
        if recipient.documents and ceiling not in {Audience.POLICE, Audience.SOCIAL_CARE}:
            yield ("recipients", number, "documents"), f"The {ceiling} audience never has documents; write no."
        if recipient.withhold != _first_of(area, recipient.audience):
            yield ("recipients", number, "withhold"), "Teams of one audience share an event; give them the same list."
        yield from _shared(area, number)
    for team in (Team.IMU, Team.GATEWAY, Team.FRONT_DOOR):
        found = area.recipient(team)
        if found is None or not found.required:
            yield ("recipients",), f"The referral must reach {team} everywhere; add it with required: yes."


def _shared(area: Area, number: int) -> Iterator[Finding]:
    """Find what one team of an audience may have and the other may not, and equality data for who never has any."""
    recipient = area.recipients[number]
    first = next(each for each in area.recipients if each.audience == recipient.audience)
    for name in ("documents", "equality_monitoring", "announce_unread"):
        if getattr(recipient, name) != getattr(first, name):
            yield ("recipients", number, name), "Teams of one audience share an event; give them the same answer."
    if recipient.equality_monitoring and AUDIENCES[recipient.team] not in {Audience.POLICE, Audience.STATISTICS}:
        sentence = f"The {AUDIENCES[recipient.team]} audience never has equality monitoring; write no."
        yield ("recipients", number, "equality_monitoring"), sentence
    for position, name in enumerate(recipient.withhold):
        if name in recipient.withhold[:position]:
            yield ("recipients", number, "withhold", position), f"{name!r} stands here twice; keep it once."


def _first_of(area: Area, audience: Audience) -> tuple[str, ...]:
    return next(recipient.withhold for recipient in area.recipients if recipient.audience == audience)


def _completeness(area: Area) -> Iterator[Finding]:
    stages = Counter(telling.stage for telling in area.referrer_told)
    for stage in ProgressStage:
        if stages[stage] != 1:
            yield ("referrer_told",), f"Stage {stage} is named {stages[stage]} times; name it exactly once."
    purposes = Counter(retention.purpose for retention in area.retention)
    for purpose in Purpose:
        if purposes[purpose] != 1:
            yield ("retention",), f"Purpose {purpose} has {purposes[purpose]} periods; give it exactly one."
    covers = Counter(officer.cover for officer in area.duty_officers)
    for cover in Cover:
        if not covers[cover]:
            yield ("duty_officers",), f"Nobody covers {cover}; name a duty officer with that cover."


def _identities(area: Area) -> Iterator[Finding]:
    parts: dict[str, list[str]] = {
        "front_doors": [door.id for door in area.front_doors],
        "dovetail_teams": [team.id for team in area.dovetail_teams],
        "police_teams": [team.id for team in area.police_teams],
        "duty_officers": [officer.id for officer in area.duty_officers],
        "signpost_services": [service.id for service in area.signpost_services],
        "recipients": [recipient.team for recipient in area.recipients],
        "panel.members": [member.id for member in area.panel.members],
        "channel.partners": [partner.id for partner in area.channel.partners],
        "channel.intervention_providers": [provider.id for provider in area.channel.intervention_providers],
        "channel.panels_elsewhere": [panel.id for panel in area.channel.panels_elsewhere],
    }
    for part, names in parts.items():
        for name, count in Counter(names).items():
            if count > 1:
                yield tuple(part.split(".")), f"{name!r} stands here {count} times; each may be listed once."


def _asked(area: Area) -> Iterator[Finding]:
    """Find an id of two bodies that are asked by links: a link goes to an id, whatever list it stands in."""
    first: dict[str, str] = {}
    lists: dict[str, Iterable[str]] = {
        "panel.members": (each.id for each in area.panel.members),
        "channel.partners": (each.id for each in area.channel.partners),
        "channel.intervention_providers": (each.id for each in area.channel.intervention_providers),
        "channel.panels_elsewhere": (each.id for each in area.channel.panels_elsewhere),
        "signpost_services": (each.id for each in area.signpost_services),
    }
    for part, ids in lists.items():
        for number, name in enumerate(ids):
            other = first.setdefault(name, part)
            if other != part:
                where: Where = (*part.split("."), number, "id")
                yield where, f"{name!r} is also the id of one under {other}; who is asked by a link needs an id alone."


def _quorum(area: Area) -> Iterator[Finding]:
    """Find whom the panel needs and does not have: without them it could never decide."""
    members = area.panel.members
    if not any(each.sector == "police" and each.force == area.police_force for each in members):
        yield ("panel", "members"), f"Nobody has sector: police and force: {area.police_force}; the panel needs them."
    for number, member in enumerate(members):
        if member.chairs and member.sector != "local-authority":
            yield ("panel", "members", number, "chairs"), "Only the local authority chairs the panel; write no."
    for number, sector in enumerate(area.panel.also_needed):
        if sector not in {each.sector for each in members}:
            yield ("panel", "also_needed", number), f"No member has sector {sector!r}; add one or take it out here."
    for account, count in Counter(each.account for each in members if each.account).items():
        if count > 1:
            yield ("panel", "members"), f"The account {account!r} stands here {count} times; list a person once."
