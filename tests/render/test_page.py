"""The page of a partnership: its limits, what stands in which order, and how it gives way."""

from __future__ import annotations

import random
import re
from pathlib import Path

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
from govrules.reading import read_subject
from govrules.render.lines import WIDTH
from govrules.render.page import MOST_LINES, page_lines
from govrules.render.report import Report
from tests.render.made import AS_OF, partnership

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
    return [line for line, _ in page_lines(Report(assessment), hints=HINTS)]


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
        lines = [line for line, _ in page_lines(Report(assessment), hints=HINTS)]
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
