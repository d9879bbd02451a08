"""Subject files as records: three states, lists that may have more, and where each fact stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from govrules.diagnostics import Code, Diagnostic
from govrules.doubts import doubts
from govrules.errors import FactsError
from govrules.model import (
    Accountability,
    Conflicts,
    Funding,
    Organisation,
    Pair,
    Partner,
    Partnership,
    Register,
)
from govrules.nodes import MAX_BYTES, Report
from govrules.parsing import parse
from govrules.portfolio import entries_of, register_problems
from govrules.reading import declared_by, read_partnership, read_subject
from govrules.registers.read import read_register
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import load_rulebook
from govrules.subjects import Declared, SubjectReader
from govrules.truth import UNKNOWN
from govrules.vocabulary import Fact, Kind, Recorded, YesNo, about_facts, fact
from tests.pages import cases, laid

GOOD = laid("subject_files.md") / "good"


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(laid("rule_files.md") / "good" / "everything")


@pytest.fixture(scope="module")
def pool(rulebook: Rulebook) -> Partnership:
    return read_partnership(GOOD / "partnership.yaml", rulebook=rulebook)


def reading(text: str, cls: type, declared: Declared | None = None, **how: Any) -> Any:
    """Read a text as a record of a class, and return it with the report."""
    report = Report("file.yaml", text)
    reader = SubjectReader(report, declared or Declared(), **how)
    record, _ = reader.read_subject(parse(text, report), cls)
    return record, report


def test_a_known_fact_has_a_value(pool: Partnership) -> None:
    """Each fact is read by its type, dotted or nested."""
    assert pool.id == "P-017"
    assert pool.name == "NO"
    assert pool.status == "active"
    assert isinstance(pool.funding, Funding)
    assert pool.funding.pooled is True
    assert pool.funding.annual_spend == Decimal(4200000)


def test_a_fact_that_is_none_is_known_to_be_absent(pool: Partnership) -> None:
    """None of a yes or no is no, none of a list or set is nothing in it, else it is None."""
    assert isinstance(pool.funding, Funding)
    assert pool.funding.external_grant is False
    assert pool.funding.guarantees is None
    assert pool.protocol is None
    assert pool.exit_terms == frozenset()
    assert pool.conflicts == Conflicts(declared=())
    assert pool.accountability == Accountability(responsibility_shared=True, accountable_body=None)


def test_a_fact_that_nobody_recorded_is_unknown(pool: Partnership) -> None:
    """Left out, `unknown`, or nothing after the colon: all are unknown."""
    assert isinstance(pool.funding, Funding)
    assert pool.area is UNKNOWN
    assert pool.serious_issues is UNKNOWN
    assert pool.funding.borrowing is UNKNOWN
    assert pool.funding.traced_share is UNKNOWN
    assert pool.pool is UNKNOWN
    assert pool.risk is UNKNOWN


def test_lists_and_sets_may_have_more(pool: Partnership) -> None:
    """An item `unknown` keeps a list open, wherever it stands; it is kept as the last."""
    assert pool.nature == frozenset({"statutory", UNKNOWN})
    assert pool.partners == (
        Partner(name="Eastshire Council", kind="county_council", roles=frozenset({"lead"})),
        Partner(name="Eastshire Integrated Care Board", roles=frozenset()),
        UNKNOWN,
    )


def test_what_a_pack_declares_may_be_recorded(pool: Partnership) -> None:
    """Local facts are read by their types, derived facts may be stated."""
    assert pool.local == {"net_zero_plan": False, "carbon": Decimal("12.5"), "season": "winter"}
    assert pool.stated == {"tier": "high"}


def test_evidence_is_kept_by_path(pool: Partnership) -> None:
    """Evidence may be for a fact, a record of a list, a derived or a local fact."""
    assert pool.evidence["funding.pooled"] == "Cabinet minutes, 12 May 2025, item 7"
    assert set(pool.evidence) == {
        "funding.pooled",
        "partners[1].name",
        "partners[0]",
        "tier",
        "local.carbon",
    }


def test_each_fact_knows_its_line(pool: Partnership) -> None:
    """The place of the record, of facts however written, and of the records of lists is kept."""
    lines = (GOOD / "partnership.yaml").read_text("utf-8").splitlines()

    def line_of(path: str) -> str:
        file, _, line = pool.origin[path].rpartition(":")
        assert file == str(GOOD / "partnership.yaml")
        return lines[int(line) - 1].strip()

    assert line_of("") == "govrules: 1"
    assert line_of("name") == 'name: "NO"'
    assert line_of("tier") == "tier: high"
    assert line_of("funding") == "funding:"
    assert line_of("funding.pooled") == "pooled: yes"
    assert line_of("conflicts.declared") == "conflicts.declared: none"
    assert line_of("partners[0]") == "- name: Eastshire Council"
    assert line_of("partners[1].roles") == "roles: none"


def test_the_file_may_state_the_date_of_the_assessment(rulebook: Rulebook) -> None:
    """`as_of` is no fact of the subject and is handed on; without it, it is unknown."""
    assert read_subject(GOOD / "partnership.yaml", rulebook=rulebook).as_of == dt.date(2026, 3, 31)
    assert read_subject(GOOD / "register.yaml", rulebook=rulebook).as_of is UNKNOWN


def test_json_is_read_alike() -> None:
    """Null is nothing recorded, an empty text is nothing recorded, and an empty list is empty."""
    pool = read_partnership(GOOD / "partnership.json")
    assert pool == Partnership(
        name="Eastshire care pool",
        funding=Funding(pooled=True, annual_spend=Decimal(4200000)),
        partners=(),
    )


def test_a_register_lists_partnerships(rulebook: Rulebook) -> None:
    """Each entry is a partnership with places of its own, and the register may be open."""
    register = read_register(GOOD / "register.yaml", rulebook=rulebook)
    assert register.organisation == Organisation(name="Eastshire Council")
    assert register.declared_count == 3
    assert register.stated == {"crowded": False}
    first, second, rest = register.partnerships
    assert first.name == "Eastshire care pool"
    assert first.origin[""].endswith("register.yaml:7")
    assert first.origin["partners[0].name"].endswith("register.yaml:10")
    assert second.protocol is None
    assert rest is UNKNOWN


def test_a_register_is_no_partnership(rulebook: Rulebook) -> None:
    """Asking for the one and giving the other is a FactsError that says so."""
    with pytest.raises(FactsError, match="must be a partnership, not a register"):
        read_partnership(GOOD / "register.yaml", rulebook=rulebook)
    with pytest.raises(FactsError, match="must be a register, not a partnership"):
        read_register(GOOD / "partnership.yaml", rulebook=rulebook)


def test_a_register_with_broken_entries_is_refused_whole(tmp_path: Path) -> None:
    """`read_register` raises what `read_subject` hands on beside the entries that it could read."""
    path = tmp_path / "register.yaml"
    path.write_text("partnerships:\n  - staus: active\n  - name: Two\n", "utf-8")
    assert len(read_subject(path).problems) == 1
    with pytest.raises(FactsError, match="unknown fact `staus`"):
        read_register(path)


def test_derived_facts_of_another_class_are_unknown_facts(tmp_path: Path) -> None:
    """A fact that is derived for partnerships cannot be stated of a register."""
    rulebook = load_rulebook(laid("rule_files.md") / "good" / "everything")
    path = tmp_path / "register.yaml"
    path.write_text("partnerships: none\ntier: high\n", "utf-8")
    with pytest.raises(FactsError, match="unknown fact `tier`"):
        read_subject(path, rulebook=rulebook)


def test_a_stated_fact_that_is_unknown_is_not_stated(rulebook: Rulebook) -> None:
    """`tier: unknown` leaves the tier to be derived."""
    pool, report = reading("tier: unknown\n", rulebook.class_of(Partnership), declared_by(rulebook))
    assert pool.stated == {}
    assert report.ok


def test_a_stated_fact_is_no_record_and_is_stated_once(rulebook: Rulebook) -> None:
    """What stands below a derived fact is refused, and so is a second value."""
    _, report = reading("tier.now: high\n", rulebook.class_of(Partnership), declared_by(rulebook))
    assert [each.code for each in report.diagnostics] == [Code.WRONG_SHAPE]
    text = "first.tier: high\nfirst: { tier: low }\n"
    _, report = reading(text, rulebook.class_of(Pair), declared_by(rulebook))
    assert [each.code for each in report.diagnostics] == [Code.DUPLICATE_KEY]


def test_a_local_fact_is_given_once(rulebook: Rulebook) -> None:
    """Dotted and nested are two ways of giving one fact."""
    text = "local.carbon: 5\nlocal: { carbon: 6 }\n"
    _, report = reading(text, rulebook.class_of(Partnership), declared_by(rulebook))
    assert [each.message for each in report.diagnostics] == ["`local.carbon` is given twice"]


def test_a_misspelt_local_fact_is_set_right(rulebook: Rulebook) -> None:
    """The rulebook's own facts are suggested."""
    _, report = reading("local.carbn: 5\n", rulebook.class_of(Partnership), declared_by(rulebook))
    assert report.diagnostics[0].help == "did you mean `local.carbon`?"


