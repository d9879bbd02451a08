"""What the sheets of a workbook that goes round are called, and how a row of one is found again."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from typing import Any, Final

from govrules.answered.answer import OF_RECORD
from govrules.reading import facts_data
from govrules.rulebook.decisions import due_date
from govrules.truth import Unknown

QUESTIONS: Final = "Questions"
CLAUSES: Final = "Clauses"
ACTIONS: Final = "Actions"
WAIVERS: Final = "Waivers"
LISTS: Final = "Lists"
FACTS: Final = "Facts"

OFFICER: Final = "Lead officer"
PARTNERSHIP: Final = "Partnership"
ABOUT: Final = "About"
QUESTION: Final = "Question"
ANSWER: Final = "Answer"
SEEN: Final = "Where we saw it"
NOTE: Final = "Note"
FACT: Final = "Fact"
KEY: Final = "Key"
ID: Final = "Id"
CHECK: Final = "Check"
DONE: Final = "Done"
OWNER: Final = "Owner"
ACTION: Final = "Action"
WHEN: Final = "By when"
ON_RECORD: Final = "On record"
DATE: Final = "Date"
HASH: Final = "Record"
REASON: Final = "Reason"
APPROVED: Final = "Approved"
UNTIL: Final = "Until"

QUESTION_HEADS: Final = (
    *(OFFICER, PARTNERSHIP, ABOUT, "Could show", QUESTION, ANSWER, SEEN, NOTE),
    *("How to answer", "Why we ask", FACT, KEY),
)
ACTION_HEADS: Final = (
    *(DONE, "Severity", WHEN, PARTNERSHIP, ACTION, "Who", OWNER, "Settles", "Piece of work", NOTE),
    *(CHECK, ID),
)
WAIVER_HEADS: Final = (PARTNERSHIP, CHECK, REASON, APPROVED, UNTIL)
FACT_HEADS: Final = (KEY, ID, PARTNERSHIP, ABOUT, FACT, ON_RECORD, DATE, HASH, QUESTION)
#: Of which register, rules and day a workbook is: what stands in the first row of its facts.
MADE_FOR: Final = ("Register", "Rules", "Version", "As of")

#: What the clauses of a governing document are a set of.
CLAUSES_FACT: Final = "governing_document.clauses"
DONT_KNOW: Final = "don't know"
_KEY: Final = re.compile(r"k[a-z2-7]{15}")


def due_of(within: str, as_of: dt.date | Unknown) -> dt.date | str:
    """Return the due date of a remedy, or its words, as the column *By when* shows it."""
    return due_date(within, as_of) or within.removeprefix("the ")


def question_key(pack: str, partnership: str, fact: str) -> str:
    """
    Return the stable key of a question, which survives sorting of its sheet.

    Args:
        pack: the id of the rules.

        partnership: the partnership's id, or its name where it has none.

        fact: the path of the fact, with the name of its record.

    >>> question_key("gp", "p7", "funding.pooled")
    'kjp5fjqjb5jhmtsh'
    """
    found = OF_RECORD.fullmatch(fact)
    path, record = (f"{found['list']}.{found['rest']}", found["record"]) if found else (fact, "")
    text = json.dumps([pack, partnership, path, record])
    digest = hashlib.blake2b(text.encode(), digest_size=10).digest()
    return f"k{base64.b32encode(digest).decode().lower()[:15]}"


def is_key(text: str) -> bool:
    """Tell whether a text has the form of a key."""
    return _KEY.fullmatch(text) is not None


def about_of(fact: str) -> tuple[str, str]:
    """Return the record a fact belongs to and the path within it, as two columns show them."""
    found = OF_RECORD.fullmatch(fact)
    if found is None:
        return "", fact
    return found["record"], f"{found['list']}[].{found['rest']}"


def record_hash(subject: Any) -> str:  # noqa: ANN401 - a subject of any class
    """Return a hash of all recorded facts of a subject."""
    text = json.dumps(facts_data(subject), sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
