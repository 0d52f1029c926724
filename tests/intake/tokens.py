"""A token server of a test's own: it gives tokens to one client, and tells Dovecot which of them are good."""

import contextlib
import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

CLIENT, SECRET, REFRESH = "synthetic-client", "synthetic-client-secret", "synthetic-refresh-token"


@dataclass
class TokenServer:
    """What it was asked for, and the tokens that are good now; `lasts` is their time in seconds."""

    port: int = 0
    user: str = ""
    lasts: float = 3600
    good: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where tokens are asked for."""
        return f"http://127.0.0.1:{self.port}/token"

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Return status and content of an answer, as RFC 6749 and RFC 7662 have them."""
        if path == "/introspect":
            return 200, {"active": form.get("token") in self.good, "username": self.user}
        self.asked.append(form)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token" and form.get("refresh_token") != REFRESH:
            return 400, {"error": "invalid_grant"}
        self.good.add(token := secrets.token_urlsafe(1500))
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": self.lasts}


@contextlib.contextmanager
def token_server() -> Iterator[TokenServer]:
    """Run one on a free port."""
    served = TokenServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            status, content = served.answer(self.path, {name: values[0] for name, values in parse_qs(raw).items()})
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
