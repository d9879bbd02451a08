"""A new pack to begin with: a rulebook, one rule that its examples prove, and editor settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from govrules.errors import GovrulesError
from govrules.files import read_bytes, replacing
from govrules.nodes import MAX_BYTES
from govrules.rulebook.load import load_rulebook
from govrules.schema import findings_schema, rules_schema, subject_schema
from govrules.subjects import words_of
from govrules.vocabulary import (
    Choice,
    Date,
    FactType,
    Kind,
    Money,
    Months,
    Number,
    Text,
    YesNo,
    list_of,
    vocabulary_of,
)

_RULEBOOK: Final = """\
govrules: 1
id: {id}
title: {title}
version: "1"
owner: your policy team

# The facts that the shipped pack derives, such as risk_tier, can be used in this one.
extends: [governing-partnerships]

# Every rule cites one of these.
sources:
  partnership-policy:
    title: Our partnership policy
    publisher: Our council
    year: "2026"
    where: where readers can find it

# Thresholds stand here, once, with their reasons; rules name them.
parameters:
  officer_needed_from:
    value: 50000
    unit: pounds
    reason: The yearly spend from which our policy asks for an officer; the source gives none.
    says: ours

# Facts that only this pack asks for.
facts:
  local.net_zero_plan:
    type: yes or no
    kind: arrangement
    label: a plan says how the partnership reaches net zero
    denial: no plan says how the partnership reaches net zero
    question: Is there a plan that says how the partnership reaches net zero?
"""

_THEME: Final = """\
# yaml-language-server: $schema=.govrules/rules.schema.json
govrules: 1
theme: our-policy

rules:
  - id: no-net-zero-plan
    title: No plan says how the partnership reaches net zero
    met: A plan says how the partnership reaches net zero
    principle: Partners that spend public money together agree how that fits our promise on climate.
    source: { document: partnership-policy, paragraph: 1, says: stated }
    says: { threshold: ours, severity: ours, deadline: ours }
    applies_when:
      funding.annual_spend: { at_least: { parameter: officer_needed_from } }
    requires:
      local.net_zero_plan: yes
    severity:
      medium: { risk_tier: high }
      otherwise: low
    remedy:
      do: Agree how the partnership reaches net zero, and write it down.
      who: the partners together
      within: 6 months
    examples:
      - name: much is spent without a plan
        given: { funding.annual_spend: 50000, local.net_zero_plan: no, risk_tier: low }
        expect: flagged
        severity: low
      - name: much is at stake without a plan
        given: { funding.annual_spend: 50001, local.net_zero_plan: no, risk_tier: high }
        expect: flagged
        severity: medium
      - name: a fair amount is at stake without a plan
        given: { funding.annual_spend: 50000, local.net_zero_plan: no, risk_tier: medium }
        expect: flagged
        severity: low
      - name: there is a plan
        given: { funding.annual_spend: 50000, local.net_zero_plan: yes }
        expect: clear
      - name: nobody recorded a plan
        given: { funding.annual_spend: 50000 }
        expect: unknown
        asks: [local.net_zero_plan]
      - name: little is spent
        given: { funding.annual_spend: 49999 }
        expect: not applicable
      - name: nobody recorded the spend
        given: { local.net_zero_plan: no }
        expect: unknown
        asks: [funding.annual_spend]
"""

#: Of a class of somebody's own, a rule about the first arrangement that is there.
_OWN_RULEBOOK: Final = """\
govrules: 1
id: {id}
title: {title}
version: "1"
owner: your policy team

# Every rule cites one of these.
sources:
  policy:
    title: Our policy
    publisher: Our organisation
    year: "2026"
    where: where readers can find it
"""
_OWN_THEME: Final = """\
# yaml-language-server: $schema=.govrules/rules.schema.json
govrules: 1
theme: our-policy

rules:
  - id: no-{word}
    title: "Not so: {label}"
    principle: Say here who must do what.
    source: {{ document: policy, paragraph: 1, says: stated }}
    subject: {kind}
    requires:
      {test}
    severity: low
    examples:
      - name: it is not so
        given: {{ {path}: {fails} }}
        expect: flagged
        severity: low
      - name: it is so
        given: {{ {path}: {holds} }}
        expect: clear
      - name: nobody recorded it
        given: {{}}
        expect: unknown
        asks: [{path}]
"""


class ScaffoldError(GovrulesError):
    """
    A pack cannot be begun here.

    Attributes:
        path: what is in the way.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"`{self.path}`: {self.reason}"


def pack_id(directory: Path) -> str:
    """
    Return the id of a pack in a folder: the folder's name, as ids are written.

    >>> pack_id(Path("Our Rules 2026"))
    'our-rules-2026'
    """
    words = re.findall(r"[a-z0-9]+", directory.resolve().name.lower())
    name = "-".join(words).lstrip("0123456789-")
    return name or "our-rules"


