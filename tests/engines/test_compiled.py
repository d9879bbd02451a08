"""The compiled engine: what it generates, and what it does with what cannot be generated."""

from __future__ import annotations

import ast
import datetime as dt
import threading
from typing import Any

import attrs
import pytest

from govrules import Partnership, load_rulebook
from govrules.assessment import assess
from govrules.engines import compiled, reference
from govrules.engines import source as sources
from govrules.engines.registry import comparable
from govrules.errors import EngineError
from govrules.rulebook.ast import Derived, Row, Rule, Rulebook, Severity, Verdict
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Compare,
    FactRef,
    FactSource,
    Literal,
    Not,
    Op,
    Quantified,
    Quantity,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Fact, Kind
from tests.properties.small import AS_OF, CITED, Item, Thing, ref, rulebook_of

SHIPPED = load_rulebook()
HOSTILE = 'x\'"\\\n"""; import os; os._exit(3) #\r\u2028\x00{subject} %s ]'


def is_(path: str, value: Any, level: int = 0) -> FactTest:
    return FactTest(ref(path, level), Compare(Op.EQUALS, Literal(value)))


def rule(requires: Any, rule_id: str = "a-rule", **more: Any) -> Rule:
    return Rule(rule_id, "It is broken", "theme", "Mend.", CITED, requires, Severity.HIGH,
                subject="thing", **more)  # fmt: skip


def verdicts(thing: Any, *rules: Rule, book: Rulebook | None = None) -> list[Verdict]:
    book = book or rulebook_of(rules, {})
    (found,) = compiled.outcomes(rules, [thing], AS_OF, book)
    (expected,) = reference.outcomes(rules, [thing], AS_OF, book)
    assert list(map(comparable, found)) == list(map(comparable, expected))
    return [each.verdict for each in found]


def source(*rules: Rule) -> str:
    return compiled.source(rules, Thing, rulebook_of(rules, {}))


def test_a_rule_is_read_as_plain_python():
    assert (
        source(rule(is_("mended", True), applies_when=is_("big", True)))
        == """\
def prepare(as_of):
    NOW = last_day(as_of)
    def judge(subject, UNKNOWN=UNKNOWN, CLEAR=CLEAR, NOT_APPLICABLE=NOT_APPLICABLE):
        # 0: a-rule
        big_1 = subject.big
        if (big_1 is not UNKNOWN and big_1 is not True): r0 = NOT_APPLICABLE
        else:
            mended_2 = subject.mended
            if mended_2 is True: r0 = CLEAR
            else:
                r0 = (F0 if (big_1 is True and mended_2 is not UNKNOWN) else U0)
        return (r0, )
    return judge
"""
    )


def test_what_several_rules_read_is_read_once():
    shared = Quantified(Quantity.EVERY, ref("items"), is_("fine", True, 1))
    other = All((shared, is_("mended", True)))
    costly = FactTest(ref("size"), Compare(Op.AT_LEAST, Literal(1)))
    found = source(rule(shared), rule(other, "b"), rule(costly, "c"), rule(Not(costly), "d"))
    assert found.count("for items") == 1
    assert found.count("subject.items") == 1
    assert found.count(">=") == 1


def test_the_same_source_whatever_the_run_and_the_place_of_the_text():
    rules = [each for each in SHIPPED.rules if each.subject == "partnership"]
    again = load_rulebook()
    assert [compiled.source(rules, SHIPPED.class_of(Partnership), SHIPPED)] == [
        compiled.source([again.rule(each.id) for each in rules], again.class_of(Partnership), again)
    ]


def test_no_text_of_a_rulebook_reaches_the_source():
    """Names and values of every kind that could close a string or a line are constants or gone."""
    chosen = Fact(HOSTILE, Choice((HOSTILE, "b"), ordered=True), Kind.CIRCUMSTANCE, "x", "x?")
    derived = Derived(chosen, Thing, (Row(is_("big", True), HOSTILE),), "b")
    of = FactRef(HOSTILE, 0, chosen, FactSource.DERIVED)
    rules = (
        rule(FactTest(of, Compare(Op.EQUALS, Literal(HOSTILE))), HOSTILE),
        rule(FactTest(of, Compare(Op.AT_LEAST, Literal("b"))), f"{HOSTILE}2"),
    )
    book = rulebook_of(rules, {HOSTILE: derived})
    found = compiled.source(rules, Thing, book)
    code = "\n".join(each for each in found.splitlines() if not each.strip().startswith("#"))
    assert found.isascii()
    assert "import" not in code
    assert "'" not in code
    assert '"' not in code
    assert {type(each.value) for each in ast.walk(ast.parse(found))
            if isinstance(each, ast.Constant)} <= {bool, int, type(None)}  # fmt: skip
    thing = Thing(big=True)
    assert verdicts(thing, *rules, book=book) == [Verdict.CLEAR, Verdict.FLAGGED]


def test_a_field_that_the_vocabulary_has_not_is_refused():
    crafted = FactRef("big if __import__('os') else x", 0, ref("big").fact)
    with pytest.raises(EngineError, match="has no fact"):
        source(rule(FactTest(crafted, Compare(Op.EQUALS, Literal(True)))))


