"""What is different between two rulebooks: rules, parameters, derived facts, packs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

import attrs

from govrules.diff.meaning import Equivalence, LoweredRulebook, decide
from govrules.explain.adaptations import in_force_phrase, threshold_phrase
from govrules.explain.english import condition_phrase, severity_sentence
from govrules.explain.phrases import joined
from govrules.render.advice import noun_phrase
from govrules.rulebook.adapt import with_values
from govrules.rulebook.ast import Derived, ParameterValue, Rule, Rulebook, rule_conditions
from govrules.rulebook.derivation import beneath
from govrules.rulebook.expr import All, AnyOf, Condition, OneOf
from govrules.rulebook.walk import derived_read, references


class ChangeKind(Enum):
    """The kind of change a rule underwent."""

    ADDED = "added"
    REMOVED = "removed"
    MEANING = "changed in meaning"
    THROUGH = "changed by what it rests on"
    RENAMED = "renamed"
    WORDS = "changed only in words"


@attrs.frozen
class RuleChange:
    """
    A rule that was added, removed or edited.

    Attributes:
        change: what.
        old: the rule as it was; None where it is new.
        new: the rule as it is; None where it is gone.
        edits: what was edited, each as a clause.
        decided: whether it means the same, and how that is known; None where nobody asked.
    """

    change: ChangeKind
    old: Rule | None
    new: Rule | None
    edits: tuple[str, ...]
    decided: Equivalence | None = None

    @property
    def rule(self) -> Rule:
        """The rule as it is, or as it was where it is gone."""
        found = self.new or self.old
        assert found is not None  # noqa: S101 - one of the two is there
        return found

    @property
    def id(self) -> str:
        """Its id."""
        return self.rule.id

    @property
    def means_more(self) -> bool:
        """Whether outcomes can change by it."""
        return self.change not in (ChangeKind.RENAMED, ChangeKind.WORDS)


@attrs.frozen
class RulebookDifference:
    """
    What is different between two rulebooks.

    Attributes:
        old: the one.
        new: the other.
        rules: the rules that are not the same, in the order of the new rulebook, then those gone.
        parameters: what became of parameters, each as a clause.
        derived: what became of derived facts, each by its name, with how it was decided.
        packs: what became of packs and their versions, each as a clause.
        same_version: the ids of packs whose rules changed and whose version did not.
    """

    old: Rulebook
    new: Rulebook
    rules: tuple[RuleChange, ...]
    parameters: tuple[str, ...]
    derived: Mapping[str, Equivalence]
    packs: tuple[str, ...]
    same_version: tuple[str, ...]

    @property
    def means_more(self) -> bool:
        """Whether any rule changed in meaning, is new or is gone."""
        return any(change.means_more for change in self.rules)


def difference(old: Rulebook, new: Rulebook) -> RulebookDifference:
    """
    Compare two rulebooks.

    Whether a rule means the same is decided by its formulas, by the prover where that is installed,
    and else by generated subjects; each says how.
    """
    return _Comparing(old, new).result()


_WORDS: Final = ("title", "met", "principle", "note", "source", "also", "says", "theme", "tags")
_IN_WORDS: Final = {"says": "how far its source goes", "met": "good state"}


class _Comparing:
    def __init__(self, old: Rulebook, new: Rulebook) -> None:
        self.old, self.new = LoweredRulebook.of(old), LoweredRulebook.of(new)
        self.olds = {rule.id: rule for rule in old.rules}
        self.news = {rule.id: rule for rule in new.rules}

    def result(self) -> RulebookDifference:
        """Return what is different."""
        old, new = self.old.rulebook, self.new.rulebook
        derived = dict(self._derived())
        rules = [*self._rules({name for name, each in derived.items() if not each.same})]
        changed = {change.rule.pack for change in rules}
        versions = {pack.id: pack for pack in old.packs}
        same = tuple(
            pack.id
            for pack in new.packs
            if pack.id in changed
            and pack.id in versions
            and versions[pack.id].version == pack.version
            and versions[pack.id].content != pack.content
        )
        return RulebookDifference(
            old=old,
            new=new,
            rules=tuple(rules),
            parameters=tuple(_parameters(old.parameters, new.parameters)),
            derived=derived,
            packs=tuple(_packs(old, new)),
            same_version=same,
        )

    def _derived(self) -> Iterator[tuple[str, Equivalence]]:
        """Yield the derived facts edited directly, or resting on one that was."""
        before, after = self.old.rulebook.derived, self.new.rulebook.derived
        moved: set[str] = set()
        for name, new in after.items():
            old = before.get(name)
            if old is None:
                continue
            beneath = moved.intersection(derived_read(row.when for row in new.rows))
            if (old.rows, old.otherwise) == (new.rows, new.otherwise) and not beneath:
                continue
            found = decide(old, self.old, new, self.new)
            if not found.same:
                moved.add(name)
            yield name, found

    def _rules(self, moved: set[str]) -> Iterator[RuleChange]:
        gone = {name: rule for name, rule in self.olds.items() if name not in self.news}
        renamed: dict[str, Rule] = {}
        for name, new in self.news.items():
            if name not in self.olds:
                twin = self._twin(new, gone.values())
                if twin is not None:
                    renamed[name] = twin
                    gone.pop(twin.id)
        for name, new in self.news.items():
            old = self.olds.get(name) or renamed.get(name)
            if old is None:
                required = f"it requires that {condition_phrase(new.requires)}"
                yield RuleChange(ChangeKind.ADDED, None, new, (required,))
                continue
            found = self._rule(old, new, moved)
            if found is not None:
                yield found
        left = {rule.id: rule for rule in self.new.rulebook.left_out}
        for name, rule in gone.items():
            edits: tuple[str, ...] = ("the rule is gone",)
            if name in left:
                last = left[name].adapted[-1]
                edits = ("it is left out" if last.now is True else f"it is replaced by {last.now}",)
            yield RuleChange(ChangeKind.REMOVED, rule, None, edits)

    def _twin(self, new: Rule, gone: Iterable[Rule]) -> Rule | None:
        """Return the removed rule equivalent to an added one; None if there is none."""
        several = [each for each in gone if each.subject == new.subject]
        for old in several:
            if old.id in new.supersedes or logic(old) == logic(new):
                return old
        alike = [each for each in several if each.title == new.title]
        return alike[0] if len(alike) == 1 else None

    def _rule(self, old: Rule, new: Rule, moved: set[str]) -> RuleChange | None:
        edits = [*_edits(old, new, (self.old.rulebook, self.new.rulebook))]
        words = [*_words(old, new)]
        named = [f"renamed from {old.id}"] if old.id != new.id else []
        if edits:
            found = decide(old, self.old, new, self.new)
            through = [] if found.same else self._through(new, moved)
            change = ChangeKind.MEANING
            if found.same:
                change = ChangeKind.RENAMED if named else ChangeKind.WORDS
            return RuleChange(change, old, new, (*named, *edits, *through, *words), found)
        rests = self._through(new, moved)
        if rests:
            return RuleChange(ChangeKind.THROUGH, old, new, (*named, *rests, *words))
        if named or words:
            change = ChangeKind.RENAMED if named else ChangeKind.WORDS
            return RuleChange(change, old, new, (*named, *words))
        return None

    def _through(self, rule: Rule, moved: set[str]) -> list[str]:
        """Return the changed derived facts a rule depends on, as clauses."""
        read = {
            ref.path.rpartition(".")[2]
            for root in rule_conditions(rule)
            for ref in references(root)
        }
        derived = self.new.rulebook.derived
        found = sorted(read & moved)
        return [
            f"by {noun_phrase(derived[name].fact)} ({name}){self._why(name)}"
            for name in found
            if name in derived
        ]

    def _why(self, name: str) -> str:
        """Return the changed parameters a derived fact depends on, as a clause after its name."""
        before, after = self.old.rulebook, self.new.rulebook
        several = (*beneath(name, after.derived, ()), name)
        read = {parameter.name for one in several for parameter in after.derived[one].parameters}
        moved = [each for each in _moved(before.parameters, after.parameters) if each in read]
        return f", which reads {joined(moved)}" if moved else ""


def logic(rule: Rule) -> tuple[Any, ...]:
    """Return the parts of a rule that determine its outcome."""
    return (
        rule.subject,
        rule.about_records,
        rule.in_force,
        rule.applies_when,
        tuple(exemption.when for exemption in rule.unless),
        rule.requires,
        rule.grades,
        rule.otherwise,
        tuple(mitigation.when for mitigation in rule.mitigated_by),
    )


def _edits(old: Rule, new: Rule, books: tuple[Rulebook, Rulebook]) -> Iterator[str]:
    """Yield the edited parts that may change outcomes."""
    if logic(old) == logic(new):
        return
    read = {parameter.name for parameter in old.parameters} & {
        parameter.name for parameter in new.parameters
    }
    moved = _moved(books[0].parameters, books[1].parameters)
    for name in sorted(read.intersection(moved)):
        before_, after_ = (threshold_phrase(book.parameters[name]) for book in books)
        yield f"threshold: {name} was {before_}, is {after_}"
    was = old
    # What else was edited is seen with the values the same.
    values = {name: books[1].parameters[name] for name in read.intersection(moved)}
    old = with_values(old, values, books[1].subjects[old.subject])
    if _ordered(logic(old)) == _ordered(logic(new)):
        if logic(old) != logic(new):
            yield "conditions stand in another order"
        return
    for what, name in (("where it applies", "applies_when"), ("what it requires", "requires")):
        if getattr(old, name) != getattr(new, name):
            before, after = (_phrase(getattr(each, name)) for each in (was, new))
            edited = before == after
            yield f"{what} edited" if edited else f"{what}: was “{before}”, is “{after}”"
    yield from _cases("exception", old.unless, new.unless)
    if (old.grades, old.otherwise) != (new.grades, new.otherwise):
        yield f"severity: was {_severity(old)}, is {_severity(new)}"
    yield from _cases("mitigation", old.mitigated_by, new.mitigated_by)
    if old.in_force != new.in_force:
        periods = [in_force_phrase(each) or "always" for each in (old, new)]
        yield f"in force: was {periods[0]}, is {periods[1]}"
    if (old.subject, old.about_records) != (new.subject, new.about_records):
        yield f"it is about a {new.subject}, and was about a {old.subject}"


def _moved(
    before: Mapping[str, ParameterValue], after: Mapping[str, ParameterValue]
) -> tuple[str, ...]:
    """Return the parameters whose value differs on some day."""
    both = (each for each in after if each in before)
    return tuple(
        each
        for each in both
        if (before[each].value, before[each].dated) != (after[each].value, after[each].dated)
    )


def _severity(rule: Rule) -> str:
    bare = attrs.evolve(rule, mitigated_by=())
    return severity_sentence(bare).removesuffix(".").lower()


def _phrase(condition: Condition | None) -> str:
    return "always" if condition is None else condition_phrase(condition)


def _cases(what: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[str]:
    olds, news = [each.when for each in before], [each.when for each in after]
    for each in olds:
        if each not in news:
            yield f"{what} removed: where {condition_phrase(each)}"
    for each in news:
        if each not in olds:
            yield f"{what} added: where {condition_phrase(each)}"


def _ordered(value: Any) -> Any:  # noqa: ANN401 - any part of a tree
    """Return a condition with commutative operands in canonical order."""
    if isinstance(value, All | AnyOf):
        return type(value).__name__, tuple(sorted(map(repr, map(_ordered, value.items))))
    if isinstance(value, OneOf):
        return "one of", tuple(sorted(map(repr, value.operands)))
    if isinstance(value, tuple):
        return tuple(_ordered(each) for each in value)
    if attrs.has(type(value)):
        fields = (field for field in attrs.fields(type(value)) if field.eq)
        return type(value).__name__, tuple(_ordered(getattr(value, field.name)) for field in fields)
    return value


def _words(old: Rule, new: Rule) -> Iterator[str]:
    """Yield the edited parts that change no outcome."""
    for name in _WORDS:
        if getattr(old, name) != getattr(new, name):
            before, after = getattr(old, name), getattr(new, name)
            short = isinstance(before, str) and isinstance(after, str)
            said = _IN_WORDS.get(name, name)
            yield f"{said}: was “{before}”, is “{after}”" if short else f"{said} edited"
    if old.remedy != new.remedy:
        yield "remedy edited"
    reasons = [[each.because for each in rule.unless + rule.mitigated_by] for rule in (old, new)]
    if reasons[0] != reasons[1] and len(reasons[0]) == len(reasons[1]):
        yield "why exceptions and mitigations hold"
    if old.intended != new.intended:
        yield "what of it is intended"


def _parameters(
    before: Mapping[str, ParameterValue], after: Mapping[str, ParameterValue]
) -> Iterator[str]:
    moved = _moved(before, after)
    for name, new in after.items():
        old = before.get(name)
        if old is None:
            yield f"{name} is new: {threshold_phrase(new)}"
        elif name in moved:
            now, was = threshold_phrase(new), threshold_phrase(old)
            approved = (
                f" ({new.adapted[-1].approved})" if new.adapted and new.adapted[-1].approved else ""
            )
            yield f"{name} is {now}, and was {was}{approved}"
    for name in before:
        if name not in after:
            yield f"{name} is gone"


def _packs(old: Rulebook, new: Rulebook) -> Iterator[str]:
    before = {pack.id: pack for pack in old.packs}
    after = {pack.id: pack for pack in new.packs}
    for name, each in after.items():
        was = before.get(name)
        if was is None:
            yield f"{name} {each.version} is new"
        elif was.version != each.version:
            approved = f", approved: {each.approved}" if each.approved else ""
            yield f"{name} was {was.version}, is {each.version}{approved}"
    for name, each in before.items():
        if name not in after:
            yield f"{name} {each.version} is gone"


def derived_changed(found: RulebookDifference) -> tuple[Derived, ...]:
    """Return the derived facts whose meaning changed, in their new form."""
    return tuple(found.new.derived[name] for name, each in found.derived.items() if not each.same)
