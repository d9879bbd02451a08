"""The pages of a partnership and of a register: limits, what stands in which order, and how they give way."""

from __future__ import annotations

import datetime as dt
import random
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules import (
    Funding,
    Partnership,
    Register,
    Rulebook,
    assess,
    assess_register,
    load_rulebook,
)
from govrules.cli import main
from govrules.model import Organisation
from govrules.reading import read_subject
from govrules.render.counting import that_count
from govrules.render.lines import WIDTH
from govrules.render.page import MOST_LINES, page_lines
from govrules.render.register import MOST_LINES as MOST_OF_A_REGISTER
from govrules.render.register import register_lines
from govrules.render.report import SubjectReport
from govrules.rulebook.ast import Verdict
from govrules.truth import UNKNOWN
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Fact,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
    vocabulary_of,
)

AS_OF = dt.date(2026, 1, 31)
_AMOUNTS = (0, 500, 24_999, 120_000, 999_999, 21_400_000)
_LONG = "A name that goes on and on, as names of partnerships do, and on, until nobody reads it"


def partnership(chance: random.Random) -> Partnership:
    """Return a partnership of which more or less is known, and more or less is in place."""
    known, in_place = chance.random(), chance.random()
    made = _made(Partnership, chance, known, in_place)
    name = chance.choice([f"Partnership {chance.randint(1, 999)}", _LONG, _LONG * 4])
    return _with(made, name=name, id=f"P{chance.randint(1, 99_999)}")


def register(number: int, chance: random.Random) -> Register:
    """Return a register of so many partnerships."""
    entries = tuple(_with(partnership(chance), id=f"P{each}") for each in range(number))
    organisation = _made(Organisation, chance, 0.7, 0.5)
    officers = [UNKNOWN, None, *(f"Head of service {each} {_LONG}" for each in range(9))]
    return Register(
        name=chance.choice(["The register", _LONG * 3]),
        organisation=organisation,
        declared_count=chance.choice([UNKNOWN, None, 7]),
        partnerships=tuple(
            _with(each, responsible_officer=chance.choice(officers)) for each in entries
        ),
    )


def _with(record: Any, **facts: Any) -> Any:
    return attrs.evolve(record, **facts)


def _made(cls: type, chance: random.Random, known: float, in_place: float) -> Any:
    found: dict[str, Any] = {}
    for name, fact in vocabulary_of(cls).fields.items():
        if isinstance(fact.type, Record | Records) or chance.random() < known:
            found[name] = _value(fact, chance, known, in_place)
    return cls(**found)


def _value(fact: Fact, chance: random.Random, known: float, in_place: float) -> Any:
    absent = chance.random() > in_place and not isinstance(fact.type, Record | Records)
    match fact.type:
        case YesNo():
            return chance.random() < in_place
        case Record(cls):
            return _made(cls, chance, known, in_place)
        case Records(cls):
            number = chance.choice([0, 1, 2, 8]) if cls is not Partnership else 0
            return tuple(_made(cls, chance, known, in_place) for _ in range(number))
        case _ if absent:
            return frozenset() if isinstance(fact.type, Choices) else None
        case Choice(values):
            return chance.choice(values)
        case Choices(values):
            return frozenset(each for each in values if chance.random() < in_place)
        case Money():
            return Decimal(chance.choice(_AMOUNTS))
        case Months():
            return chance.randint(0, 40)
        case Number(whole=whole, most=most):
            number = chance.randint(0, int(most or 40))
            return number if whole else Decimal(number)
        case Date():
            return AS_OF - dt.timedelta(days=chance.randint(0, 3000))
        case Text():
            return chance.choice(["The council", _LONG, "X" * 100])


