"""
The checked rulebook: typed, frozen values that every engine and explanation reads.

Places are kept for messages and left out of equality, so that two trees are equal
when they mean the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, StrEnum
from functools import cached_property, lru_cache, partial, wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeAlias, TypeVar, cast

import attrs

from govrules.decode.amounts import Threshold
from govrules.diagnostics import Span, did_you_mean
from govrules.errors import GovrulesError, NoSuchRuleError
from govrules.frozen import frozen
from govrules.own import adopted, base_of, class_with, own_of
from govrules.rulebook.adapted import Adaptation, Amendment, Pack, no_adaptations
from govrules.rulebook.expr import Condition, Parameter, Plain, span_field
from govrules.rulebook.walk import derived_read, has_threshold, parameters_in, thresholds
from govrules.truth import UNKNOWN
from govrules.vocabulary import Choice, Collected, Fact, FactType

#: What `test --strict` can find of a rule, and a rule can say that it means.
TESTED: Final = ("never-shown", "mutant-survives")
#: What the proofs can find of a rule, and a rule can say that it means.
INTENDABLE: Final = (
    "never-applicable",
    "never-flagged",
    "always-flagged",
    "implied-by",
    "conflict",
    "perverse-incentive",
    "withholding-helps",
    "never-worse",
    "idle-question",
    *TESTED,
)


class Severity(StrEnum):
    """How grave a finding is; ordered, `LOW` least."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The place in the order: 0 for low."""
        return _RANKS[self]

    def __lt__(self, other: Severity) -> bool:  # type: ignore[override]
        return self.rank < other.rank

    def __le__(self, other: Severity) -> bool:  # type: ignore[override]
        return self.rank <= other.rank

    def __gt__(self, other: Severity) -> bool:  # type: ignore[override]
        return self.rank > other.rank

    def __ge__(self, other: Severity) -> bool:  # type: ignore[override]
        return self.rank >= other.rank

    def stepped_down(self) -> Severity:
        """Return the next lower severity; low stays low."""
        return SEVERITIES[max(0, self.rank - 1)]


SEVERITIES = tuple(Severity)
_RANKS = {severity: rank for rank, severity in enumerate(SEVERITIES)}


class Verdict(StrEnum):
    """What a rule says of a subject."""

    FLAGGED = "flagged"
    CLEAR = "clear"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


#: What an example expects of a rule on a day before it begins or after it ends.
NOT_IN_FORCE: Final = "not in force"


class Says(Enum):
    """How far a source goes: it says so, it implies it, or the pack chose it."""

    STATED = "stated"
    IMPLIED = "implied"
    OURS = "ours"


#: What of a rule a source can say, each in one word.
ELEMENTS: Final = ("scope", "test", "threshold", "exception", "severity", "deadline")


@attrs.frozen
class Citation:
    """
    A paragraph of a source, and where the pack may carry it, its words.

    Attributes:
        says: how far it goes in what cites it; None where that is not said.
    """

    document: str
    paragraph: str
    quote: str = ""
    says: Says | None = None


@attrs.frozen
class Document:
    """A source that rules cite."""

    id: str
    title: str
    publisher: str
    year: str
    where: str = ""
    text: str = ""


@attrs.frozen
class ParameterValue:
    """
    A threshold of the rulebook: its value, unit and reason, and how far a source gives it.

    Attributes:
        value: its value; of several with dates, the last.
        pack: the id of the pack that declares it.
        adapted: what other packs changed, the one that counts last.
        dated: its values with the first day of each, the first of them for the days before too;
            none where it has one value for all days.
    """

    name: str
    value: Plain
    type: FactType
    reason: str
    says: Says
    unit: str = ""
    pack: str = attrs.field(default="", eq=False, repr=False)
    adapted: tuple[Adaptation, ...] = no_adaptations()
    dated: tuple[tuple[dt.date, Plain], ...] = ()
    span: Span = span_field()

    @property
    def values(self) -> tuple[Plain, ...]:
        """Every value that it has on some day."""
        return tuple(value for _, value in self.dated) or (self.value,)


@attrs.frozen
class Row:
    """A row of a derived fact's table."""

    when: Condition
    value: str | bool
    span: Span = span_field()


@attrs.frozen
class DerivedExample:
    """A case that shows what a derived fact is; `expect` is None where it is unknown."""

    name: str
    given: object = attrs.field(repr=False)
    expect: str | bool | None
    as_of: dt.date | None
    span: Span = span_field()


