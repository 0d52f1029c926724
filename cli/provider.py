"""The identity provider of a demonstration: lists the made-up staff and lets anybody sign in as any of them."""

import logging
import os
import signal
import sys
from pathlib import Path

import werkzeug.serving
from flask import request
from jinja2 import DictLoader
from oidc_provider_mock import User, app

from cli.leash import follow_parent
from cli.nursery import SUPERVISOR
from cli.ports import HOST
from cli.staff import StaffMember, load

FORM = "authorization_form.html"
"""The library's own page, by its name there: ours stands in its place, names the people and calls no other machine."""


def _groups(client_id: str, staff: tuple[StaffMember, ...]) -> dict[str, object]:
    """Return the people for the service that asks first, the others after them."""
    service = client_id.removeprefix("throughline-")
    here = [member for member in staff if member.console == service]
    others = [member for member in staff if member.console != service]
    heading = "Others, who have no work there" if here else "People"
    return {"service": service if here else "", "groups": [("People who work there", here), (heading, others)]}


def main() -> int:
    """Serve on the port named on the command line until SIGTERM."""
    parent = os.environ.get(SUPERVISOR)
    if parent:
        follow_parent(signal.SIGTERM, int(parent))
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    # Request lines hold authorisation codes.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    staff = load()
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
        for member in staff
    ]
    provider = app(user_claims=people)
    # The library wraps its application in a debugger that runs code for whoever reaches the port.
    provider.debug = False
    provider.wsgi_app = provider.wsgi_app.app
    provider.jinja_loader = DictLoader({FORM: Path(__file__).with_name("provider.html").read_text(encoding="utf-8")})
    provider.context_processor(lambda: _groups(request.args.get("client_id", ""), staff))
    werkzeug.serving.make_server(HOST, int(sys.argv[1]), provider, threaded=True).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
