"""The whole embedded system of one start: database, schema, identity provider and services, in the right order."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

from cli import bus, schema, vault
from cli.errors import StartFailed
from cli.forks import Nursery, Request
from cli.nursery import SUPERVISOR
from cli.ports import HOST, MAIL_SINK, PROVIDER, SMTP, Ports
from cli.postgres import Cluster, user_prefix
from cli.state import Purpose, StateFolder
from cli.supervise import Program, Supervisor, run_command
from contracts.catalogue import SERVICES

READY_SECONDS = 2.0
PREFIX = "THROUGHLINE_"
REAL_USE_NEEDS = {
    "SMTP_HOST": ("the mail server that notices go out through", ("notify",)),
    "ISSUER_URL": ("the sign-in provider of the staff", SERVICES),
}
NOT_FOR_ALL = ("OIDC_", "SUPERVISOR", "BUS_ADMIN", *(f"{service.upper()}_" for service in SERVICES))


@dataclass(frozen=True)
class Plan:
    """What is to be started: the state folder, what for, on which ports, and another bus than the embedded one."""

    folder: StateFolder
    purpose: Purpose
    ports: Ports
    bus_url: str = ""


class System:
    """One start of everything; `stop` leaves no process and no socket behind."""

    def __init__(self, plan: Plan, announce: Callable[[str], None]) -> None:
        """Prepare to start the plan; sentences for people go to `announce`."""
        self._plan = plan
        self._announce = announce
        self._supervisor = Supervisor(announce, plan.folder.processes)
        loads = ("chassis.transports.kafka",) if bus.is_kafka(plan.bus_url) else ()
        self._nursery = Nursery(inherited(), plan.folder.logs / "nursery.log", loads)
        self._client = httpx2.AsyncClient(timeout=READY_SECONDS, trust_env=False)

    async def start(self) -> None:
        """Start everything and return when every service is ready; raises a refusal that says what to mend."""
        folder = self._plan.folder
        secrets = vault.load(folder)
        password = secrets.role_passwords[vault.SUPERUSER]
        if bus.is_kafka(self._plan.bus_url):
            self._announce("Preparing the bus.")
            await bus.prepare(self._plan.bus_url, secrets.bus_passwords)
        cluster = Cluster(folder.postgres, folder.sockets(), password, user_prefix())
        vault.deal(folder, secrets, self.addresses(cluster))
        self._announce("Starting the database.")
        await self._nursery.start()
        await self._supervisor.start(_database(folder, cluster))
        if not schema.is_newest(folder):
            self._announce("Preparing the databases.")
            await self._prepare()
        if bus.is_kafka(self._plan.bus_url):
            await bus.leave_embedded(cluster, secrets)
        self._announce("Starting the services.")
        await self._supervisor.start(*self._programs())

    def addresses(self, cluster: Cluster) -> vault.Addresses:
        """Return where this start's databases, services and mailbox are found."""
        ports, bus_url = self._plan.ports, self._plan.bus_url
        other = bus.service_urls(bus_url) if bus.is_kafka(bus_url) else None
        return vault.Addresses(cluster.url, ports.service_urls(), (HOST, ports.by_name[SMTP]), other)

    async def _prepare(self) -> None:
        """Prepare in a process of its own: the tools it loads do not stay in the supervisor's memory."""
        folder = self._plan.folder
        log = folder.logs / "prepare.log"
        child = await self._nursery.fork(Request("prepare", "cli.prepare", (str(folder.root),), inherited(), log))
        if await child.wait():
            message = f"The databases could not be prepared, and their data are as they were: read {log}."
            raise StartFailed(message)

    def _programs(self) -> list[Program]:
        services = [self._service(name) for name in SERVICES]
        return [self._provider(), *services] if self._plan.purpose == "demo" else services

    def _service(self, name: str) -> Program:
        log = self._plan.folder.logs / f"{name}.log"
        request = Request(name, "cli.serve", (name,), environment_of(self._plan, name), log)
        url = self._plan.ports.url(name) + "/health/ready"
        return Program(name, log, lambda: self._nursery.fork(request), lambda: self._answers(url))

    def _provider(self) -> Program:
        log = self._plan.folder.logs / "provider.log"
        arguments = (str(self._plan.ports.by_name[PROVIDER]), json.dumps(self._plan.ports.service_urls()))
        request = Request("provider", "cli.provider", arguments, inherited(), log)
        url = self._plan.ports.url(PROVIDER) + "/.well-known/openid-configuration"
        return Program("provider", log, lambda: self._nursery.fork(request), lambda: self._answers(url))

    async def _answers(self, url: str) -> bool:
        try:
            return (await self._client.get(url)).status_code == httpx2.codes.OK
        except httpx2.HTTPError:
            return False

    async def stop(self) -> None:
        """Stop everything, the database last."""
        await self._supervisor.stop()
        await self._nursery.stop()
        await self._client.aclose()


