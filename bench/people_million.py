"""stand-in"""
from collections.abc import Sequence
from bench.frame import Result, Settings
def measure(settings: Settings) -> Sequence[Result]: return []
