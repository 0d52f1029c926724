"""The identity provider of a demonstration: lists the made-up staff and lets anybody sign in as any of them."""

import logging
import os
import re
import signal
import sys

import werkzeug.serving
from flask import Response
from oidc_provider_mock import User, app

from cli.leash import follow_parent
from cli.nursery import SUPERVISOR
from cli.ports import HOST
from cli.staff import load

STRANGER = re.compile(rb"<(link|script)[^>]+https?://[^>]*>(</script>)?")
STYLE = b"<style>body{font:1.1rem/1.5 Arial,sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}</style></head>"


def _without_strangers(answer: Response) -> Response:
    """Keep the sign-in page from calling other machines for its looks: the demonstration works offline."""
    if answer.mimetype == "text/html":
        answer.set_data(STRANGER.sub(b"", answer.get_data()).replace(b"</head>", STYLE, 1))
    return answer


def main() -> int:
    """Serve on the port named on the command line until SIGTERM."""
    parent = os.environ.get(SUPERVISOR)
    if parent:
        follow_parent(signal.SIGTERM, int(parent))
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    # Request lines hold authorisation codes.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    people = [
        User(
            sub=member.sub,
            claims={
                "name": member.name,
                "email": member.sub,
                "roles": list(member.roles),
                "area": member.area,
                "organisation": member.organisation,
            },
        )
        for member in load()
    ]
    provider = app(user_claims=people)
    # The library wraps its application in a debugger that runs code for whoever reaches the port.
    provider.debug = False
    provider.wsgi_app = provider.wsgi_app.app
    provider.after_request(_without_strangers)
    werkzeug.serving.make_server(HOST, int(sys.argv[1]), provider, threaded=True).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
