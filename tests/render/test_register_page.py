"""The page of a register: its limits, its blocks, and what counts in each."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from govrules import Rulebook, load_rulebook
from govrules.model import Funding, Partnership, Register
from govrules.portfolio import assess_register
from govrules.reading import read_subject
from govrules.render.counting import that_count
from govrules.render.lines import WIDTH
from govrules.render.register import MOST_LINES, register_lines
from govrules.rulebook.ast import Verdict
from tests.render.made import AS_OF, register

EXAMPLE = Path(__file__).parents[2] / "examples" / "example-register.yaml"
HINTS = ("One line of what to type next", "and another")


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def lines_of(found: Register, rulebook: Rulebook, **more: object) -> list[str]:
    whole = assess_register(found, rulebook, as_of=AS_OF, engine="compiled")
    return [line for line, _ in register_lines(whole, hints=HINTS, **more)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def example(rulebook: Rulebook) -> list[str]:
    return lines_of(read_subject(EXAMPLE, rulebook=rulebook).subject, rulebook)


def test_the_example_fits_one_page(example: list[str]) -> None:
    assert len(example) <= MOST_LINES
    assert max(map(len, example)) <= WIDTH


@pytest.mark.parametrize("number", [0, 1, 2, 20])
def test_registers_of_any_size_fit_one_page(number: int, rulebook: Rulebook) -> None:
    for seed in range(5):
        lines = lines_of(register(number, random.Random(seed)), rulebook)  # noqa: S311 - the same in every run
        assert len(lines) <= MOST_LINES
        assert max(map(len, lines)) <= WIDTH, max(lines, key=len)


@pytest.mark.slow
def test_a_register_of_two_hundred_fits_one_page(rulebook: Rulebook) -> None:
    lines = lines_of(register(200, random.Random(20261201)), rulebook)  # noqa: S311 - the same in every run
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDTH
    assert any(line.startswith("  In 200 partnerships ") for line in lines)


def test_the_blocks_come_in_their_order(example: list[str]) -> None:
    text = "\n".join(example)
    order = [
        r"Eastshire register of partnerships .* as at 31 January 2026$",
        r"\d+ partnerships? ha(s a|ve) critical findings?; (it|they) spends? (at least )?£[\d.,m]+ a year\.$",
        r"[\d,]+ of [\d,]+ checks are not known yet",
        r"  In 20 partnerships  ",
        r"  The register itself  ",
        r"  Between partnerships  ",
        r"Look at first .* C   H   M   L  tier        a year$",
        r"   1  .*\(EX-\d+\) ",
        r"For the organisation to put right, gravest first \(3 of \d+\)$",
        r"  HIGH      ",
        r"Answers that would settle most, by lead officer ",
        HINTS[0],
    ]
    places = [re.search(f"^{each}", text, re.MULTILINE) for each in order]
    starts = [each.start() for each in places if each]
    assert len(starts) == len(order), order[len(starts)]
    assert starts == sorted(starts)


def test_the_counts_are_those_of_the_assessment(example: list[str], rulebook: Rulebook) -> None:
    subject = read_subject(EXAMPLE, rulebook=rulebook).subject
    whole = assess_register(subject, rulebook, as_of=AS_OF)
    row = next(line for line in example if line.startswith("  In 20 partnerships"))
    numbers = [int(each.replace(",", "")) for each in re.findall(r"[\d,]+", row)[1:]]
    flagged = sum(each.counts[Verdict.FLAGGED] for each in whole.entries)
    met = sum(each.counts[Verdict.CLEAR] for each in whole.entries)
    assert (numbers[0], numbers[-1]) == (flagged, met)
    assert sum(numbers[1:5]) == flagged


def test_a_number_declared_is_set_beside_those_that_count(example: list[str]) -> None:
    text = " ".join(" ".join(example).split())
    assert (
        "the organisation says that it is in 14 partnerships, but at least 16 on the register count,"
        " or 18 if the 2 not known yet do too" in text
    )


def test_where_a_share_is_denied_those_count_that_are_so(rulebook: Rulebook) -> None:
    subject = read_subject(EXAMPLE, rulebook=rulebook).subject
    register = assess_register(subject, rulebook, as_of=AS_OF).register
    name = "value-of-significant-partnerships-not-assessed"
    finding = next(each for each in register.flagged if each.rule.id == name)
    found = [*that_count(finding, register)]
    never = ["Eastshire care pool", "Growth corridor board", "Homelessness forum"]
    assert found == [*never, "Skills for Eastshire"]


def test_what_is_not_known_is_left_out_of_a_sum_and_said(rulebook: Rulebook) -> None:
    pooled = Partnership(
        status="active", started=AS_OF.replace(year=2010),
        funding=Funding(pooled=True, annual_spend=Decimal(2_000_000)),
        conflicts=None, protocol=None,
    )  # fmt: skip
    other = attrs.evolve(pooled, id="B", funding=Funding(pooled=True, guarantees=Decimal(900_000)))
    text = "\n".join(lines_of(Register(partnerships=(pooled, other)), rulebook))
    assert re.search(r"2 partnerships have \w+ findings; they spend at least £2m a year\.", text)
    assert re.search(r"^   \d  B .* \?$", text, re.MULTILINE)


def test_full_text_gives_every_partnership_after_the_page(
    example: list[str], rulebook: Rulebook
) -> None:
    found = read_subject(EXAMPLE, rulebook=rulebook).subject
    full = lines_of(found, rulebook, full=True, depth=2)
    assert full[: len(example)] == example
    heads = {line.rpartition("  as at ")[0].strip() for line in full if "  as at " in line}
    assert {each.name for each in found.partnerships} <= heads
