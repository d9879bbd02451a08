"""Rule files laid out anew say the same, keep their comments, and are not laid out twice; conditions likewise."""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govrules.cli import main
from govrules.rulebook.expr import (
    All,
    AnyOf,
    Between,
    By,
    Compare,
    Condition,
    Count,
    FactRef,
    Includes,
    Known,
    Literal,
    Not,
    OneOf,
    Op,
    Parameter,
    Quantified,
    Quantity,
    SetOp,
    Share,
    Sum,
)
from govrules.rulebook.expr import Test as FactTest
from govrules.rulebook.layout import LONGEST_COMMENT, WIDTH, LayoutError, laid_out
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in, shipped_packs
from govrules.rulebook.write import write_condition
from govrules.scaffold import pack_files
from govrules.vocabulary import Fact, Kind, Months
from tests.pages import laid
from tests.properties.small import ref

GOOD = laid("rule_files.md") / "good"
SENTENCE = " ".join(f"word{number}" for number in range(30))


def tidy(text: str) -> str:
    return dedent(text).lstrip("\n")


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("a: { b: 1, c: [x,  y] }", "a: { b: 1, c: [x, y] }\n"),
        (
            "examples: [{ name: a pool of one year, given: { a: 1 } }, { name: b }]",
            """
            examples:
              - name: a pool of one year
                given: { a: 1 }
              - name: b
            """,
        ),
        (
            "also: [{ document: a, paragraph: '1' }, { document: b, paragraph: 2 }]",
            """
            also:
              - { document: a, paragraph: '1' }
              - { document: b, paragraph: 2 }
            """,
        ),
        (f"a: [{', '.join(f'w{n:02}' for n in range(25))}]",
         "a:\n" + "".join(f"  - w{n:02}\n" for n in range(25))),
        ("a: {}\nb: []\nc:\nd: ''", "a: {}\nb: []\nc:\nd: ''\n"),
        ("a:\n- b\n-   - c\n    - d\n", "a:\n  - b\n  - - c\n    - d\n"),
        ("# top\n\n\n\na: 1\n\n\nb: 2\n# end", "# top\n\na: 1\n\nb: 2\n# end\n"),
        ("a: 1 # one\nb: # two\n  c: 3", "a: 1  # one\nb:  # two\n  c: 3\n"),
        ("a: { b: 1, # one\n  c: 2 } # all", "a:  # all\n  b: 1  # one\n  c: 2\n"),
        ("a: [ # first\n  b,\n  # of c\n  c\n  # last\n]",
         "a:  # first\n  - b\n  # of c\n  - c\n  # last\n"),
        ("a:\n  - b: 1\n    # under b\n  # of c\n  - c: 2\n# of d\nd: 3",
         "a:\n  - b: 1\n    # under b\n  # of c\n  - c: 2\n# of d\nd: 3\n"),
        ("a:\n  -  # dash\n    b: 1\n", "a:\n  # dash\n  - b: 1\n"),
        ("a:\n  - [ # c\n    {b: 1, c: 2} ]\n", "a:\n  # c\n  - - { b: 1, c: 2 }\n"),
        ("a: [ # nothing yet\n ]", "a: []  # nothing yet\n"),
        ("a: [ # one\n  # two\n ]", "# two\na: []  # one\n"),
        ("a: |\n      b\n        c\nd: >-\n e\n f", "a: |\n  b\n    c\nd: >-\n  e\n  f\n"),
        ("---\na: 'it''s # no comment'\n...", "a: 'it''s # no comment'\n"),
        ('a: "one \\\n  two"', 'a: "one \\\n  two"\n'),
        ("a: one\n\n  two", "a: one\n\n  two\n"),
        ("a: one\n  two", "a: one two\n"),
        ("a: { b: , c: }", "a: { b: , c: }\n"),
        ("- a\n- b: 1\n", "- a\n- b: 1\n"),
        ("\n\n# top\na: 1", "# top\na: 1\n"),
        ("\na: 1", "a: 1\n"),
        ("a word", "a word"),
        ("{ # nothing\n}", "{ # nothing\n}"),
        ("[a, # first\n b]", "- a  # first\n- b\n"),
    ],
)  # fmt: skip
def test_each_form_has_its_layout(written: str, wanted: str) -> None:
    """Block form for what is long or a sentence, one line for what is short, comments by it."""
    assert laid_out(written) == (tidy(wanted) if wanted.startswith("\n") else wanted)


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_long_texts_are_broken_at_single_spaces(quote: str) -> None:
    """A text reads the same with its lines joined, whatever its quotes."""
    text = f"rules:\n  - principle: {quote}{SENTENCE}   {SENTENCE}{quote}\n"
    made = laid_out(text)
    assert max(map(len, made.splitlines())) <= WIDTH
    assert yaml.safe_load(made) == yaml.safe_load(text)


