"""Joins the parts of a service: what it is, what runs beside its pages, and when it is ready."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import MetaData, select
from sqlalchemy.dialects.postgresql import insert

import areas
from chassis import audit, auth, clock, documents, holdings, ops, tables, telemetry, web
from chassis.actor import Actor
from chassis.broker import Handlers
from chassis.crypto import SubjectKeys, TopicKeys
from chassis.database import Database, is_world_down
from chassis.documents import Fetcher
from chassis.erasing import EraseSubject, MayErase
from chassis.errors import Unavailable
from chassis.inbox import Inbox
from chassis.inbox.applying import Opener
from chassis.inbox.inbox import InboxSettings
from chassis.inbox.receipts import OnReceipt
from chassis.internal import SCRAPER, WATCHER, ProblemRoute, digest_of, require_machine
from chassis.jobs import Job, keep_running
from chassis.ops.erasure import erase_stored
from chassis.outbox import Sealer as EventSealer
from chassis.patience import in_time
from chassis.policy import PermissionTable
from chassis.purging import PURGING
from chassis.relay import Relay
from chassis.runtime import Runtime
from chassis.session_store import DatabaseSessions
from chassis.settings import Secrets, ServiceSettings, load_secrets
from chassis.sheltered_sessions import ShelteredSessions
from chassis.transports import Transport
from chassis.transports.postgres import PostgresTransport
from chassis.web import Page, PageRequest
from contracts.catalogue import PARTITIONS, consumed_by, published_by, receipt_topic

__all__ = ["Door", "Job", "Runtime", "Service", "create_app"]

Door = Callable[[Runtime], AbstractAsyncContextManager[None]]
STOP_SECONDS = 5.0
LATE_SECONDS = 1.0

log = telemetry.logger(__name__)


@dataclass(frozen=True)
class Service:
    """What a service is made of; joined in its app.py, read by the chassis."""

    name: str
    title: str
    metadata: MetaData
    handlers: Handlers
    pages: tuple[Page, ...]
    permissions: PermissionTable
    navigation: tuple[tuple[str, str], ...] = ()
    jobs: tuple[Job, ...] = ()
    doors: tuple[Door, ...] = ()
    routers: tuple[APIRouter, ...] = ()
    ops_routes: tuple[Page, ...] = ()
    on_receipt: OnReceipt | None = None
    erase_subject: EraseSubject | None = None
    may_erase: MayErase | None = None
    clients: Callable[[ServiceSettings, Secrets], Any] | None = None
    refusal_values: Callable[[PageRequest], Mapping[str, object]] | None = None
    shelters: bool = False
    """Whether its doors open although the database is away: until that is back, everything else waits."""


class BusAddressUnknown(Unavailable):
    """The bus's URL names no transport that exists."""

    reason = "bus-address-unknown"


def make_transport(url: str) -> Transport:
    """Return the transport that a bus URL names; raises BusAddressUnknown, BusAddressUnreadable."""
    scheme = url.partition("://")[0]
    if scheme.startswith("postgresql"):
        return PostgresTransport(url, PARTITIONS)
    if scheme in {"kafka", "kafka+ssl"}:
        from chassis.transports.kafka import KafkaTransport  # noqa: PLC0415  10 MB and a second that others save

        return KafkaTransport(url, PARTITIONS)
    message = "The bus URL must begin with postgresql+asyncpg://, kafka:// or kafka+ssl://."
    raise BusAddressUnknown(message)