@attrs.frozen
class Derived:
    """
    A fact that follows from others: the value of the first row that holds.

    Attributes:
        fact: its name, type, label and question.
        cls: the attrs class whose fact it is.
        rows: the rows, first match first.
        otherwise: the value when no row holds; None where the table says nothing.
        sources: what it is based on.
        examples: cases that show its values.
        inherited: whether it comes from a pack that was loaded only to be extended.
        unique: whether the pack says that no two rows hold at once, which proofs then show.
        show: whether reports show it; None where the pack does not say.
        pack: the id of the pack that declares it.
    """

    fact: Fact
    cls: type
    rows: tuple[Row, ...]
    otherwise: str | bool | None
    sources: tuple[Citation, ...] = ()
    examples: Sequence[DerivedExample] = attrs.field(default=(), repr=False, eq=False)
    inherited: bool = attrs.field(default=False, eq=False)
    unique: bool = False
    show: bool | None = None
    pack: str = attrs.field(default="", eq=False, repr=False)
    span: Span = span_field()

    @property
    def shown(self) -> bool:
        """Whether reports show it: as the pack says, or else where it has a table of values."""
        return isinstance(self.fact.type, Choice) if self.show is None else self.show

    @property
    def name(self) -> str:
        """The name under which rules read it."""
        return self.fact.name

    @property
    def may_be_nothing(self) -> bool:
        """Whether it can turn out to have no value, or to be unclear."""
        unclear = isinstance(self.fact.type, Choice) and "unclear" in self.fact.type.values
        return unclear or self.otherwise is None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The derived facts of the same record that its rows read, each once."""
        return derived_read([row.when for row in self.rows])

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that its rows compare with, each once."""
        return parameters_in(row.when for row in self.rows)


@attrs.frozen
class Exemption:
    """A case to which a rule does not apply, with its own source."""

    when: Condition
    because: str
    source: Citation | None
    span: Span = span_field()


@attrs.frozen
class Mitigation:
    """A case in which a finding is one step less grave, with its own source."""

    when: Condition
    because: str
    source: Citation | None
    span: Span = span_field()


@attrs.frozen
class Grade:
    """A severity and the condition on which it holds."""

    severity: Severity
    when: Condition


@attrs.frozen
class Remedy:
    """
    What to do about a finding.

    Attributes:
        do: the act.
        who: who does it.
        within: by when.
        instead: other acts for other cases; the first whose condition holds is used.
        part_of: the id of the piece of work that it belongs to, one of the rulebook's `work`.
    """

    do: str
    who: str = ""
    within: str = ""
    instead: tuple[tuple[Condition, str], ...] = ()
    part_of: str | None = None


@attrs.frozen
class Example:
    """
    A case that shows what a rule says.

    Attributes:
        given: the facts as an attrs object.
        expect: the verdict; None where the rule is not in force on the day.
    """

    name: str
    given: object = attrs.field(repr=False)
    expect: Verdict | None
    severity: Severity | None
    could_be: Severity | None
    asks: frozenset[str] | None
    as_of: dt.date | None
    span: Span = span_field()


