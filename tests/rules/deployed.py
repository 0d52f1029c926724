"""What the files of a deployment must agree on with the code: each rule returns what breaks it, in words."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from chassis.settings import ServiceSettings
from chassis.transports.access import access_of_contracts
from cli.ports import FIXED, SMTP
from contracts.catalogue import EVENT_BY_TYPE, SERVICES
from contracts.vocabulary import Role
from deploy import ready, shares
from services.monitor.domain import Trouble
from tests.deploy.composed import mounts
from tests.rules.tree import ROOT, all_files, parsed

Compose = dict[str, Any]
UNASKABLE = ("collector",)
"""Its image has one program, and nothing to ask it with."""
UNCHANGING = ("mailpit", "collector", "prometheus")
"""Of what others made: known to write to its volume or a temporary folder alone."""
CAPABILITIES = {"postgres": {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"}}
"""What becomes another user after it has begun as root."""
IMAGE = re.compile(r"(?:[a-z0-9-]+/)?[a-z0-9-]+:v?\d+(?:\.\d+)+[a-z0-9.-]*")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|CREDENTIAL|_KEY")
NOTHING = re.compile(r"(?:\$\{[A-Z_]+:-\})?")
CREDENTIALS_IN_URL = re.compile(r"//[^/\s:@]+:[^/\s@]+@")
STEPS = ("secrets", "provision")
HIDDEN = ("postgres", "kafka", "collector")
KINDS = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
OF_PROMETHEUS = {"up"}
WORDS = {"sum", "by", "or", "and", "unless", "on", "max", "min", "without"}
NEED_NOT_BE_SET = {
    "THROUGHLINE_BUS_URL": "stands in the secrets file, with a password",
    "THROUGHLINE_CLOCK_FILE": "moves the time of a demonstration started by throughline up",
    "THROUGHLINE_MAIL_DIRECTORY": "the mail folder of throughline up; in containers mails go to Mailpit",
    "THROUGHLINE_MAIL_SINK_PORT": "as above",
    "THROUGHLINE_STATISTICS_LINGER": "how long receipts are gathered; benchmarks alone change it",
}
"""What containers are never given, and why."""
HANDED_ON = re.compile(r"\$\{([A-Z_]+):-")


def settings_of(service: str) -> set[str]:
    """Return the variables that a service reads."""
    found = vars(import_module(f"services.{service}.settings")).values()
    classes = [one for one in found if isinstance(one, type) and issubclass(one, ServiceSettings)]
    return {f"THROUGHLINE_{name.upper()}" for one in classes for name in one.model_fields}


def services_are_there(compose: Compose) -> Iterator[str]:
    """Each service of the catalogue is a container that serves it."""
    for service in SERVICES:
        container = compose["services"].get(service, {})
        if container.get("command") != ["python", "-m", "cli.serve", service]:
            yield f"{service} is not served"
        if container.get("environment", {}).get("THROUGHLINE_SERVICE") != service:
            yield f"{service} is not told who it is"


def ports_are_those_of_the_list(compose: Compose) -> Iterator[str]:
    """Ports are those of cli/ports.py: what services listen on, are published at, and are looked for at."""
    where = str(compose["x-where"]) + str(compose["services"]["secrets"]["command"])
    for service in SERVICES:
        container, port = compose["services"].get(service, {}), str(FIXED[service])
        if container.get("environment", {}).get("THROUGHLINE_PORT") != port:
            yield f"{service} does not listen on {port}"
        if f"127.0.0.1:{port}:{port}" not in container.get("ports", ()):
            yield f"{service} is not published at {port} of this machine"
        if f"http://{service}:{port}" not in where or f"http://localhost:{port}" not in where:
            yield f"{service} is looked for elsewhere"
    door = str(FIXED[SMTP])
    intake = compose["services"]["intake"]
    if intake["environment"].get("THROUGHLINE_SMTP_PORT") != door or f"127.0.0.1:{door}:{door}" not in intake["ports"]:
        yield "the mailbox is not where referrals are sent"


def variables_are_settings(compose: Compose) -> Iterator[str]:
    """Every variable of a service is a setting that this service reads."""
    for service in SERVICES:
        given = compose["services"].get(service, {}).get("environment", {})
        yield from (f"{service} does not read {name}" for name in given.keys() - settings_of(service))


def settings_can_be_given(compose: Compose) -> Iterator[str]:
    """Every setting of a service is given or handed on, under its own name; those that need not be are listed."""
    for service in SERVICES:
        given = compose["services"].get(service, {}).get("environment", {})
        yield from (
            f"{service} cannot be given {name}" for name in settings_of(service) - given.keys() - NEED_NOT_BE_SET.keys()
        )
        yield from (f"{service} is given {name}, which need not be" for name in NEED_NOT_BE_SET.keys() & given.keys())
        for name, value in given.items():
            own = name.replace("THROUGHLINE_", f"THROUGHLINE_{service.upper()}_")
            for source in HANDED_ON.findall(str(value)):
                if source not in {name, own} and name != "THROUGHLINE_SERVICE_URLS":
                    yield f"{service} takes {name} from {source}"
    yield from (f"{name} is no setting" for name in NEED_NOT_BE_SET.keys() - set().union(*map(settings_of, SERVICES)))


def health_is_asked(compose: Compose) -> Iterator[str]:
    """Each service is asked at an address that exists; so are the database and the bus, which others wait for."""
    plumbing = (ROOT / "chassis" / "app.py").read_text(encoding="utf-8")
    if f'@router.get("{ready.PATH}")' not in plumbing:
        yield f"no service answers {ready.PATH}"
    for service in SERVICES:
        asked = compose["services"].get(service, {}).get("healthcheck", {}).get("test")
        if asked != ["CMD", "python", "-m", "deploy.ready"]:
            yield f"{service} is not asked whether it is ready"
    for name, container in compose["services"].items():
        for other, condition in _waits_for(container):
            if other not in compose["services"]:
                yield f"{name} waits for {other}, which is not there"
            elif condition == "service_healthy" and "test" not in compose["services"][other].get("healthcheck", {}):
                yield f"{name} waits for the health of {other}, which nobody asks"


def everybody_is_asked(compose: Compose) -> Iterator[str]:
    """Each container that stays is asked for its health; one that cannot be asked is named here."""
    for name, container in compose["services"].items():
        asked = container.get("healthcheck", {})
        if asked.get("disable") and name not in (*STEPS, "operator", *UNASKABLE):
            yield f"{name} is not asked for its health"
        if not asked.get("disable") and "test" not in asked:
            yield f"nothing says how {name} is asked for its health"


def _waits_for(container: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for other, how in container.get("depends_on", {}).items():
        yield other, how["condition"]


def images_are_named(compose: Compose) -> Iterator[str]:
    """Images have plain names and say their version; database and bus are the versions that the tests run on."""
    for name, container in compose["services"].items():
        if not IMAGE.fullmatch(container["image"]):
            yield f"{name} has the image {container['image']}"
    pom = (ROOT / "deploy" / "kafka" / "pom.xml").read_text(encoding="utf-8")
    wanted = re.findall(r"<kafka.version>(.*)</kafka.version>", pom)
    if compose["services"]["kafka"]["image"] != f"apache/kafka:{wanted[0]}":
        yield f"the bus is another Kafka than {wanted[0]}, which the tests run"
    if not compose["services"]["postgres"]["image"].startswith("postgres:18."):
        yield "the database is another PostgreSQL than 18, which the tests run"


def no_secret_is_written(compose: Compose) -> Iterator[str]:
    """No password, token or key stands in the file: only where one is found, or that somebody may set one."""
    for name, container in compose["services"].items():
        for variable, value in container.get("environment", {}).items():
            names_a_file = variable.endswith("_FILE")
            if SECRET_NAME.search(variable) and not names_a_file and not NOTHING.fullmatch(str(value)):
                yield f"{name} is given {variable}"
    if CREDENTIALS_IN_URL.search(str(compose)):
        yield "an address holds credentials"


def everybody_mounts_their_own(compose: Compose) -> Iterator[str]:
    """Each share is written by the step that makes it and read by one container; paths exist and volumes are named."""
    used = set()
    for name, container in compose["services"].items():
        for mount in mounts(container):
            used |= {mount.source} if mount.named else set()
            if mount.named and mount.source not in compose["volumes"]:
                yield f"{name} mounts {mount.source}, which is not declared"
            if not mount.named and not (ROOT / mount.source).exists():
                yield f"{name} mounts {mount.source}, which is not there"
            if mount.source.startswith("for-") and name not in {"secrets", mount.source.removeprefix("for-")}:
                yield f"{name} mounts {mount.source}"
            if mount.source == "state" and name not in STEPS:
                yield f"{name} reads every secret"
    yield from (f"nobody mounts {name}" for name in compose["volumes"].keys() - used)
    made = {mount.target for mount in mounts(compose["services"]["secrets"]) if mount.source.startswith("for-")}
    wanted = {f"/var/lib/throughline/shares/{receiver}" for receiver in shares.RECEIVERS}
    yield from (f"{path} goes to nobody or comes from nowhere" for path in made ^ wanted)


def topics_are_not_listed(compose: Compose) -> Iterator[str]:
    """Topics and events are named by the catalogue alone: what is in the containers is made from it."""
    text = str(compose)
    names = {topic.topic for topic in access_of_contracts()} | EVENT_BY_TYPE.keys()
    yield from (f"{name} is listed by hand" for name in names if name in text)


def little_is_allowed(compose: Compose) -> Iterator[str]:
    """Nobody has a right too many or can gain one, and what need not change cannot."""
    for name in (*SERVICES, *STEPS, "operator", *UNCHANGING):
        if not compose["services"].get(name, {}).get("read_only"):
            yield f"{name} may change its own programs"
    for name, container in compose["services"].items():
        if container.get("cap_drop") != ["ALL"] or set(container.get("cap_add", ())) - CAPABILITIES.get(name, set()):
            yield f"{name} has rights that it does not need"
        if container.get("security_opt") != ["no-new-privileges:true"] or container.get("privileged"):
            yield f"{name} may gain rights"


def nobody_is_reached(compose: Compose) -> Iterator[str]:
    """Nobody from outside the machine reaches any container, nor anybody the inner network."""
    for name, container in compose["services"].items():
        yield from (
            f"{name} is open to everybody" for port in container.get("ports", ()) if not port.startswith("127.0.0.1:")
        )
        yield from (
            f"{name} is on no network" for net in container.get("networks", ()) if net not in compose["networks"]
        )
    for name in HIDDEN:
        container = compose["services"][name]
        if container.get("ports") or container.get("networks") != ["inside"]:
            yield f"{name} is reached from outside"
    if compose["networks"]["inside"].get("internal") is not True:
        yield "the inner network has a way out"


@cache
def figures() -> frozenset[str]:
    """Return the name of every figure that the code offers, as Prometheus calls it."""
    found = set(OF_PROMETHEUS)
    for file in all_files():
        for node in ast.walk(parsed(file)):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                kind, name = ast.unparse(node.func).rpartition(".")[2], node.args[0].value
                if kind in KINDS and isinstance(name, str) and "." in name:
                    plain = re.sub(r"\W", "_", name)
                    found |= {plain + ending for ending in KINDS[kind]}
    return frozenset(found)


def figures_in(expression: str) -> set[str]:
    """Return the figures that a Prometheus expression asks for."""
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", expression)
    plain = re.sub(r"\b(?:by|without|on)\s*\([^)]*\)", " ", plain)
    plain = re.sub(r"[a-z_]+\s*(?=\()", " ", plain)
    return set(re.findall(r"\b[a-z][a-z0-9_]*\b", plain)) - WORDS


def alerts_are_grounded(files: Mapping[str, Any]) -> Iterator[str]:
    """Each alert asks for figures that exist and names a runbook that does; each trouble of monitor has one."""
    rules = [rule for content in files.values() for group in content["groups"] for rule in group["rules"]]
    for rule in rules:
        yield from (f"{rule['alert']} asks for {name}" for name in figures_in(rule["expr"]) - figures())
        if not (ROOT / str(rule["annotations"].get("runbook", "-"))).is_file():
            yield f"{rule['alert']} names no runbook"
    raised = {reason for rule in rules for reason in re.findall(r'reason="([^"]*)"', rule["expr"])}
    yield from (f"{reason} is no trouble, or has no alert" for reason in raised ^ {str(one) for one in Trouble})
    names = [rule["alert"] for rule in rules]
    yield from (f"{name} is there twice" for name in set(names) if names.count(name) > 1)


def dashboards_are_grounded(dashboard: Mapping[str, Any], datasources: Mapping[str, Any]) -> Iterator[str]:
    """Each panel asks a source that is provisioned for figures that exist."""
    known = {source["uid"] for source in datasources["datasources"]}
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield from (f"{panel['title']} asks for {name}" for name in figures_in(target["expr"]) - figures())
            if target["datasource"]["uid"] not in known:
                yield f"{panel['title']} asks a source that is not there"


def scraping_reaches_every_service(prometheus: Mapping[str, Any]) -> Iterator[str]:
    """Every service is scraped where it listens, under its own name."""
    found = {(job["job_name"], one) for job in prometheus["scrape_configs"] for one in _targets(job)}
    yield from (f"{name} at {target}" for name, target in found ^ {(one, f"{one}:{FIXED[one]}") for one in SERVICES})


def _targets(job: Mapping[str, Any]) -> Iterator[str]:
    for static in job["static_configs"]:
        yield from static["targets"]


def spans_keep_their_credential(collector: Mapping[str, Any], compose: Compose) -> Iterator[str]:
    """What a service showed goes on to monitor and to nobody else, and nothing on the way mixes services."""
    http = collector["receivers"]["otlp"]["protocols"]["http"]
    to_monitor = collector["exporters"]["otlphttp/monitor"]
    headers = collector["extensions"]["headers_setter"]["headers"]
    wanted = compose["services"]["intake"]["environment"]["THROUGHLINE_TELEMETRY_URL"]
    if wanted != f"http://collector:{http['endpoint'].rpartition(':')[2]}/v1/traces":
        yield "the services send their spans elsewhere"
    if http.get("include_metadata") is not True or "batch" in collector["processors"]:
        yield "the credential is lost on the way"
    if headers != [{"action": "upsert", "key": "Authorization", "from_context": "authorization"}]:
        yield "the credential is not what the service showed"
    if to_monitor["traces_endpoint"] != f"http://monitor:{FIXED['monitor']}/v1/traces":
        yield "monitor is elsewhere"
    holders = [name for name, one in collector["exporters"].items() if one.get("auth")]
    if holders != ["otlphttp/monitor"] or to_monitor["auth"]["authenticator"] != "headers_setter":
        yield "the credential goes to others than monitor"
    if sorted(collector["service"]["pipelines"]["traces"]["exporters"]) != sorted(collector["exporters"]):
        yield "not everybody is told"


def realm_speaks_our_words(realm: Mapping[str, Any], callback: str, claims: set[str]) -> Iterator[str]:
    """The realm has our roles, a client for each service that returns to it, the claims that we read, and no secret."""
    roles = {role["name"] for role in realm["roles"]["realm"]}
    yield from (f"the role {role} is not on both sides" for role in roles ^ {str(role) for role in Role})
    clients = {client["clientId"].removeprefix("throughline-"): client for client in realm["clients"]}
    yield from (f"{name} has no client, or is no service" for name in clients.keys() ^ set(SERVICES))
    for name, client in clients.items():
        told = {mapper["config"]["claim.name"] for mapper in client["protocolMappers"]}
        yield from (f"{name} is not told the claim {claim}" for claim in claims - told)
        if not all(url.endswith(callback) and str(FIXED.get(name)) in url for url in client["redirectUris"]):
            yield f"{name} is not returned to"
        if client["publicClient"] or client["attributes"].get("pkce.code.challenge.method") != "S256":
            yield f"{name} can be impersonated"
    yield from (f"{one} is in the file" for one in ("secret", "credentials") if f"'{one}':" in str(realm))
    for person in realm["users"]:
        if "(synthetic)" not in person["lastName"] or not person["email"].endswith(".example"):
            yield f"{person['username']} is not marked as made up"
        yield from (f"{role} is no role" for role in person["realmRoles"] if role not in roles)