EXAMPLES = Path(__file__).parents[2] / "examples"
PARTNERSHIPS = sorted(
    set(EXAMPLES.glob("*.yaml"))
    - set(EXAMPLES.glob("*-register.yaml"))
    - set(EXAMPLES.glob("*.mapping.yaml"))
)
HINTS = ("One line of what to type next", "and another")


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def page(name: str, rulebook: Rulebook) -> list[str]:
    read = read_subject(EXAMPLES / f"{name}.yaml", rulebook=rulebook)
    assessment = assess(read.subject, rulebook, as_of=read.as_of)
    return [line for line, _ in page_lines(SubjectReport(assessment), hints=HINTS)]


@pytest.mark.parametrize("path", PARTNERSHIPS, ids=lambda each: each.stem)
def test_each_example_fits_a_screen(path: Path, rulebook: Rulebook) -> None:
    lines = page(path.stem, rulebook)
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.slow
def test_two_hundred_made_partnerships_fit_a_screen(rulebook: Rulebook) -> None:
    chance = random.Random(20261201)  # noqa: S311 - the same in every run
    flagged = questions = 0
    for _ in range(200):
        made = partnership(chance)
        assessment = assess(made, rulebook, as_of=AS_OF, engine="compiled")
        lines = [line for line, _ in page_lines(SubjectReport(assessment), hints=HINTS)]
        assert len(lines) <= MOST_LINES
        assert max(map(len, lines)) <= WIDTH, max(lines, key=len)
        flagged += bool(assessment.flagged)
        questions += any("Answer th" in line for line in lines)
    # They were worth trying.
    assert min(flagged, questions) > 100


def test_the_blocks_of_a_badly_governed_partnership(rulebook: Rulebook) -> None:
    lines = page("high-tier-pool-without-arrangements", rulebook)
    text = "\n".join(lines)
    assert lines[0].startswith("Integrated care pool ")
    assert lines[0].endswith("as at 31 January 2026")
    order = [
        r"\d+ things to put right, \d+ of them critical\.",
        r"High risk tier: it spends £18m a year \(the threshold is £1m\); statutory functions",
        r"  Critical \d+   High \d+   Medium \d+   Low \d+   Not known 0   Met \d+   Does not",
        r"Do first",
        r"  By 28 February 2026",
        r"    CRITICAL  Sign a written pooling agreement",
        r"              The partners together",
        r"  Later: \d+ action",
        r"Good practice met \(\d+; 2 more have nothing to check\)",
        r"Nothing is left to ask\.",
        HINTS[0],
        HINTS[1],
    ]
    places = [re.search(f"^{each}", text, re.MULTILINE) for each in order]
    starts = [each.start() for each in places if each]
    assert len(starts) == len(order), order[len(starts)]
    assert starts == sorted(starts)


def test_of_what_is_hardly_known_the_questions_come_first(rulebook: Rulebook) -> None:
    text = "\n".join(page("digital-technology-centre", rulebook))
    assert "Too little is recorded to judge: " in text
    assert "No finding is not a clean bill." in text
    assert "This partnership has ended." in text
    assert "  Flagged 0   Not known " in text
    assert "Answer these first: each could show a " in text
    assert re.search(r"^   1  .* \d+ checks?$", text, re.MULTILINE)
    assert re.search(r"^      and \d+ more$", text, re.MULTILINE)
    assert "Do first" not in text


def test_a_page_names_no_rule_and_no_fact(rulebook: Rulebook) -> None:
    for path in PARTNERSHIPS:
        text = " ".join(page(path.stem, rulebook))
        for rule in rulebook.rules:
            assert rule.id not in text
        assert not re.search(r"[a-z]_[a-z]|\[\d", text)


def test_full_text_repeats_the_page_and_adds_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(EXAMPLES / "low-tier-network-overgoverned.yaml")
    main(["check", path])
    short = capsys.readouterr().out
    main(["check", path, "--full"])
    full = capsys.readouterr().out
    body = short[: short.index("Nothing is left to ask.")]
    assert full.startswith(body)
    assert "settled when: " in full
    assert "why it matters: " in full
    assert max(map(len, full.splitlines())) <= WIDTH


