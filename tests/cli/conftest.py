"""A small pack and small subject files, and a way to run a command in this process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from govrules.cli import main

RULEBOOK = """\
govrules: 1
id: small
title: A small pack
version: "7"
owner: the tests
sources:
  policy: { title: The policy, publisher: A council, year: "2026" }
parameters:
  much: { value: 1000, unit: pounds, reason: From here it is much., says: ours }
facts:
  local.slogan: { type: text, kind: arrangement, label: the slogan, question: What is the slogan? }
"""
RULES = """\
govrules: 1
theme: money
rules:
  - id: pooled-without-protocol
    title: Budgets are pooled without a protocol
    principle: Who pools writes down who decides.
    source: { document: policy, paragraph: 1 }
    applies_when: { funding.pooled: yes }
    requires: { protocol.agreed: yes }
    severity: { critical: { public.vulnerable_users: yes }, otherwise: medium }
    remedy: { do: Agree a protocol., who: the partners, within: 3 months }
    examples:
      - { name: without, given: { funding.pooled: yes, protocol: none }, expect: flagged }
      - { name: with, given: { funding.pooled: yes, protocol.agreed: yes }, expect: clear }
  - id: nobody-responsible
    title: No officer is responsible
    principle: Somebody is in charge.
    source: { document: policy, paragraph: 2 }
    requires: { not: { responsible_officer: none } }
    severity: low
  - id: register-not-reviewed
    title: The register has not been reviewed
    principle: A register that nobody reads helps nobody.
    source: { document: policy, paragraph: 3 }
    subject: register
    requires: { reviewed: { newer_than: 12 months } }
    severity: high
"""
POOLED = """\
# Kept as it is.
name: Care pool
as_of: 2026-03-31
funding.pooled: yes
protocol: none
evidence: { funding.pooled: minutes of May }
"""
IN_ORDER = """\
name: Quiet forum
as_of: 2026-03-31
funding.pooled: no
responsible_officer: A. Smith
"""
REGISTER = """\
as_of: 2026-03-31
reviewed: 2024-01-31
partnerships:
  - { id: p1, name: Care pool, funding.pooled: yes, protocol: none, responsible_officer: none }
  - { id: p2, name: Quiet forum, funding.pooled: no, responsible_officer: A. Smith }
"""


@attrs.frozen
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run(*arguments: object) -> Ran:
        code = main([str(each) for each in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "rulebook.yaml").write_text(RULEBOOK)
    (folder / "money.yaml").write_text(RULES)
    return folder


@pytest.fixture
def pooled(tmp_path: Path) -> Path:
    path = tmp_path / "pooled.yaml"
    path.write_text(POOLED)
    return path


@pytest.fixture
def in_order(tmp_path: Path) -> Path:
    path = tmp_path / "in-order.yaml"
    path.write_text(IN_ORDER)
    return path


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.yaml"
    path.write_text(REGISTER)
    return path
