"""
What headings mean: the words of the vocabulary, and files of what registers call its facts.

The shipped file stands beside this one; a policy team adds a file of its own.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs
from rapidfuzz import fuzz

from govrules.diagnostics import Code, did_you_mean
from govrules.errors import FactsError
from govrules.model import Partnership
from govrules.nodes import Node, Report, Scalar, read_file
from govrules.own import base_of
from govrules.parsing import parse
from govrules.registers.paths import FactPath, column_paths, path_of
from govrules.registers.tables import fold_heading
from govrules.rulebook.fields import Fields, check_format
from govrules.subjects import Declared
from govrules.vocabulary import Record, Records

SHIPPED: Final = Path(__file__).with_name("headings.yaml")
_KEYS: Final = ("govrules", "means", "may_mean", "yes_or_no", "words", "no_fact", "no_partnership")
_YES_NO_KEYS: Final = ("headings", "yes", "no")
#: From here on a heading is another one misspelt.
_SAME: Final = 92
#: From here on a heading may mean what a question asks.
_ASKS: Final = 0.7
#: From here on a fact is named to a person who looks for the meaning of a heading.
_LIKE: Final = 0.4
_NAMED: Final = 3
#: So many headings of another kind of record make a table one of such records.
_OTHERS: Final = 2

#: What a heading says of how it is filled in, and nothing of what it holds.
_ASIDE: Final = re.compile(
    r"\b(y ?/ ?n|yes ?/ ?no|yes or no|please (state|give|list)|if (any|known|applicable|so|yes)"
    r"|in place|per (annum|year)|p\.?a\.?(?=$|\W)|dd/mm/yy(yy)?)(?=$|\W)|[0-9]{4}([/-][0-9]{2,4})?"
    r"|£ ?(k|m|000s?|millions?)?\b|£|'000s?|\b000s?\b|%"
)
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SMALL: Final = frozenset(
    {
        *("the", "a", "an", "of", "is", "are", "it", "its", "to", "for", "and", "in", "on", "by"),
        *("or", "any", "there", "what", "which", "who", "when", "does", "do", "has", "have"),
        *("been", "was", "were", "be", "this", "that", "with", "as", "at", "our", "you", "we"),
        *("your", "kept", "held", "maintained", "exist", "exists", "please"),
    }
)


@attrs.frozen
class YesOrNo:
    """The meaning of plain yes and no for a fact of another type."""

    yes: str
    no: str


@attrs.frozen
class Meaning:
    """
    A fact that a heading may mean.

    Attributes:
        path: the fact; "" where it is known that no fact is meant.
        sure: whether the heading says so for certain.
        answers: what yes and no say of it, if it is no yes-or-no.
    """

    path: str
    sure: bool = False
    answers: YesOrNo | None = None


@attrs.frozen
class _Words:
    """One vocabulary file, by folded heading."""

    means: Mapping[str, tuple[str, ...]]
    may_mean: Mapping[str, tuple[str, ...]]
    yes_or_no: Mapping[str, tuple[tuple[str, YesOrNo], ...]]
    no_fact: frozenset[str]
    values: Mapping[str, Mapping[str, str]]
    others: Mapping[str, frozenset[str]]


def read_headings(path: Path, declared: Declared) -> _Words:
    """
    Read a file of what registers call facts.

    Raises:
        FactsError: it cannot be used; it carries every problem found.
    """
    text, report = read_file(path, str(path))
    node = parse(text, report) if report.ok else None
    words = _read(node, report, declared) if node is not None else None
    if words is None or not report.ok:
        raise FactsError(str(path), "headings", "problems", report.in_order())
    return words


def _read(node: Node, report: Report, declared: Declared) -> _Words | None:
    fields = Fields(report, node, _KEYS, "a file of headings")
    version = fields.required("govrules", "1")
    if not fields.is_mapping or (version is not None and not check_format(version, report)):
        return None
    asked: dict[str, tuple[tuple[str, YesOrNo], ...]] = {}
    for key, value in fields.entries("yes_or_no"):
        inner = Fields(report, value, _YES_NO_KEYS, f"`{key.text}`")
        answers = YesOrNo(inner.text("yes") or "unknown", inner.text("no") or "unknown")
        if _known(key, report, declared):
            for text in inner.texts("headings"):
                asked[heading_key(text)] = (*asked.get(heading_key(text), ()), (key.text, answers))
    return _Words(
        _by_heading(fields, "means", declared),
        _by_heading(fields, "may_mean", declared),
        asked,
        frozenset(map(heading_key, fields.texts("no_fact"))),
        _values(fields, report, declared),
        {
            kind.text: frozenset(map(heading_key, lists.texts(kind.text)))
            for kind, lists in _lists(fields, "no_partnership")
        },
    )


def _lists(fields: Fields, key: str) -> Iterator[tuple[Scalar, Fields]]:
    """Yield the keys of a mapping of lists, each with that mapping."""
    entries = fields.entries(key)
    if entries:
        names = [each.text for each, _ in entries]
        lists = Fields(fields.report, fields.value(key), names, f"`{key}`")
        yield from ((each, lists) for each, _ in entries)


def _values(fields: Fields, report: Report, declared: Declared) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for key, node in fields.entries("words"):
        if not _known(key, report, declared):
            continue
        path = path_of(key.text, declared.cls, declared)
        if path is None:
            continue
        allowed = getattr(path.fact.type, "values", ())
        if not allowed:
            message = f"`{key.text}` has no closed list of values for which words could stand"
            report.add(Code.WRONG_SHAPE, message, key, "take it out of `words`")
            continue
        inner = Fields(report, node, allowed, f"`{key.text}`")
        found[key.text] = {
            fold_heading(word).casefold(): value for value in allowed for word in inner.texts(value)
        }
    return found


def _by_heading(fields: Fields, key: str, declared: Declared) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for path, lists in _lists(fields, key):
        for word in lists.texts(path.text) if _known(path, fields.report, declared) else ():
            found[heading_key(word)] = (*found.get(heading_key(word), ()), path.text)
    return found


def _known(path: Scalar, report: Report, declared: Declared) -> bool:
    if path_of(path.text, declared.cls, declared) is not None or path.text in _OF_PACKS:
        return True
    report.add(
        Code.UNKNOWN_FACT,
        f"unknown fact `{path.text}`",
        path,
        did_you_mean(path.text, column_paths(declared.cls, declared)),
    )
    return False


#: Facts that packs derive, which may not be in force.
_OF_PACKS: Final = frozenset({"risk_tier", "significant"})


@functools.cache
def heading_key(heading: str) -> str:
    """
    Return a heading's words, stemmed and sorted, for comparison.

    >>> [*map(heading_key, ("Date of last review", "Partners (please list)", "Budget 2024/25 £k"))]
    ['date last review', 'partner', 'budget']
    """
    return " ".join(sorted({*_words(heading)}))


def _words(heading: str) -> list[str]:
    text = heading.casefold().replace("_", " ").replace("\u2019", "'")
    plain = _ASIDE.sub(" ", _BRACKETS.sub(" ", text)) or text
    found = _stems(plain) or _stems(_ASIDE.sub(" ", text)) or _stems(text)
    # Every register is one of partnerships; alone the word is the name of one.
    return [each for each in found if each != "partnership"] or found


def _stems(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+(?:'s\b)?", text)
    return [_stem(word.removesuffix("'s")) for word in words if word not in _SMALL]


def _stem(word: str) -> str:
    """Return a word without a plural ending."""
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004 - shorter words are no plurals
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004
        return word[:-1]
    return word


class Headings:
    """
    What headings mean.

    Args:
        declared: the local and derived facts that columns may hold.

        own: a file whose words count before the shipped ones.

    Raises:
        FactsError: the file cannot be used.
    """

    def __init__(self, declared: Declared, own: Path | None = None) -> None:
        files = [] if own is None else [own]
        if base_of(declared.cls) is Partnership:
            files.append(SHIPPED)
        self._files = [read_headings(file, declared) for file in files]
        self.paths: dict[str, FactPath] = {}
        for text in column_paths(declared.cls, declared):
            path = path_of(text, declared.cls, declared)
            if path is not None:
                self.paths[text] = path
        self._names: dict[str, list[str]] = {}
        self._questions: dict[str, frozenset[str]] = {}
        for text, path in self.paths.items():
            if isinstance(path.fact.type, (Record, Records)):
                continue
            label = path.fact.label.partition("the ")[2] or path.fact.label
            names = {
                heading_key(text.replace("[]", " ").replace(".", " ")),
                heading_key(path.fact.question),
            }
            names |= set() if path.list else {heading_key(label)}
            for name in names:
                self._names.setdefault(name, []).append(text)
            self._questions[text] = frozenset(
                [*_words(path.fact.question), *_words(label), *_words(text.replace(".", " "))]
            )

    def meanings(self, heading: str, *, answered: bool = False) -> list[Meaning]:
        """
        Return the facts a heading may mean, likeliest first.

        Args:
            heading: the heading; of several rows, parted by strokes.

            answered: whether the cells below it are plain yes and no.
        """
        if heading in self.paths:
            return [Meaning(heading, sure=True)]
        last = heading.rpartition(" / ")[2]
        for each in dict.fromkeys((heading, heading.replace(" / ", " "), last)):
            found = self._of_key(heading_key(each), answered=answered)
            if found:
                return found
        return self._asked(last)

    def _of_key(self, key: str, *, answered: bool) -> list[Meaning]:
        if not key:
            return []
        for words in self._files:
            asked = [
                Meaning(path, answers=answers)
                for path, answers in (words.yes_or_no.get(key, ()) if answered else ())
                if path in self.paths
            ]
            sure = [Meaning(path, sure=True) for path in self._of(words.means, key)]
            found = asked + sure + [Meaning(path) for path in self._of(words.may_mean, key)]
            if found:
                return found
            if key in words.no_fact:
                return [Meaning("")]
        if key in self._names:
            alone = len(self._names[key]) == 1
            return [Meaning(path, sure=alone) for path in self._names[key]]
        return self._misspelt(key)

    def _of(self, words: Mapping[str, tuple[str, ...]], key: str) -> list[str]:
        return [path for path in words.get(key, ()) if path in self.paths]

    def _misspelt(self, key: str) -> list[Meaning]:
        """Return the meaning of a misspelt heading."""
        for words in self._files:
            near = max(
                (*words.means, *words.no_fact), key=lambda each: fuzz.ratio(each, key), default=""
            )
            if len(key) > 5 and fuzz.ratio(near, key) >= _SAME:  # noqa: PLR2004 - shorter words are others
                if near in words.no_fact:
                    return [Meaning("")]
                return [Meaning(path) for path in self._of(words.means, near)]
        return []

    def _asked(self, heading: str) -> list[Meaning]:
        """Return the fact whose question a heading paraphrases."""
        said = frozenset(_words(heading))
        if len(said) < 3:  # noqa: PLR2004 - fewer words ask nothing
            return []
        near = self._near(said)
        if near and near[0][0] >= _ASKS and (len(near) == 1 or near[1][0] < near[0][0]):
            return [Meaning(near[0][1])]
        return []

    def like(self, heading: str) -> list[str]:
        """Return the facts nearest to a heading, for a person to choose from."""
        last = heading.rpartition(" / ")[2]
        said = frozenset(_words(last))
        asked = [meaning.path for meaning in self.meanings(heading) if meaning.path]
        found = [path for score, path in self._near(said) if score >= _LIKE]
        return [*dict.fromkeys((*asked, *self._sharing(said), *found))][:_NAMED]

    def _sharing(self, said: frozenset[str]) -> Iterable[str]:
        """Yield the facts named by most words of a heading."""
        best: dict[str, float] = {}
        for words in self._files:
            for key, paths in words.means.items():
                known = frozenset(key.split())
                if not said or not known:
                    continue
                share = len(said & known) / len(said | known)
                for path in paths:
                    if share >= 0.5 and path in self.paths:  # noqa: PLR2004 - half
                        best[path] = max(share, best.get(path, 0))
        return sorted(best, key=lambda each: -best[each])

    def _near(self, said: frozenset[str]) -> Sequence[tuple[float, str]]:
        """Return the number of a heading's words in each fact's question, most first."""
        if not said:
            return []
        scored = (
            (len(said & words) / len(said) * min(1.0, (len(said & words) + 1) / 4), path)
            for path, words in self._questions.items()
        )
        return sorted((each for each in scored if each[0]), key=lambda each: (-each[0], each[1]))[
            : 2 * _NAMED
        ]

    def values(self, path: str) -> dict[str, str]:
        """Return the usual words for a fact's values, by lower-cased word."""
        found: dict[str, str] = {}
        for words in reversed(self._files):
            found |= words.values.get(path, {})
        return found

    def other_record(self, headings: Sequence[str]) -> tuple[str, list[str]] | None:
        """Return the kind of record a table lists if not partnerships, and the telling headings."""
        if any("partnership" in heading.casefold() for heading in headings):
            return None
        found = (
            (kind, [heading for heading in headings if heading and heading_key(heading) in keys])
            for words in self._files
            for kind, keys in words.others.items()
        )
        best = max(found, key=lambda each: len(each[1]), default=("", []))
        return best if len(best[1]) >= _OTHERS else None

    def is_fact(self, text: str) -> bool:
        """Tell whether a text names a fact, or asks for one."""
        return any(meaning.path for meaning in self.meanings(text))
