"""What goes round comes back: nothing lost, nothing invented, each conflict named."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from govrules import UNKNOWN, load_rulebook
from govrules.actions import read_actions
from govrules.answered import Answer, fact_called, read_answers
from govrules.answered.labels import QUESTION_HEADS
from govrules.model import Partnership
from govrules.vocabulary import (
    Choice,
    Choices,
    Date,
    Money,
    Months,
    Number,
    Record,
    Records,
    Text,
    YesNo,
)
from govrules.waivers import read_waivers
from tests.workbook.conftest import Typed

RULES = load_rulebook()

ANSWER, SEEN, NOTE, FACT, KEY = (
    QUESTION_HEADS.index(each) for each in ("Answer", "Where we saw it", "Note", "Fact", "Key")
)
ABOUT, NAME, QUESTION = (
    QUESTION_HEADS.index(each) for each in ("About", "Partnership", "Question")
)


def path_of(row: list[Any]) -> str:
    """Return the path of the fact of a row, as answers have it."""
    return row[FACT].replace("[]", f"[{row[ABOUT]}]")


def id_of(row: list[Any]) -> str:
    """Return the id of the partnership of a row."""
    return f"P{int(row[NAME].rpartition(' ')[2]):02}"


def typed_for(row: list[Any], number: int) -> tuple[Any, Any]:
    """Return what somebody types in a row, and the value that it is."""
    fact = fact_called(path_of(row), RULES.class_of(Partnership), RULES)
    assert fact is not None, row
    match fact.type:
        case YesNo():
            return (("yes", True), ("No.", False), ("Y", True), (False, False))[number % 4]
        case Choice(values):
            return values[number % len(values)].replace("_", " ").capitalize(), values[
                number % len(values)
            ]
        case Choices(values):
            some = values[: 1 + number % 3]
            return "; ".join(each.replace("_", " ") for each in some), frozenset(some)
        case Money():
            return (
                ("£1.2m", Decimal(1_200_000)),
                ("nil", Decimal(0)),
                (18000, Decimal(18_000)),
                ("none", None),
            )[number % 4]
        case Date():
            return (
                (dt.date(2025, 5, 1), dt.date(2025, 5, 1)),
                ("31 March 2025", dt.date(2025, 3, 31)),
            )[number % 2]
        case Number(whole=whole):
            return (3, 3) if whole else ("40%", Decimal(40))
        case Months():
            return "12 months", 12
        case Record():
            return (("yes", True), ("no", None))[number % 2]
        case Records() if row[QUESTION].startswith("Are these all"):
            return "yes", None
        case Records():
            return "First body; Second, and third", ("First body", "Second, and third")
        case Text():
            return f"The post of {number}", f"The post of {number}"
        case _:
            raise AssertionError(fact.type)


def answered(book: Typed, number: int = 200) -> dict[str, Any]:
    """Answer so many questions of partnerships, and return what each says, by its key."""
    wanted = {}
    rows = [each for each in book.rows() if each[NAME].startswith("Partnership")]
    # Enough of each type, and of each partnership.
    random.Random(7).shuffle(rows)  # noqa: S311 - an order
    for place, row in enumerate(rows[:number]):
        cell, value = typed_for(row, place)
        if row[QUESTION].startswith("Are these all"):
            value = "all"
        row[ANSWER], row[SEEN] = cell, f"Minute {place}"
        wanted[row[KEY]] = value
    return wanted


def taken() -> dict[tuple[str, str], Answer]:
    """Return the answers that were written, by partnership and fact."""
    return {(each.partnership, each.fact): each for each in read_answers("answers.yaml", RULES)}


def places(book: Typed) -> dict[str, tuple[str, str]]:
    """Return the partnership and the fact of each question, by its key."""
    return {row[KEY]: (id_of(row), path_of(row)) for row in book.rows() if "ship " in row[NAME]}


def holds(value: Any, wanted: Any) -> bool:
    """Tell whether an answer is what was typed."""
    if wanted == "all":
        return isinstance(value, (tuple, frozenset)) and len(value) > 0
    return value == wanted


def test_two_hundred_answers_come_back_as_they_were_typed(
    run: Any, register: Path, typed: Typed
) -> None:
    """Of every type, in another order, with rows between, hidden or gone, and columns moved."""
    wanted = answered(typed)
    where = places(typed)
    rows = typed.rows()
    shuffled = random.Random(3).sample(rows, len(rows))  # noqa: S311 - an order
    gone = [row for row in shuffled if row[KEY] in wanted][:3]
    shuffled = [row for row in shuffled if row not in gone]
    spaced = [each for row in shuffled for each in (row, [""] * len(row))]
    typed.put(spaced)
    typed.hidden = set(range(20, 60))
    sheet = typed.sheets["Questions"]
    # A column is moved, and another is added.
    sheet[:] = [
        [row[KEY] if len(row) > KEY else "", "" if at != 2 else "Done by", *row[:KEY]]
        for at, row in enumerate(sheet)
    ]
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register, "--date", "2026-04-02")
    assert ran.code == 0, ran.out
    assert f"{len(wanted) - 3:,} answered, 0 don't know" in ran.out
    assert "not read: `Done by`" in ran.out
    left = {key: value for key, value in wanted.items() if key not in {row[KEY] for row in gone}}
    found = taken()
    assert {where[key] for key in left} == set(found)
    for key, value in left.items():
        answer = found[where[key]]
        assert holds(answer.value, value), (where[key], answer.value, value)
        assert answer.evidence.startswith("Minute ")
        assert answer.date == dt.date(2026, 4, 2)
    officers = {each.by for each in found.values()}
    assert officers == {"Head of housing", "Director of adult care", "A. Smith", ""}
    # What was written is read again, and says the same: nothing is left to write.
    again = run("answer", "back.xlsx", "--register", register, "--date", "2026-04-02")
    assert again.code == 0
    assert f"{len(left):,} answers on record already" in again.out
    assert taken() == found


def test_the_same_as_ods_or_as_one_sheet_of_text(run: Any, register: Path, typed: Typed) -> None:
    """A sheet saved as text has no hidden facts beside it, and its keys are told by the register."""
    import csv  # noqa: PLC0415 - one test

    wanted = answered(typed, 60)
    where = places(typed)
    with Path("back.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(typed.sheets["Questions"])
    ran = run("answer", "back.csv", "--register", register)
    assert ran.code == 0, ran.out
    found = taken()
    assert {where[key] for key in wanted} == set(found)
    assert all(holds(found[where[key]].value, value) for key, value in wanted.items())


def test_answers_about_the_register_come_back_as_text_too(
    run: Any, register: Path, typed: Typed
) -> None:
    """They are told by its name, and count as questions whether they are answered or not."""
    import csv  # noqa: PLC0415 - one test

    for row in typed.rows():
        if row[FACT] == "organisation.exit_policy":
            row[ANSWER] = "yes"
    with Path("back.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(typed.sheets["Questions"])
    number = len(typed.rows())
    ran = run("answer", "back.csv", "--register", register)
    assert ran.code == 0, ran.out
    assert f"{number:,} questions, 1 answered, 0 don't know, {number - 1:,} blank" in ran.out
    assert taken()["Norvale register", "organisation.exit_policy"].value is True
    ran = run("answer", "back.csv")
    assert ran.code == 2
    assert "nothing on the register fits `The register`, `organisation.exit_policy`" in ran.out


@pytest.mark.parametrize("word", ["don't know", "UNKNOWN"])
def test_that_nobody_knows_is_never_no(run: Any, register: Path, typed: Typed, word: str) -> None:
    """It is unknown, recorded as asked, and asked last the next time."""
    rows = [each for each in typed.rows() if each[NAME] == "Partnership 2"]
    first = next(each for each in rows if each[ABOUT] == "")
    first[ANSWER] = word
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register, "--date", "2026-04-02")
    assert ran.code == 0
    assert "1 don't know" in ran.out
    (answer,) = taken().values()
    assert (answer.value, answer.date) == (UNKNOWN, dt.date(2026, 4, 2))
    run("ask", register, "--workbook", "next.xlsx", "--all-questions", "--answers", "answers.yaml")
    after = [each for each in Typed.open(Path("next.xlsx")).rows() if each[NAME] == "Partnership 2"]
    assert len(after) == len(rows)
    assert after[-1][KEY] == first[KEY]
    assert after[-1][NOTE] == "asked before, and nobody knew"


def of_type(book: Typed, wanted: type, skip: int = 0) -> tuple[int, list[Any]]:
    """Return a row that asks for a fact of a type, and which it is in the sheet, from 1."""
    found = [
        (at, row)
        for at, row in enumerate(book.sheets["Questions"], 1)
        if at > 3
        and row[NAME].startswith("Partnership")
        and not row[ABOUT]
        and isinstance(fact_called(path_of(row), RULES.class_of(Partnership), RULES).type, wanted)
    ]
    return found[skip]


@pytest.mark.parametrize(
    ("of", "cell", "said"),
    [
        (YesNo, "No - see minute", "is not yes, no or don't know"),
        (YesNo, "none", "`none` answers no question of yes or no"),
        (YesNo, 1, "is not yes, no or don't know"),
        (Money, "c. £60k", "it says `about`"),
        (Money, "£1m-£5m", "it says from £1,000,000 to £5,000,000"),
        (Date, "March 2026", "March 2026"),
        (Date, "03/04/2025", "03/04/2025"),
        (Date, dt.date(2027, 1, 1), "cannot have been done yet"),
        (Choice, "perhaps", "none of the words of the list"),
        (Text, "yes", "answers no question that asks for a text"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_cell(  # noqa: PLR0917 - its cases
    run: Any, register: Path, typed: Typed, of: type, cell: Any, said: str
) -> None:
    """Nothing is written, unless the rest is asked for; the refused go into a workbook."""
    skip = 0
    at, row = of_type(typed, of)
    if of is Date:
        while "reviewed" not in row[FACT]:
            skip += 1
            at, row = of_type(typed, of, skip)
    row[ANSWER], row[SEEN] = cell, "Minute 9"
    good, other = of_type(typed, YesNo, 5)
    other[ANSWER] = "yes"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert f"back.xlsx[Questions]!F{at}: " in ran.out
    assert said in ran.out, ran.out
    assert not Path("answers.yaml").exists()
    assert good != at
    ran = run("answer", "back.xlsx", "--register", register, "--partial")
    assert ran.code == 2
    assert list(taken()) == [(id_of(other), path_of(other))]
    (refused,) = Typed.open(Path("back.refused.xlsx")).rows()
    assert refused[KEY] == row[KEY]
    assert refused[SEEN] == "Minute 9"
    assert said in refused[NOTE]


def test_a_row_is_found_by_its_key_else_by_all_that_it_is_about(
    run: Any, register: Path, typed: Typed
) -> None:
    """Never by its wording; what cannot be told is refused, and what was changed is named."""
    rows = [each for each in typed.rows() if each[NAME].startswith("Partnership")]
    blank, damaged, changed, lost, byhand = rows[0], rows[1], rows[2], rows[3], [*rows[4]]
    for row in (blank, damaged, changed, lost, byhand):
        row[ANSWER] = typed_for(row, 0)[0]
    key = changed[KEY]
    blank[KEY], damaged[KEY] = "", "k-gone"
    changed[QUESTION], changed[NAME] = "What is it?", "Another name"
    lost[KEY], lost[FACT] = "", "funding.poold"
    byhand[KEY], byhand[NAME] = "", "A new partnership"
    typed.put([*typed.rows(), byhand])
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register, "--partial")
    assert ran.code == 2
    assert len(taken()) == 3
    assert "2 answers refused" in ran.out
    assert ran.out.count("and no question of the workbook fit") == 2
    assert "`Question` was changed to `What is it?`; the key counts" in ran.out
    assert "`Partnership` was changed to `Another name`" in ran.out
    assert key != blank[KEY]


def test_two_copies_are_merged_and_where_they_differ_neither_counts(
    run: Any, register: Path, typed: Typed
) -> None:
    """Both are named with file, cell and evidence, and one can be preferred."""
    (_, both), (_, one), (_, other) = (of_type(typed, YesNo, each) for each in (0, 1, 2))
    both[ANSWER], both[SEEN], one[ANSWER], other[ANSWER] = "yes", "Minute 1", "yes", ""
    typed.save(Path("copy-a.xlsx"))
    both[SEEN], one[ANSWER], one[SEEN], other[ANSWER] = "Minute 2", "no", "Minute 3", "no"
    typed.save(Path("copy-b.xlsx"))
    words = ("answer", "copy-a.xlsx", "copy-b.xlsx", "--register", register)
    ran = run(*words)
    assert ran.code == 2
    assert "two answers to one question differ" in ran.out
    assert "copy-a.xlsx, Questions!F" in ran.out
    assert "`no` (Minute 3)" in ran.out
    assert "`--prefer copy-b.xlsx` takes that copy's" in ran.out
    assert not Path("answers.yaml").exists()
    assert run(*words, "--partial").code == 2
    found = taken()
    assert found[id_of(both), path_of(both)].evidence == "Minute 1; Minute 2"
    assert found[id_of(other), path_of(other)].value is False
    assert (id_of(one), path_of(one)) not in found
    assert run(*words, "--prefer", "copy-b.xlsx").code == 0
    assert taken()[id_of(one), path_of(one)].value is False


def test_the_same_key_twice_in_one_copy(run: Any, register: Path, typed: Typed) -> None:
    """Alike it is read once; otherwise both cells are named."""
    (_, alike), (_, differs) = of_type(typed, YesNo, 0), of_type(typed, YesNo, 1)
    alike[ANSWER] = differs[ANSWER] = "yes"
    again = [*differs]
    again[ANSWER] = "no"
    typed.put([*typed.rows(), [*alike], again])
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register, "--partial")
    assert list(taken()) == [(id_of(alike), path_of(alike))]
    assert "2 answers refused" in ran.out


def test_an_answer_never_overwrites_what_came_between(
    run: Any, register: Path, typed: Typed
) -> None:
    """Of a record that changed since, and of another answer to the same question."""
    (_, row), (_, same) = of_type(typed, YesNo, 0), of_type(typed, YesNo, 1)
    row[ANSWER] = same[ANSWER] = "yes"
    typed.save(Path("back.xlsx"))
    text = register.read_text()
    record = f"    id: {id_of(row)}\n".replace("    id", "  - id")
    more = f"{record}    {path_of(row)}: no\n"
    more += f"    {path_of(same)}: yes\n" if id_of(same) == id_of(row) else ""
    register.write_text(text.replace(record, more))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert "on record (register.yaml:" in ran.out
    assert "when the workbook was made it was unknown" in ran.out
    assert not Path("answers.yaml").exists()
    register.write_text(text)
    assert run("answer", "back.xlsx", "--register", register).code == 0
    before = Path("answers.yaml").read_text()
    row[ANSWER] = "no"
    typed.save(Path("later.xlsx"))
    ran = run("answer", "later.xlsx", "--register", register)
    assert ran.code == 2
    assert "on record (answers.yaml:" in ran.out
    assert Path("answers.yaml").read_text() == before


def test_answers_of_another_register_or_partnership(run: Any, register: Path, typed: Typed) -> None:
    """The one is refused as a whole, the other is named."""
    (_, row) = of_type(typed, YesNo, 0)
    row[ANSWER] = "yes"
    typed.save(Path("back.xlsx"))
    other = Path("other.yaml")
    other.write_text("partnerships: [{ id: X1, name: Elsewhere }]\n")
    ran = run("answer", "back.xlsx", "--register", other)
    assert ran.code == 2
    assert "is of another register, `Norvale register`" in ran.err
    text = register.read_text().replace(f"id: {id_of(row)}\n", "id: P99\n")
    register.write_text(text.replace(f"name: {row[NAME]}\n", "name: Renamed\n"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert f"an answer is for `{id_of(row)}`, and no partnership here is called so" in ran.out
    assert not Path("answers.yaml").exists()


def test_a_fact_that_is_not_asked_any_more_is_named(run: Any, register: Path, typed: Typed) -> None:
    """Of another version of the rules what still exists is read."""
    (_, row), (_, good) = of_type(typed, YesNo, 0), of_type(typed, YesNo, 1)
    row[ANSWER] = good[ANSWER] = "yes"
    facts = typed.sheets["Facts"]
    for each in facts:
        if each[0] == row[KEY]:
            each[4] = "funding.was_called_so"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 0
    assert "no longer asked: `funding.was_called_so`" in ran.out
    assert list(taken()) == [(id_of(good), path_of(good))]


def test_a_heading_that_was_renamed_is_named(run: Any, register: Path, typed: Typed) -> None:
    """Nothing of the sheet is read, and nothing is written."""
    (_, row) = of_type(typed, YesNo, 0)
    row[ANSWER] = "yes"
    typed.sheets["Questions"][2][ANSWER] = "Reply"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert "back.xlsx[Questions]!A3: no column has the heading `Answer`" in ran.out
    assert not Path("answers.yaml").exists()


def test_evidence(run: Any, register: Path, typed: Typed) -> None:
    """An answer without any is counted or refused; evidence without an answer is named."""
    (at, row), (_, forgot) = of_type(typed, YesNo, 0), of_type(typed, YesNo, 1)
    row[ANSWER], row[NOTE], forgot[SEEN] = "yes", "ask again in May", "Minute 7"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register, "--require-evidence")
    assert ran.code == 2
    assert "does not say where it was seen" in ran.out
    ran = run("answer", "back.xlsx", "--register", register)
    assert f"1 answer without evidence: Questions!F{at}" in ran.out
    assert "it says where it was seen and not what: `Minute 7`" in ran.out
    (answer,) = taken().values()
    assert answer.note == "ask again in May"
    assert "# note: ask again in May" in Path("answers.yaml").read_text()


def test_a_formula_in_an_answer_is_not_carried_out(run: Any, register: Path, typed: Typed) -> None:
    """The value that was stored is read, and the formula is named."""
    at, _ = of_type(typed, YesNo, 0)
    typed.formulas[at - 1, ANSWER] = '=IF(TRUE,"yes","no")', "yes"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 0
    assert "a formula stands there; its value was read: `yes`" in ran.out
    assert [each.value for each in taken().values()] == [True]


def test_answers_change_findings(run: Any, register: Path, typed: Typed) -> None:
    """What they opened and settled is said, and `check` says what counts for each."""
    rows = [row for row in typed.rows() if row[FACT] == "conflicts.undeclared"]
    assert rows
    rows[0][ANSWER], rows[0][SEEN] = "yes", "Audit report, page 3"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert "1 finding opened, 0 settled" in ran.out
    assert f"opened  CRITICAL  {rows[0][NAME]}: a member has benefited" in ran.out
    ran = run("check", register, "--answers", "answers.yaml", "--full")
    assert "Audit report, page 3" in ran.out
    assert "answers.yaml: 1 answer: 1 used" in ran.err
    assert "conflicts.undeclared: yes; the answer counts." in " ".join(ran.out.split())


def test_clauses_come_back_as_one_set(run: Any, register: Path, typed: Typed) -> None:
    """A row that is filled in whole is all there is; else the yes are some of them."""
    rows = typed.rows("Clauses")
    whole, part, wrong = rows[0], rows[1], rows[2]
    heads = typed.sheets["Clauses"][2]
    last = heads.index("Where we saw it")
    whole[2:last] = ["yes", *["no"] * (last - 3)]
    part[2], part[3], part[4] = "yes", "don't know", "no"
    wrong[2] = "perhaps"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 2
    assert "back.xlsx[Clauses]!C6: `perhaps` is not yes, no or don't know" in ran.out
    wrong[2] = ""
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--register", register)
    assert ran.code == 0
    assert "1 answered no, which counts once every matter is answered" in ran.out
    values = [each.value for each in taken().values()]
    first = heads[2].replace(" ", "_")
    assert values == [frozenset({first}), frozenset({first, UNKNOWN})]


def test_nothing_else_is_a_workbook(run: Any, register: Path) -> None:
    """Each file that cannot be taken back is named, with what to do."""
    for name, text in (("a.xlsx", "no workbook"), ("b.docx", "x"), ("c.csv", "a,b\n1,2\n")):
        Path(name).write_text(text)
        ran = run("answer", name, "--register", register)
        assert ran.code == 2
        assert name in ran.err
        assert "help:" in ran.err
    assert run("answer", "gone.xlsx").code == 2


def test_without_a_register_answers_are_taken_and_many_refused_are_counted(
    run: Any, register: Path, typed: Typed
) -> None:
    """The first are told with their cells; the rest are written if that is asked for."""
    for row in typed.rows()[:25]:
        row[ANSWER] = "perhaps; perhaps not"
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx", "--partial")
    assert ran.code == 2
    assert "2 facts written to answers.yaml; 23 answers refused" in ran.out
    assert "    and 3 more\n" in ran.out
    assert "wrote back.refused.xlsx: 23 refused answers" in ran.out
    assert "no register is named, so that answers are not set against one" in ran.err
    ran = run("answer", "back.xlsx", "--partial")
    assert "2 answers on record already" in ran.out
    for row in typed.rows():
        other = {"risk.power_to_act": "another post", "performance.measures": "don't know"}
        row[ANSWER] = other.get(row[FACT], "") if row[ANSWER] else ""
    typed.save(Path("back.xlsx"))
    ran = run("answer", "back.xlsx")
    assert ran.code == 2
    assert 'it was answered `"perhaps; perhaps not"` before (answers.yaml:' in ran.out
    assert "1 answer on record already" in ran.out


def test_what_answers_are_set_against_is_there(run: Any, register: Path, typed: Typed) -> None:
    """A register that cannot be read, or a copy that was not given, is an error."""
    typed.save(Path("back.xlsx"))
    Path("broken.yaml").write_text("partnerships: [")
    for words, said in (
        (
            ("--register", "broken.yaml"),
            "`broken.yaml` cannot be read, so that nothing was written",
        ),
        (("--prefer", "other.xlsx"), "`--prefer other.xlsx` is none of the files"),
    ):
        ran = run("answer", "back.xlsx", *words)
        assert ran.code == 2
        assert said in ran.err


# ── What was decided, as sheets of text ───────────────────────────────────────────────────────

ACTIONS = "Done,By when,Partnership,Action,Owner,Note,Check,Id\n"
WAIVERS = "Partnership,Check,Reason,Approved,Until\n"
RULE = "pooled-without-protocol"


@pytest.fixture
def decide(run: Any, pack: Path, tmp_path: Path, monkeypatch: Any) -> Any:
    """Return what takes sheets of text back, each with its rows."""
    monkeypatch.chdir(tmp_path)

    def decide(*sheets: tuple[str, str]) -> Any:
        names = [f"{number}.csv" for number, _ in enumerate(sheets, 1)]
        for name, (heads, rows) in zip(names, sheets, strict=True):
            Path(name).write_text(heads + rows)
        return run("answer", *names, "--rules", pack)

    return decide


@pytest.mark.parametrize(
    ("sheets", "said"),
    [
        ([(ACTIONS, f"perhaps,,,,,,{RULE},P1\n")], "1.csv:2: `perhaps` is not yes"),
        ([(ACTIONS, "yes,,,,,,,\n")], "the row names no check and partnership any more"),
        (
            [(ACTIONS, f",,,,{each},,{RULE},P1\n") for each in ("A post", "Another")],
            "2.csv:2: this is decided otherwise in 1.csv, line 2",
        ),
        ([(WAIVERS, f"P1,{RULE},,Cabinet,2026-12-31\n")], "the waiver has no `Reason`"),
        ([(WAIVERS, "P1,pooled,New.,Cabinet,2026-12-31\n")], "there is no check `pooled`"),
        ([(WAIVERS, f"P1,{RULE},New.,Cabinet,soon\n")], "`soon` is no day"),
        (
            [(WAIVERS, f"P1,{RULE},{each},Cabinet,2026-12-31\n") for each in ("New.", "Old.")],
            "2.csv:2: this is decided otherwise in 1.csv, line 2",
        ),
        ([("Partnership,Check,Reason,Approved\n", "P1,x,y,z\n")], "no sheet is called"),
    ],
)
def test_what_was_decided_wrongly_is_refused_with_its_line(
    decide: Any, sheets: list[tuple[str, str]], said: str
) -> None:
    """Nothing of any sheet is written."""
    ran = decide(*sheets)
    assert ran.code == 2
    assert said in ran.out + ran.err
    assert sorted(each.suffix for each in Path().glob("*.*")) == [".csv"] * len(sheets)


def test_a_sheet_of_windows_is_read_and_the_register_waived_as_its_sheets_name_it(
    run: Any, pack: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    """What spreadsheets save as plain CSV is no UTF-8."""
    monkeypatch.chdir(tmp_path)
    row = f"The register,{RULE},It costs £5.,Cabinet,31 December 2026\n"
    Path("1.csv").write_bytes((WAIVERS + row).encode("cp1252"))
    assert run("answer", "1.csv", "--rules", pack).code == 0
    (found,) = read_waivers("waivers.yaml")
    assert (found.partnerships, found.reason) == (("the register",), "It costs £5.")


def test_what_was_decided_is_taken_back_once(decide: Any) -> None:
    """Copies that say the same, blank rows, days as people write them, and who it was before."""
    row = f"yes,31 December 2026,Pool,Agree it.,A post,As agreed.,{RULE},P1\n"
    other = ",soon,Fund,Agree it.,A clerk,,nobody-responsible,P2\n"
    waiver = f"P3,{RULE},New.,Cabinet,31 December 2026\n"
    ran = decide((ACTIONS, row + other + ",,,,,,x,P4\n"), (ACTIONS, row), (WAIVERS, waiver * 2))
    assert ran.code == 0, ran.out
    first, second = read_actions("actions.yaml")
    assert (first.partnership, first.state, first.by) == ("P1", "done", dt.date(2026, 12, 31))
    assert (second.owner, second.by) == ("A clerk", "soon")
    (found,) = read_waivers("waivers.yaml")
    assert (found.partnerships, found.until) == (("P3",), dt.date(2026, 12, 31))
    ran = decide((ACTIONS, row.replace("A post", "A board")), (WAIVERS, waiver))
    assert "1.csv, line 2: `A post` becomes `A board` (P1)" in ran.out
    assert "waiver" not in ran.out
