"""What statistics reads from its environment: nothing beyond what every service reads."""

from chassis.settings import ServiceSettings


class StatsSettings(ServiceSettings):
    """The settings of statistics."""
