"""The sign-in realm: its clients, roles and claims, and a demonstration's made-up staff; `python -m deploy.realm`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cli import staff
from cli.ports import FIXED
from contracts.catalogue import SERVICES
from contracts.vocabulary import ROLE_WORDS

FILE = Path(__file__).parent / "keycloak" / "realm.json"
NAME = "throughline"
IDLE_SECONDS = 60 * 60
LONGEST_SECONDS = 12 * 60 * 60
LONGEST_TEXT = 120


def client_of(service: str) -> str:
    """Return the id by which a service is known to the sign-in provider."""
    return f"throughline-{service}"


def public_urls() -> dict[str, str]:
    """Return where a browser on the same machine finds each service."""
    return {service: f"http://localhost:{FIXED[service]}" for service in SERVICES}


def realm() -> dict[str, Any]:
    """Return the realm for a browser on the same machine, without a secret: neither clients nor people can sign in."""
    return {
        "realm": NAME,
        "displayName": "Throughline",
        "enabled": True,
        "sslRequired": "external",
        "registrationAllowed": False,
        "resetPasswordAllowed": False,
        "editUsernameAllowed": False,
        "bruteForceProtected": True,
        "eventsEnabled": True,
        "adminEventsEnabled": True,
        "accessTokenLifespan": 300,
        "ssoSessionIdleTimeout": IDLE_SECONDS,
        "ssoSessionMaxLifespan": LONGEST_SECONDS,
        "roles": {"realm": [{"name": str(role), "description": words} for role, words in ROLE_WORDS.items()]},
        "components": {
            "org.keycloak.userprofile.UserProfileProvider": [
                {
                    "providerId": "declarative-user-profile",
                    "config": {"kc.user.profile.config": [json.dumps(_profile())]},
                }
            ]
        },
        "clients": [_client(service, url) for service, url in public_urls().items()],
        "users": [_person(member) for member in staff.load()],
    }


def completed(
    realm: Mapping[str, Any], secrets: Mapping[str, str], urls: Mapping[str, str], password: str
) -> dict[str, Any]:
    """Return the realm as one installation imports it.

    `secrets` and `urls` (where browsers find the services) go by service; without a `password` the made-up staff are
    left away, with one they all have it.
    """
    clients = [
        _client(service, urls[service]) | {"secret": secrets[service]}
        for service in SERVICES
        if client_of(service) in {client["clientId"] for client in realm["clients"]}
    ]
    credentials = [{"type": "password", "value": password, "temporary": False}]
    people = [{**person, "credentials": credentials} for person in realm["users"]] if password else []
    return {**realm, "clients": clients, "users": people}


def _client(service: str, url: str) -> dict[str, Any]:
    return {
        "clientId": client_of(service),
        "name": f"Throughline {service}",
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": False,
        "clientAuthenticatorType": "client-secret",
        "standardFlowEnabled": True,
        "implicitFlowEnabled": False,
        "directAccessGrantsEnabled": False,
        "serviceAccountsEnabled": False,
        "redirectUris": [f"{url}/auth/callback"],
        "webOrigins": [],
        "attributes": {
            "pkce.code.challenge.method": "S256",
            "post.logout.redirect.uris": f"{url}/signed-out",
        },
        "protocolMappers": [
            _mapper("roles", "oidc-usermodel-realm-role-mapper", multivalued="true"),
            _mapper("area", "oidc-usermodel-attribute-mapper", multivalued="true", **{"user.attribute": "area"}),
            _mapper("organisation", "oidc-usermodel-attribute-mapper", **{"user.attribute": "organisation"}),
        ],
    }


def _mapper(claim: str, kind: str, **more: str) -> dict[str, Any]:
    """Put something known of a person into the claim that the services read (chassis/auth.py)."""
    config = {"claim.name": claim, "jsonType.label": "String", "id.token.claim": "true", "userinfo.token.claim": "true"}
    return {"name": claim, "protocol": "openid-connect", "protocolMapper": kind, "config": config | more}


def _person(member: staff.StaffMember) -> dict[str, Any]:
    given, _, family = member.name.partition(" ")
    return {
        "username": member.sub,
        "email": member.sub,
        "emailVerified": True,
        "enabled": True,
        "firstName": given,
        "lastName": family,
        "attributes": {"area": [member.area], "organisation": [member.organisation]},
        "realmRoles": [str(role) for role in member.roles],
    }


def _profile() -> dict[str, Any]:
    """Return what is known of a person; where and for whom they work, only an administrator may say."""
    own = {"view": ["admin", "user"], "edit": ["admin", "user"]}
    given = {"view": ["admin", "user"], "edit": ["admin"]}
    names = {"length": {"max": LONGEST_TEXT}}
    return {
        "attributes": [
            {"name": "username", "permissions": given, "validations": {"length": {"min": 3, "max": 255}}},
            {"name": "email", "permissions": given, "validations": {"length": {"max": 255}}},
            {"name": "firstName", "permissions": own, "validations": names},
            {"name": "lastName", "permissions": own, "validations": names},
            {"name": "area", "displayName": "Area", "permissions": given, "multivalued": True, "validations": names},
            {"name": "organisation", "displayName": "Organisation", "permissions": given, "validations": names},
        ],
        "groups": [],
    }


def text() -> str:
    """Return what the realm's file holds."""
    return json.dumps(realm(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