def test_names_that_meet_pythons_own_are_kept_apart():
    @attrs.frozen(kw_only=True)
    class Odd:
        subject: bool | None = True
        r0: bool | None = True
        K0: int | None = 1
        judge: bool | None = True
        len: bool | None = True
        UNKNOWN: bool | None = True

    from govrules.vocabulary import vocabulary_of  # noqa: PLC0415 - beside the class

    facts = vocabulary_of(Odd).facts
    rules = tuple(
        rule(FactTest(FactRef(name, 0, fact), Compare(Op.EQUALS, Literal(getattr(Odd(), name)))), name)
        for name, fact in facts.items()
    )  # fmt: skip
    book = attrs.evolve(rulebook_of(rules, {}), subjects={"thing": Odd})
    assert verdicts(Odd(), *rules, book=book) == [Verdict.CLEAR] * len(rules)


def test_each_date_has_its_own_days():
    old = rule(FactTest(ref("checked"), Compare(Op.OLDER_THAN, Literal(12))))
    book = rulebook_of((old,), {})
    thing = Thing(checked=dt.date(2025, 3, 30))
    for as_of, expected in (
        (AS_OF, Verdict.CLEAR), (dt.date(2026, 3, 30), Verdict.FLAGGED), (UNKNOWN, Verdict.UNKNOWN),
    ):  # fmt: skip
        (found,) = next(compiled.outcomes((old,), [thing], as_of, book))
        assert found.verdict is expected


def test_conditions_that_are_deep_are_taken_apart():
    """Deeper than Python nests parentheses."""
    deep: Any = is_("mended", True)
    for index in range(150):
        join = All if index % 2 else AnyOf
        deep = join((is_("big", bool(index % 3)), deep, Not(is_("painted", True))))
    assert verdicts(Thing(mended=True, big=UNKNOWN, painted=UNKNOWN), rule(deep))


def test_conditions_that_are_too_deep_are_refused_in_words():
    deep: Any = is_("mended", True)
    for _ in range(20_000):
        deep = Not(deep)
    with pytest.raises(EngineError, match="nested too deep"):
        verdicts(Thing(), rule(deep))


@pytest.mark.parametrize("error", [RecursionError, MemoryError, SyntaxError, OverflowError])
def test_what_python_cannot_compile_is_refused_in_words(error, monkeypatch):
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(compiled, "compile", fails, raising=False)
    with pytest.raises(EngineError, match="nested too deep"):
        source(rule(is_("big", True), f"too-deep-{error.__name__.lower()}"))


def test_loops_that_are_too_deep_are_refused_in_words():
    thing = Thing(items=(Item(fine=True),))
    for depth in range(1, 26):
        # Each list is looked at once for each record of those around it.
        condition: Any = All(tuple(is_("fine", True, level) for level in range(1, depth + 1)))
        for _ in range(depth):
            condition = Quantified(Quantity.SOME, ref("items"), condition)
        if depth <= sources._MOST_LOOPS:
            assert verdicts(thing, rule(condition)) == [Verdict.CLEAR]
        else:
            with pytest.raises(EngineError, match="stand more than 18 deep"):
                verdicts(thing, rule(condition))


def test_five_thousand_rules():
    rules = tuple(
        rule(
            FactTest(ref("size"), Compare(Op.AT_LEAST, Literal(index))),
            f"rule-{index}",
            applies_when=is_("big", True),
        )
        for index in range(5000)
    )
    book = rulebook_of(rules, {})
    (found,) = compiled.outcomes(rules, [Thing(size=2499, big=True)], AS_OF, book)
    assert [each.verdict for each in found] == [Verdict.CLEAR] * 2500 + [Verdict.FLAGGED] * 2500


def test_a_condition_with_thousands_of_parts():
    parts = tuple(is_("size", number) for number in range(3000))
    assert verdicts(Thing(size=2999), rule(AnyOf(parts)), rule(All(parts))) == [
        Verdict.CLEAR, Verdict.FLAGGED,
    ]  # fmt: skip


def test_threads_share_what_is_kept():
    book = attrs.evolve(SHIPPED)
    rules = tuple(each for each in book.rules if each.subject == "partnership")
    found: list[Any] = []

    def run() -> None:
        found.append(
            list(compiled.outcomes(rules, [book.class_of(Partnership)()] * 20, AS_OF, book))
        )

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8
    assert all(each == found[0] for each in found)


def test_findings_are_not_made_until_they_are_asked_for(monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(
        "govrules.assessment.finding_of", lambda rule, *_, **__: asked.append(rule.id)
    )
    assessment = assess(Partnership(name="Care pool"), SHIPPED, as_of=AS_OF, engine="compiled")
    assert sum(assessment.counts.values()) > 0
    assert asked == []
    assert len(assessment.of(Verdict.UNKNOWN)) == len(asked) > 0


def test_a_finding_is_always_the_same_one():
    assessment = assess(Partnership(), SHIPPED, as_of=AS_OF, engine="compiled")
    unknown = assessment.of(Verdict.UNKNOWN)
    assert unknown[0] is assessment.of(Verdict.UNKNOWN)[0]
    assert unknown[0] in assessment.findings
    assert any(each is unknown[0] for each in assessment.findings)
