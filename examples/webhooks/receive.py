# ruff: noqa: INP001, T201  a program for receivers, in no package of ours, which prints what was told
"""Take webhooks of Throughline on this machine, to see one arrive: python examples/webhooks/receive.py 9099.

The secret comes from the environment (WEBHOOK_SECRET). Each webhook is verified, printed and answered; with a name as
second argument it is acknowledged in that name too. A real receiver keeps the reference and works afterwards.
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from verify import receive

PORT, *WORKERS = sys.argv[1:]
ANSWER = json.dumps({"acknowledged_by": WORKERS[0]}).encode() if WORKERS else b""


class Receiver(BaseHTTPRequestHandler):
    """Answers as `receive` says."""

    def do_POST(self) -> None:
        """Verify the body as it came, print what was told, and answer."""
        body = self.rfile.read(int(self.headers["content-length"]))
        signed = {name: self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")}
        outcome = receive(
            body, {f"webhook-{name}": text for name, text in signed.items()}, os.environ["WEBHOOK_SECRET"]
        )
        if outcome == "refuse":
            print("refused: not signed with the secret that is known here", flush=True)
            self._answer(401, b"")
            return
        told = json.loads(body)
        again = "again " if outcome == "repeat" else ""
        print(f"{again}{told['type']} {told['data']['reference']} {told['data']['link']}", flush=True)
        self._answer(200, ANSWER)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing beside what was told."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(PORT)), Receiver)
    print(f"Waiting for webhooks at http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
