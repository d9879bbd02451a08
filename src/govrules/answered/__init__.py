"""
Answers that were given to open questions, kept in a file of their own and laid over a subject.

What a register says stays as it is: an answer fills in what the register leaves open, and where the
two differ the register counts and the difference is named.
"""

from govrules.answered.answer import Answer, fact_called, named_path
from govrules.answered.file import read_answers, with_answers, write_answers
from govrules.answered.overlay import Laid, lay_over

__all__ = [
    "Answer",
    "Laid",
    "fact_called",
    "lay_over",
    "named_path",
    "read_answers",
    "with_answers",
    "write_answers",
]
