"""A catalogue as Markdown, as one HTML page, and as a workbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

from govrules.catalogue import (
    SAYS_IN_WORDS,
    Catalogue,
    DerivedEntry,
    ParameterEntry,
    RuleEntry,
    SourceShare,
    claims_phrase,
)
from govrules.coverage import Covered, Group, coverage
from govrules.rulebook.ast import Rulebook

#: What Markdown, or MyST, would read as more than text.
_MARKS: Final = re.compile(r"([\\`*_{}\[\]<>#|$~^])")
_WIDTHS: Final = (14, 34, 12, 50, 50, 60, 50, 40, 40, 40, 40, 40, 60, 40, 40, 40, 50, 40)


def markdown(catalogue: Catalogue, *, title: bool = True) -> str:
    """Return the catalogue as Markdown, optionally without its title."""
    lines = [f"# {escaped(catalogue.title)}: catalogue of rules", ""] if title else []
    lines += [
        f"{len(catalogue.rules)} rules of `{catalogue.id}`, version {escaped(catalogue.version)}.",
        "",
    ]
    if catalogue.adapted:
        lines += ["## What is adapted", "", *(f"- {escaped(each)}" for each in catalogue.adapted)]
        lines += [""]
    for theme in catalogue.themes:
        lines += [f"## {escaped(theme.title)}", ""]
        for rule in theme.rules:
            lines += _rule(rule)
    if catalogue.derived:
        lines += ["## Derived facts", ""]
        for derived in catalogue.derived:
            lines += _derived(derived)
    if catalogue.parameters:
        rows = [
            (
                f"`{parameter.name}`",
                escaped(parameter.value),
                escaped(_why(parameter)),
                escaped(parameter.says),
            )
            for parameter in catalogue.parameters
        ]
        lines += ["## Parameters", "", *table(("parameter", "value", "why", "whose"), rows), ""]
    lines += ["## Sources", ""]
    for source in catalogue.sources:
        where = f": {escaped(source.where)}" if source.where else ""
        about = f"{escaped(source.publisher)}, *{escaped(source.title)}* ({escaped(source.year)})"
        lines.append(f"- {about}{where}. Cited as `{source.id}`.")
    return "\n".join(lines).rstrip() + "\n"


def _why(parameter: ParameterEntry) -> str:
    """Return the reason for a parameter's value, or its adaptation."""
    return " ".join(parameter.adapted) or parameter.reason


def escaped(text: str) -> str:
    r"""
    Return a text escaped for Markdown, on one line.

    >>> escaped("a_b [c]")
    'a\\_b \\[c\\]'
    """
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _rule(rule: RuleEntry) -> Iterator[str]:
    yield f"### {rule.id}"
    yield ""
    first, *others = rule.sentence.split("\n")
    yield f"**{escaped(rule.title)}.** {escaped(first)}"
    if others:
        yield ""
    for line in others:
        yield f"- {escaped(line[2:])}" if line.startswith("- ") else f"\n{escaped(line)}"
    yield ""
    for label, texts in rule.details:
        yield from _item(label, texts)
    if rule.subject != "partnership":
        yield f"- About: a {escaped(rule.subject)}"
    if rule.asks:
        yield "- It may ask:"
        yield from (f"  - {escaped(each.question)} `{each.fact}`" for each in rule.asks)
    if rule.examples:
        yield "- Examples:"
        for example in rule.examples:
            yield f"  - {escaped(example.name)}: **{escaped(example.verdict)}**"
    yield ""


