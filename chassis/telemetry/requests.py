"""One server span per web request, named after the route's template and never after the address asked for."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.telemetry.tracing import Span, span

_UNTRACED = ("/health", "/metrics", "/assets", "/static", "/v1/traces")
_SERVER_ERROR = 500


def nobody(_credential: str) -> bool:
    """Trust no caller."""
    return False


class TraceRequests:
    """ASGI middleware. `trusts` says whether a bearer credential is that of another of our machines.

    Only such a caller's traceparent is continued: a stranger must not write into a journey of his choice.
    """

    def __init__(self, app: ASGIApp, trusts: Callable[[str], bool] = nobody) -> None:
        self._app = app
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on inside a span, unless nobody wants to see it."""
        if scope["type"] != "http" or _is_untraced(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with span(method, kind="server", parent=self._parent(scope), attributes={"http.request.method": method}) as one:
            try:
                await self._app(scope, receive, _noting_status(one, send))
            finally:
                _name_after_route(one, scope)

    def _parent(self, scope: Scope) -> str | None:
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        credential = headers.get(b"authorization", "").removeprefix("Bearer ")
        given = headers.get(b"traceparent", "")
        return given if given and credential and self._trusts(credential) else None


def _is_untraced(method: str, path: str) -> bool:
    # Monitor asks the operations plane all day; the audit holds every such call already.
    if method == "GET" and path.startswith("/ops/"):
        return True
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in _UNTRACED)


def _noting_status(one: Span, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            one.set({"http.response.status_code": status})
            if status >= _SERVER_ERROR:
                one.fail(str(status))
        await send(message)

    return noting


def _name_after_route(one: Span, scope: Scope) -> None:
    template = getattr(scope.get("route"), "path", "")
    one.rename(f"{scope['method']} {template}" if template else f"{scope['method']} unknown")
    if template:
        one.set({"http.route": template})