def test_in_a_rule_file_nothing_is_left_unread() -> None:
    """What is a warning in a subject file is an error in an example."""
    _, report = reading("funding.annual_spend: TBC\n", Partnership, strict=True)
    assert [each.code for each in report.diagnostics] == [Code.TYPE_MISMATCH]


def test_places_are_left_out_where_they_are_not_asked_for() -> None:
    """The facts of an example have no origin."""
    pool, _ = reading("name: Pool\n", Partnership, with_origin=False)
    assert pool.origin == {}


@attrs.frozen(kw_only=True)
class Arch:
    """A record in a class of a developer's own."""

    width: int | None = None


@attrs.frozen(kw_only=True)
class Bridge:
    """A subject of a developer's own, about which nothing is said."""

    name: Recorded[str] = fact("the name", ask="What is it called?")
    arches: tuple[Arch, ...] = ()


@attrs.frozen(kw_only=True)
class Noted:
    """A subject that can hold evidence and nothing else."""

    name: Recorded[str] = fact("the name", ask="What is it called?")
    evidence: dict[str, str] = about_facts()


def test_any_attrs_class_can_be_read() -> None:
    """Without fields for what is said about facts, there is nothing to say."""
    bridge, report = reading("name: Firth\narches: [{ width: 5 }]\n", Bridge)
    assert report.ok
    assert bridge == Bridge(name="Firth", arches=(Arch(width=5),))
    _, report = reading("evidence: { name: A plan }\nlocal.x: 1\n", Bridge)
    assert [each.code for each in report.diagnostics] == [Code.UNKNOWN_FACT, Code.UNKNOWN_FACT]