def pack_files(name: str, kinds: Mapping[str, type] | None = None) -> Mapping[str, str]:
    """
    Return the files of a new pack of this id, by their paths inside it.

    Args:
        name: the id.

        kinds: classes of somebody's own that its rules are about, by their names in rules.

    Raises:
        GovrulesError: a class has no fact that a rule could be about.
    """
    title = name.replace("-", " ").capitalize()
    rulebook_text = _OWN_RULEBOOK if kinds else _RULEBOOK
    files = {
        "rulebook.yaml": rulebook_text.format(id=name, title=title),
        "our-policy.yaml": _own_theme(kinds) if kinds else _THEME,
    }
    rulebook = load_rulebook(files, subjects=kinds)
    schemas = {
        "rules": rules_schema(rulebook),
        "subject": subject_schema(rulebook),
        "findings": findings_schema(),
    }
    for which, schema in schemas.items():
        files[f".govrules/{which}.schema.json"] = _json(schema)
    settings = {
        # The first line of each theme file names its schema; that is how themes are completed.
        "yaml.schemas": {".govrules/subject.schema.json": ["partnerships/*.yaml"]},
        "editor.tabSize": 2,
        "editor.insertSpaces": True,
    }
    files[".vscode/settings.json"] = _json(settings)
    return files


def _own_theme(kinds: Mapping[str, type]) -> str:
    """Return a sample theme for the first class that is no register."""
    kind = next((each for each, cls in kinds.items() if list_of(cls) is None), next(iter(kinds)))
    facts = vocabulary_of(kinds[kind]).facts
    single = [path for path, fact in facts.items() if _written(fact.type)]
    if not single:
        raise GovrulesError(f"a {words_of(kinds[kind])} has no fact that a first rule could test")
    # What can be mended makes the better rule, and a yes or no the plainer one.
    path = min(
        single,
        key=lambda each: (facts[each].kind is not Kind.ARRANGEMENT, facts[each].type != YesNo()),
    )
    fact = facts[path]
    answered = isinstance(fact.type, YesNo)
    return _OWN_THEME.format(
        word=re.sub(r"[^a-z0-9]+", "-", path).strip("-"),
        label=fact.label.replace("\\", "").replace('"', "'"),
        kind=kind,
        test=f"{path}: yes" if answered else f"not: {{ {path}: none }}",
        path=path,
        fails="no" if answered else "none",
        holds=_written(fact.type),
    )


def _written(fact_type: FactType) -> str:
    """Return a sample value of a type in file syntax; "" for compound types."""
    match fact_type:
        case YesNo():
            return "yes"
        case Text():
            return "Somebody"
        case Date():
            return "2026-03-31"
        case Months():
            return "12 months"
        case Number() | Money():
            return "1"
        case Choice(values) if values:
            return values[0]
        case _:
            return ""


def _json(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def scaffold(directory: Path, kinds: Mapping[str, type] | None = None) -> tuple[Path, ...]:
    """
    Write a new pack into a folder, and return its files; nothing is overwritten.

    Its rule is about a class of somebody's own, where such classes are given.

    Each file is written whole; files that were begun before, and are as they would be written, are
    left, so that one who was interrupted can go on.

    Raises:
        ScaffoldError: a file is in the way, or the folder cannot be written; nothing was written
            over.

        GovrulesError: a class has no fact that a rule could be about.
    """
    texts = pack_files(pack_id(directory), kinds)
    files = {directory / path: text for path, text in texts.items()}
    if directory.exists() and not directory.is_dir():
        raise ScaffoldError(directory, "this is a file, not a folder")
    begun = {path for path, text in files.items() if _holds(path, text)}
    for path in [*sorted(directory.glob("*.yaml")), *files]:
        if path not in begun and (path.exists() or path.is_symlink()):
            raise ScaffoldError(path, _THERE)
    # The file that makes the folder a pack comes last, so that none is taken for whole too soon.
    left = sorted(files.keys() - begun, key=lambda each: (each.name == "rulebook.yaml", each))
    if not left:
        raise ScaffoldError(directory / "rulebook.yaml", _THERE)
    written: list[Path] = []
    try:
        for path in left:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as new:
                new.write_bytes(files[path].encode())
            written.append(path)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        reason = (error.strerror or "it cannot be written").lower()
        raise ScaffoldError(Path(error.filename or directory), reason) from error
    return tuple(written)


_THERE: Final = "this is already there, and nothing is overwritten"


def _holds(path: Path, text: str) -> bool:
    """Tell whether a file holds exactly this text, as an earlier start left it."""
    try:
        return read_bytes(path, MAX_BYTES) == text.encode()
    except (OSError, ValueError):
        return False
