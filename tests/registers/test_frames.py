"""A dataframe in, a dataframe of the same library out, saying what `assess` says of each row."""

from __future__ import annotations

import datetime as dt
import itertools
import warnings
from typing import Any

import pytest

from govrules import (
    UNKNOWN,
    FactsError,
    GovrulesWarning,
    Partnership,
    assess,
    assess_table,
    load_rulebook,
    read,
)
from govrules.engines.columns import to_batches
from govrules.registers import frames

pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")

RULEBOOK = load_rulebook("governing-partnerships")
DAY = dt.date(2026, 3, 31)
ROWS: dict[str, list[Any]] = {
    "id": ["A", "B", "B", None],
    "name": ["One", "none", "Three", "Four"],
    "status": ["active", "Dormant", None, "unknown"],
    "funding.pooled": [True, False, None, True],
    "funding.annual_spend": [0, 250_000, None, 10**7],
    "protocol": ["none", "n/a", None, None],
    "reviewed": [dt.date(2015, 1, 1), None, dt.date(2026, 1, 1), dt.date(2030, 1, 1)],
    "nature": ["statutory", None, "voluntary", "none"],
    "risk_tier": [None, "high", None, None],
}
FRAMES = {
    "pandas": lambda: pd.DataFrame(ROWS).astype({"funding.annual_spend": "Int64"}),
    "polars": lambda: pl.DataFrame(ROWS),
    "pyarrow": lambda: pa.table(ROWS),
    "duckdb": lambda: duckdb.connect().from_arrow(pa.table(ROWS)),
}


def assessed(frame: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GovrulesWarning)
        return assess_table(frame, RULEBOOK, as_of=DAY, **options)


def rows_of(frame: Any) -> list[dict[str, Any]]:
    if isinstance(frame, pa.Table):
        return frame.to_pylist()
    if isinstance(frame, pl.DataFrame):
        return frame.to_dicts()
    if isinstance(frame, pd.DataFrame):
        plain = frame.astype(object).where(frame.notna(), None)
        return plain.to_dict("records")
    return frame.to_arrow_table().to_pylist()


@pytest.mark.parametrize("library", FRAMES)
def test_each_row_is_judged_as_its_subject_is(library: str) -> None:
    frame = FRAMES[library]()
    found = assessed(frame)
    assert type(found) is type(frame)
    said = {(each["row"], each["rule"]): each for each in rows_of(found)}
    subjects = read(pa.table(ROWS), rulebook=RULEBOOK).subject.partnerships
    assert len(said) == sum(len(assess(each, RULEBOOK, as_of=DAY).findings) for each in subjects)
    for row, subject in enumerate(subjects):
        for finding in assess(subject, RULEBOOK, as_of=DAY).findings:
            told = said[row, finding.rule.id]
            assert told["verdict"] == finding.verdict.value
            assert told["severity"] == (finding.severity and finding.severity.value)
            assert told["could_be"] == (finding.could_be and finding.could_be.value)
            assert told["subject"] == ["A", "B", "B", "Four"][row]


#: What the decoder of every other format takes for no value, or for one.
DISORDERLY: dict[str, list[Any]] = {
    "id": ["A", "B", "C"],
    "responsible_officer": ["\u2014", "Don\u2019t know", "not  known"],
    "funding.spending_authority": ["yes", "none", "Cabinet"],
    "funding.pooled": [1, 0, 1],
    "funding.annual_spend": ["\u00a31.2 million", "TBC", "nil"],
    "reviewed": ["31 March 2024", "2024", "n/a"],
    "protocol": ["none", "unknown", "TBC"],
    "partners": ["none", None, "TBC"],
    "serious_issues": ["none", "nonsense", None],
    "exit_terms": [["nonsense"], [], None],
    "ending_settled": [None, None, None],
}


