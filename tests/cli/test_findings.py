"""`govrules findings`: a register of any size to a table, written whole or not at all."""

from __future__ import annotations

import csv
import errno
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from govrules import Funding, Partnership, Protocol, load_rulebook
from govrules.cli.output import FINE, FLAGGED, NOTHING_CHECKED, PROBLEM
from govrules.engines.columns import to_batches
from govrules.registers import findings_files

DAY = "2026-03-31"
SEVERAL = (
    Partnership(id="p1", name="Care pool", funding=Funding(pooled=True), protocol=None),
    Partnership(id="p2", funding=Funding(pooled=True), protocol=Protocol(agreed=True)),
    Partnership(id="p3", responsible_officer="A. Smith"),
)


@pytest.fixture
def columns(tmp_path: Path, pack: Path) -> Path:
    path = tmp_path / "register.parquet"
    several = to_batches(SEVERAL, Partnership, load_rulebook(pack))
    pq.write_table(pa.Table.from_batches(several), path)
    return path


def read(path: Path) -> list[dict[str, str | None]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    with path.open(newline="") as file:
        return [*csv.DictReader(file)]


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_every_finding_is_a_row(run, pack, columns, tmp_path, ending):
    output = tmp_path / f"findings.{ending}"
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", output)
    assert ran.code == FLAGGED
    assert ran.out == (
        f"{output}: 3 partnerships, 7 findings: 1 to put right (1 medium), 4 not known, "
        "2 met, 0 do not apply\n"
    )
    found = [(row["subject"], row["rule"], row["verdict"]) for row in read(output)]
    assert found == [
        ("p1", "pooled-without-protocol", "flagged"),
        ("p1", "nobody-responsible", "unknown"),
        ("p2", "pooled-without-protocol", "clear"),
        ("p2", "nobody-responsible", "unknown"),
        ("p3", "pooled-without-protocol", "unknown"),
        ("p3", "nobody-responsible", "clear"),
        ("", "register-not-reviewed", "unknown"),
    ]


def test_the_findings_are_those_that_check_gives(run, pack, tmp_path):
    path, output = tmp_path / "register.jsonl", tmp_path / "findings.parquet"
    facts = (
        {"id": "p1", "funding.pooled": "yes", "protocol": "none"},
        {"id": "p2", "funding.pooled": "yes", "public.vulnerable_users": "yes"},
    )
    path.write_text("".join(f"{json.dumps(each)}\n" for each in facts))
    ran = run("findings", path, "--rules", pack, "--as-of", DAY, "--output", output)
    assert ran.code == FLAGGED
    checked = run("check", path, "--rules", pack, "--as-of", DAY, "--format", "jsonl")
    register, *entries = map(json.loads, checked.out.splitlines())
    expected = [
        (each["id"], finding["rule"], finding["verdict"].replace("_", " "), finding["could_be"])
        for each in (*entries, register)
        for finding in each["findings"]
    ]
    kept = ("subject", "rule", "verdict", "could_be")
    assert [tuple(row[name] for name in kept) for row in read(output)] == expected


def test_a_register_in_yaml_brings_what_is_known_of_it(run, pack, register, tmp_path):
    output = tmp_path / "findings.jsonl"
    ran = run("findings", register, "--rules", pack, "--output", output, "--fail-on", "high")
    assert ran.code == FLAGGED
    last = read(output)[-1]
    assert (last["rule"], last["verdict"], last["severity"]) == (
        "register-not-reviewed", "flagged", "high",
    )  # fmt: skip
    assert (last["questions"], last["facts"]) == (None, None)


def test_what_is_below_the_level_is_no_failure(run, pack, columns, tmp_path):
    output = tmp_path / "findings.csv"
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", output,
              "--fail-on", "high")  # fmt: skip
    assert ran.code == FINE


def test_rules_that_columns_have_no_rows_for_are_said(run, columns, tmp_path):
    ran = run("findings", columns, "--as-of", DAY, "--output", tmp_path / "findings.csv")
    assert "2 rules on pairs of partnerships (`overlap-not-rationalised` and " in ran.err
    assert "(`governance-too-light`); see `govrules check`" in ran.err


def test_a_register_without_rows_has_its_own_findings_alone(run, pack, tmp_path):
    empty, output = tmp_path / "register.parquet", tmp_path / "findings.csv"
    (one,) = to_batches([Partnership()], Partnership, load_rulebook(pack))
    pq.write_table(pa.Table.from_batches([one.slice(0, 0)]), empty)
    ran = run("findings", empty, "--rules", pack, "--as-of", DAY, "--output", output)
    assert ran.code == NOTHING_CHECKED
    assert "0 partnerships, 1 finding:" in ran.out
    assert "nothing was checked" in ran.err


def test_rules_of_which_none_is_in_force_check_nothing(run, pack, columns, tmp_path):
    theme = pack / "money.yaml"
    ended = theme.read_text().replace(
        "    severity:", "    in_force: { until: 2020-01-01 }\n    severity:"
    )
    theme.write_text(ended)
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", tmp_path / "f.csv")
    assert ran.code == NOTHING_CHECKED
    assert "nothing was checked" in ran.err


