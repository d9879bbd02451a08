"""One subject under one rulebook: what a property is tried on, and how it says that it fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, Protocol, TypeVar

import attrs
import yaml
from hypothesis.strategies import SearchStrategy

from govrules.assessment import Assessment, assess
from govrules.engines.reference import Case, case_of
from govrules.facts import Facts, annotation
from govrules.findings import Finding
from govrules.render.tree import tree_lines
from govrules.rulebook.ast import Rule, Rulebook, Severity
from govrules.rulebook.write import write_value
from govrules.testing.strategies import completions
from govrules.truth import UNKNOWN, Unknown
from govrules.vocabulary import AS_OF, Months, vocabulary_of

T = TypeVar("T")


class FalsifiedError(AssertionError):
    """
    A property does not hold.

    Attributes:
        says: what was found, in one line.
        rule: the rule of which it was found; None where it is of the rulebook as a whole.
        subjects: the subjects that show it, by what each of them is.
    """

    def __init__(self, says: str, rule: Rule | None = None, subjects: str = "") -> None:
        super().__init__(says, rule, subjects)
        self.says = says
        self.rule = rule
        self.subjects = subjects

    def __str__(self) -> str:
        where = f"{self.rule.span}: `{self.rule.id}`: " if self.rule else ""
        return f"{where}{self.says}\n{self.subjects}".rstrip()


class Draw(Protocol):
    """Draws from a strategy, as the `draw` of Hypothesis does."""

    def __call__(self, strategy: SearchStrategy[T], /) -> T:
        """Return one value of a strategy."""


@attrs.frozen
class Trial:
    """
    One subject under one rulebook.

    Attributes:
        rulebook: the rules.
        subject: the subject, partial or complete.
        as_of: the date of the assessment.
        draw: draws what a property needs beside the subject.
        only_read: whether what no rule reads is left unknown throughout.
    """

    rulebook: Rulebook
    subject: Any
    as_of: dt.date | Unknown
    draw: Draw
    only_read: bool = False

    @property
    def cls(self) -> type:
        """The class of the subject."""
        return type(self.subject)

    def assess(self, subject: Any = None, **options: Any) -> Assessment:  # noqa: ANN401 - any attrs object
        """Assess the subject, or another one, under the same rules on the same day."""
        chosen = self.subject if subject is None else subject
        return assess(chosen, self.rulebook, as_of=self.as_of, **options)

    def case(self, subject: Any = None) -> Case:  # noqa: ANN401 - any attrs object
        """Return the facts of the subject, or of another one."""
        chosen = self.subject if subject is None else subject
        return case_of(Facts(chosen, self.as_of), self.rulebook)

    def completion(self) -> Any:  # noqa: ANN401 - of the subject's class
        """Draw what the subject could turn out to be."""
        return self.draw(
            completions(self.subject, self.rulebook, as_of=self.as_of, only_read=self.only_read)
        )

    def require(
        self,
        holds: bool,  # noqa: FBT001 - it reads as a sentence
        says: str,
        rule: Rule | None = None,
        **others: Any,  # noqa: ANN401 - further subjects, by what they are
    ) -> None:
        """
        Require that something holds, as `assert` does.

        Raises:
            FalsifiedError: it does not; with every subject as YAML and the rule's tree below it.
        """
        if not holds:
            raise FalsifiedError(says, rule, "\n".join(self.shown(rule, **others)))

    def shown(self, rule: Rule | None = None, **others: Any) -> Iterator[str]:  # noqa: ANN401 - subjects
        """Yield the subject and others as YAML, and what the rule says of each."""
        for label, subject in {"subject": self.subject, **others}.items():
            yield f"the {label.replace('_', ' ')}, as a file:"
            yield from (f"    {line}" for line in to_yaml(subject, self.as_of).splitlines())
            if rule is not None:
                yield f"of the {label.replace('_', ' ')}:"
                yield from (f"    {line}" for line in tree_lines(rule, self.case(subject)))


Property = Callable[[Trial], None]


def kinds_of(rulebook: Rulebook) -> list[str]:
    """Return the subjects that a rulebook has rules about, in its order."""
    about = {rule.subject for rule in rulebook.rules}
    return [subject for subject in rulebook.subjects if subject in about]


def verdict_phrase(finding: Any) -> str:  # noqa: ANN401 - a finding or an outcome
    """Return a verdict with its severities in words."""
    grave = f" ({finding.severity.value})" if finding.severity else ""
    worse = f" (could be {finding.could_be.value})" if finding.could_be else ""
    return f"{finding.verdict.value}{grave}{worse}"


def least(finding: Finding) -> Severity:
    """Return a flagged finding's certain severity."""
    assert finding.severity is not None  # noqa: S101 - it is flagged
    return finding.severity


def worst(finding: Finding) -> Severity:
    """Return the gravest severity a flagged or unknown finding could have."""
    found = finding.could_be or finding.severity
    assert found is not None  # noqa: S101 - it is flagged or unknown
    return found


#: Texts that would be read as a state of the fact if they stood there without quotation marks.
_STATES: Final = frozenset({"none", "unknown", "null", "~", ""})


class _Dumper(yaml.SafeDumper):
    """Writes values as rule and subject files do."""


class _Word(str):
    """A value written without quotes."""

    __slots__ = ()


def _plain(dumper: yaml.SafeDumper, word: _Word) -> yaml.ScalarNode:
    # With the tag that YAML would read in it, so that it needs neither a tag nor quotation marks.
    tag = dumper.resolve(yaml.ScalarNode, str(word), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(word))


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if text.strip().lower() in _STATES else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(_Word, _plain)
_Dumper.add_representer(str, _text)


def to_yaml(subject: Any, as_of: dt.date | Unknown = UNKNOWN) -> str:  # noqa: ANN401 - any attrs object
    """
    Return a subject as the YAML of a subject file; what is unknown is left out.

    >>> from govrules import Funding, Partnership
    >>> print(to_yaml(Partnership(name="Care pool", funding=Funding(pooled=True))), end="")
    name: Care pool
    funding:
      pooled: yes
    """
    date = {} if as_of is UNKNOWN else {AS_OF.name: as_of}
    data = {**date, **_record(subject)}
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True) if data else "{}\n"


def _record(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs object
    cls: type = type(record)
    fields = vocabulary_of(cls).fields
    found: dict[str, Any] = {}
    for name, fact in fields.items():
        value = getattr(record, name)
        if value is not UNKNOWN:
            months = isinstance(fact.type, Months)
            found[name] = _Word(write_value(value, fact.type)) if months else _value(value)
    for name, value in annotation(record, "stated").items():
        found[name] = _value(value)
    return found


def _value(value: Any) -> Any:  # noqa: ANN401 - any fact's value
    match value:
        case None | bool() | Decimal():
            return _Word(write_value(value))
        case tuple():
            return [_Word("unknown") if each is UNKNOWN else _record(each) for each in value]
        case frozenset():
            known = sorted(str(each) for each in value if each is not UNKNOWN)
            return [*known, *([_Word("unknown")] if UNKNOWN in value else [])]
        case str():
            return str(value)
        case int() | dt.date():
            return value
        case _:
            return _record(value)
