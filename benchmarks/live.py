"""
Feed a live register with random events, hold it to fresh assessments, and time it.

    python benchmarks/live.py [--events 100000] [--entries 1000] [--every 1000] [--engine durable]

After every so many events the open findings must equal those of a fresh assessment by another
engine, and at the end the memory of the program and of the engine's process is set
against what it was after the first tenth. Then events are timed against re-assessing the
partnership that changed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import itertools
import random
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from govrules import Partner, Partnership, Verdict, assess_register, load_rulebook
from govrules.engines.registry import comparable
from govrules.engines.registry import engine as engine_called
from govrules.live.evaluation import default_engine
from govrules.live.json_values import JsonReader
from govrules.live.register import LiveRegister
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    FactType,
    Money,
    Months,
    Number,
    Record,
    Records,
    YesNo,
    vocabulary_of,
)

AS_OF = dt.date(2026, 3, 31)
RULEBOOK = load_rulebook()
#: Partners are drawn from so many organisations for each hundred entries.
ORGANISATIONS = 60
TIMED = 2000


class Events:
    """Random events on a register of a fixed size, the same for the same seed."""

    def __init__(self, entries: int, seed: int = 1) -> None:
        self.random = random.Random(seed)  # noqa: S311 - nothing secret hangs on it
        self.ids = [f"p{number}" for number in range(entries)]
        self.names = [f"Body {number}" for number in range(max(2, entries * ORGANISATIONS // 100))]
        facts = vocabulary_of(Partnership).facts.items()
        self.paths = [
            (path, fact.type)
            for path, fact in facts
            if not isinstance(fact.type, Record | Records) and path not in {"id", "name", "parent"}
        ]
        self.records = [path for path, fact in facts if isinstance(fact.type, Record)]
        self.of_partners = [
            (name, fact.type)
            for name, fact in vocabulary_of(Partner).fields.items()
            if name != "name"
        ]

    def value(self, fact_type: FactType) -> Any:  # noqa: ANN401 - any fact's value
        """Return a value of a type, or that there is none, or that nobody knows."""
        chance = self.random.random()
        if chance < 0.2:
            return UNKNOWN if chance < 0.1 else None
        match fact_type:
            case YesNo():
                return self.random.random() < 0.5
            case Choice(values=values):
                return self.random.choice(values)
            case Choices(values=values):
                return frozenset(self.random.sample(values, self.random.randint(0, 2)))
            case Money():
                return Decimal(self.random.choice((0, 50_000, 100_000, 999_999, 2_000_000)))
            case Number(whole=whole, most=most):
                number = self.random.randint(0, int(most or 40))
                return number if whole else Decimal(number)
            case Date():
                return AS_OF - dt.timedelta(days=self.random.randint(0, 1500))
            case Months():
                return self.random.randint(0, 48)
            case _:
                return f"words {self.random.randint(0, 5)}"

    def partnership(self, key: str) -> Partnership:
        """Return a partnership of which a fifth of all facts is recorded."""
        entry = RULEBOOK.adopted(Partnership(id=key, name=f"Partnership {key}"))
        reader = JsonReader(RULEBOOK)
        for path, fact_type in self.random.sample(self.paths, len(self.paths) // 5):
            entry = reader.changed(entry, path, self.value(fact_type))
        names = self.random.sample(self.names, 2)
        partners = tuple(Partner(name=each) for each in names)
        return reader.changed(entry, "partners", partners)

    def facts(self) -> dict[str, Any]:
        """Return facts of a partnership that change at once."""
        chance = self.random.random()
        if chance < 0.1:
            name, fact_type = self.random.choice(self.of_partners)
            return {f"partners[{self.random.randint(0, 1)}].{name}": self.value(fact_type)}
        if chance < 0.15:
            return {self.random.choice(self.records): self.random.choice((None, UNKNOWN))}
        path, fact_type = self.random.choice(self.paths)
        return {path: self.value(fact_type)}

    def feed(self, live: LiveRegister) -> None:
        """Make one event happen."""
        chance = self.random.random()
        key = self.random.choice(self.ids)
        if key not in live or chance < 0.02:
            live.put(self.partnership(key))
        elif chance < 0.03:
            live.remove(key)
        elif chance < 0.06:
            name = self.random.choice(self.names)
            weak = frozenset() if self.random.random() < 0.5 else frozenset({"adverse_opinion"})
            live.change_organisation(name, {"weaknesses": weak})
        elif chance < 0.065:
            live.change_register({"declared_count": self.random.randint(900, 1100)})
        else:
            live.change(key, self.facts())


def fresh(live: LiveRegister, engine: str) -> set[tuple[Any, ...]]:
    """Return the findings that an engine flags on the register as it is now."""
    whole = assess_register(live.register(), live.rulebook, as_of=live.as_of, engine=engine)
    kinds = (
        ("register", (whole.register,)),
        ("partnership", whole.entries),
        ("pair", whole.pairs),
    )
    return {
        (
            kind,
            "" if kind == "register" else each.id,
            finding.rule.id,
            finding.severity,
            finding.could_be,
            len(finding.mitigations),
        )
        for kind, several in kinds
        for each in several
        for finding in each.of(Verdict.FLAGGED)
    }


def told(live: LiveRegister) -> set[tuple[Any, ...]]:
    """Return the open findings of the live register, as `fresh` does."""
    return {
        (each.kind, each.subject, each.rule, each.severity, each.could_be, each.mitigations)
        for each in live.findings()
    }


def memory(engine: str) -> dict[str, int]:
    """Return what this program and the engine's process hold, in kilobytes."""
    gc.collect()
    pids = {"program": "self"}
    if engine == "durable":
        from govrules.engines.durable.process import CHILD  # noqa: PLC0415 - an extra

        pids["engine"] = str(CHILD.pid)
    return {
        name: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4
        for name, pid in pids.items()
    }


