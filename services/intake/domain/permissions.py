"""Who may do what at the intake desk."""

from collections.abc import Mapping

from contracts.vocabulary import (
    Role,
)

WORK_THE_DESK = "work-the-intake-desk"

CAME_IN = "came_in"
"""What a session remembers of an officer who has been shown the desk since signing in."""

PERMISSIONS: Mapping[str, frozenset[Role]] = {WORK_THE_DESK: frozenset({Role.INTAKE_DESK_OFFICER})}