def _item(label: str, texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield f"- {label}: {escaped(text)}"


def _derived(derived: DerivedEntry) -> Iterator[str]:
    yield f"### {escaped(derived.name)}"
    yield ""
    yield f"{escaped(derived.label[:1].upper() + derived.label[1:])}. The first that holds:"
    yield ""
    for number, row in enumerate(derived.rows, 1):
        yield f"{number}. {escaped(row)}"
    yield ""
    yield from _item("Source", derived.sources)
    yield ""


def coverage_markdown(groups: Iterable[Group], rulebook: Rulebook, *, link: str = "`{}`") -> str:
    """Return what encodes each unit of the sources as Markdown; `link` is how a rule is named."""
    lines: list[str] = []
    for group in groups:
        rows = (_covered(each, link) for each in coverage(group.units, rulebook))
        lines += [f"## {escaped(group.title)}", ""]
        lines += [*table(("unit", "what it says", "encoded by"), rows), ""]
    return "\n".join(lines)


def _covered(row: Covered, link: str) -> tuple[str, str, str]:
    by = [link.format(rule) for rule in row.rules]
    by += [f"derived fact `{derived}`" for derived in row.derived]
    if not row.rules:
        reason = row.unit.not_encoded or "Nothing yet."
        by.insert(0, f"*No rule:* {escaped(reason)}")
    return escaped(row.unit.paragraph), escaped(row.unit.about), "; ".join(by)


def shares_markdown(shares: Iterable[SourceShare]) -> str:
    """Return how far the sources go as a table, each number with its share of the row."""
    heads = ("of", "number", *SAYS_IN_WORDS.values())
    rows = [
        (
            each.of,
            str(each.number),
            *(
                f"{count} ({100 * count / each.number:.0f} %)" if each.number else "0"
                for count in each.counts
            ),
        )
        for each in shares
    ]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    padded = [
        tuple(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    ]
    return "\n".join(table(padded[0], padded[1:])) + "\n"


def html(catalogue: Catalogue) -> str:
    """Return the catalogue as one self-contained page."""
    from govrules.render.templating import template  # noqa: PLC0415 - slow, and only needed here

    return template("catalogue.html").render(catalogue=catalogue)


def xlsx(catalogue: Catalogue) -> bytes:
    """Return the catalogue as a workbook: rules, derived facts, parameters and sources."""
    from govrules.render.workbook.sheet import new_book  # noqa: PLC0415 - slow, and only needed here

    with new_book(f"{catalogue.title}: catalogue of rules") as (styles, made):
        head = styles.get(bold=True, text_wrap=True, valign="top")
        body = styles.get(text_wrap=True, valign="top")
        for name, heads, rows in _sheets(catalogue):
            _fill(styles.book.add_worksheet(name), heads, rows, head, body)
    return made.getvalue()


#: What a row says of a rule, by the heads of its columns.
_OF_A_RULE: Final[Mapping[str, Callable[[RuleEntry], str]]] = {
    "theme": attrgetter("theme"),
    "rule": attrgetter("id"),
    "about": attrgetter("subject"),
    "title": attrgetter("title"),
    "met": attrgetter("met"),
    "rule in words": attrgetter("sentence"),
    "principle": attrgetter("principle"),
    "source": lambda rule: "\n".join(rule.sources),
    "what is the source's": lambda rule: claims_phrase(rule.says),
    "severity": attrgetter("severity"),
    "exceptions": lambda rule: "\n".join(rule.exceptions),
    "one step lower": lambda rule: "\n".join(rule.mitigations),
    "remedy": lambda rule: "\n".join(rule.remedies),
    "part of": attrgetter("part_of"),
    "note": attrgetter("note"),
    "law": lambda rule: "\n".join(f"{what}: {said}" for what, said in rule.law),
    "may ask": lambda rule: "\n".join(f"{each.question} ({each.fact})" for each in rule.asks),
    "examples": lambda rule: "\n".join(
        f"{example.name}: {example.verdict}" for example in rule.examples
    ),
}


def _sheets(
    catalogue: Catalogue,
) -> Iterator[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
    rules = [tuple(cell(rule) for cell in _OF_A_RULE.values()) for rule in catalogue.rules]
    yield "Rules", [*_OF_A_RULE], rules
    yield (
        "Derived facts",
        ("fact", "what it is", "the first that holds", "source"),
        [
            (derived.name, derived.label, "\n".join(derived.rows), "\n".join(derived.sources))
            for derived in catalogue.derived
        ],
    )
    yield (
        "Parameters",
        ("parameter", "value", "why", "whose"),
        [
            (parameter.name, parameter.value, _why(parameter), parameter.says)
            for parameter in catalogue.parameters
        ],
    )
    if catalogue.adapted:
        yield "Adapted", ("what is adapted",), [(each,) for each in catalogue.adapted]
    yield (
        "Sources",
        ("source", "publisher", "title", "year", "where"),
        [
            (source.id, source.publisher, source.title, source.year, source.where)
            for source in catalogue.sources
        ],
    )


def _fill(
    sheet: Any,  # noqa: ANN401 - xlsxwriter carries no types
    heads: Sequence[str],
    rows: list[tuple[str, ...]],
    head: Any,  # noqa: ANN401 - likewise
    body: Any,  # noqa: ANN401 - likewise
) -> None:
    for column, width in zip(range(len(heads)), _WIDTHS, strict=False):
        sheet.set_column(column, column, width)
    sheet.write_row(0, 0, heads, head)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text, body)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(heads) - 1)