@attrs.frozen
class Rule:
    """
    One principle, as a condition on the facts of a subject.

    Attributes:
        subject: partnership, register, pair or assessment.
        applies_when: when the rule applies; None is always.
        unless: exceptions.
        requires: what must hold where it applies.
        grades: severities with their conditions, most severe first.
        otherwise: the severity when no grade holds.
        about_records: whether it tests what was recorded (`known`).
        in_force: the first and the last day on which it is in force.
        intended: what the proofs find of it that is meant, each with the reason.
        met: the good state that it asks for, as a sentence without a full stop.
        note: remarks on how it is encoded, for those who write rules.
        says: how far its source goes, for each of `elements` of which the pack says it.
        pack: the id of the pack that it stands in.
        approved: who approved it and when; "" where nobody says.
        changed: what was changed in it, the latest last.
        adapted: what other packs changed in it, the one that counts last.
    """

    id: str
    title: str
    theme: str
    principle: str
    source: Citation
    requires: Condition
    otherwise: Severity
    subject: str = "partnership"
    applies_when: Condition | None = None
    unless: tuple[Exemption, ...] = ()
    grades: tuple[Grade, ...] = ()
    mitigated_by: tuple[Mitigation, ...] = ()
    remedy: Remedy | None = None
    examples: Sequence[Example] = attrs.field(default=(), repr=False, eq=False)
    also: tuple[Citation, ...] = ()
    about_records: bool = False
    in_force: tuple[dt.date | None, dt.date | None] = (None, None)
    supersedes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    intended: tuple[tuple[str, str], ...] = ()
    met: str | None = None
    note: str | None = None
    says: Mapping[str, Says] = attrs.field(factory=dict, hash=False)
    pack: str = attrs.field(default="", eq=False, repr=False)
    approved: str = attrs.field(default="", eq=False, repr=False)
    changed: tuple[Amendment, ...] = attrs.field(default=(), eq=False, repr=False)
    adapted: tuple[Adaptation, ...] = no_adaptations()
    span: Span = span_field()

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Which of `ELEMENTS` it has: always a scope, a test and a severity."""
        has = {
            "threshold": has_threshold(rule_conditions(self)),
            "exception": bool(self.unless),
            "deadline": self.remedy is not None and bool(self.remedy.within),
        }
        return tuple(element for element in ELEMENTS if has.get(element, True))

    def counts_on(self, as_of: object) -> bool:
        """Tell whether it is in force on a day; on a day not known it is."""
        begins, ends = self.in_force
        if not isinstance(as_of, dt.date):
            return True
        return (begins is None or begins <= as_of) and (ends is None or as_of <= ends)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The derived facts of its subject that it tests or compares with, each once."""
        return derived_read(rule_conditions(self), known=False)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that it compares with, each once, with the values that they have in it."""
        return parameters_in(rule_conditions(self))


@attrs.frozen
class Theme:
    """What rules are about: its id, and its title as a heading."""

    id: str
    title: str

    @classmethod
    def untitled(cls, theme_id: str) -> Theme:
        """Return a theme to which no pack gives a title."""
        return cls(theme_id, theme_id.replace("-", " ").capitalize())


@attrs.frozen(cache_hash=True)
class Rulebook:
    """
    Rules that have been checked, with all that they refer to.

    Attributes:
        id: the pack's id; packs loaded together are joined by ``+``.
        rules: in the order of packs, themes and files.
        derived: derived facts by name, each after those that it reads.
        subjects: the attrs class of each subject, with the own facts that packs declare.
        themes: the themes of the rules, in the order in which reports have them.
        work: the title of each piece of work that remedies can be part of, by its id.
        packs: the packs of which it was made.
        adaptations: what packs change in others, in the order in which it is done.
        left_out: the rules that a pack leaves out or replaces.
    """

    id: str
    title: str
    version: str
    owner: str
    documents: Mapping[str, Document] = attrs.field(converter=frozen, hash=False)
    parameters: Mapping[str, ParameterValue] = attrs.field(converter=frozen, hash=False)
    derived: Mapping[str, Derived] = attrs.field(converter=frozen, hash=False)
    rules: tuple[Rule, ...]
    subjects: Mapping[str, type] = attrs.field(converter=frozen, hash=False)
    themes: tuple[Theme, ...] = attrs.field()
    work: Mapping[str, str] = attrs.field(factory=dict, converter=frozen, hash=False)
    packs: tuple[Pack, ...] = ()
    adaptations: tuple[Adaptation, ...] = ()
    left_out: tuple[Rule, ...] = ()
    #: The rulebook before anything was adapted; None where nothing is.
    _plain: Rulebook | None = attrs.field(default=None, repr=False, eq=False, alias="plain")
    #: What is kept of what was made of it, by what makes it; see `kept_on_rulebook`.
    _made: dict[Any, Any] = attrs.field(factory=dict, init=False, repr=False, eq=False)

    @property
    def plain(self) -> Rulebook:
        """The rulebook before anything was adapted."""
        return self._plain or self

    def class_of(self, cls: type) -> type:
        """Return a class with the own facts that packs declare of its records."""
        found = self._classes.get(base_of(cls))
        if found is None:
            found = self._classes[base_of(cls)] = class_with(base_of(cls), *self.subjects.values())
        return found

    def adopted(self, record: Any) -> Any:  # noqa: ANN401 - any attrs object
        """Return a record with its own facts where they belong; itself where some are no pack's."""
        if isinstance(record, Collected):
            entries = (e if e is UNKNOWN else self.adopted(e) for e in record.entries)
            return Collected(tuple(entries))
        strays: list[str] = []
        made = adopted(record, self.class_of(type(record)), strays)
        return record if strays else made

    @cached_property
    def own(self) -> Mapping[str, Fact]:
        """The own facts that packs declare, by their paths in the subjects that have them."""
        return own_of(self.subjects.values())

    @cached_property
    def _classes(self) -> dict[type, type]:
        return {base_of(subject): subject for subject in self.subjects.values()}

    @cached_property
    def thresholds(self) -> Mapping[Fact, frozenset[Threshold]]:
        """The amounts with which its rules compare facts of money, if they ask nothing else."""
        return thresholds(all_conditions(self))

    def __attrs_post_init__(self) -> None:
        read = [rule.parameters for rule in self.rules]
        read += [derived.parameters for derived in self.derived.values()]
        for parameters in read:
            for parameter in parameters:
                known = self.parameters.get(parameter.name)
                if known is None or parameter.value not in known.values:
                    msg = (
                        f"the rules compare with another value of parameter `{parameter.name}`; "
                        "`with_parameters(rulebook, {name: value})` makes a rulebook with others"
                    )
                    raise GovrulesError(msg)

    def __repr__(self) -> str:
        return f"<Rulebook {self.id} {self.version}: {len(self.rules)} rules>"

    def __deepcopy__(self, _memo: object) -> Rulebook:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpacked, self._packed

    @cached_property
    def _packed(self) -> tuple[bytes, bytes]:
        values = tuple(getattr(self, field.name) for field in attrs.fields(Rulebook) if field.init)
        import pickle  # noqa: PLC0415 - slow, and not every rulebook is pickled

        packed = zlib.compress(pickle.dumps(values, pickle.HIGHEST_PROTOCOL), 1)
        return hashlib.sha256(packed).digest(), packed

    @themes.default
    def _untitled(self) -> tuple[Theme, ...]:
        return tuple(map(Theme.untitled, dict.fromkeys(rule.theme for rule in self.rules)))

    def rules_for(self, kind: str, as_of: object) -> tuple[Rule, ...]:
        """Return the rules about a kind of subject, as they name it, that are in force on a day."""
        return tuple(rule for rule in self.rules if rule.subject == kind and rule.counts_on(as_of))

    def rule(self, rule_id: str) -> Rule:
        """
        Return the rule of this id.

        Raises:
            NoSuchRuleError: no rule has it.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        for rule in self.left_out:
            if rule.id == rule_id:
                last = rule.adapted[-1]
                done = "left out" if last.now is True else f"replaced by `{last.now}`"
                raise NoSuchRuleError(rule_id, f"it is {done} by pack `{last.pack}`")
        raise NoSuchRuleError(rule_id, did_you_mean(rule_id, [each.id for each in self.rules]))


def class_in(rulebook: Rulebook | None, cls: type) -> type:
    """Return a class with the own facts that the packs of a rulebook declare, if there is one."""
    return cls if rulebook is None else rulebook.class_of(cls)


R = TypeVar("R")
P = ParamSpec("P")
_OfRulebook: TypeAlias = Callable[Concatenate[Rulebook, P], R]


def kept_on_rulebook(most: int) -> Callable[[_OfRulebook[P, R]], _OfRulebook[P, R]]:
    """Cache a function's results on the rulebook it is called with."""

    def kept_so(make: _OfRulebook[P, R]) -> _OfRulebook[P, R]:
        @wraps(make)
        def found(rulebook: Rulebook, /, *args: P.args, **named: P.kwargs) -> R:
            made = rulebook._made  # noqa: SLF001 - its own
            if make not in made:
                made[make] = lru_cache(most)(partial(make, rulebook))
            return cast("R", made[make](*args, **named))

        return found

    return kept_so


