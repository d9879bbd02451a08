"""Models to examples: made small, written as YAML, and read back and run before they are shown."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import attrs

from govrules.engines.reference import Case, case_of, derive, judge
from govrules.errors import GovrulesError
from govrules.examples import run_derived_example, run_example
from govrules.facts import Facts
from govrules.nodes import Report
from govrules.parsing import parse
from govrules.prove.symbols import Tree
from govrules.rulebook.ast import Derived, DerivedExample, Example, Rule, Rulebook
from govrules.rulebook.rules import read_given
from govrules.rulebook.write import write_value
from govrules.subjects import Declared
from govrules.truth import UNKNOWN
from govrules.vocabulary import AS_OF, Record, Records, vocabulary_of

#: Where something stands in a tree: names of facts, places in lists, members of sets.
Path: TypeAlias = tuple[str | int, ...]

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_ .-]*[A-Za-z0-9]|[A-Za-z]")
_WORDS_WITH_A_MEANING: Final = frozenset(
    {"none", "unknown", "yes", "no", "true", "false", "null", "on", "off", "y", "n"}
)


class DisagreementError(GovrulesError):
    """A proof and the reference engine say different things: an error in govrules."""


@attrs.frozen
class Witness:
    """
    An example that shows a result, as it can be pasted below `examples:`.

    Attributes:
        of: the rule or derived fact below which it belongs.
        text: the entry.
        fails: whether it fails until the pack is mended, because there is nothing yet to expect.
    """

    of: str
    text: str
    fails: bool = False


def subject_of(tree: Tree, cls: type) -> Any:  # noqa: ANN401 - the subject's class
    """Return plain data as an attrs object."""
    fields = vocabulary_of(cls).fields
    values: dict[str, Any] = {}
    for name, value in tree.items():
        kind = fields[name].type if name in fields else None
        if isinstance(kind, Record) and isinstance(value, dict):
            values[name] = subject_of(value, kind.cls)
        elif isinstance(kind, Records):
            several = [each if each is UNKNOWN else subject_of(each, kind.cls) for each in value]
            values[name] = tuple(several)
        elif kind is not None or name != AS_OF.name:
            values[name] = value
    return cls(**values)


def case_for(tree: Tree, cls: type, rulebook: Rulebook) -> Case:
    """Return plain data as facts under a rulebook."""
    return case_of(Facts(subject_of(tree, cls), tree.get(AS_OF.name, UNKNOWN)), rulebook)


def droppable(tree: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - any part of a tree
    """Yield the parts of a tree that could be dropped, largest first."""
    inner: list[tuple[Any, Any]] = []
    match tree:
        case dict():
            inner = list(tree.items())
        case list():
            inner = list(enumerate(tree))[::-1]
        case frozenset():
            inner = [(each, None) for each in sorted(tree - {UNKNOWN})]
    yield from ((*path, key) for key, _ in inner)
    for key, value in inner:
        yield from droppable(value, (*path, key))


def without(tree: Any, path: Path) -> Any:  # noqa: ANN401 - any part of a tree
    """Return a tree without the part at a path."""
    key, rest = path[0], path[1:]
    if isinstance(tree, dict) and key in tree:
        if not rest:
            return {each: value for each, value in tree.items() if each != key}
        return {**tree, key: without(tree[key], rest)}
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        middle = [without(tree[key], rest)] if rest else []
        return [*tree[:key], *middle, *tree[key + 1 :]]
    if isinstance(tree, frozenset):
        return tree - {key}
    return tree


def shrunk(
    trees: tuple[Tree, ...], holds: Callable[[tuple[Tree, ...]], bool], about: str
) -> tuple[Tree, ...]:
    """
    Return trees minimised while they still show what they should.

    Raises:
        DisagreementError: they do not show it.
    """
    if not holds(trees):
        raise DisagreementError(f"`{about}`: z3 and the reference engine differ: {trees}")
    changed = True
    while changed:
        changed = False
        for path in list(dict.fromkeys(each for tree in trees for each in droppable(tree))):
            fewer = tuple(without(tree, path) for tree in trees)
            if fewer != trees and holds(fewer):
                trees, changed = fewer, True
    return trees


def given(tree: Tree, cls: type) -> str:
    """Return the facts of an example as YAML on one line."""
    return f"{{ {', '.join(_entries(tree, cls))} }}" if tree else "{}"


def _entries(tree: Tree, cls: type, prefix: str = "") -> Iterator[str]:
    fields = vocabulary_of(cls).fields
    for name, value in tree.items():
        kind = fields[name].type if name in fields else None
        if isinstance(kind, Record) and isinstance(value, dict):
            inner = list(_entries(value, kind.cls, f"{prefix}{name}."))
            yield from inner or [f"{prefix}{name}: {{}}"]
        elif isinstance(kind, Records):
            records = ["unknown" if each is UNKNOWN else given(each, kind.cls) for each in value]
            yield f"{prefix}{name}: {'[' + ', '.join(records) + ']' if records else 'none'}"
        else:
            yield f"{prefix}{name}: {_written(value)}"


def _written(value: Any) -> str:  # noqa: ANN401 - any fact's value
    match value:
        case frozenset():
            members = sorted(each for each in value if each is not UNKNOWN)
            members += ["unknown"] if UNKNOWN in value else []
            return f"[{', '.join(members)}]" if members else "none"
        case str():
            plain = _WORD.fullmatch(value) and value.lower() not in _WORDS_WITH_A_MEANING
            return value if plain else json.dumps(value, ensure_ascii=False)
        case _:
            return str(write_value(value))


def show(about: Rule | Derived, tree: Tree, name: str, rulebook: Rulebook) -> Witness:
    """
    Return a witness as an example of a rule or derived fact, checked by the reference engine.

    One of a derived fact that has no value fails until it has.

    Raises:
        DisagreementError: the engine said something else of what was read.
    """
    cls = about.cls if isinstance(about, Derived) else rulebook.subjects[about.subject]
    case, facts = case_for(tree, cls, rulebook), given(tree, cls)
    record, as_of = _read(facts, cls, rulebook)
    text = f"- {{ name: {_written(name)}, given: {facts}, expect: "
    if isinstance(about, Rule):
        said = judge(about, case)
        graded = f", severity: {said.severity.value}" if said.severity else ""
        text += f"{said.verdict.value}{graded} }}"
        example = Example(name, record, said.verdict, said.severity, None, None, as_of)
        problem = run_example(about, example, rulebook).problem
        if problem:
            raise DisagreementError(f"`{about.id}`: {problem}, in {text}")
        return Witness(about.id, text)
    value, *more = derive(about, case)
    text += f"{_written(about.rows[-1].value if value is None else value)} }}"
    values = run_derived_example(about, DerivedExample(name, record, value, as_of), rulebook).values
    if more or values != (value,):
        raise DisagreementError(f"`{about.name}` is {values}, in {text}")
    return Witness(about.name, text, fails=value is None)


def _read(facts: str, cls: type, rulebook: Rulebook) -> tuple[object, dt.date | None]:
    """Read the facts of an example as `govrules test` reads them."""
    report = Report("witness", facts)
    node = parse(facts, report)
    derived: Mapping[str, tuple[Any, type]] = {
        name: (each.fact, each.cls) for name, each in rulebook.derived.items()
    }
    if node is None:
        raise DisagreementError(f"the facts of an example cannot be read: {facts}")
    record, as_of = read_given(report, node, cls, Declared(derived))
    if report.diagnostics:
        raise DisagreementError(f"{report.diagnostics[0].message}: {facts}")
    return record, None if as_of is UNKNOWN else as_of
