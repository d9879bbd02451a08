"""
Time the engine `compiled` beside the same rules by hand in Python, and beside other engines.

Twenty rules, five of them about lists and three on a derived fact, over 5,500 partnerships of which
15 % of the facts are unknown. Every verdict of every engine is compared with the reference
engine's before anything is timed. Times are of this process alone; all take their turn in each
round, and the medians of the rounds are given. Other engines get their facts flat and ready made;
ours and those by hand read the partnerships themselves.
"""

from __future__ import annotations

import itertools
import json
import operator
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from benchmarks import twenty
from govrules import Partnership
from govrules.assessment import assess, assess_each
from govrules.engines import compiled, reference

NUMBER = 5500
ROUNDS = 7
#: Slow engines are timed on the first of the partnerships, and the time is scaled.
FEW = 550
Verdicts = list[list[str]]
Work = Callable[[], Any]


def seconds(work: Work) -> float:
    """Return how much of the processor's time a piece of work takes."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


class Peer:
    """Another engine: `run` gives the verdicts on the partnerships that it was given."""

    def __init__(self, name: str, run: Callable[[], Verdicts], number: int) -> None:
        self.name = name
        self.run = run
        self.number = number


# ── One tree in each language ─────────────────────────────────────────────────────────────────


def jsonlogic(tree: twenty.Tree) -> Any:  # noqa: ANN401 - plain data
    """Return a tree as JSONLogic."""
    kind, *parts = tree
    match kind:
        case "and" | "or":
            return {kind: [jsonlogic(each) for each in parts]}
        case "exists":
            return {"some": [{"var": "partners"}, jsonlogic(parts[0])]}
        case "forall":
            return {"!": [{"some": [{"var": "partners"}, {"!": [jsonlogic(parts[0])]}]}]}
    fact, value = {"var": parts[0]}, parts[1]
    there = {"!==": [fact, None]}
    match kind:
        case "is":
            return {"===": [fact, value]}
        case "is_not":
            return {"and": [there, {"!==": [fact, value]}]}
        case "ge":
            return {"and": [there, {">=": [fact, value]}]}
        case _:
            return {"and": [there, {"<": [fact, value]}]}


class Words:
    """A language of expressions: how it writes what all of them have."""

    def __init__(self, both: str, either: str, some: str, every: str, inner: str) -> None:
        self.both = both
        self.either = either
        self.some = some
        self.every = every
        self.inner = inner

    def text(self, tree: twenty.Tree, inner: str = "") -> str:
        """Return a tree as text."""
        kind, *parts = tree
        match kind:
            case "and" | "or":
                word = self.both if kind == "and" else self.either
                return "(" + f" {word} ".join(self.text(each, inner) for each in parts) + ")"
            case "exists":
                return self.some.format(self.text(parts[0], self.inner))
            case "forall":
                return self.every.format(self.text(parts[0], self.inner), "")
        fact, value = inner.format(parts[0]) if inner else parts[0], json.dumps(parts[1])
        sign = {"is": "==", "is_not": "!=", "ge": ">=", "lt": "<"}[kind]
        test = f"{fact} {sign} {value}"
        return test if kind == "is" else f"({fact} != null {self.both} {test})"

    def verdict(self, scope: twenty.Pair | None, requires: twenty.Pair) -> str:
        """Return the expression of a rule's verdict."""
        flagged = self.text(requires[1])
        if scope is not None:
            flagged = f"({flagged} {self.both} {self.text(scope[0])})"
        found = f'({self.text(requires[0])} ? "clear" : ({flagged} ? "flagged" : "unknown"))'
        return found if scope is None else f'({self.text(scope[1])} ? "not applicable" : {found})'

    def whole(self) -> str:
        """Return the expression of all verdicts, as a list."""
        return "[" + ", ".join(self.verdict(*each) for each in twenty.pairs()) + "]"


def datalogic_py(facts: Sequence[dict[str, Any]]) -> Peer:
    """Return datalogic-py: one rule that gives all verdicts, on data that is parsed before."""
    import datalogic_py  # noqa: PLC0415 - it may not be there

    def verdict(scope: twenty.Pair | None, requires: twenty.Pair) -> Any:  # noqa: ANN401
        flagged = jsonlogic(requires[1])
        steps: list[Any] = [jsonlogic(requires[0]), "clear"]
        if scope is not None:
            flagged = {"and": [flagged, jsonlogic(scope[0])]}
            steps = [jsonlogic(scope[1]), "not applicable", *steps]
        return {"if": [*steps, flagged, "flagged", "unknown"]}

    engine = datalogic_py.Engine()
    rule = engine.compile(json.dumps([verdict(*each) for each in twenty.pairs()]))
    session = engine.session()
    data = [datalogic_py.DataHandle(json.dumps(each)) for each in facts]
    return Peer(
        "datalogic-py",
        lambda: [session.evaluate_data(rule, each) for each in data],
        len(facts),
    )