def _database(folder: StateFolder, cluster: Cluster) -> Program:
    log = folder.logs / "postgres.log"

    async def prepare() -> None:
        await asyncio.to_thread(cluster.prepare)

    async def ready() -> bool:
        return cluster.ready()

    return Program(
        "postgres", log, lambda: run_command(cluster.command(), inherited(), log), ready, prepare, signal.SIGINT
    )


def inherited() -> dict[str, str]:
    """Return the environment of every program: ours without any variable of PostgreSQL's or Throughline's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "THROUGHLINE_"))}
    return kept | {SUPERVISOR: str(os.getpid()), "PYTHONUNBUFFERED": "1"}


def environment_of(plan: Plan, service: str) -> dict[str, str]:
    """Return the environment of one service; of our secrets it holds only the path of the file that they are in."""
    ports, folder = plan.ports, plan.folder
    ours = {
        "SERVICE": service,
        "MODE": plan.purpose,
        "HOST": HOST,
        "PORT": str(ports.by_name[service]),
        "SECRETS_FILE": str(vault.secrets_file(folder, service)),
        "BUS_URL": "" if bus.is_kafka(plan.bus_url) else plan.bus_url,  # its administrator is for no service to see
        "TELEMETRY_URL": ports.url("monitor") + "/v1/traces",
        "PUBLIC_URL": ports.url(service),
        "SERVICE_URLS": json.dumps(ports.service_urls()),
    }
    if service == "intake":
        ours |= {"SMTP_HOST": HOST, "SMTP_PORT": str(ports.by_name[SMTP]), "SPOOL_DIRECTORY": str(folder.spool)}
    if plan.purpose == "demo":
        sink = str(ports.by_name[MAIL_SINK])
        ours |= {"ISSUER_URL": ports.url(PROVIDER), "CLOCK_FILE": str(folder.clock), "MAIL_DIRECTORY": str(folder.mail)}
        ours |= {"SMTP_HOST": HOST, "SMTP_PORT": sink, "MAIL_SINK_PORT": sink} if service == "notify" else {}
    settings = _set_for("") | ours | _set_for(f"{service.upper()}_")
    return inherited() | {f"{PREFIX}{name}": value for name, value in settings.items()}


def lacking() -> tuple[str, ...]:
    """Return, each with its meaning, the settings that real use needs and that somebody is not given."""
    return tuple(
        f"{PREFIX}{name} ({meaning})"
        for name, (meaning, services) in REAL_USE_NEEDS.items()
        if not all((_set_for("") | _set_for(f"{service.upper()}_")).get(name) for service in services)
    )


def _set_for(whom: str) -> dict[str, str]:
    """Return what is set for all (""), or for one alone ("NOTIFY_": THROUGHLINE_NOTIFY_SMTP_HOST is its SMTP_HOST).

    What is set for one service, or goes into the secrets files, is for nobody else to see.
    """
    prefix = f"{PREFIX}{whom}"
    given = {name.removeprefix(prefix): value for name, value in os.environ.items() if name.startswith(prefix)}
    return given if whom else {name: value for name, value in given.items() if not name.startswith(NOT_FOR_ALL)}
