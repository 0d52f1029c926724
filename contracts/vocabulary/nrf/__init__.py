"""The National Referral Form as data: its sections and questions, and how each edition words them."""

from contracts.vocabulary.nrf.answers import Answer, Answered, answered, in_words
from contracts.vocabulary.nrf.editions import EDITIONS, Edition, Heading
from contracts.vocabulary.nrf.question import Ask, Kind, Question, Section
from contracts.vocabulary.nrf.sections import QUESTIONS, SECTIONS, question_at

__all__ = [
    "EDITIONS",
    "QUESTIONS",
    "SECTIONS",
    "Answer",
    "Answered",
    "Ask",
    "Edition",
    "Heading",
    "Kind",
    "Question",
    "Section",
    "answered",
    "in_words",
    "question_at",
]