def zen_engine(facts: Sequence[dict[str, Any]]) -> Peer:
    """Return zen-engine: one decision of one node that gives all verdicts, on a batch."""
    import zen  # noqa: PLC0415 - it may not be there

    words = Words("and", "or", "some(partners, {})", "all(partners, {})", "#.{}")
    expression = {"id": "1", "key": "found", "value": words.whole()}
    graph = {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "rules", "type": "expressionNode", "name": "rules",
             "content": {"expressions": [expression]}},
            {"id": "out", "type": "outputNode", "name": "out"},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "rules"},
            {"id": "b", "type": "edge", "sourceId": "rules", "targetId": "out"},
        ],
    }  # fmt: skip
    content = zen.ZenDecisionContent(json.dumps(graph))
    engine = zen.ZenEngine({"loader": lambda _: content})
    requests = [{"key": "rules", "context": each} for each in facts]

    def run() -> Verdicts:
        answers = engine.evaluate_batch(requests)
        return [_found(each) for each in answers]

    return Peer("zen-engine (batch)", run, len(facts))


def _found(answer: Any) -> list[str]:  # noqa: ANN401 - what the engine answers
    while "found" not in answer:
        answer = answer.get("result") or answer["data"]
    verdicts: list[str] = answer["found"]
    return verdicts


def cel_expr_python(facts: Sequence[dict[str, Any]]) -> Peer:
    """Return cel-expr-python: one expression that gives all verdicts."""
    from cel_expr_python import cel  # noqa: PLC0415 - it may not be there

    words = Words("&&", "||", "partners.exists(p, {})", "partners.all(p, {})", "p.{}")
    env = cel.NewEnv(variables=dict.fromkeys(facts[0], cel.Type.DYN))
    expression = env.compile(words.whole())
    return Peer(
        "cel-expr-python",
        lambda: [expression.eval(data=each).plain_value() for each in facts],
        len(facts),
    )


def rule_engine(facts: Sequence[dict[str, Any]]) -> Peer:
    """Return rule-engine: one expression that gives all verdicts."""
    import rule_engine as engine  # noqa: PLC0415 - it may not be there

    words = Words(
        "and",
        "or",
        "([p for p in partners if {}].length > 0)",
        "([p for p in partners if {}].length == partners.length)",
        'p["{}"]',
    )
    rule = engine.Rule(words.whole(), context=engine.Context(resolver=engine.resolve_item))
    few = facts[:FEW]
    return Peer("rule-engine", lambda: [list(rule.evaluate(each)) for each in few], len(few))


