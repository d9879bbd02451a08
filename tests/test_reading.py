"""What is read is the same whichever way it comes in, and all that is wrong is said at once."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from govrules import (
    UNKNOWN,
    FactsError,
    Funding,
    LiveRegister,
    Partnership,
    Read,
    Register,
    load_rulebook,
    read,
    read_text,
)

pd = pytest.importorskip("pandas")
pl = pytest.importorskip("polars")
pa = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")
RULEBOOK = load_rulebook()

# ── One table of the states, through all doors ────────────────────────────────────────────────

#: How each state is written where it is written; what a door cannot write is left out.
STATES: dict[str, Any] = {
    "null": None,
    '"none"': "none",
    '"unknown"': "unknown",
    "absent": ...,
    "UNKNOWN": UNKNOWN,
}
READ_AS = {
    "null": UNKNOWN,
    '"none"': None,
    '"unknown"': UNKNOWN,
    "absent": UNKNOWN,
    "UNKNOWN": UNKNOWN,
}


def facts(state: Any) -> dict[str, Any]:
    return {"name": "A"} | ({} if state is ... else {"protocol": state})


def one(found: Read) -> Partnership:
    subject = found.subject
    return subject.partnerships[0] if isinstance(subject, Register) else subject


def live(state: Any) -> LiveRegister:
    register = LiveRegister(RULEBOOK, engine="compiled")
    register.put(Partnership(name="A"))
    register.change("A", facts(state))
    return register


def by_snapshot(state: Any, _: Path) -> Partnership:
    text = json.dumps(live(state).snapshot())
    again = LiveRegister.resume(json.loads(text), RULEBOOK, engine="compiled")
    return again.register().partnerships[0]


def by_file(suffix: str, text: Callable[[Any], str]) -> Callable[[Any, Path], Partnership]:
    def door(state: Any, tmp_path: Path) -> Partnership:
        path = tmp_path / f"subject{suffix}"
        path.write_text(text(facts(state)), "utf-8")
        return one(read(path))

    return door


def frame(state: Any) -> Any:
    return pd.DataFrame([facts(state)])


DOORS: dict[str, Callable[[Any, Path], Partnership]] = {
    "JSON file": by_file(".json", json.dumps),
    "YAML file": by_file(
        ".yaml",
        lambda known: "".join(
            f"{key}: {'null' if value is None else value}\n" for key, value in known.items()
        ),
    ),
    "JSON Lines": by_file(".jsonl", lambda known: json.dumps(known) + "\n"),
    "text": lambda state, _: one(read_text(json.dumps(facts(state)))),
    "mapping": lambda state, _: one(read(facts(state))),
    "list of mappings": lambda state, _: one(read([facts(state)])),
    "Arrow": lambda state, _: one(read(pa.Table.from_pylist([facts(state)]))),
    "Arrow stream": lambda state, _: one(
        read(pa.Table.from_pylist([facts(state)]).to_reader()),
    ),
    "pandas": lambda state, _: one(read(frame(state))),
    "Polars": lambda state, _: one(read(pl.DataFrame([facts(state)]))),
    "live events": lambda state, _: live(state).register().partnerships[0],
    "snapshot": by_snapshot,
    "DuckDB": lambda state, _: one(
        read(duckdb.connect().from_arrow(pa.Table.from_pylist([facts(state)])))
    ),
}
#: UNKNOWN itself is a value of Python.
OF_PYTHON = ("mapping", "list of mappings", "live events", "snapshot")


@pytest.mark.parametrize("door", DOORS)
def test_each_state_is_read_alike_through_every_door(door: str, tmp_path: Path) -> None:
    said = {
        state: DOORS[door](value, tmp_path).protocol
        for state, value in STATES.items()
        if state != "UNKNOWN" or door in OF_PYTHON
    }
    words = {state: "none" if each is None else "unknown" for state, each in said.items()}
    print(f"{door:18}", words)  # noqa: T201 - `pytest -s` shows the table
    assert said == {state: READ_AS[state] for state in said}


def test_a_snapshot_keeps_none_of_a_yes_or_no_and_of_a_list() -> None:
    register = LiveRegister(RULEBOOK, engine="compiled")
    funding = Funding(pooled=None, annual_spend=None)
    register.put(Partnership(name="none", funding=funding, partners=None))
    register.put(Partnership(name="B", funding=Funding(pooled=False), partners=()))
    text = json.dumps(register.snapshot())
    again = LiveRegister.resume(json.loads(text), RULEBOOK, engine="compiled").register()
    assert again == register.register()
    assert again.partnerships[0].funding.pooled is None


def test_null_is_noted_once_with_the_count() -> None:
    found = read({"name": None, "protocol": None, "funding": {"pooled": True}})
    assert found.notes == ("2 facts are `null`, and so unknown: write `none` where there is none",)


# ── Everything that is wrong, at once ─────────────────────────────────────────────────────────

WRONG = {
    "status": "actve",
    "funding": {"poled": True},
    "partners": [{"name": "One"}, {"nam": "Two"}, 5],
    "nature": ["statutry", "voluntary"],
    "accountability": "all",
}
PATHS = {
    "status": "did you mean `active`?",
    "funding.poled": "did you mean `pooled`?",
    "partners[1].nam": "did you mean `name`?",
    "partners[2]": 'write `{"name": …}`',
    "nature": "did you mean `statutory`?",
    "accountability": "write its facts as one object",
}


@pytest.mark.parametrize("way", [read, lambda body: read_text(json.dumps(body))])
def test_every_problem_is_said_at_once_with_its_path(way: Callable[[Any], Read]) -> None:
    with pytest.raises(FactsError) as caught:
        way(WRONG)
    told = {each.path: each for each in caught.value.diagnostics}
    assert set(told) <= {*PATHS, "partners"}
    for path, help_ in PATHS.items():
        if path != "partners[2]":
            assert told[path].help.startswith(help_)
    assert told["status"].allowed[1] == "active"
    assert all(not each.span.file for each in told.values())


def test_an_entry_has_its_place_in_the_register() -> None:
    found = read([{"name": "One"}, {"name": "Two", "stauts": "active"}])
    (problem,) = found.problems
    assert problem.path == "partnerships[1].stauts"
    assert UNKNOWN in found.subject.partnerships


def test_strict_reading_raises_what_is_else_a_warning() -> None:
    body = {"funding": {"annual_spend": "TBC"}, "reviewed": "31/12/20"}
    found = read(body)
    assert {each.path for each in found.warnings} == {"funding.annual_spend", "reviewed"}
    with pytest.raises(FactsError) as caught:
        read(body, strict=True)
    assert caught.value.diagnostics == found.warnings


def test_what_a_file_says_of_its_date_is_kept() -> None:
    found = read({"govrules": 1, "as_of": "2026-03-31", "name": "A"})
    assert str(found.as_of) == "2026-03-31"


def test_a_frame_with_numbers_for_yes_and_no_is_read() -> None:
    found = read(pd.DataFrame({"name": ["A", "B"], "funding.pooled": [1, 0]}))
    assert [each.funding.pooled for each in found.subject.partnerships] == [True, False]
    assert not found.warnings


def test_a_heading_that_is_misspelt_is_said() -> None:
    found = read(pd.DataFrame({"name": ["A"], "funding.poold": [True]}))
    assert [each.help for each in found.warnings] == ["did you mean `funding.pooled`?"]


def test_a_frame_that_must_be_collected_first_is_no_table() -> None:
    with pytest.raises(FactsError, match="collected first"):
        read(pl.DataFrame({"name": ["A"]}).lazy())


# ── Odd bodies ────────────────────────────────────────────────────────────────────────────────


def nested(depth: int) -> Any:
    body: Any = "x"
    for _ in range(depth):
        body = {"funding": body}
    return body


LOOP: dict[str, Any] = {"name": "A"}
LOOP["funding"] = LOOP

TEXTS = [
    "",
    " ",
    "{",
    "[",
    "{}",
    "[]",
    "null",
    "5",
    '"text"',
    "true",
    '{"name": "A", "name": "B"}',
    '{"funding": {"annual_spend": NaN}}',
    '{"funding": {"annual_spend": Infinity}}',
    '{"name": "\\ud800"}',
    '{"name": "\\ud83d\\ude00"}',
    '{"name": "a\\u0000b"}',
    "\0",
    '{"funding": ' * 500 + "1" + "}" * 500,
    '{"name": "A"',
    "{'name': 'A'}",
    '{"name": "A",}',
    '\ufeff{"name": "A"}',
    '{\n\t"name": "A"\n}',
    '{"name": "A"}\n{"name": "B"}',
    "---\nname: A\n---\nname: B\n",
    "name: &a A\nobjective: *a\n",
    "name: !!python/object:os.system A\n",
    "<<: {name: A}\n",
    '{"": "A"}',
    '{".": "A"}',
    '{"rules": []}',
    '{"govrules": 99}',
    '{"partnerships": {}}',
    '{"partnerships": [1, null, "x", []]}',
    '{"as_of": "yesterday"}',
]
BODIES: list[Any] = [
    {5: "A"},
    {None: "A"},
    {("a", "b"): 1},
    {"name": b"bytes"},
    {"name": object()},
    {"name": lambda: 1},
    {"name": ["A"]},
    {"name": {"first": "A"}},
    {"name": float("nan")},
    {"funding": {"annual_spend": float("inf")}},
    {"funding": {"annual_spend": 10**5000}},
    {"funding": {"annual_spend": -1}},
    {"funding": {"annual_spend": 1e400}},
    {"funding": {"annual_spend": Decimal("sNaN")}},
    {"funding": {"annual_spend": complex(1, 1)}},
    {"funding": [1, 2]},
    {"partners": {"name": "A"}},
    {"partners": "A"},
    {"partners": [[["A"]]]},
    {"nature": {"statutory": True}},
    {"nature": "statutory"},
    {"name": "\ud800"},
    {"\udfff": "A"},
    {"name": "a\0b"},
    {"name": "x" * 1_000_000},
    {"status": "x" * 100_000},
    nested(70),
    nested(5_000),
    LOOP,
    {"name": iter([1])},
    {"name": io.StringIO()},
    {"local": 5},
    {"local": {"nobody_declared": 1}},
    {"evidence": ["x"]},
    {"reviewed": 20260331},
    {"reviewed": True},
    {"funding.pooled": True, "funding": {"pooled": False}},
    {"funding": None, "funding.pooled": True},
    {"interval": "12 fortnights"},
    [1],
    [None],
    [[]],
    [{"name": 1}, {"nam": 1}],
]


@pytest.mark.parametrize("at", range(len(TEXTS) + len(BODIES)))
def test_odd_bodies_are_read_or_refused_with_every_problem(at: int) -> None:
    """One error of the tree, that can be printed, with no file of this machine in it."""
    texts = at < len(TEXTS)
    try:
        found = read_text(TEXTS[at]) if texts else read(BODIES[at - len(TEXTS)])
    except FactsError as error:
        told = "\n".join((str(error), *(str(each) for each in error.diagnostics)))
        raised = True
    else:
        raised = False
        told = "\n".join(str(each) for each in (*found.problems, *found.warnings))
    assert told or not raised
    told.encode("utf-8")
    assert "site-packages" not in told
    assert "/tmp" not in told  # noqa: S108 - it must not stand there
    assert len(told) < 20_000


def test_numbers_with_exponents_are_numbers() -> None:
    for written in (1e16, "1e16", "1E+3", 1e3, Decimal("1e3")):
        if Decimal(str(written)) <= 10**15:
            found = read({"funding": {"annual_spend": written}})
            assert found.subject.funding.annual_spend == Decimal(1000)


def test_a_time_of_a_program_is_its_day() -> None:
    zone = dt.timezone(dt.timedelta(hours=1))
    days = [dt.datetime(2025, 6, 1, 9), dt.datetime(2025, 6, 1, 0, 30, tzinfo=zone)]  # noqa: DTZ001 - it is its own day
    days += [pd.Timestamp("2025-06-01 23:59"), pd.Timestamp("2025-06-01").to_datetime64()]
    for day in days:
        found = read({"started": day}, strict=True)
        assert found.subject.started == dt.date(2025, 6, 1)
        assert found.subject == one(read(pd.DataFrame({"started": [day]})))
    nothing = pd.Series([None], dtype="datetime64[ns]").to_numpy()[0]
    assert read({"started": nothing}, strict=True).subject.started is UNKNOWN
    length = pd.Timedelta(days=3).to_timedelta64()
    with pytest.raises(FactsError, match="`timedelta` is no fact"):
        read({"funding": {"annual_spend": length}})
