"""Derived facts: the conditions of each, its examples, and that none is derived from itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

import attrs

from govrules.diagnostics import Code
from govrules.nodes import Node, Report, Scalar
from govrules.rulebook.ast import Citation, Derived, DerivedExample, Row
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.dated import with_periods
from govrules.rulebook.declare import Declarations, OpenedPack
from govrules.rulebook.derivation import beneath
from govrules.rulebook.expr import Condition, FactSource
from govrules.rulebook.fields import Fields
from govrules.rulebook.rules import read_citation, read_given
from govrules.rulebook.walk import references
from govrules.subjects import Declared
from govrules.vocabulary import Choice, Fact, YesNo


@attrs.define
class DerivedReader:
    """
    Reads derived facts, once all packs have declared what they have.

    Attributes:
        declarations: what packs declare.

        derived: the derived facts that were read, by name.
    """

    declarations: Declarations
    derived: dict[str, Derived] = attrs.field(factory=dict)

    def read(self, pack: OpenedPack, reader: ConditionReader, key: Scalar, fields: Fields) -> None:
        """Read the conditions and examples of one; what is wrong is reported on its pack."""
        report = pack.report
        fact, cls = self.declarations.derived_facts[key.text]
        rows: list[Row] = []
        otherwise: str | bool | None = None
        if isinstance(fact.type, YesNo):
            when = reader.condition(fields.required("when"), (cls,))
            if when is not None:
                rows.append(Row(when, value=True, span=report.span(key)))
            otherwise = False
        else:
            assert isinstance(fact.type, Choice)  # noqa: S101 - declared just so
            rows = self._rows(report, reader, fields, fact.type, cls)
            otherwise = fields.choice("otherwise", fact.type.values)
        sources: tuple[Citation, ...] = ()
        if "source" in fields:
            citation = read_citation(
                report, fields.value("source"), self.declarations.documents, self.declarations.texts
            )
            sources = (citation,) if citation else ()
        examples = [
            example
            for item in fields.items("examples")
            for example in self._derived_example(report, reader.declared, item, fact, cls)
        ]
        self.derived[key.text] = Derived(
            fact,
            cls,
            tuple(rows),
            otherwise,
            sources,
            tuple(examples),
            inherited=not pack.with_rules,
            unique=fields.yes_no("unique") is True,
            show=fields.yes_no("show"),
            pack=pack.id,
            span=report.span(key),
        )

    @staticmethod
    def _derived_example(
        report: Report, declared: Declared, node: Node, fact: Fact, cls: type
    ) -> list[DerivedExample]:
        fields = Fields(report, node, ("name", "given", "expect"), "an example of a derived fact")
        name = fields.text("name", required=True)
        given = fields.required("given")
        words: dict[str, str | bool | None] = {"unknown": None}
        if isinstance(fact.type, Choice):
            words |= {value: value for value in fact.type.values}
        else:
            words |= {"yes": True, "no": False}
        expect = fields.choice("expect", [*words], required=True)
        if given is None or expect is None:
            return []
        record, as_of = read_given(report, given, cls, declared)
        day = as_of if isinstance(as_of, dt.date) else None
        return [DerivedExample(name, record, words[expect], day, span=report.span(node))]

    def _rows(
        self,
        report: Report,
        reader: ConditionReader,
        fields: Fields,
        fact_type: Choice,
        cls: type,
    ) -> list[Row]:
        rows: list[Row] = []
        fields.required("first_match")
        seen: list[Condition] = []
        for node in fields.items("first_match"):
            row = Fields(report, node, ("when", "value"), "a row")
            when = reader.condition(row.required("when"), (cls,))
            value = row.choice("value", fact_type.values, required=True)
            if when is None or value is None:
                continue
            if when in seen:
                report.add(
                    Code.UNREACHABLE_ROW,
                    "an earlier row has the same condition, so this one is never reached",
                    row.key("when"),
                    "drop it",
                )
            seen.append(when)
            rows.append(Row(when, value, span=report.span(node)))
        return rows

    def in_order(self) -> dict[str, Derived]:
        """Return the derived facts, each after those that it reads."""
        found: dict[str, Derived] = {}
        every = with_periods(
            self.derived, self.declarations.parameters.values(), self.declarations.subjects.values()
        )
        for name in every:
            for each in beneath(name, every, found):
                found[each] = every[each]
        return found

    def check_rings(self, packs: Collection[OpenedPack]) -> None:
        """Report derived facts that are derived from themselves, each ring once."""
        needs = {
            name: {
                ref.path
                for row in derived.rows
                for ref in references(row.when)
                if ref.source is FactSource.DERIVED
            }
            for name, derived in self.derived.items()
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError:
            self._report_cycles(needs, packs)

    def _report_cycles(self, needs: Mapping[str, set[str]], packs: Collection[OpenedPack]) -> None:
        in_a_cycle: set[str] = set()
        for name in needs:
            ring = _ring(name, needs)
            if ring and not in_a_cycle & set(ring):
                in_a_cycle |= set(ring)
                _report_ring(name, ring, packs)


def _ring(name: str, needs: Mapping[str, set[str]]) -> list[str]:
    """Return the cycle through a derived fact, if there is one."""
    ways: list[list[str]] = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for each in sorted(needs.get(way[-1], ())):
            if each == name:
                return way
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def _report_ring(name: str, ring: list[str], packs: Collection[OpenedPack]) -> None:
    for pack in packs:
        for key, _ in pack.derived:
            if key.text == name:
                path = " → ".join(f"`{each}`" for each in [*ring, ring[0]])
                pack.report.add(
                    Code.DERIVED_CYCLE,
                    f"derived in a ring: {path}",
                    key,
                    "derive one of them from recorded facts only",
                )