def make_runtime(service: Service, settings: ServiceSettings) -> Runtime:
    """Build everything a service needs; nothing connects yet. Raises SecretsUnreadable, AreaFileError."""
    secrets = load_secrets(settings.secrets_file)
    keys = SubjectKeys(secrets.keys_database_url, service.name, secrets.key_encryption_key)
    topic_keys = TopicKeys(secrets.topic_keys)
    EventSealer.topic_keys = topic_keys
    database = Database(secrets.database_url, service.name, keys, pool_size=settings.pool_size)
    bus = make_transport(settings.bus_url or secrets.bus_url)
    window = timedelta(days=settings.replay_window_days)
    relay = Relay(database, bus, keys, window=window, linger=settings.statistics_linger)
    database.on_commit.append(relay.wake)
    fetcher = Fetcher(settings.service_urls, secrets.machine_credential)
    known = areas.load(settings.areas_directory)
    inbox = Inbox(
        database,
        service.handlers,
        Opener(topic_keys, service.handlers),
        fetcher,
        InboxSettings(
            service.name,
            timedelta(seconds=settings.gap_alarm_seconds),
            lambda area, version: known.version(area, version) is not None,
            service.on_receipt,
        ),
    )
    clients = service.clients(settings, secrets) if service.clients else None
    return Runtime(settings, secrets, database, keys, topic_keys, bus, relay, inbox, fetcher, known, clients=clients)