# ── What cannot be done ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.csv"
    path.write_text("what was there\n")
    return path


def refused(ran, kept: Path, *words: str) -> None:
    assert ran.code == PROBLEM
    assert all(word in ran.err for word in words), ran.err
    assert kept.read_text() == "what was there\n"
    assert [each.name for each in kept.parent.glob(".kept*")] == []


def test_what_a_column_that_is_not_there_would_say_is_unknown(run, pack, columns, tmp_path):
    whole = pq.read_table(columns)
    pq.write_table(whole.drop_columns(["funding"]), columns)
    kept = tmp_path / "findings.jsonl"
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", kept)
    assert ran.code == FINE
    pooled = [each for each in read(kept) if each["rule"] == "pooled-without-protocol"]
    assert {each["verdict"] for each in pooled} == {"unknown", "clear"}


def test_yes_or_no_where_text_belongs_is_unknown_and_said(run, pack, columns, tmp_path):
    whole = pq.read_table(columns)
    at = whole.schema.get_field_index("responsible_officer")
    pq.write_table(whole.set_column(at, "responsible_officer", pa.array([True] * 3)), columns)
    kept = tmp_path / "findings.jsonl"
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", kept)
    assert kept.is_file()
    assert "GR601" in ran.err
    assert "responsible_officer" in ran.err


def test_a_column_that_is_no_fact_is_said(run, pack, columns, tmp_path):
    pq.write_table(pq.read_table(columns).append_column("colour", pa.array(["red"] * 3)), columns)
    ran = run("findings", columns, "--rules", pack, "--output", tmp_path / "findings.csv")
    assert ran.code == FLAGGED
    assert "no fact is read from 1 column: `colour`" in ran.err


def test_a_file_that_is_cut_short_leaves_the_old_findings(run, pack, columns, kept):
    data = columns.read_bytes()
    columns.write_bytes(data[: len(data) // 2])
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", kept)
    refused(ran, kept, "GR701", str(columns), "help:")


def test_a_full_disk_leaves_the_old_findings(run, pack, columns, kept, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(findings_files, "_plain", full)
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", kept)
    refused(ran, kept, "no space left on device", "help:")


def test_an_interrupt_leaves_the_old_findings(run, pack, columns, kept, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(findings_files, "_plain", interrupted)
    ran = run("findings", columns, "--rules", pack, "--as-of", DAY, "--output", kept)
    assert ran.code == 130
    assert kept.read_text() == "what was there\n"
    assert [each.name for each in kept.parent.glob(".kept*")] == []


def test_an_ending_that_is_not_known_is_refused(run, pack, columns, tmp_path):
    ran = run("findings", columns, "--rules", pack, "--output", tmp_path / "findings.txt")
    assert ran.code == PROBLEM
    assert ".parquet, .csv or .jsonl" in ran.err


def test_one_partnership_is_no_register(run, pack, pooled, kept):
    ran = run("findings", pooled, "--rules", pack, "--output", kept)
    refused(ran, kept, "is one partnership", "govrules check")


def test_a_file_that_is_not_there_is_said(run, pack, tmp_path, kept):
    ran = run("findings", tmp_path / "nothing.parquet", "--rules", pack, "--output", kept)
    refused(ran, kept, "nothing.parquet", "help:")


# ── Single partnerships of a register ─────────────────────────────────────────────────────────


def test_check_explains_a_single_partnership_of_a_file_of_columns(run, pack, columns):
    ran = run("check", columns, "--rules", pack, "--as-of", DAY, "--entry", "p1", "--full")
    assert ran.code == FLAGGED
    assert ran.out.startswith("Care pool ")
    assert "1 thing to put right, medium." in ran.out
    assert f"[{columns}:1]" in " ".join(ran.out.split())
    assert "Quiet" not in ran.out


@pytest.mark.parametrize("name", ["p1", "Care pool"])
def test_check_explains_a_single_partnership_of_any_register(run, pack, register, name):
    ran = run("check", register, "--rules", pack, "--entry", name, "--format", "json")
    (only,) = json.loads(ran.out)["subjects"]
    assert only["name"] == "Care pool"
    assert ran.code == FLAGGED


def test_several_may_be_named_and_none_is_given_twice(run, pack, register):
    names = ["--entry", "p2", "--entry", "p1", "--entry", "Care pool"]
    ran = run("check", register, "--rules", pack, *names, "--format", "json")
    subjects = [each["name"] for each in json.loads(ran.out)["subjects"]]
    assert subjects == ["Quiet forum", "Care pool"]


def test_a_name_that_no_partnership_has_is_said(run, pack, register):
    ran = run("check", register, "--rules", pack, "--entry", "Care pol")
    assert ran.code == PROBLEM
    assert "no partnership is called `Care pol`" in ran.err
    assert "did you mean `Care pool`?" in ran.err


def test_a_file_of_columns_needs_no_mapping(run, columns):
    ran = run("map", columns)
    assert ran.code == PROBLEM
    assert "needs no mapping" in ran.err