def test_depth_limits_the_reasons_of_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(EXAMPLES / "high-tier-pool-without-arrangements.yaml")
    main(["check", path, "--full"])
    whole = capsys.readouterr().out.count("    because: ")
    main(["check", path, "--depth", "all"])
    assert capsys.readouterr().out.count("    because: ") == whole
    main(["check", path, "--depth", "1"])
    one = capsys.readouterr().out
    assert one.count("    because: ") < whole
    assert "more facts: `--depth all` shows each." in one


@pytest.mark.parametrize("depth", ["0", "-1", "many", ""])
def test_a_depth_that_is_no_number_is_refused(
    depth: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(EXAMPLES / "low-tier-network.yaml")
    assert main(["check", path, f"--depth={depth}"]) == 2
    assert "is no number of lines" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["low-tier-network-overgoverned", "example-register"])
def test_colour_adds_no_word_and_takes_none(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(EXAMPLES / f"{name}.yaml")
    main(["check", path])
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    main(["check", path])
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


RULEBOOK = load_rulebook()
NAME = "<b>Care</b> & pool"
POOL = Partnership(id="P1", name=NAME, funding=Funding(pooled=True), protocol=None)
TITLE = "Budgets are pooled without an agreed protocol"


def test_an_assessment_is_shown_with_findings_and_questions():
    shown = assess(POOL, RULEBOOK)._repr_html_()
    assert "&lt;b&gt;Care&lt;/b&gt; &amp; pool" in shown
    assert NAME not in shown
    assert TITLE in shown
    assert "<ol>" in shown


def test_a_finding_is_shown_with_its_reasons_and_source():
    [finding] = assess(POOL, RULEBOOK).flagged
    shown = finding._repr_html_()
    because = finding.because[0].phrase
    for text in (TITLE, "medium, could be critical", because, "source"):
        assert text in shown


def test_a_plan_is_shown_with_who_and_when():
    assessment = assess(POOL, RULEBOOK)
    plan = assessment.plan()
    shown = plan._repr_html_()
    assert "1 change settles 1 thing to put right." in shown
    [step] = plan.steps
    assert step.who in shown
    assert step.within in shown
    assert "nothing to plan" in assess(Partnership(), RULEBOOK).plan()._repr_html_()


def test_a_register_is_shown_with_what_to_look_at_first():
    shown = assess_register(Register(name="Ours", partnerships=(POOL,)), RULEBOOK)._repr_html_()
    assert "look at first" in shown
    assert "&lt;b&gt;Care" in shown


EXAMPLE = Path(__file__).parents[2] / "examples" / "example-register.yaml"


def lines_of(found: Register, rulebook: Rulebook, **more: object) -> list[str]:
    whole = assess_register(found, rulebook, as_of=AS_OF, engine="compiled")
    return [line for line, _ in register_lines(whole, hints=HINTS, **more)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def example(rulebook: Rulebook) -> list[str]:
    return lines_of(read_subject(EXAMPLE, rulebook=rulebook).subject, rulebook)


def test_the_example_fits_one_page(example: list[str]) -> None:
    assert len(example) <= MOST_OF_A_REGISTER
    assert max(map(len, example)) <= WIDTH


@pytest.mark.parametrize("number", [0, 1, 2, 20])
def test_registers_of_any_size_fit_one_page(number: int, rulebook: Rulebook) -> None:
    for seed in range(5):
        lines = lines_of(register(number, random.Random(seed)), rulebook)  # noqa: S311 - the same in every run
        assert len(lines) <= MOST_OF_A_REGISTER
        assert max(map(len, lines)) <= WIDTH, max(lines, key=len)


@pytest.mark.slow
def test_a_register_of_two_hundred_fits_one_page(rulebook: Rulebook) -> None:
    lines = lines_of(register(200, random.Random(20261201)), rulebook)  # noqa: S311 - the same in every run
    assert len(lines) <= MOST_OF_A_REGISTER
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
