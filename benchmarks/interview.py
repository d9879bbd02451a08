"""How many questions an interview needs, beside the same questions in the order of the file.

Each of the partnerships is answered from nothing until no open question could show a finding above
medium; what nobody recorded of it is answered with don't know. `make bench-interview` runs it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import cached_property
from statistics import mean, median
from typing import Any

import attrs
import pyarrow as pa

from benchmarks.population import AS_OF, sample
from govrules import Severity, load_rulebook, read
from govrules.answered import Answer, named_path
from govrules.answered.answer import OF_RECORD, label_of, record_called
from govrules.facts import recorded
from govrules.interview import Interview, Prompt
from govrules.model import Partnership
from govrules.portfolio import entries_of
from govrules.rulebook.ast import Rulebook
from govrules.truth import UNKNOWN
from govrules.vocabulary import Record, Records, vocabulary_of

#: How many partnerships are interviewed.
NUMBER = 200
#: More questions than any partnership needs.
MOST = 2000


class InFileOrder(Interview):
    """Puts the same questions, in the order in which a file lists the facts."""

    places: Mapping[str, int] = {
        path: at for at, path in enumerate(vocabulary_of(Partnership).paths)
    }

    @cached_property
    def _all_open(self) -> list[Any]:
        return sorted(super()._all_open, key=lambda each: self._place(each.fact))

    def _place(self, path: str) -> int:
        found = OF_RECORD.fullmatch(path)
        whole = f"{found['list']}[].{found['rest']}" if found else path
        return self.places.get(whole, len(self.places))


def needed(kind: type[Interview], truth: Any, rulebook: Rulebook) -> int:  # noqa: ANN401 - a partnership
    """Return how many questions are put until none could show a finding above medium."""
    talk = kind(Partnership(id=truth.id), rulebook, as_of=AS_OF, level=Severity.HIGH)
    for number in range(MOST):
        prompt = talk.prompt
        if prompt is None:
            assert not set(talk.open) - {each.fact for each in talk.answers}
            return number
        talk.take([answered(prompt, talk, truth)])
    raise AssertionError("an interview has no end")


def answered(prompt: Prompt, talk: Interview, truth: Any) -> Answer:  # noqa: ANN401 - a partnership
    """Return what is recorded of a partnership, as an answer to a question."""
    value = of(prompt.fact, truth)
    fact = talk.fact
    if fact is not None and isinstance(fact.type, Records) and isinstance(value, tuple):
        value = tuple(record_called(each) for each in value if each is not UNKNOWN)
    elif isinstance(value, frozenset) and UNKNOWN in value:
        value -= {UNKNOWN}
    elif attrs.has(type(value)):
        value = True
    return Answer(talk.partnership, prompt.fact, value)


def named(record: Any) -> Any:  # noqa: ANN401 - any attrs object
    """Return a record in which each record of a list has a name of its own."""
    changed: dict[str, Any] = {}
    cls: type = type(record)
    for name, fact in vocabulary_of(cls).fields.items():
        value = getattr(record, name)
        if isinstance(fact.type, Record) and attrs.has(type(value)):
            changed[name] = named(value)
        elif isinstance(fact.type, Records) and isinstance(value, tuple):
            label = label_of(fact.type.cls)
            known = [named(each) for each in value if each is not UNKNOWN]
            changed[name] = tuple(
                attrs.evolve(each, **{label: f"{fact.each} {number}"}) if label else each
                for number, each in enumerate(known, 1)
            )
    return attrs.evolve(record, **changed)


def of(path: str, truth: Any) -> Any:  # noqa: ANN401 - a partnership, any fact's value
    """Return what is recorded of a fact, that of a record by the record's name."""
    found = OF_RECORD.fullmatch(path)
    if found is None:
        return recorded(truth, path)
    for at in range(len(recorded(truth, found["list"]) or ())):
        index = f"{found['list']}[{at}].{found['rest']}"
        if named_path(truth, index) == path:
            return recorded(truth, index)
    return UNKNOWN


def main(number: int = NUMBER) -> int:
    """Interview partnerships twice each, and print both means."""
    rulebook = load_rulebook()
    table = pa.Table.from_batches([*sample(number)])
    subjects = [named(each) for each in entries_of(read(table, rulebook=rulebook).subject)]
    assert len(subjects) == number
    begun = time.perf_counter()
    ranked = [needed(Interview, each, rulebook) for each in subjects]
    seconds = time.perf_counter() - begun
    filed = [needed(InFileOrder, each, rulebook) for each in subjects]
    fewer = sum(one < other for one, other in zip(ranked, filed, strict=True))
    print(f"{number} partnerships, until no open question could show more than a medium finding")
    for name, several in (("by consequence", ranked), ("in the order of the file", filed)):
        print(f"  {name:<26} mean {mean(several):6.1f}  median {median(several):6.1f} questions")
    saved = 1 - mean(ranked) / mean(filed)
    print(f"  {saved:.0%} fewer; fewer for {fewer} of {number}")
    print(f"  {1000 * seconds / sum(ranked):.0f} ms a question")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
