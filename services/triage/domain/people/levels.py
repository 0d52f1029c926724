"""The levels on which two answers about people agree."""

from enum import StrEnum


class Level(StrEnum):
    """How far two answers agree; what each means for a name, a date or a number is said where it is found out."""

    SAME = "same"
    COMMON = "common"
    SPELT = "spelt"
    SPELT_COMMON = "spelt-common"
    PART = "part"
    INITIAL = "initial"
    CLOSE = "close"
    SWAPPED = "swapped"
    DIGIT = "digit"
    YEAR = "year"
    NEAR = "near"
    OTHER = "other"
    FAR = "far"
    UNKNOWN = "unknown"
