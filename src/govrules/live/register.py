"""A register as it changes: facts go in from another system's events, findings come out."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Self, TypeVar

import attrs

from govrules.assessment import Assessment
from govrules.decode.names import fold_body
from govrules.diagnostics import Diagnostic
from govrules.errors import FactsError
from govrules.live.evaluation import default_engine
from govrules.live.json_values import JsonReader, count_facts, fits
from govrules.live.results import (
    Applied,
    Callback,
    CallbackError,
    Dispatch,
    Notice,
    OpenFinding,
    Subscriber,
    movement,
    open_in,
    since,
    text_of,
)
from govrules.live.snapshot import EventNumbers, Sender, Snapshot, to_plain
from govrules.live.working_memory import Delta, Update, WorkingMemory, listing_of
from govrules.model import Organisation
from govrules.own import base_of
from govrules.portfolio import entries_of
from govrules.rulebook.ast import Rulebook
from govrules.subjects import words_of
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_subject, require_rulebook

#: More entries than any organisation's register has; what exceeds it is an error of the sender.
MOST_ENTRIES: Final = 200_000
#: How many seconds the callbacks of one event may take, unless said otherwise.
PATIENCE: Final = 30.0

T = TypeVar("T")
_REGISTER: Final[Sender] = ("register", "")
_ORGANISATION: Final = "organisation"


class LiveRegister:
    """
    A register that is settled again as facts arrive, and tells what opened, changed and closed.

    All methods may be called from any thread; events are taken one at a time. An event that cannot
    be taken raises and changes nothing. An event with a number `at` that is not above the last one
    taken for the same subject is a no-op: it came twice, or late.

    Args:
        rulebook: the rules.

        as_of: the date of the assessment; `restate` moves it.

        complete: whether the entries are all there are; if not, there may be more, and rules on
            the register ask for them.

        on_change: called with each notice, in order, in a thread of the register's own while the
            caller of the event waits. It may read the register and not change it. What it raises
            reaches the caller when the event has been taken.

        patience: how many seconds the callbacks of one event may take; one that takes longer is
            called no more, and the caller is told by a `CallbackError`.

        engine: which engine settles; where not said, `durable` where it is installed, else
            `compiled`. The findings are the same.

        kind: which of the rulebook's kinds of subject the entries are; where it is not said, the
            kind that the rules are about: partnerships, unless the rulebook was loaded with
            classes of somebody's own. Organisations and pairs are of partnerships alone.

    Raises:
        EngineError: there is no such engine here, or it cannot do this rulebook.

        FactsError: there is no such kind.

    >>> from govrules import Partnership, load_rulebook
    >>> live = LiveRegister(load_rulebook(), engine="reference")
    >>> _ = live.put(Partnership(id="care-pool"))
    >>> for each in live.change("care-pool", {"funding.pooled": "yes", "protocol": "none"}).notices:
    ...     print(each.movement.value, each.rule)
    opened pooled-budget-without-protocol
    """

    def __init__(
        self,
        rulebook: Rulebook,
        *,
        as_of: dt.date | Unknown = UNKNOWN,
        complete: bool = False,
        on_change: Callback | None = None,
        patience: float = PATIENCE,
        engine: str | None = None,
        kind: str = "",
    ) -> None:
        self.rulebook: Final = rulebook
        self.engine: Final = default_engine() if engine is None else engine
        self._patience = patience
        self._lock = threading.RLock()
        self._subscriber: Subscriber | None = None
        self._number = 0
        require_rulebook(rulebook)
        check_as_of(as_of)
        self._listing = listing_of(rulebook, kind)
        self._memory = WorkingMemory(
            rulebook, self._listing, engine=self.engine, as_of=as_of, complete=complete
        )
        self._memory.commit(self._memory.plan())
        self._numbers = EventNumbers()
        self.listen(on_change)

    # ── Events ────────────────────────────────────────────────────────────────────────────────

    def put(self, partnership: Any, *, at: int | None = None) -> Applied:  # noqa: ANN401
        """
        Put a partnership on the register, or another state of it in place of the one it has.

        Args:
            partnership: a `Partnership`, or an object of the class of the register's kind; it has
                an `id` or else a `name`, by which it is known from then on.

            at: the number of the event.

        Raises:
            FactsError: it does not fit the vocabulary, or has neither id nor name.

            EngineError: the engine failed twice; nothing has changed.
        """
        return self.put_all((partnership,), at=at)

    def put_all(self, partnerships: Iterable[Any], *, at: int | None = None) -> Applied:
        """Put several partnerships at once, all or none; see `put`."""
        several: dict[str, Any] = {}
        for each in partnerships:
            checked = self._checked(each, self._listing.cls)
            several[self._key(checked)] = checked

        def work(memory: WorkingMemory) -> Update | str:
            late = [key for key in several if self._numbers.is_late((self._listing.kind, key), at)]
            wanted = {key: each for key, each in several.items() if key not in late}
            new = sum(key not in memory.entries for key in wanted)
            if len(memory.entries) + new > MOST_ENTRIES:
                raise FactsError(self._listing.listed, f"at most {MOST_ENTRIES:,} entries", "more")
            return _late(at) if late and not wanted else memory.plan(entries=wanted)

        return self._take(None, at, work)

    def change(
        self, partnership: str, facts: Mapping[str, Any], *, at: int | None = None
    ) -> Applied:
        """
        Change facts of a partnership, and leave all others as they are.

        Args:
            partnership: its id, or its name where it has no id.

            facts: by path, such as ``{"funding.pooled": True, "partners[0].weaknesses": []}``.
                A value is as in the vocabulary, as JSON has it, or the text that a file would
                have: ``"none"`` is known to be absent; None, UNKNOWN or ``"unknown"`` takes a
                fact back.

            at: the number of the event.

        Raises:
            FactsError: the partnership is not on the register, there is no such fact, or a value
                does not fit it.

            EngineError: the engine failed twice; nothing has changed.
        """
        fits(len(facts), partnership)
        told: list[Diagnostic] = []

        def work(memory: WorkingMemory) -> Update | str:
            entry = memory.entries.get(partnership)
            if entry is None:
                raise self._not_there(partnership)
            changed = self._with_facts(entry.recorded, facts, told)
            if self._key(changed) != partnership:
                raise FactsError(
                    "id", f"`{partnership}`, as it was put", "another: remove it and put another"
                )
            return memory.plan(entries={partnership: changed})

        return self._take((self._listing.kind, partnership), at, work, told)

    def remove(self, partnership: str, *, at: int | None = None) -> Applied:
        """Take a partnership off the register; where it is not on it, that is a no-op."""

        def work(memory: WorkingMemory) -> Update | str:
            if partnership not in memory.entries:
                return f"`{partnership}` is not on the register"
            return memory.plan(entries={partnership: None})

        return self._take((self._listing.kind, partnership), at, work)

    def put_organisation(self, organisation: Organisation, *, at: int | None = None) -> Applied:
        """
        Record an organisation: what is known of it counts in every partnership it belongs to.

        Its kind and its weaknesses stand, where they are known, in place of what an entry says of
        the partner of that name. The organisation whose register it is stands in the register's own
        facts; see `change_register`.

        Raises:
            FactsError: it does not fit the vocabulary, or has no name.

            EngineError: the engine failed twice; nothing has changed.
        """
        self._of_partnerships()
        self._checked(organisation, Organisation)
        if not isinstance(organisation.name, str):
            raise FactsError("name", "the name of the organisation", "unknown")
        name = fold_body(organisation.name)

        def work(memory: WorkingMemory) -> Update | str:
            return memory.plan(organisations={name: organisation})

        return self._take((_ORGANISATION, name), at, work)

    def change_organisation(
        self, organisation: str, facts: Mapping[str, Any], *, at: int | None = None
    ) -> Applied:
        """
        Change facts of an organisation, by its name; see `put_organisation` and `change`.

        One that nobody recorded yet is recorded.
        """
        self._of_partnerships()
        fits(len(facts), organisation)
        name = fold_body(organisation)
        told: list[Diagnostic] = []

        def work(memory: WorkingMemory) -> Update | str:
            known = memory.organisations.get(name, Organisation(name=organisation))
            changed = self._with_facts(known, facts, told)
            if not isinstance(changed.name, str) or fold_body(changed.name) != name:
                raise FactsError("name", f"`{organisation}`, as it was put", "another")
            return memory.plan(organisations={name: changed})

        return self._take((_ORGANISATION, name), at, work, told)

    def remove_organisation(self, organisation: str, *, at: int | None = None) -> Applied:
        """Forget what was recorded of an organisation; where nothing was, that is a no-op."""
        name = fold_body(organisation)

        def work(memory: WorkingMemory) -> Update | str:
            if name not in memory.organisations:
                return f"nothing is recorded of `{organisation}`"
            return memory.plan(organisations={name: None})

        return self._take((_ORGANISATION, name), at, work)

    def replace(self, register: Any, *, at: int | None = None) -> Applied:  # noqa: ANN401
        """
        Put a whole register in place of the one there is, its own facts and its entries, at once.

        What is not among the new entries is removed; organisations stay as they were recorded.

        Args:
            register: a `Register`; of a kind of somebody's own an object of the class that lists
                it, or what `read` returned where no class does.

            at: the number of the event.

        Raises:
            FactsError: it does not fit the vocabulary, or an entry has neither id nor name.

            EngineError: the engine failed twice; nothing has changed.
        """
        listing = self._listing
        if not isinstance(register, base_of(listing.lister)):
            raise FactsError("subject", f"a {listing.lister.__name__}", type(register).__name__)
        record = listing.empty
        if listing.whole:
            own: Any = register
            record = self._checked(attrs.evolve(own, **{listing.listed: UNKNOWN}), listing.lister)
        wanted = {
            self._key(each): self._checked(each, listing.cls) for each in entries_of(register)
        }

        def work(memory: WorkingMemory) -> Update | str:
            gone = dict.fromkeys(entry for entry in memory.entries if entry not in wanted)
            return memory.plan(entries={**gone, **wanted}, record=record)

        return self._take(_REGISTER, at, work)

    def change_register(self, facts: Mapping[str, Any], *, at: int | None = None) -> Applied:
        """
        Change facts of the register itself, such as `declared_count`; see `change`.

        Raises:
            FactsError: there is no such fact, a value does not fit it, or it is the list of the
                entries, which are put, changed and removed one by one.
        """
        fits(len(facts), "register")
        for path in facts:
            if path.partition(".")[0].partition("[")[0] == self._listing.listed:
                raise FactsError(path, "a fact of the register itself", "about its entries")

        told: list[Diagnostic] = []

        def work(memory: WorkingMemory) -> Update | str:
            return memory.plan(record=self._with_facts(memory.record, facts, told))

        return self._take(_REGISTER, at, work, told)

    def restate(
        self, *, as_of: dt.date | Unknown | None = None, complete: bool | None = None
    ) -> Applied:
        """
        Settle everything again, as of another date, or with the list of entries closed or open.

        Args:
            as_of: the date of the assessment; where not given, as it is.

            complete: whether the entries are all there are; where not given, as it is.

        Raises:
            EngineError: the engine failed twice; nothing has changed.
        """
        if as_of is not None:
            check_as_of(as_of)
        with self._lock:
            self._refuse_from_callback()
            old = self._memory
            new = WorkingMemory(
                self.rulebook,
                self._listing,
                engine=self.engine,
                as_of=old.as_of if as_of is None else as_of,
                complete=old.complete if complete is None else complete,
            )
            new.commit(
                new.plan(
                    entries={key: each.recorded for key, each in old.entries.items()},
                    organisations=old.organisations,
                    record=old.record,
                )
            )
            before = {delta.subject: delta.after for delta in old.settled()}
            self._memory = new
            notices, dispatch = self._tell(since(before, new))
        return self._delivered(notices, dispatch)

    # ── What it says ──────────────────────────────────────────────────────────────────────────

    @property
    def complete(self) -> bool:
        """Whether the entries are all there are."""
        return self._memory.complete

    @property
    def as_of(self) -> dt.date | Unknown:
        """The date of the assessment."""
        return self._memory.as_of

    def __len__(self) -> int:
        return len(self._memory.entries)

    def __contains__(self, partnership: object) -> bool:
        return partnership in self._memory.entries

    def findings(self, partnership: str | None = None) -> tuple[OpenFinding, ...]:
        """Return the open findings: all of them, or those on one partnership."""
        with self._lock:
            return tuple(
                each
                for delta in self._memory.settled()
                if partnership is None or delta.subject == (self._listing.kind, (partnership,))
                for each in open_in(delta)
            )

    def register(self) -> Any:  # noqa: ANN401 - a register of any class
        """Return the `Register` as it counts now, with what is recorded of organisations."""
        with self._lock:
            return self._memory.whole()

    def assessment(self, partnership: str) -> Assessment:
        """
        Return the assessment of one partnership, with every explanation.

        Raises:
            FactsError: the partnership is not on the register.
        """
        with self._lock:
            entry = self._memory.entries.get(partnership)
            if entry is None:
                raise self._not_there(partnership)
            name = getattr(entry.effective, "name", UNKNOWN)
            return Assessment(
                id=partnership,
                name=name if isinstance(name, str) else "",
                as_of=self._memory.as_of,
                rulebook=self.rulebook,
                subject=entry.effective,
                rules=self._memory.rules(self._listing.kind),
                outcomes=entry.settled.outcomes,
                engine=self.engine,
            )

    def listen(self, on_change: Callback | None) -> None:
        """Call back with notices from now on; None for nobody."""
        with self._lock:
            if self._subscriber is not None:
                self._subscriber.stop()
            self._subscriber = None if on_change is None else Subscriber(on_change, self._patience)

    def close(self) -> None:
        """Call back no more; the register can still be read and changed."""
        self.listen(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to resume, as values that JSON can hold."""
        with self._lock:
            return to_plain(self._memory, self._number, self._numbers)

    @classmethod
    def resume(
        cls,
        snapshot: Mapping[str, Any],
        rulebook: Rulebook,
        *,
        on_change: Callback | None = None,
        patience: float = PATIENCE,
        engine: str | None = None,
    ) -> LiveRegister:
        """
        Return the register of a snapshot.

        What is open now and was not, or the reverse, because the rules changed meanwhile, is told
        like any other change.

        Raises:
            FactsError: it is no snapshot, or of another version.

            EngineError: there is no such engine here, or it cannot do this rulebook.
        """
        found = Snapshot.from_plain(snapshot, rulebook)
        live = cls(
            rulebook,
            as_of=found.as_of,
            complete=found.complete,
            on_change=on_change,
            patience=patience,
            engine=engine,
            kind=found.kind,
        )
        for each in (*found.entries.values(), *found.organisations.values()):
            live._checked(each, type(each))
        if live._listing.whole:
            check_subject(found.record, rulebook)
        live._number = found.number
        live._numbers = found.numbers
        with live._lock:
            live._memory.commit(
                live._memory.plan(
                    entries=found.entries, organisations=found.organisations, record=found.record
                )
            )
            notices, dispatch = live._tell(since(found.opened, live._memory))
        live._delivered(notices, dispatch)
        return live

    # ── Taking an event ───────────────────────────────────────────────────────────────────────

    def _take(
        self,
        sender: Sender | None,
        at: int | None,
        work: Callable[[WorkingMemory], Update | str],
        told: Sequence[Diagnostic] = (),
    ) -> Applied:
        """Evaluate and commit an event, queue its notices and dispatch them; or say why not."""
        if type(at) not in (int, type(None)):
            raise FactsError("at", "a whole number", type(at).__name__)
        with self._lock:
            self._refuse_from_callback()
            if sender is not None and self._numbers.is_late(sender, at):
                return Applied(applied=False, reason=_late(at))
            plan = work(self._memory)
            if isinstance(plan, str):
                return Applied(applied=False, reason=plan)
            deltas = self._memory.commit(plan)
            senders = [sender] if sender else [(self._listing.kind, key) for key in plan.entries]
            for each in senders:
                self._numbers.note(each, at, gone=_is_gone(each, self._memory))
            notices, dispatch = self._tell(deltas)
        return attrs.evolve(self._delivered(notices, dispatch), warnings=tuple(told))

    def _tell(self, deltas: Iterable[Delta]) -> tuple[tuple[Notice, ...], Dispatch | None]:
        """Turn deltas into notices and queue them for the callback."""
        notices = tuple(notice for delta in deltas for notice in self._notices(delta))
        subscriber = self._subscriber
        return notices, None if subscriber is None else subscriber.put(notices)

    def _notices(self, delta: Delta) -> Iterator[Notice]:
        for rule_id in dict.fromkeys((*delta.before, *delta.after)):
            before, after = delta.before.get(rule_id), delta.after.get(rule_id)
            if before == after:
                continue
            found = None if delta.now is None else delta.now.get(rule_id)
            self._number += 1
            yield Notice(
                number=self._number,
                movement=movement(before, after),
                kind=delta.subject[0],
                subject=text_of(delta.subject),
                rule=rule_id,
                verdict=None if found is None else found[1].verdict,
                severity=None if after is None else after.severity,
                was=None if before is None else before.severity,
                finding=None if found is None else self._memory.finding(delta.subject, *found),
            )

    def _delivered(self, notices: tuple[Notice, ...], dispatch: Dispatch | None) -> Applied:
        # Outside the lock: a callback may read the register, from any thread.
        if dispatch is not None:
            dispatch.wait()
        return Applied(applied=True, notices=notices)

    def _refuse_from_callback(self) -> None:
        if self._subscriber is not None and self._subscriber.is_calling():
            raise CallbackError(
                "a callback may read the register and not change it: let another thread do that"
            )

    def _key(self, entry: Any) -> str:  # noqa: ANN401 - a subject of any class
        """Return an entry's key: its id, else its name."""
        for text in (getattr(entry, each, UNKNOWN) for each in ("id", "name")):
            if isinstance(text, str) and text:
                return text
        what = words_of(self._listing.cls)
        raise FactsError("id", f"the reference of the {what}, or else its name", "unknown")

    def _not_there(self, key: str) -> FactsError:
        what = words_of(self._listing.cls)
        return FactsError(what, "one on the register", f"`{key}`, which is not on it")

    def _of_partnerships(self) -> None:
        if not self._listing.is_of_partnerships:
            what = words_of(self._listing.cls)
            raise FactsError("organisation", "one in a register of partnerships", f"of a {what}")

    def _checked(self, record: T, cls: type) -> T:
        """Return a record that fits the vocabulary."""
        if not isinstance(record, base_of(cls)):
            raise FactsError("subject", f"a {cls.__name__}", type(record).__name__)
        made: T = check_subject(record, self.rulebook)
        fits(count_facts(made), cls.__name__.lower())
        return made

    def _with_facts(self, record: T, facts: Mapping[str, Any], told: list[Diagnostic]) -> T:
        reader = JsonReader(self.rulebook, told)
        changed = record
        for path, value in facts.items():
            changed = reader.changed(changed, path, value)
        return self._checked(changed, type(record))


def _late(at: int | None) -> str:
    return f"an event numbered {at} or later was taken already"


def _is_gone(sender: Sender, memory: WorkingMemory) -> bool:
    kind, key = sender
    known: Mapping[str, object] = memory.organisations if kind == _ORGANISATION else memory.entries
    return (kind, key) != _REGISTER and key not in known