def test_long_comments_are_broken_and_others_left_alone() -> None:
    """A comment that fits may be laid out by hand."""
    drawn = "#   a   |   b"
    made = laid_out(f"{drawn}\n# {SENTENCE} {SENTENCE}\na: 1  # {SENTENCE}\n")
    assert made.splitlines()[0] == drawn
    assert max(map(len, made.splitlines())) <= LONGEST_COMMENT
    assert made.count("word29") == 3


@pytest.mark.parametrize("mark", ["##", "#", "# #"])
def test_a_comment_is_broken_with_the_mark_that_it_begins_with(mark: str) -> None:
    """A heading stays one, and a mark that runs into the first word is parted from it."""
    made = laid_out(f"{mark}{SENTENCE} {SENTENCE}\na: 1\n").splitlines()
    first = mark.partition(" ")[0]
    assert len(made) > 3
    assert all(each.startswith(f"{first} ") for each in made[:-1])
    words = " ".join(each.removeprefix(f"{first} ") for each in made[:-1])
    assert words.removeprefix("#") == f"{SENTENCE} {SENTENCE}"


def test_a_word_longer_than_a_line_is_not_broken() -> None:
    """There is no space to break it at."""
    address = "x" * (WIDTH + 50)
    assert address in laid_out(f"where: see {address} there\n").splitlines()[1]


@pytest.mark.parametrize(
    "text",
    [
        "a: |2\n    b\n   c\n",
        "a: |+\n  b\n\n\nc: 1\n",
        # A key so long is no key without its question mark.
        f"? {'x' * 1100}\n: b\n",
    ],
)
def test_what_cannot_be_kept_is_not_laid_out(text: str) -> None:
    """Rather nothing than something else."""
    with pytest.raises(LayoutError):
        laid_out(text)


def test_line_ends_of_other_systems_are_read() -> None:
    """What is written has those of every system here."""
    assert laid_out("a: 1\r\n# c\r\nb: [x]\r\n") == "a: 1\n# c\nb: [x]\n"


def files() -> list[Path]:
    folders = [*(shipped_packs() / each for each in packs_in(())), *sorted(GOOD.iterdir())]
    return [path for folder in folders for path in sorted(folder.glob("*.yaml"))]


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_files_are_laid_out_once(path: Path) -> None:
    """Laid out a second time nothing changes, and no line is long."""
    made = laid_out(path.read_text("utf-8"))
    assert laid_out(made) == made
    assert max(map(len, made.splitlines())) <= LONGEST_COMMENT


def test_a_pack_laid_out_is_the_same_pack(tmp_path: Path) -> None:
    """Rules, derived facts and parameters are equal."""
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    assert main(["format", str(tmp_path)]) == 0
    for pack in ("everything", "extending"):
        one, other = load_rulebook(GOOD / pack), load_rulebook(tmp_path / pack)
        assert one.rules == other.rules
        assert [each.examples for each in one.rules] == [each.examples for each in other.rules]
        assert one.derived == other.derived
        assert one.parameters == other.parameters
        assert one.own == other.own


def test_a_new_pack_is_laid_out_from_the_start() -> None:
    """What `init` writes passes `format --check`."""
    for path, text in pack_files("ours").items():
        if path in ("rulebook.yaml", "our-policy.yaml"):
            assert laid_out(text) == text


def test_shipped_packs_are_laid_out(capsys: pytest.CaptureFixture[str]) -> None:
    """They are what others look at."""
    assert main(["format", "--check", str(shipped_packs())]) == 0
    assert "18 files in 3 packs: all are laid out" in capsys.readouterr().out


