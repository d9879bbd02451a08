"""Packs of a project's own: one rule that is sound, one with a broken example, one perverse; and one of texts."""

from __future__ import annotations

from pathlib import Path

#: A pack of one rule, as the texts of its files.
NAMES = {
    "rulebook.yaml": """govrules: 1
id: own
title: Own
version: "1"
owner: us
sources:
  s: { title: S, publisher: P, year: "2025" }
""",
    "names.yaml": """govrules: 1
theme: names
rules:
  - id: no-name
    title: The partnership has no name
    principle: A partnership has a name.
    source: { document: s, paragraph: 1 }
    requires: { not: { name: none } }
    severity: low
""",
}

RULEBOOK = """\
govrules: 1
id: ours
title: Our rules
version: "1"
owner: tests

sources:
  manual:
    title: A manual
    publisher: Nobody
    year: "2026"
"""
HEAD = """\
govrules: 1
theme: rules

rules:
"""
SOUND = """\
  - id: pooled-without-protocol
    title: Pooled without a protocol
    principle: A principle.
    source: { document: manual, paragraph: 1 }
    applies_when: { funding.pooled: yes }
    requires: { protocol.agreed: yes }
    severity: high
    examples:
      - { name: nothing is pooled, given: { funding.pooled: no }, expect: not applicable }
      - { name: pooled and no protocol, given: { funding.pooled: yes, protocol: none }, expect: flagged }
"""
BROKEN = """\
  - id: no-lead
    title: No lead
    principle: A principle.
    source: { document: manual, paragraph: 1 }
    requires: { leadership.lead_agreed: yes }
    severity: medium
    examples:
      - { name: a lead is agreed, given: { leadership.lead_agreed: yes }, expect: clear }
      - { name: nobody leads, given: { leadership.lead_agreed: no }, expect: clear }
"""
PERVERSE = """\
  - id: board-of-a-small-one
    title: Board of a small one
    principle: A principle.
    source: { document: manual, paragraph: 1 }
    applies_when: { funding.annual_spend: { less_than: 1000 } }
    requires: { oversight.board: no }
    severity: low
    examples:
      - { name: much is spent, given: { funding.annual_spend: 1000 }, expect: not applicable }
"""


def write_pack(folder: Path, *rules: str, rulebook: str = RULEBOOK) -> Path:
    """Write a pack into a folder, and return the folder."""
    folder.mkdir(parents=True)
    (folder / "rulebook.yaml").write_text(rulebook, encoding="utf-8")
    (folder / "rules.yaml").write_text(HEAD + "\n".join(rules), encoding="utf-8")
    return folder
