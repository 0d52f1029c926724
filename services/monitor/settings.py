"""What monitor reads from its environment."""

from chassis.settings import ServiceSettings


class MonitorSettings(ServiceSettings):
    """The shared settings, and how large a trace export may be (bytes, after unpacking)."""

    otlp_limit: int = 4 * 1024 * 1024