def test_check_writes_nothing_and_says_what_would_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its exit code tells a pipeline."""
    shutil.copytree(GOOD / "everything", tmp_path / "pack")
    path = tmp_path / "pack" / "rulebook.yaml"
    before = path.read_bytes()
    assert main(["format", "--check", str(tmp_path / "pack")]) == 1
    assert f"{path}: would be laid out anew\n" in capsys.readouterr().out
    assert path.read_bytes() == before
    assert main(["format", str(tmp_path / "pack")]) == 0
    assert f"{path}: laid out anew\n" in capsys.readouterr().out
    assert main(["format", "--check", str(tmp_path / "pack")]) == 0


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("a: [", "GR006 invalid-yaml"),
        ("a: |2\n    b\n   c\n", "GR015 not-laid-out"),
        ("", "GR002 empty-file"),
        ("a: 1\na: 2\n", "GR010 duplicate-key"),
    ],
)
def test_nothing_is_written_where_one_file_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str, said: str
) -> None:
    """Every problem is told with its place, and the other files stay as they were."""
    shutil.copytree(GOOD / "everything", tmp_path / "pack")
    (tmp_path / "pack" / "broken.yaml").write_text(broken, "utf-8")
    before = {path: path.read_bytes() for path in (tmp_path / "pack").glob("*.yaml")}
    assert main(["format", str(tmp_path / "pack")]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "broken.yaml" in told.err
    assert not told.out
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_is_no_pack_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A folder without a rulebook may hold any YAML."""
    monkeypatch.chdir(tmp_path)
    Path("settings.yaml").write_text("a: [ 1 ]", "utf-8")
    assert main(["format", name]) == 2
    assert "so it is no pack" in capsys.readouterr().err
    assert Path("settings.yaml").read_text("utf-8") == "a: [ 1 ]"


WORDS = st.sampled_from(
    ["yes", "none", "a b", "it's", "a: b", "# x", "- y", "12 months", "", "x" * 90]
)
VALUES = st.recursive(
    st.one_of(WORDS, st.lists(WORDS, max_size=9).map(" ".join)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from("abcd"), inner, max_size=4)
    ),
    max_leaves=20,
)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """YAML in any style, with comments where they change nothing."""
    data: Any = draw(st.dictionaries(st.sampled_from("abcd"), VALUES, min_size=1))
    text: str = yaml.safe_dump(
        data,
        default_flow_style=draw(st.sampled_from([True, False, None])),
        width=draw(st.sampled_from([30, 80, 1000])),
        indent=draw(st.sampled_from([2, 4])),
    )
    for number in range(draw(st.integers(0, 4))):
        lines = text.splitlines()
        at = draw(st.integers(0, len(lines)))
        beside = at < len(lines) and draw(st.booleans())
        margin = " " * draw(st.integers(0, 4))
        tried = [*lines[:at], f"{margin}# note {number}", *lines[at:]]
        if beside:
            tried = [*lines[:at], f"{lines[at]} # note {number}", *lines[at + 1 :]]
        commented = "\n".join(tried) + "\n"
        try:
            same = yaml.safe_load(commented) == data
        except yaml.YAMLError:
            same = False
        if same:
            text = commented
    return text


@settings(max_examples=300, deadline=None)
@given(documents())
def test_any_document_is_laid_out_and_says_the_same(text: str) -> None:
    """Whatever its style and wherever its comments stand."""
    made = laid_out(text)
    assert yaml.safe_load(made) == yaml.safe_load(text)
    assert laid_out(made) == made


@pytest.mark.parametrize(
    ("path", "predicate", "written"),
    [
        ("checked", Compare(Op.OLDER_THAN, Literal(12)), {"older_than": "12 months"}),
        ("checked", Compare(Op.EQUALS, Literal(dt.date(2026, 3, 31))), "2026-03-31"),
        ("checked", Compare(Op.EQUALS, Literal(None)), "none"),
        ("price", Compare(Op.AT_LEAST, Literal(Decimal("1E+3"))), {"at_least": "1000"}),
        ("mended", Compare(Op.EQUALS, Literal(value=False)), "no"),
        ("size", Compare(Op.EQUALS, Literal(2)), "2"),
        ("colours", Includes(SetOp.INCLUDES, Literal(frozenset({"red", "blue"}))), {"includes": ["blue", "red"]}),
    ],
)  # fmt: skip
def test_values_as_their_types_are_written(path: str, predicate: Any, written: Any) -> None:
    """Ages in months, money in plain figures, members in one order."""
    assert write_condition(FactTest(ref(path), predicate)) == {path: written}


AGE = Fact("age", Months(), Kind.CIRCUMSTANCE, "the age", "How old?")
TWO_MONTHS, YEAR = Literal(2), Literal(12)


