"""The identity provider of a demonstration: lists the made-up staff and lets anybody sign in as any of them."""

import json
import logging
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import werkzeug.serving
from flask import Flask, request
from jinja2 import DictLoader
from oidc_provider_mock import User, app

from cli.console import PURPOSES
from cli.leash import follow_parent
from cli.nursery import SUPERVISOR
from cli.ports import HOST
from cli.staff import StaffMember, load

PAGES = (
    *("authorization_form.html", "index.html", "error.html"),
    *("end_session_form.html", "end_session_confirm.html"),
)
"""The library's own pages, by their names there: one page of ours stands in their place and calls no other machine."""


def create(staff: tuple[StaffMember, ...], service_urls: Mapping[str, str]) -> Flask:
    """Return the provider: whoever asks for a service picks a person, everybody else is shown the services."""
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
    page = Path(__file__).with_name("provider.html").read_text(encoding="utf-8")
    provider.jinja_loader = DictLoader(dict.fromkeys(PAGES, page))
    provider.context_processor(lambda: _shown(staff, service_urls))
    provider.add_url_rule("/favicon.ico", view_func=lambda: ("", 204), endpoint="favicon")
    served: Flask = provider
    return served


def _shown(staff: tuple[StaffMember, ...], service_urls: Mapping[str, str]) -> dict[str, object]:
    """Return where people work, and, for a service that asks, its own people first and the others after them."""
    working = {name: [member for member in staff if member.console == name] for name in service_urls}
    service = request.args.get("client_id", "").removeprefix("throughline-")
    here = working.get(service, [])
    heading = "Others, who have no work there" if here else "People"
    return {
        "service": service if service in working else "",
        "purpose": PURPOSES.get(service, ""),
        "groups": [("People who work there", here), (heading, [member for member in staff if member not in here])],
        "services": [(name, PURPOSES[name], url, working[name]) for name, url in service_urls.items()],
    }


def main() -> int:
    """Serve until SIGTERM on the port that the command line names; after it come the services' addresses, as JSON."""
    parent = os.environ.get(SUPERVISOR)
    if parent:
        follow_parent(signal.SIGTERM, int(parent))
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    # Request lines hold authorisation codes.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    port, service_urls = sys.argv[1:]
    provider = create(load(), json.loads(service_urls))
    werkzeug.serving.make_server(HOST, int(port), provider, threaded=True).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