def filled(events: Events, engine: str) -> LiveRegister:
    """Return a live register with all entries on it."""
    live = LiveRegister(RULEBOOK, as_of=AS_OF, engine=engine, complete=True)
    live.put_all(events.partnership(key) for key in events.ids)
    return live


def hold(entries: int, number: int, every: int, *, engine: str, other: str) -> None:
    """Feed events, and hold the open findings to fresh assessments."""
    events = Events(entries)
    live = filled(events, engine)
    begin = time.perf_counter()
    warm: dict[str, int] = {}
    compared = 0
    spent = 0.0
    for count in range(1, number + 1):
        events.feed(live)
        if count % every == 0:
            at = time.perf_counter()
            assert told(live) == fresh(live, other), f"after {count} events"
            compared += 1
            if not warm and count >= number // 10:
                warm = memory(engine)
            spent += time.perf_counter() - at
    after = memory(engine)
    seconds = time.perf_counter() - begin - spent
    print(
        f"{engine}: {number:,} events over {entries:,} partnerships, compared {compared} times "
        f"with a fresh assessment by {other}: equal each time; "
        f"{number / seconds:.0f} events a second"
    )
    for name, held in after.items():
        print(
            f"{engine}: memory of the {name}: {held / warm[name]:.2f} of that after the first "
            f"tenth ({warm[name] // 1024} MB, then {held // 1024} MB)"
        )


def timed(work: Iterator[None]) -> float:
    """Return how many times a second work is done."""
    begin = time.perf_counter()
    done = sum(1 for _ in work)
    return done / (time.perf_counter() - begin)


def speed(entries: int, engine: str, base: str) -> None:
    """Time single facts that change, against re-assessing the partnership that changed."""
    events = Events(entries)
    live = filled(events, engine)
    picked = [(events.random.choice(events.ids), events.facts()) for _ in range(TIMED)]

    def through_live() -> Iterator[None]:
        for key, facts in picked:
            live.change(key, facts)
            yield

    rules = RULEBOOK.rules_for("partnership", AS_OF)
    reader = JsonReader(RULEBOOK)
    known = {key: events.partnership(key) for key in events.ids}
    judge = engine_called(base).outcomes

    def again() -> Iterator[None]:
        for key, facts in picked:
            for path, value in facts.items():
                known[key] = reader.changed(known[key], path, value)
            for _ in judge(rules, (known[key],), AS_OF, RULEBOOK):
                pass
            yield

    for _ in itertools.islice(again(), 10):
        pass
    ours, peer = timed(through_live()), timed(again())
    print(
        f"{engine}: {ours:.0f} changes of a fact a second, register and pairs included; "
        f"re-assessing the changed partnership alone with {base}: {peer:.0f} a second; "
        f"ratio {ours / peer:.2f}"
    )


def at_once(number: int, engine: str) -> None:
    """Assess many partnerships in one call, and hold every verdict to the reference engine's."""
    events = Events(number)
    several = [events.partnership(key) for key in events.ids]
    rules = RULEBOOK.rules_for("partnership", AS_OF)
    begin = time.perf_counter()
    found = list(engine_called(engine).outcomes(rules, several, AS_OF, RULEBOOK))
    seconds = time.perf_counter() - begin
    expected = engine_called("reference").outcomes(rules, several, AS_OF, RULEBOOK)
    for ours, theirs in zip(found, expected, strict=True):
        assert [comparable(each) for each in ours] == [comparable(each) for each in theirs]
    print(
        f"{engine}: {number:,} partnerships at once, {len(rules)} rules: every verdict and "
        f"severity that of reference; {number / seconds:.0f} partnerships a second"
    )


def main() -> None:
    """Run what the options ask for."""
    options = argparse.ArgumentParser()
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--entries", type=int, default=1000)
    options.add_argument("--every", type=int, default=1000)
    options.add_argument("--engine", action="append")
    options.add_argument("--only-speed", action="store_true")
    asked = options.parse_args()
    base = "compiled"
    engines = asked.engine or list(dict.fromkeys((default_engine(), base)))
    for each in engines:
        speed(asked.entries, each, base)
    at_once(5 * asked.entries, engines[0])
    for each in () if asked.only_speed else engines[:1]:
        hold(asked.entries, asked.events, asked.every, engine=each, other=base)


if __name__ == "__main__":
    main()