@pytest.mark.parametrize(
    ("predicate", "written"),
    [
        (Compare(Op.EQUALS, YEAR), "12 months"),
        (Compare(Op.AT_MOST, YEAR), {"at_most": "12 months"}),
        (OneOf((TWO_MONTHS, YEAR)), ["2 months", "12 months"]),
        (Between(TWO_MONTHS, YEAR), {"between": ["2 months", "12 months"]}),
        (
            Compare(Op.EQUALS, By(ref("big"), ((True, YEAR), (False, TWO_MONTHS)))),
            {"by": "big", "yes": "12 months", "no": "2 months"},
        ),
    ],
)
def test_lengths_of_time_are_written_in_months(predicate: Any, written: Any) -> None:
    """The type of the fact says that a number is a length of time."""
    assert write_condition(FactTest(FactRef("age", 0, AGE), predicate)) == {"age": written}


def test_lengths_of_time_that_are_added_up_are_written_in_months() -> None:
    """The type of what is added up says so."""
    added = Sum(ref("items"), FactRef("age", 1, AGE), None, Compare(Op.AT_LEAST, YEAR))
    assert write_condition(added) == {"items": {"sum": {"of": "age", "at_least": "12 months"}}}


IS_FINE = FactTest(ref("fine", 1), Compare(Op.EQUALS, Literal(value=True)))
MENDED = FactTest(ref("mended"), Compare(Op.EQUALS, Literal(value=True)))
TWO = Compare(Op.AT_LEAST, Literal(2))


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (All((MENDED, IS_FINE)), {"all": [{"mended": "yes"}, {"fine": "yes"}]}),
        (AnyOf((MENDED, IS_FINE)), {"any": [{"mended": "yes"}, {"fine": "yes"}]}),
        (Not(MENDED), {"not": {"mended": "yes"}}),
        (Known(ref("size"), recorded=False), {"size": {"known": "no"}}),
        (Known(ref("size"), recorded=True), {"size": {"known": "yes"}}),
        (Quantified(Quantity.EVERY, ref("items"), IS_FINE), {"items": {"every": {"fine": "yes"}}}),
        (Count(ref("items"), None, TWO), {"items": {"count": {"at_least": "2"}}}),
        (
            Count(ref("items"), IS_FINE, TWO),
            {"items": {"count": {"where": {"fine": "yes"}, "at_least": "2"}}},
        ),
        (
            Sum(ref("items"), ref("weight", 1), None, TWO),
            {"items": {"sum": {"of": "weight", "at_least": "2"}}},
        ),
        (
            Sum(ref("items"), ref("weight", 1), IS_FINE, TWO),
            {"items": {"sum": {"of": "weight", "where": {"fine": "yes"}, "at_least": "2"}}},
        ),
        (
            Share(ref("items"), None, IS_FINE, Between(Literal(Decimal(10)), Literal(Decimal(50)))),
            {"items": {"share": {"where": {"fine": "yes"}, "between": ["10", "50"]}}},
        ),
        (
            Share(ref("items"), IS_FINE, MENDED, Compare(Op.EQUALS, Literal(Decimal(50)))),
            {"items": {"share": {"among": {"fine": "yes"}, "where": {"mended": "yes"}, "equals": "50"}}},
        ),
        (
            FactTest(ref("size"), OneOf((Literal(1), Parameter("some", 2)))),
            {"size": ["1", {"parameter": "some"}]},
        ),
        (
            FactTest(ref("size"), Between(Literal(1), ref("weight", 1))),
            {"size": {"between": ["1", {"fact": "weight"}]}},
        ),
        (
            FactTest(ref("size"), Compare(Op.AT_LEAST, By(ref("level"), (("low", Literal(1)), ("top", Literal(2)))))),
            {"size": {"at_least": {"by": "level", "low": "1", "top": "2"}}},
        ),
        (
            FactTest(ref("checked"), Compare(Op.NEWER_THAN, By(ref("big"), ((True, Literal(1)), (False, Literal(2)))))),
            {"checked": {"newer_than": {"by": "big", "yes": "1 months", "no": "2 months"}}},
        ),
    ],
)  # fmt: skip
def test_each_kind_of_condition_as_it_is_written(condition: Condition, written: Any) -> None:
    """The keys are those of the rule files, and what is inside is written likewise."""
    assert write_condition(condition) == written
