"""An answer to an open question, and the name of the fact that it is for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import attrs

from govrules.decode.names import fold_body
from govrules.diagnostics import NOWHERE, Span
from govrules.explain.phrases import day
from govrules.facts import recorded
from govrules.reading import class_of, declared_by, register_class
from govrules.rulebook.ast import Rulebook, class_in
from govrules.subjects import Declared, record_fact
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Text, vocabulary_of

OF_RECORD: Final = re.compile(r"(?P<list>[a-z_.]+)\[(?P<record>.+)\]\.(?P<rest>[a-z_.]+)")
INDEX: Final = re.compile(r"[0-9]{1,4}")


@attrs.frozen
class Answer:
    """
    What somebody answered to the question for one fact.

    Attributes:
        partnership: the partnership's id, or its name where it has none; of a fact of the register
            itself the register's name, or `the register`.
        fact: the path of the fact; that of a record of a list names the record, as in
            ``partners[Eastshire Council].independent``.
        value: the value; None for known to be absent; UNKNOWN where the answer is that nobody
            knows; of a set its members as a frozenset, of a list of records the names of all of
            them as a tuple, of a record True where there is one.
        evidence: where it was seen; "" where nobody says.
        by: who answered: a post rather than a person; "" where nobody says.
        date: when it was answered; None where nobody says.
        note: a remark, which is kept beside the answer and says no fact.
    """

    partnership: str
    fact: str
    value: Any
    evidence: str = ""
    by: str = ""
    date: dt.date | None = None
    note: str = attrs.field(default="", eq=False, kw_only=True)
    span: Span = attrs.field(default=NOWHERE, eq=False, repr=False, kw_only=True)

    @property
    def seen(self) -> str:
        """Where the fact was seen; else who answered and when."""
        if self.evidence:
            return self.evidence
        by = f"answered by {self.by}" if self.by else "answered"
        return f"{by}, {day(self.date)}" if self.date else by


@attrs.frozen
class FactAt:
    """A fact that an answer names: itself, and the list and record that it is in."""

    fact: Fact
    rest: str
    list: str = ""
    record: str = ""


# ── Names of facts ────────────────────────────────────────────────────────────────────────────


def named_path(subject: Any, path: str) -> str:  # noqa: ANN401 - a subject of any class
    """
    Return the path of a fact with the name of its record, as answers have it.

    Args:
        subject: the subject.

        path: as findings and questions have it, such as ``partners[1].independent``.

    >>> from govrules.model import Partner, Partnership
    >>> pool = Partnership(partners=(Partner(name="Eastshire Council"),))
    >>> named_path(pool, "partners[0].independent")
    'partners[Eastshire Council].independent'
    """
    found = OF_RECORD.fullmatch(path)
    if found is None or not INDEX.fullmatch(found["record"]):
        return path
    records = records_of(subject, found["list"])
    at = int(found["record"])
    name = record_called(records[at]) if at < len(records) else ""
    alike = [
        record for record in records if name and fold_body(record_called(record)) == fold_body(name)
    ]
    return f"{found['list']}[{name}].{found['rest']}" if len(alike) == 1 else path


def records_of(subject: Any, path: str) -> list[Any]:  # noqa: ANN401 - of any class
    """Return the records of a list that are known, as findings count them."""
    value = recorded(subject, path)
    return [each for each in value if each is not UNKNOWN] if isinstance(value, tuple) else []


@lru_cache
def label_of(cls: type) -> str:
    """Return the fact that names a record of a class; "" where none does."""
    fields = vocabulary_of(cls).fields
    texts = [name for name, fact in fields.items() if isinstance(fact.type, Text)]
    return "name" if "name" in texts else next(iter(texts), "")


def record_called(record: Any) -> str:  # noqa: ANN401 - a record of any class
    """Return what a record of a list is called; "" where nobody says."""
    cls: type = type(record)
    found = getattr(record, label_of(cls), UNKNOWN) if label_of(cls) else UNKNOWN
    return found if isinstance(found, str) else ""


def fact_called(path: str, cls: type, rulebook: Rulebook | None) -> Fact | None:
    """
    Return the fact of a subject that an answer names; None where there is none of that name.

    Args:
        path: the path; of a fact of a record of a list with the name of the record.

        cls: the class of the subject.

        rulebook: the rules, which declare local and derived facts.
    """
    found = fact_at(path, class_in(rulebook, cls), declared_by(rulebook))
    return found.fact if found else None


def fact_at(path: str, cls: type, declared: Declared) -> FactAt | None:
    """Return the fact that a path of an answer names, and the record that it is in."""
    own = declared.fact(path, cls)
    if own is not None:
        return FactAt(own, path)
    found = OF_RECORD.fullmatch(path)
    inner = record_fact(cls, found["list"], found["rest"]) if found else None
    if found is None or inner is None:
        return None
    return FactAt(inner, found["rest"], found["list"], found["record"])


def places_of(records: Sequence[Any], at: FactAt) -> list[int]:
    """Return the indexes of the records an answer may mean: by name, else by index."""
    wanted = fold_body(at.record)
    places = [
        place for place, each in enumerate(records) if fold_body(record_called(each)) == wanted
    ]
    if not places and INDEX.fullmatch(at.record) and int(at.record) < len(records):
        places = [int(at.record)]
    return places


def fact_of(path: str, partnership: str, rulebook: Rulebook | None) -> FactAt | None:
    """Return the fact that an answer names, of a partnership or of the register."""
    cls = class_of(rulebook)
    found = fact_at(path, cls, declared_by(rulebook))
    lister = register_class(cls, rulebook)
    # Whose name it is, is known only where there is a register.
    if found is None and lister is not None and partnership:
        found = fact_at(path, lister, declared_by(rulebook))
    return found
