"""How often one address may send the public form: people do not notice, a machine waits, danger never does."""

from ipaddress import IPv6Address, ip_address, ip_network

from services.intake.web.form.visit import Visit
from services.intake.web.limits import Buckets

DANGER = "concerns.immediate_danger"


def seconds_to_wait(visit: Visit) -> int:
    """Count a sending, and return after how many seconds it may come again; 0 where it is taken now.

    The bucket holds a minute's sendings, so that everybody behind one address of a school can send at once.
    """
    request = visit.request
    buckets: Buckets = request.runtime.state.setdefault("intake.form", Buckets())
    client = request.request.client
    allowance = buckets.take(sender(client.host if client else ""), request.runtime.clients.web_sendings_per_minute)
    return 0 if visit.draft.typed.get(DANGER) == "yes" else allowance.wait


def sender(host: str) -> str:
    """Return whom an address stands for: one machine has a whole network (/64) of IPv6 addresses.

    An IPv4 address that a socket for both kinds writes as an IPv6 one stands for itself, not for all of them.
    """
    try:
        known = ip_address(host)
    except ValueError:
        return host
    if not isinstance(known, IPv6Address):
        return host
    return str(known.ipv4_mapped or ip_network((known, 64), strict=False))
