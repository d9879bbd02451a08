"""What is warned of in rules that are well formed, and judge otherwise than was meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Iterator, Mapping

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.rulebook.ast import Rule, Rulebook, all_conditions, rule_conditions
from govrules.rulebook.expr import Condition, Literal, Test
from govrules.rulebook.walk import nodes, operands, parameters_in, references


def warned(
    rulebook: Rulebook, packs: Container[str], own: Mapping[str, Span]
) -> Iterator[Diagnostic]:
    """
    Yield the warnings on rules of some packs, in the context of all.

    Args:
        rulebook: the rules.

        packs: the ids of the packs that are looked at.

        own: the names of the own facts that these declare, as they do, with their places.
    """
    rules = [rule for rule in rulebook.rules if rule.pack in packs]
    yield from _twice(rules)
    yield from _gaps(rules)
    yield from _holes(rulebook, packs)
    yield from _unused(rulebook, packs, own)
    for adaptation in rulebook.adaptations:
        if adaptation.pack in packs and not adaptation.approved:
            message = f"nobody is named who approved the change of `{adaptation.name}`"
            help_ = "add `approved: who and when` before it is released"
            yield Diagnostic(Code.NOT_APPROVED, message, adaptation.span, help_)


def names_no_rule(
    rules: Iterable[Rule], ids: Iterable[str], themes: Iterable[str]
) -> Iterator[Diagnostic]:
    """
    Yield references of summary rules to missing rules or themes.

    Args:
        rules: the rules.

        ids: the ids of all rules that can be meant.

        themes: the themes of these rules.
    """
    meant = {"rule": sorted(ids), "theme": sorted(themes)}
    for rule in rules:
        if rule.subject != "assessment":
            continue
        for root in rule_conditions(rule):
            for node in nodes(root):
                if not isinstance(node, Test) or node.fact.level == 0:
                    continue
                what, known = node.fact.path, meant.get(node.fact.path, ())
                for operand in operands(node.predicate) if known else ():
                    text = operand.value if isinstance(operand, Literal) else None
                    if isinstance(text, str) and text not in known:
                        name = f"name a {what} of a pack that is used with it"
                        yield Diagnostic(
                            Code.NAMES_NO_RULE,
                            f"no {what} is called `{text}`",
                            node.span,
                            did_you_mean(text, known, otherwise=name),
                        )


def _twice(rules: Iterable[Rule]) -> Iterator[Diagnostic]:
    seen: dict[tuple[object, ...], Rule] = {}
    for rule in rules:
        key = (rule.subject, rule.applies_when, rule.requires, rule.in_force)
        other = seen.setdefault(key, rule)
        if other is not rule:
            yield Diagnostic(
                Code.SAME_RULE_TWICE,
                f"rule `{rule.id}` tests just what `{other.id}` tests, at {other.span}",
                rule.span,
                "change the condition that was copied, or remove one of the two",
            )


def _gaps(rules: Iterable[Rule]) -> Iterator[Diagnostic]:
    """Yield the gaps between a rule's end and its successor's beginning."""
    several = [*rules]
    for old in several:
        if old.in_force[1] is None:
            continue
        first = old.in_force[1] + dt.timedelta(days=1)
        after = [new for new in several if _follows(new, old)]
        later = [
            (begins, new)
            for new in after
            if (begins := new.in_force[0]) is not None and begins > first
        ]
        if not later or any(new.counts_on(first) for new in after):
            continue
        begins, new = min(later, key=lambda each: each[0])
        last = begins - dt.timedelta(days=1)
        days = str(first) if first == last else f"{first} to {last}"
        yield Diagnostic(
            Code.GAP_BETWEEN_VERSIONS,
            f"neither `{old.id}` nor `{new.id}`, which follows it, is in force on {days}",
            new.span,
            f"write `from: {first}`, or have `{old.id}` end on {last}",
        )


def _follows(new: Rule, old: Rule) -> bool:
    if old.id in new.supersedes:
        return True
    place = (old.source.document, old.source.paragraph)
    same = place == (new.source.document, new.source.paragraph) and new.subject == old.subject
    return same and _facts(new.requires) == _facts(old.requires)


def _facts(condition: Condition) -> frozenset[str]:
    return frozenset(ref.path for ref in references(condition))


def _holes(rulebook: Rulebook, packs: Container[str]) -> Iterator[Diagnostic]:
    for derived in rulebook.derived.values():
        if derived.pack not in packs or derived.otherwise is not None:
            continue
        readers = [rule.id for rule in rulebook.rules if derived.name in rule.reads]
        if readers:
            yield Diagnostic(
                Code.TABLE_WITHOUT_OTHERWISE,
                f"where no row of `{derived.name}` holds it is none, and `{readers[0]}` reads it",
                derived.span,
                "add `otherwise:` with the value that it has then; "
                "`govrules prove --kind gap` shows a case that no row covers",
            )


def _unused(
    rulebook: Rulebook, packs: Container[str], own: Mapping[str, Span]
) -> Iterator[Diagnostic]:
    roots = [*all_conditions(rulebook, remedies=True)]
    read = {each.name for each in parameters_in(roots)}
    for parameter in rulebook.parameters.values():
        if parameter.pack in packs and parameter.name not in read:
            yield _not_used(f"parameter `{parameter.name}`", parameter.span)
    facts = {ref.path for root in roots for ref in references(root)}
    for name, span in own.items():
        path = name.rpartition("[].")[2]
        if not any(fact == path or fact.endswith(f".{path}") for fact in facts):
            yield _not_used(f"fact `{name}`", span)


def _not_used(what: str, span: Span) -> Diagnostic:
    return Diagnostic(
        Code.NOT_USED, f"no rule reads {what}", span, "use it, or remove it from `rulebook.yaml`"
    )


def spans_of(found: Iterable[Diagnostic], lines: Mapping[str, list[str]]) -> Iterator[Diagnostic]:
    """Yield diagnostics with their source lines."""
    for each in found:
        of_file = lines.get(each.span.file, [])
        inside = 0 < each.span.line <= len(of_file)
        yield attrs.evolve(each, source=of_file[each.span.line - 1]) if inside else each
