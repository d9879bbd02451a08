"""Proofs of packs with many derived facts end soon: each is a term once, and no chain is walked down."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from govrules import load_rulebook

pytest.importorskip("z3")

from govrules.prove.questions import Prover

BOOK = """\
govrules: 1
id: many
title: Many
version: "1"
owner: Nobody
sources:
  m: { title: M, publisher: N, year: "2026" }
derived:
"""
RULE = """\
govrules: 1
theme: many
rules:
  - id: the-last
    title: The last does not hold
    principle: The last holds.
    source: { document: m, paragraph: 1 }
    requires: { LAST: yes }
    severity: high
"""


def pack(folder: Path, number: int, condition: str) -> Path:
    """Write a pack of derived facts, each of which asks the one before it."""
    names = ["protocol.agreed", *(f"fact_{each}" for each in range(number))]
    pairs = itertools.pairwise(names)
    facts = [
        f"  {name}:\n    label: it holds\n    when: {condition.replace('LAST', last)}\n"
        for last, name in pairs
    ]
    (folder / "rulebook.yaml").write_text(BOOK + "".join(facts))
    (folder / "rules.yaml").write_text(RULE.replace("LAST", names[-1]))
    return folder


@pytest.mark.parametrize(
    ("number", "condition", "never"),
    [
        (400, "{ LAST: yes }", False),
        (40, "{ any: [ { LAST: yes }, { not: { LAST: yes } } ] }", True),
        (40, "{ all: [ { LAST: yes }, { not: { LAST: no } } ] }", False),
    ],
)
def test_all_is_decided(tmp_path, number, condition, never):
    results = Prover(load_rulebook(pack(tmp_path, number, condition)), seconds=5).results()
    found = {f"{each.flaw.value}: {each.about}" for each in results if each.unexplained}
    assert found == ({"never-flagged: the-last"} if never else set())
