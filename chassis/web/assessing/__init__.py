"""The pages of assessments, the same in every console that assesses."""

from chassis.web.assessing.console import Completing, Finding, Wording
from chassis.web.assessing.mine import draft_lines
from chassis.web.assessing.pages import AssessmentPages
from chassis.web.assessing.reading import Version, answer_in_words, in_words
from chassis.web.assessing.work import Work

__all__ = [
    "AssessmentPages",
    "Completing",
    "Finding",
    "Version",
    "Wording",
    "Work",
    "answer_in_words",
    "draft_lines",
    "in_words",
]