def durable_rules(facts: Sequence[dict[str, Any]]) -> Peer:
    """
    Return durable-rules as it is: one message a partnership, one rule for each way to a verdict.

    What is asked of all partners of a list is settled before, as it has no word for it, and what is
    not recorded is left out of the message.
    """
    from govrules.engines.durable.child import private_host  # noqa: PLC0415 - it may not be there

    lists: dict[twenty.Tree, str] = {}
    fired: set[str] = set()
    rulesets: list[dict[str, Any]] = [{}]

    def test(leaf: twenty.Tree) -> Any:  # noqa: ANN401 - plain data
        kind, name, value = leaf if leaf[0] not in ("exists", "forall") else ("is", "", True)
        name = name or lists.setdefault(leaf, f"list{len(lists)}")
        return {name: value} if kind == "is" else {_SIGNS[kind]: {name: value}}

    def add(found: str, *trees: twenty.Tree) -> None:
        for term in _terms(("and", *trees)):
            if len(rulesets[-1]) == _RULES:
                rulesets.append({})
            of = {"of": f"set{len(rulesets) - 1}"}
            rulesets[-1][f"r{len(rulesets[-1])}"] = {
                "all": [{"m": {"$and": [of, *map(test, term)]}}],
                "run": lambda _: fired.add(found),
            }

    for place, (scope, requires) in enumerate(twenty.pairs()):
        add(f"{place} clear", requires[0])
        add(f"{place} flagged", *([] if scope is None else [scope[0]]), requires[1])
        if scope is not None:
            add(f"{place} not applicable", scope[1])
    host = private_host()
    names = [f"set{number}" for number in range(len(rulesets))]
    for name, rules in zip(names, rulesets, strict=True):
        # A message that no rule takes is an error.
        rules["any"] = {"all": [{"m": {"of": name}}], "run": lambda _: None}
    host.register_rulesets(dict(zip(names, rulesets, strict=True)))

    def message(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
        flat = {name: value for name, value in given.items() if value is not None}
        partners = flat.pop("partners")
        settled = {name: _of_partners(tree, partners) for tree, name in lists.items()}
        return {"id": str(number), **flat, **settled}

    messages = [message(number, each) for number, each in enumerate(facts[:FEW])]
    words = ("not applicable", "clear", "flagged")

    def judged(each: dict[str, Any]) -> list[str]:
        fired.clear()
        for name in names:
            host.assert_fact(name, {**each, "of": name})
            host.retract_fact(name, {**each, "of": name})
        return [
            next((word for word in words if f"{place} {word}" in fired), "unknown")
            for place in range(len(twenty.pairs()))
        ]

    return Peer("durable-rules", lambda: [judged(each) for each in messages], len(messages))


#: The words of durable-rules for comparisons, and how many rules it is trusted with at once.
_SIGNS = {"is_not": "$neq", "ge": "$gte", "lt": "$lt"}
_RULES = 15


def _terms(tree: twenty.Tree) -> list[frozenset[twenty.Tree]]:
    """Return the conjunctions of which one holds where a tree does, none of them within another."""
    kind, *parts = tree
    if kind == "or":
        found = {term for each in parts for term in _terms(each)}
    elif kind == "and":
        several = itertools.product(*(_terms(each) for each in parts))
        found = {frozenset[twenty.Tree]().union(*terms) for terms in several}
    else:
        found = {frozenset({tree})}
    return [term for term in found if not any(other < term for other in found)]


def _of_partners(tree: twenty.Tree, partners: Sequence[Mapping[str, Any]]) -> bool:
    kind, inner = tree
    held = [_holds(inner, each) for each in partners]
    return any(held) if kind == "exists" else all(held)


def _holds(tree: twenty.Tree, record: Mapping[str, Any]) -> bool:
    kind, *parts = tree
    if kind in ("and", "or"):
        held = [_holds(each, record) for each in parts]
        return all(held) if kind == "and" else any(held)
    name, value = parts
    given = record[name]
    if given is None:
        return False
    held_by = {"is": operator.eq, "is_not": operator.ne, "ge": operator.ge, "lt": operator.lt}
    return bool(held_by[kind](given, value))


PEERS = (datalogic_py, zen_engine, cel_expr_python, durable_rules, rule_engine)


def peers(facts: Sequence[dict[str, Any]], expected: Verdicts) -> list[Peer]:
    """Return the engines that are here, whose verdicts are all the reference engine's."""
    found = []
    for make in PEERS:
        name = make.__name__.replace("_", "-")
        try:
            peer = make(facts)
        except ModuleNotFoundError:
            print(f"{name}: not installed here")
            continue
        wrong = sum(
            one != other
            for ours, theirs in zip(expected, peer.run(), strict=False)
            for one, other in zip(ours, theirs, strict=True)
        )
        compared = peer.number * len(expected[0])
        print(f"{name} {version(name)}: {compared:,} verdicts compared, {wrong} differ")
        assert wrong == 0
        found.append(peer)
    return found


# ── Figures ───────────────────────────────────────────────────────────────────────────────────


def medians(works: dict[str, tuple[Work, int]], rounds: int = ROUNDS) -> dict[str, float]:
    """Return the median of the microseconds that each takes for one partnership."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, number) in works.items():
            taken[name].append(seconds(work) / number * 1e6)
    return {name: statistics.median(each) for name, each in taken.items()}


def aim(what: str, ratio: float, least: float) -> None:
    """Print a ratio beside its aim."""
    print(f"{what}: {ratio:.2f}x (aim: at least {least}x, {'met' if ratio >= least else 'MISSED'})")


def verdicts_alone(subjects: Sequence[Partnership]) -> None:
    """Time verdicts: ours, by hand, the reference engine's and other engines'."""
    book = twenty.rulebook()
    hand = twenty.by_hand(twenty.days())
    judge = compiled.judge_for(book.rules, Partnership, twenty.AS_OF, book)
    told = list(reference.outcomes(book.rules, subjects, twenty.AS_OF, book))
    expected = [[outcome.verdict.value for outcome in each] for each in told]
    assert [hand(each) for each in subjects] == expected
    assert [[one.verdict.value for one in judge(each)] for each in subjects] == expected
    counted = {word: sum(each.count(word) for each in expected)
               for word in (twenty.FLAGGED, twenty.CLEAR, twenty.OPEN, twenty.NA)}  # fmt: skip
    print(f"{len(subjects):,} partnerships, {len(book.rules)} rules, by hand alike: {counted}")
    others = peers([twenty.flat(each) for each in subjects], expected)
    few = subjects[:FEW]
    works: dict[str, tuple[Work, int]] = {
        "compiled": (lambda: [judge(each) for each in subjects], len(subjects)),
        "by hand": (lambda: [hand(each) for each in subjects], len(subjects)),
        "reference": (
            lambda: list(reference.outcomes(book.rules, few, twenty.AS_OF, book)), len(few),
        ),
        **{peer.name: (peer.run, peer.number) for peer in others},
    }  # fmt: skip
    found = medians(works)
    for name, took in found.items():
        print(f"  {name}: {took:.2f} us a partnership ({found['by hand'] / took:.3f}x by hand)")
    near = subjects[:50]
    warm = medians(
        {
            "compiled": (lambda: [judge(each) for _ in range(20) for each in near], 1000),
            "by hand": (lambda: [hand(each) for _ in range(20) for each in near], 1000),
        }
    )
    print(
        f"  fifty of them again and again, which the processor's cache holds: compiled "
        f"{warm['compiled']:.2f} us, by hand {warm['by hand']:.2f} us "
        f"({warm['by hand'] / warm['compiled']:.2f}x)"
    )
    aim("compiled / by hand", found["by hand"] / found["compiled"], 2.5)
    if others:
        fastest = min((peer.name for peer in others), key=lambda each: found[each])
        aim(f"compiled / {fastest}, the fastest of the others",
            found[fastest] / found["compiled"], 3)  # fmt: skip


def assessments(subjects: Sequence[Partnership]) -> None:
    """Time whole assessments: checked, judged, and as much explained as is asked for."""
    book = twenty.rulebook()
    hand = twenty.by_hand(twenty.days())

    def each() -> Any:  # noqa: ANN401 - an iterator
        return assess_each(subjects, book, as_of=twenty.AS_OF, engine="compiled")

    def explained() -> None:
        for assessment in each():
            for finding in assessment.flagged:
                finding.because  # noqa: B018 - it is worked out when it is asked for

    def kept() -> list[Any]:
        return [(finding, finding.because) for one in each() for finding in one.flagged]

    found = medians(
        {
            "by hand, verdicts alone": (lambda: [hand(one) for one in subjects], len(subjects)),
            "assess, counts alone": (lambda: [None for _ in each()], len(subjects)),
            "assess, flagged as references": (
                lambda: [None for one in each() if one.flagged], len(subjects),
            ),
            "assess, flagged explained and streamed": (explained, len(subjects)),
            "assess, flagged explained and kept": (kept, len(subjects)),
        },
        rounds=5,
    )  # fmt: skip
    print("whole assessments, each partnership checked against the vocabulary first:")
    base = found["by hand, verdicts alone"]
    for name, took in found.items():
        print(f"  {name}: {took:.1f} us a partnership ({base / took:.3f}x)")
    aim("flagged explained and streamed / by hand",
        base / found["assess, flagged explained and streamed"], 1.5)  # fmt: skip


def one_call(subjects: Sequence[Partnership]) -> None:
    """Time single calls of `assess`."""
    book = twenty.rulebook()
    taken = []
    for one in subjects:
        begin = time.perf_counter()
        assess(one, book, as_of=twenty.AS_OF, engine="compiled")
        taken.append((time.perf_counter() - begin) * 1e6)
    taken.sort()
    half, most = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(f"one call of assess(engine='compiled'): p50 {half:.1f} us, p99 {most:.1f} us")


def compiling() -> None:
    """Time the generation of a large book against a small one."""
    sizes = {number: twenty.rulebook(number) for number in (20, 500)}

    def work(number: int) -> Work:
        book = sizes[number]
        return lambda: compiled.source(book.rules, Partnership, book)

    found = medians({str(number): (work(number), 1) for number in sizes}, rounds=5)
    ratio = found["500"] / found["20"]
    print(
        f"compiling: 20 rules {found['20'] / 1000:.1f} ms, 500 rules {found['500'] / 1000:.1f} ms: "
        f"{ratio:.1f}x (aim: under 20x, {'met' if ratio < 20 else 'MISSED'})"
    )


def main() -> int:
    """Print every figure."""
    subjects = twenty.partnerships(NUMBER)
    verdicts_alone(subjects)
    assessments(subjects)
    one_call(subjects)
    compiling()
    return 0


if __name__ == "__main__":
    sys.exit(main())