@pytest.mark.parametrize("nest", [False, True])
def test_disorderly_columns_are_judged_as_they_are_read(nest: bool) -> None:
    table = pa.table(DISORDERLY)
    if nest:
        flat = [
            {key.rpartition(".")[2]: value for key, value in row.items() if "." in key}
            for row in table.to_pylist()
        ]
        names = [each for each in table.column_names if "." not in each]
        table = table.select(names).append_column("funding", pa.array(flat))
    found = assessed(table)
    subjects = read(table, rulebook=RULEBOOK).subject.partnerships
    assert subjects[0].funding.annual_spend == 1_200_000
    assert {each.responsible_officer for each in subjects} == {UNKNOWN}
    said = {(each["row"], each["rule"]): each["verdict"] for each in found.to_pylist()}
    for row, subject in enumerate(subjects):
        for finding in assess(subject, RULEBOOK, as_of=DAY).findings:
            assert said[row, finding.rule.id] == finding.verdict.value


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("cached", [8, 1 << 17])
def test_flagged_findings_are_those_of_all_that_are_flagged(
    library: str, cached: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_CACHED", cached)
    frame = FRAMES[library]()
    every = [each for each in rows_of(assessed(frame)) if each["verdict"] == "flagged"]
    assert rows_of(assessed(frame, findings="flagged")) == every
    plain = [each for each in assessed(pa.table(ROWS)).to_pylist() if each["verdict"] == "flagged"]
    assert every == plain


def test_what_is_none_is_not_asked_for() -> None:
    frame = pd.DataFrame({"name": ["A", "B"], "started": ["none", None]})
    found = assessed(frame, details=True)
    asked = found.groupby("row").questions.agg(lambda several: {*itertools.chain(*several)})
    assert "started" not in asked[0]
    assert "started" in asked[1]


def test_a_record_may_have_a_column_beside_those_of_its_facts() -> None:
    both = {"name": ["A", "B"], "protocol": ["none", None], "protocol.agreed": [None, True]}
    found = assessed(pa.table(both))
    apart = [
        assessed(pa.table({"name": ["A"], "protocol": ["none"]})),
        assessed(pa.table({"name": ["B"], "protocol.agreed": [True]})),
    ]
    several = [each.to_pylist() for each in apart]
    assert [each["verdict"] for each in found.to_pylist()] == [
        each["verdict"] for rows in several for each in rows
    ]


def test_lists_in_flat_columns_are_read_as_lists() -> None:
    frame = pl.DataFrame({"name": ["A", "B"], "nature": [["statutory", "strategic"], ["odd"]]})
    subjects = read(frame, rulebook=RULEBOOK).subject.partnerships
    assert subjects[0].nature == {"statutory", "strategic", UNKNOWN}
    with pytest.warns(GovrulesWarning, match="unknown value `odd`"):
        found = assess_table(frame, RULEBOOK, as_of=DAY)
    said = [each["verdict"] for each in rows_of(found)]
    judged = [assess(each, RULEBOOK, as_of=DAY).findings for each in subjects]
    assert said == [each.verdict.value for several in judged for each in several]


def test_severities_are_ordered_categories_and_questions_lists() -> None:
    found = assessed(FRAMES["pandas"](), findings="flagged", details=True)
    assert set(found.verdict) == {"flagged"}
    assert found.severity.cat.ordered
    assert list(found.severity.cat.categories) == ["low", "medium", "high", "critical"]
    assert all(not isinstance(each, str) for each in found.questions)
    assert "funding.pooled" in found.facts.iloc[0]
    polars = assessed(FRAMES["polars"](), findings="flagged", details=True)
    assert polars.schema["severity"] == pl.Enum(["low", "medium", "high", "critical"])
    assert polars.schema["questions"] == pl.List(pl.String)


def test_cells_of_findings_can_be_set() -> None:
    found = assessed(FRAMES["pandas"]())
    for name, value in (("row", 7), ("verdict", "clear"), ("severity", "high")):
        found.loc[0, name] = value
        assert found.loc[0, name] == value


def test_columns_that_are_laid_out_are_taken_as_they_are() -> None:
    subjects = read(pa.table(ROWS), rulebook=RULEBOOK).subject.partnerships
    laid = pa.Table.from_batches(to_batches(subjects, Partnership, RULEBOOK))
    assert assessed(laid).equals(assessed(pa.table(ROWS)))


def test_what_is_not_read_is_said() -> None:
    frame = pd.DataFrame(
        {"name": ["A"], "funding.poold": [True], "status": ["sleeping"], "protocol": ["TBC"]}
    )
    with pytest.warns(GovrulesWarning) as told:
        assess_table(frame, RULEBOOK, as_of=DAY)
    said = [str(each.message) for each in told]
    assert "did you mean `funding.pooled`?" in said[0]
    assert said[1:] == [
        "`status` is unknown where its column holds `sleeping`",
        "`protocol` is unknown where its column holds `TBC`",
    ]


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["A", "B", "active", "ended"])])
def test_categories_of_polars_are_read(kind: Any) -> None:
    columns = {"name": ["A", "B"], "status": ["active", None]}
    frame = pl.DataFrame(columns, schema={"name": pl.String, "status": kind})
    others = pl.DataFrame(columns, schema={"name": kind, "status": pl.String})
    assert rows_of(assessed(frame)) == rows_of(assessed(others))
    assert rows_of(assessed(frame)) == rows_of(assessed(pl.DataFrame(columns)))
    assert len(assessed(frame[:0])) == 0


def test_a_category_that_no_cell_says_is_not_said() -> None:
    kind = pd.CategoricalDtype(["active", "asleep", "lost"])
    frame = pd.DataFrame({"name": ["A", "B"], "status": pd.Series(["active"] * 2, dtype=kind)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assess_table(frame, RULEBOOK, as_of=DAY)
    frame.loc[1, "status"] = "lost"
    with pytest.warns(GovrulesWarning, match=r"its column holds `lost`$"):
        assess_table(frame, RULEBOOK, as_of=DAY)


def test_a_choice_of_findings_that_is_none_is_refused() -> None:
    with pytest.raises(FactsError, match="`findings` must be one of all, flagged, not 'flaged'"):
        assess_table(pa.table(ROWS), RULEBOOK, findings="flaged")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headings", "path"), [(["name", "name"], "name"), (["status", " Status"], "status")]
)
def test_two_columns_of_one_fact_are_refused(headings: list[str], path: str) -> None:
    frame = pd.DataFrame([["active", "dormant"]], columns=headings)
    with pytest.raises(FactsError, match=f"two columns have the heading `{path}`"):
        assessed(frame)


@pytest.mark.parametrize("frame", [pd.DataFrame({"x": [1]}), pd.DataFrame(), 5, "text", None])
def test_what_is_no_table_of_facts_is_refused(frame: Any) -> None:
    with pytest.raises(FactsError):
        assessed(frame)


def test_an_empty_table_has_no_findings() -> None:
    assert len(assessed(pd.DataFrame({"name": pd.Series([], dtype=str)}))) == 0