def all_conditions(rulebook: Rulebook, *, remedies: bool = False) -> Iterator[Condition]:
    """
    Yield the outermost conditions of a rulebook: those of its rules, then of derived facts.

    Args:
        rulebook: the rules.

        remedies: whether those by which another remedy is chosen are among them.
    """
    for rule in rulebook.rules:
        yield from rule_conditions(rule)
        if remedies and rule.remedy is not None:
            yield from (when for when, _ in rule.remedy.instead)
    for derived in rulebook.derived.values():
        for row in derived.rows:
            yield row.when


#: So many rulebooks that were unpickled are kept, so that each task of a pool finds the one that
#: the tasks before it had, and all that was made of it.
_KEPT: Final = 8
_unpickled: dict[bytes, Rulebook] = {}


def _unpacked(digest: bytes, packed: bytes) -> Rulebook:
    """Return an unpickled rulebook, the same object for equal pickles."""
    found = _unpickled.get(digest)
    if found is None:
        import pickle  # noqa: PLC0415 - slow, and not every rulebook is pickled

        found = Rulebook(*pickle.loads(zlib.decompress(packed)))  # noqa: S301 - a part of a pickle that is being loaded
        while len(_unpickled) >= _KEPT:
            _unpickled.pop(next(iter(_unpickled)), None)
        found = _unpickled.setdefault(digest, found)
    return found


def rule_conditions(rule: Rule) -> Iterator[Condition]:
    """Yield the outermost conditions of a rule."""
    if rule.applies_when is not None:
        yield rule.applies_when
    yield from (exemption.when for exemption in rule.unless)
    yield rule.requires
    yield from (grade.when for grade in rule.grades)
    yield from (mitigation.when for mitigation in rule.mitigated_by)
