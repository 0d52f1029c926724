"""The form as a file: our own blank form and a filled one, as Word, PDF and plain text, made from the schema."""

from services.intake.writers.pdf import blank_pdf, filled_pdf
from services.intake.writers.plain import filled_text
from services.intake.writers.questions import answers, shown
from services.intake.writers.word import blank_docx, filled_docx

__all__ = ["answers", "blank_docx", "blank_pdf", "filled_docx", "filled_pdf", "filled_text", "shown"]
