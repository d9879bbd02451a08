"""What a live register is resumed from: plain values, and how far the events of each went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, TypeAlias, TypeVar

import attrs

from govrules.errors import FactsError
from govrules.live.json_values import JsonReader
from govrules.live.working_memory import FindingState, Subject, WorkingMemory, listing_of
from govrules.model import Organisation
from govrules.reading import facts_data
from govrules.rulebook.ast import Rulebook, Severity
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import Collected

#: How many removed subjects are remembered, so that events late for them are known as such.
MOST_REMOVED: Final = 10_000
#: Whose events are numbered: the kind of an entry, organisation or register; and its id.
Sender: TypeAlias = tuple[str, str]


@attrs.define
class EventNumbers:
    """
    The last event number applied to each subject.

    Attributes:
        present: the numbers of subjects that are there.
        removed: those of subjects that are gone, the latest of them only.
    """

    present: dict[Sender, int] = attrs.field(factory=dict)
    removed: dict[Sender, int] = attrs.field(factory=dict)

    def is_late(self, sender: Sender, at: int | None) -> bool:
        """Tell whether an event, or a later one, was already applied."""
        last = self.present.get(sender, self.removed.get(sender))
        return at is not None and last is not None and at <= last

    def note(self, sender: Sender, at: int | None, *, gone: bool) -> None:
        """Store an event's number, also of an event that removed its subject."""
        last = self.present.pop(sender, self.removed.pop(sender, None))
        number = last if at is None else at
        if number is None:
            return
        (self.removed if gone else self.present)[sender] = number
        while len(self.removed) > MOST_REMOVED:
            self.removed.pop(next(iter(self.removed)))


#: The version of the form; another one is refused.
VERSION: Final = 1
_KEY: Final = "govrules_live"

T = TypeVar("T")


@attrs.frozen
class Snapshot:
    """
    A live register as it stood.

    Attributes:
        kind: what the rules call an entry.
        as_of: the date of the assessment.
        complete: whether the entries are all there are.
        number: how many notices there had been.
        record: the register's own facts.
        entries: what was recorded of entries, by id.
        organisations: what was recorded of organisations, by folded name.
        numbers: the numbers of the last events.
        opened: the findings that were open, by subject and rule.
    """

    kind: str
    as_of: dt.date | Unknown
    complete: bool
    number: int
    record: Any
    entries: Mapping[str, Any]
    organisations: Mapping[str, Organisation]
    numbers: EventNumbers
    opened: Mapping[Subject, Mapping[str, FindingState]]

    @classmethod
    def from_plain(cls, plain: Any, rulebook: Rulebook) -> Snapshot:  # noqa: ANN401 - read from JSON
        """
        Return the snapshot that plain values hold.

        Raises:
            FactsError: they are no snapshot, one of another version, or one whose facts do not
                fit the vocabulary.
        """
        if not isinstance(plain, Mapping) or _KEY not in plain:
            raise FactsError("snapshot", "what `LiveRegister.snapshot` returned", "something else")
        if plain[_KEY] != VERSION:
            raise FactsError(f"snapshot: {_KEY}", str(VERSION), repr(plain[_KEY]))
        reader = JsonReader(rulebook, exact=True)
        try:
            opened: dict[Subject, dict[str, FindingState]] = {}
            for each in plain["open"]:
                could_be = each["could_be"]
                subject = (_a(str, each["kind"]), tuple(_a(str, key) for key in each["ids"]))
                opened.setdefault(subject, {})[_a(str, each["rule"])] = FindingState(
                    Severity(each["severity"]),
                    None if could_be is None else Severity(could_be),
                    tuple(_a(int, one) for one in each["mitigations"]),
                )
            as_of, register = plain["as_of"], plain["register"]
            for each in ("id", "version"):
                _a(str, plain["rulebook"][each])
            listing = listing_of(rulebook, _a(str, plain["kind"]))
            return cls(
                kind=listing.kind,
                as_of=UNKNOWN if as_of is None else dt.date.fromisoformat(as_of),
                complete=_a(bool, plain["complete"]),
                number=_a(int, plain["number"]),
                record=reader.record(register, listing.lister) if listing.whole else listing.empty,
                entries=_records(plain["entries"], listing.cls, reader),
                organisations=_records(plain["organisations"], Organisation, reader),
                numbers=EventNumbers(_senders(plain["taken"]), _senders(plain["removed"])),
                opened=opened,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            expected = "what `LiveRegister.snapshot` returned"
            raise FactsError("snapshot", expected, f"damaged ({error!r})") from error


def to_plain(memory: WorkingMemory, number: int, numbers: EventNumbers) -> dict[str, Any]:
    """
    Return a live register as JSON values.

    Args:
        memory: what it knows, and what the rules say of it.

        number: how many notices there have been.

        numbers: the numbers of the last events.
    """
    rulebook, as_of, recorded = memory.rulebook, memory.as_of, memory.record
    return {
        _KEY: VERSION,
        "rulebook": {"id": rulebook.id, "version": rulebook.version},
        "kind": memory.listing.kind,
        "as_of": str(as_of) if isinstance(as_of, dt.date) else None,
        "complete": memory.complete,
        "number": number,
        "register": {} if type(recorded) is Collected else _facts(recorded),
        "entries": [
            {"id": key, "facts": _facts(each.recorded)} for key, each in memory.entries.items()
        ],
        "organisations": [
            {"id": key, "facts": _facts(each)} for key, each in memory.organisations.items()
        ],
        "taken": [[*sender, at] for sender, at in numbers.present.items()],
        "removed": [[*sender, at] for sender, at in numbers.removed.items()],
        "open": [
            {
                "kind": delta.subject[0],
                "ids": list(delta.subject[1]),
                "rule": rule,
                "severity": weight.severity.value,
                "could_be": weight.could_be and weight.could_be.value,
                "mitigations": list(weight.mitigations),
            }
            for delta in memory.settled()
            for rule, weight in delta.after.items()
        ],
    }


def _facts(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    return facts_data(record, stated="stated")


def _records(plain: Any, cls: type[T], reader: JsonReader) -> dict[str, T]:  # noqa: ANN401 - from JSON
    return {_a(str, each["id"]): reader.record(each["facts"], cls) for each in plain}


def _senders(plain: Any) -> dict[tuple[str, str], int]:  # noqa: ANN401 - from JSON
    return {(_a(str, kind), _a(str, key)): _a(int, at) for kind, key, at in plain}


def _a(kind: type[T], value: Any) -> T:  # noqa: ANN401 - from JSON
    """Return a snapshot value of the expected type; a bool is no int."""
    if type(value) is not kind:
        msg = f"{value!r} is no {kind.__name__}"
        raise TypeError(msg)
    return value