def test_a_class_may_hold_some_of_what_is_said() -> None:
    """Evidence is read where the class has a field for it."""
    noted, report = reading("name: x\nevidence: { name: A plan }\n", Noted)
    assert report.ok
    assert noted.evidence == {"name": "A plan"}


def test_a_derived_fact_is_not_stated_of_a_class_that_cannot_hold_it() -> None:
    """A class without `stated` has recorded facts only."""
    derived = Fact("long", YesNo(), Kind.CIRCUMSTANCE, "it is long", "Is it long?")
    _, report = reading("long: yes\n", Bridge, Declared(derived={"long": (derived, Bridge)}))
    assert [each.code for each in report.diagnostics] == [Code.UNKNOWN_FACT]


def test_a_register_of_none_is_complete() -> None:
    """A register known to be empty has no entries, and one not known is unknown."""
    register, _ = reading("partnerships: none\n", Register)
    assert register.partnerships == ()
    register, _ = reading("partnerships: unknown\n", Register)
    assert register.partnerships is UNKNOWN


def test_nothing_at_all_is_a_partnership_of_which_nothing_is_known(tmp_path: Path) -> None:
    """An empty mapping is a subject; an empty file is none."""
    path = tmp_path / "pool.yaml"
    path.write_text("{}\n", "utf-8")
    assert read_partnership(path) == Partnership()


