"""A stand-in that speaks the API of GOV.UK Notify on this machine; no call to the real service is ever made."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

SERVICE, SECRET = "3f2b0f1c-5a0e-4c58-9d38-0b1f7c6f5a11", "8c1f2d3e-4b5a-4968-8776-a5b4c3d2e1f0"
KEY = f"made_up-{SERVICE}-{SECRET}"
TEMPLATE = "11111111-2222-4333-8444-555555555555"


@dataclass
class StandIn:
    """What has been asked, what was taken, and how the next requests are answered: codes first to last, then as usual.

    `does` 0 leaves a request without an answer after it was taken, as a line that breaks does.
    """

    port: int = 0
    codes: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address on this machine."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Return the code and the answer for one request, as the documentation of the API has them."""
        self.asked.append(f"{method} {path}")
        code = self.codes.pop(0) if self.codes else 200
        if code >= 400:
            return code, _refusal(code)
        parts = urlsplit(path)
        if method == "POST" and parts.path == "/v2/notifications/email":
            made = self._take(json.loads(body))
            return (code, made) if code == 0 else (201, made)
        if parts.path == "/v2/notifications":
            [reference] = parse_qs(parts.query).get("reference", [""])
            return 200, {"notifications": [one for one in self.taken if one["reference"] == reference], "links": {}}
        found = [one for one in self.taken if parts.path == f"/v2/notifications/{one['id']}"]
        return (200, found[0]) if found else (404, _refusal(404))

    def _take(self, told: dict[str, Any]) -> dict[str, Any]:
        made = {
            "id": str(uuid4()),
            "reference": told.get("reference"),
            "email_address": told["email_address"],
            "status": "created",
            "created_at": datetime.now(UTC).isoformat(),
            "type": "email",
            "template": {"id": told["template_id"], "version": 1},
            "personalisation": told["personalisation"],
        }
        self.taken.append(made)
        return made


def _refusal(code: int) -> dict[str, Any]:
    names = {400: "BadRequestError", 403: "AuthError", 404: "NoResultFound", 429: "RateLimitError"}
    return {"status_code": code, "errors": [{"error": names.get(code, "Exception"), "message": "As told"}]}


def _is_signed(token: str) -> bool:
    """Say whether a token is signed as the API asks: a JWT of the service under its secret, by HS256."""
    head, _, signature = token.rpartition(".")
    wanted = base64.urlsafe_b64encode(hmac.digest(SECRET.encode(), head.encode(), hashlib.sha256)).rstrip(b"=")
    claims = json.loads(base64.urlsafe_b64decode(head.partition(".")[2] + "=="))
    return hmac.compare_digest(wanted, signature.encode()) and claims["iss"] == SERVICE


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """Run the stand-in on a free port of this machine."""
    made = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            signed = _is_signed(self.headers.get("Authorization", "").removeprefix("Bearer "))
            code, told = made.answer(self.command, self.path, body) if signed else (403, _refusal(403))
            if not code:
                self.connection.close()
                return
            content = json.dumps(told).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _serve  # noqa: N815  the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