def create_app(service: Service, settings: ServiceSettings) -> FastAPI:
    """Return the service's application; its lifespan starts and stops everything that runs beside the pages."""
    clock.configure(settings)
    runtime = make_runtime(service, settings)
    telemetry.configure(
        service.name,
        endpoint=settings.telemetry_url,
        credential=runtime.secrets.machine_credential,
        sample_ratio=settings.sample_ratio,
        log_level=settings.log_level,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            async with running(service, runtime):
                yield
        finally:
            telemetry.shutdown()

    app = FastAPI(
        title=f"Throughline {service.title}",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.runtime = runtime
    app.state.service = service
    sessions = DatabaseSessions(runtime.database)
    store = ShelteredSessions(sessions) if service.shelters else sessions
    web.install(app, service, lambda: runtime, store=store)
    auth.install(app)
    for router in (*service.routers, documents.router(), holdings.router(), ops.router(service), _health(runtime)):
        app.include_router(router)
    digests = frozenset(runtime.secrets.machine_digests.values())
    app.add_middleware(telemetry.TraceRequests, trusts=lambda credential: digest_of(credential) in digests)
    return app


@asynccontextmanager
async def running(service: Service, runtime: Runtime) -> AsyncIterator[None]:
    """Run a service's background work and doors for as long as the block lasts."""
    async with AsyncExitStack() as stack:
        for stop in (runtime.keys.stop, runtime.database.stop, runtime.fetcher.close, runtime.bus.stop):
            stack.push_async_callback(stop)
        tasks: list[asyncio.Task[None]] = []
        stack.push_async_callback(_end, tasks)
        if service.shelters and not await _answers(runtime.database.check):
            log.warning("The database is away: the doors open, and everything else waits for it.")
            runtime.database.shut()
            tasks.append(_begin("late start", _start_late(service, runtime, tasks)))
        else:
            await _prepare(service, runtime)
            tasks += [_begin(name, work) for name, work in _work(service, runtime)]
        for door in service.doors:
            await stack.enter_async_context(door(runtime))
        # Jobs begin last and end first: what a job is about to hand to a door is handed over before that closes.
        stack.push_async_callback(_end, [_begin(job.name, keep_running(runtime, job)) for job in _jobs(service)])
        yield


async def _prepare(service: Service, runtime: Runtime) -> None:
    """Do what must be done before anything is served from the database; may be done again where it failed."""
    await runtime.keys.start()
    await _start_bus(runtime)
    await runtime.relay.recognise_restore()
    await erase_again(service, runtime)
    await _keep_area_versions(runtime)


async def _start_late(service: Service, runtime: Runtime, tasks: list[asyncio.Task[None]]) -> None:
    """Wait for the database, prepare, and only then let anybody in; an error of our own ends the service."""
    while True:
        await asyncio.sleep(LATE_SECONDS)
        try:
            with runtime.database.preparing():
                await _prepare(service, runtime)
        except Exception as error:
            if not is_world_down(error):
                raise
        else:
            break
    runtime.database.reopen()
    tasks += [_begin(name, work) for name, work in _work(service, runtime)]
    log.info("The database is back.")


def _begin(name: str, work: Awaitable[None]) -> asyncio.Task[None]:
    return asyncio.create_task(_vital(name, work), name=name)


def _jobs(service: Service) -> tuple[Job, ...]:
    return (*service.jobs, *PURGING)


async def _start_bus(runtime: Runtime) -> None:
    """Connect to the bus, or start without it: whatever is accepted waits in the outbox."""
    try:
        await runtime.bus.start()
    except Unavailable:
        log.warning("The bus does not answer; it is tried again with each batch.")


def _work(service: Service, runtime: Runtime) -> list[tuple[str, Any]]:
    """Return the coroutines that run beside the pages, each with its name."""
    secrets = runtime.secrets
    topics = [topic.name for topic in consumed_by(service.name)]
    if published_by(service.name):
        topics.append(receipt_topic(service.name))
    sealer = audit.Sealer(secrets.database_url, service.name, secrets.audit_signing_key)
    work: list[tuple[str, Any]] = [("sealer", sealer.run())]
    if topics:
        work += [
            ("relay", runtime.relay.run()),
            ("inbox", runtime.inbox.run()),
            ("consumer", runtime.bus.consume(service.name, topics, runtime.inbox.handle)),
        ]
    return work


async def _vital(name: str, work: Awaitable[None]) -> None:
    """Do background work that must not end while the service runs; if it does, end the service, to be started anew."""
    try:
        await work
    except Exception:
        log.exception("Background work ended; the service stops to be started anew.", extra={"facts": {"job": name}})
        signal.raise_signal(signal.SIGTERM)
        raise


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await asyncio.gather(*tasks, return_exceptions=True)


async def erase_again(service: Service, runtime: Runtime) -> None:
    """Erase what a restored database brought back, or a crash left half erased, before anything is served."""
    register = await runtime.keys.erasure_register()
    async with runtime.database.transaction(Actor.job(service.name, "erase-again")) as session:
        rows = await session.rows(select(tables.erased_subject.c.subject))
    for subject in register - {row.subject for row in rows}:
        async with runtime.database.transaction(Actor.job(service.name, "erase-again")) as session:
            await erase_stored(session, subject, service.erase_subject, reason="erasure-register", now=clock.now())
        log.warning("An erasure was applied again.", extra={"facts": {"subject": subject}})


async def _keep_area_versions(runtime: Runtime) -> None:
    """Keep every area version that this service has met, beside the rows that speak of it."""
    rows = [
        {"area": file.area.area, "version": file.area.version, "body": file.text, "met_at": clock.now()}
        for file in runtime.areas.files
    ]
    async with runtime.database.transaction(Actor.service(runtime.settings.service)) as session:
        await session.execute(insert(tables.area_version).on_conflict_do_nothing(), rows)


def _health(runtime: Runtime) -> APIRouter:
    router = APIRouter(route_class=ProblemRoute, include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        checks: Mapping[str, Callable[[], Awaitable[Any]]] = {
            "database": runtime.database.check,
            "keys": runtime.keys.check,
            "bus": runtime.bus.identity,
        }
        answers = dict(zip(checks, await asyncio.gather(*map(_answers, checks.values())), strict=True))
        good = all(answers.values())
        body = {name: "answers" if answer else "does not answer" for name, answer in answers.items()}
        # What only delays is told, and makes nothing unready.
        told = {name: say() for name, say in runtime.state.get("readiness", {}).items()}
        content = {"status": "ready" if good else "not ready", "dependencies": body} | ({"doors": told} if told else {})
        return JSONResponse(content, 200 if good else 503)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        # A demonstration's figures are of made-up people, and on this machine alone.
        if runtime.settings.mode == "real":
            require_machine(request, (WATCHER, SCRAPER))
        return PlainTextResponse(telemetry.metrics_text(), media_type="text/plain; version=0.0.4")

    return router


async def _answers(check: Callable[[], Awaitable[Any]]) -> bool:
    try:
        # To cancel what a frozen database was asked takes longer than whoever asks for our health waits.
        await in_time(check, 3)
    except Exception:  # noqa: BLE001  whatever is wrong, the answer is no; the reason is in that dependency's own log
        return False
    return True