def test_in_json_none_and_unknown_are_said_in_quotes(tmp_path: Path) -> None:
    """JSON has no word without quotes, so that quotes there do not make a word plain text."""
    path = tmp_path / "pool.json"
    path.write_text('{"protocol": "none", "status": "unknown", "responsible_officer": "none"}')
    pool = read_partnership(path)
    assert pool.protocol is None
    assert pool.status is UNKNOWN
    assert pool.responsible_officer is None
    path = tmp_path / "pool.yaml"
    path.write_text('responsible_officer: "none"\n')
    assert read_partnership(path).responsible_officer == "none"


CASES = cases("A partnership file")

#: Files that are too large or too strange to be kept are written by the test.
WRITTEN: dict[str, Callable[[Path], object]] = {
    "binary": lambda folder: (folder / "subject.yaml").write_bytes(b"PK\x03\x04\xff\xfe\x00"),
    "missing": lambda _folder: None,
    "folder": lambda folder: (folder / "subject.yaml").mkdir(),
    "utf-16": lambda folder: (folder / "subject.yaml").write_text("name: Eastshire\n", "utf-16"),
    "too-large": lambda folder: (folder / "subject.yaml").write_bytes(b"#" * (MAX_BYTES + 1)),
}


def said_of(path: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return what a user is told of a file: whether it is used, and every diagnostic."""
    try:
        read = read_subject(path)
    except FactsError as error:
        return "refused", error.diagnostics
    found = (*read.warnings, *read.problems, *doubts(read.subject, read.as_of))
    if isinstance(read.subject, Register):
        found += tuple(register_problems(entries_of(read.subject)))
    return "used", found


@pytest.fixture
def lay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Lay the file of a case out, and return its path."""

    def lay(case: str) -> str:
        CASES[case].lay(tmp_path)
        if case in WRITTEN:
            WRITTEN[case](tmp_path)
        monkeypatch.chdir(tmp_path)
        return "subject.json" if (tmp_path / "subject.json").exists() else "subject.yaml"

    return lay


@pytest.mark.parametrize("case", CASES)
def test_bad_subject_files_are_explained(case: str, lay: Callable[[str], str]) -> None:
    """Reading tells every problem, word for word, and whether the file is used all the same."""
    verdict, diagnostics = said_of(lay(case))
    said = "\n".join([verdict, *(str(each) for each in diagnostics)]) + "\n"
    CASES[case].check(said)


@pytest.mark.parametrize("case", CASES)
def test_each_problem_is_said_once_and_can_be_mended(case: str, lay: Callable[[str], str]) -> None:
    """A diagnostic has a one-line cause, a help and a place, and no other is like it."""
    _, diagnostics = said_of(lay(case))
    assert diagnostics
    assert len({str(each) for each in diagnostics}) == len(diagnostics)
    for each in diagnostics:
        assert each.message
        assert "\n" not in each.message
        assert each.help
        assert each.span.file.startswith("subject.")


def test_only_errors_refuse_a_file(lay: Callable[[str], str]) -> None:
    """A value that cannot be read is a warning, its fact is unknown, and the rest is read."""
    read = read_subject(lay("unreadable-values"))
    assert {each.code for each in read.warnings} == {
        Code.UNREADABLE_VALUE,
        Code.READ_WITH_CARE,
        Code.PLACEHOLDER,
    }
    assert read.subject.name == "Eastshire care pool"
    assert repr(read.subject.funding.annual_spend) == "UNKNOWN"
    assert not read.problems


def test_a_broken_entry_leaves_the_others_as_they_are(lay: Callable[[str], str]) -> None:
    """An entry of a register that cannot be read may be any, so that the list stays open."""
    text = "partnerships:\n  - name: One\n    staus: active\n  - name: Two\n"
    path = Path(lay("missing"))
    path.write_text(text, "utf-8")
    read = read_subject(path)
    first, rest = read.subject.partnerships
    assert first.name == "Two"
    assert repr(rest) == "UNKNOWN"
    assert [each.code for each in read.problems] == [Code.UNKNOWN_FACT]


def test_every_code_for_subjects_has_a_case() -> None:
    """Each GR6 code stands in some expected text."""
    said = "".join(case.said for case in CASES.values())
    codes = [code for code in Code if code.id.startswith("GR6")]
    assert codes
    assert [code for code in codes if f"{code.id} {code.title}: " not in said] == []
