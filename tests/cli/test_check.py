"""`govrules check`: exit codes, formats, what it says of files that cannot be used; and the processes that share it."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing import parent_process
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from govrules import (
    EngineError,
    Partnership,
    Register,
    Severity,
    assess,
    load_rulebook,
    read_partnership,
    schema,
)
from govrules.assessment import Assessment
from govrules.cli import main
from govrules.cli.processes import each_of
from govrules.engines import compiled


def test_flagged_findings_are_exit_code_1(run, pack, pooled):
    ran = run("check", pooled, "--rules", pack)
    assert ran.code == 1
    assert "1 thing to put right, medium." in ran.out
    full = run("check", pooled, "--rules", pack, "--full")
    assert "MEDIUM, could be critical  Budgets are pooled without a protocol" in full.out
    assert ran.err == ""


def test_nothing_flagged_is_exit_code_0(run, pack, in_order):
    ran = run("check", in_order, "--rules", pack)
    assert ran.code == 0
    assert "  Flagged 0   Not known 0   Met 1   Does not apply 1\n" in ran.out


def test_what_is_unknown_is_exit_code_0(run, pack, tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("name: Nothing known\n")
    assert run("check", path, "--rules", pack).code == 0


def test_a_subject_without_rules_is_exit_code_3(run, pack, pooled):
    theme = pack / "money.yaml"
    theme.write_text(
        theme.read_text().replace("severity: low", "subject: register\n    severity: low")
    )
    text = theme.read_text()
    theme.write_text(text[: text.index("  - id: pooled")] + text[text.index("  - id: register") :])
    ran = run("check", pooled, "--rules", pack)
    assert ran.code == 3
    assert "nothing was checked" in ran.err


@pytest.mark.parametrize(("level", "code"), [("low", 1), ("medium", 1), ("high", 0)])
def test_fail_on_sets_the_severity_that_counts(run, pack, pooled, level, code):
    assert run("check", pooled, "--rules", pack, "--fail-on", level).code == code


def test_fail_on_counts_what_is_certain_and_not_what_could_be(run, pack, pooled):
    assert run("check", pooled, "--rules", pack, "--fail-on", "critical").code == 0


def test_json_follows_its_schema_and_says_the_facts(run, pack, pooled, in_order):
    ran = run("check", pooled, in_order, "--rules", pack, "--format", "json")
    data = json.loads(ran.out)
    printed = json.loads(run("schema", "findings").out)
    Draft202012Validator(printed).validate(data)
    assert ran.code == 1
    assert data["rulebook"] == {"id": "small", "version": "7"}
    assert data["as_of"] == "2026-03-31"
    assert [each["name"] for each in data["subjects"]] == ["Care pool", "Quiet forum"]
    first = data["subjects"][0]["findings"][0]
    assert first["rule"] == "pooled-without-protocol"
    assert first["because"][0] == {
        "fact": "funding.pooled",
        "value": True,
        "phrase": "partners pool budgets",
        "evidence": "minutes of May",
    }
    [[change]] = first["clears"]
    assert (change["fact"], change["to"]) == ("protocol.agreed", True)
    assert change["phrase"]
    assert first["title"] == "Budgets are pooled without a protocol"
    assert [each["id"] for each in data["packs"]] == ["small"]
    assert first["location"]["subject"].startswith(str(pooled))


def test_jsonl_prints_one_subject_a_line(run, pack, pooled, in_order):
    whole = schema.findings_schema()
    subject = {**whole["properties"]["subjects"]["items"], "$defs": whole["$defs"]}
    ran = run("check", pooled, in_order, "--rules", pack, "--format", "jsonl")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [each["name"] for each in lines] == ["Care pool", "Quiet forum"]
    for each in lines:
        Draft202012Validator(subject).validate(each)


def test_formats_have_one_exit_code(run, pack, pooled):
    codes = {
        run("check", pooled, "--rules", pack, "--format", each).code
        for each in ("text", "json", "jsonl")
    }
    assert codes == {1}


def test_a_register_is_assessed_with_each_of_its_entries(run, pack, register):
    ran = run("check", register, "--rules", pack, "--format", "json")
    data = json.loads(ran.out)
    assert [each["id"] for each in data["subjects"]] == ["", "p1", "p2"]
    assert data["subjects"][0]["findings"][0]["verdict"] == "flagged"
    assert ran.code == 1


def test_a_register_that_is_wrong_as_data_is_exit_code_2_and_still_assessed(run, pack, register):
    register.write_text(register.read_text().replace("id: p2", "id: p1"))
    ran = run("check", register, "--rules", pack)
    assert ran.code == 2
    assert "two entries have the id `p1`" in ran.err
    assert "In 2 partnerships" in ran.out


def test_as_of_is_taken_before_the_file(run, pack, register):
    ran = run("check", register, "--rules", pack, "--as-of", "2024-12-31", "--format", "json")
    data = json.loads(ran.out)
    assert data["as_of"] == "2024-12-31"
    assert data["subjects"][0]["findings"][0]["verdict"] == "clear"


@pytest.mark.parametrize("date", ["31.3.2026", "2026-02-30", "today", ""])
def test_a_bad_date_is_refused_with_help(run, pack, pooled, date):
    ran = run("check", pooled, "--rules", pack, "--as-of", date)
    assert ran.code == 2
    assert f"`--as-of {date}` is no date" in ran.err
    assert "2026-03-31" in ran.err


def test_several_files_are_assessed_in_their_order(run, pack, pooled, in_order):
    ran = run("check", in_order, pooled, "--rules", pack)
    assert ran.out.index("Quiet forum") < ran.out.index("Care pool")


def test_a_file_that_cannot_be_used_leaves_the_others_assessed(run, pack, pooled, tmp_path):
    ran = run("check", tmp_path / "missing.yaml", pooled, "--rules", pack)
    assert ran.code == 2
    assert "GR001 unreadable-file: there is no such file" in ran.err
    assert "Care pool" in ran.out


def test_a_folder_is_no_file(run, pack, tmp_path):
    ran = run("check", tmp_path, "--rules", pack)
    assert (ran.code, "this is a folder" in ran.err) == (2, True)


def test_a_binary_file_is_no_text(run, pack, tmp_path):
    path = tmp_path / "register.yaml"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)))
    ran = run("check", path, "--rules", pack)
    assert ran.code == 2
    assert "GR001" in ran.err


def test_values_that_cannot_be_read_are_told_and_count_as_unknown(run, pack, tmp_path):
    path = tmp_path / "tbc.yaml"
    path.write_text("name: X\nfunding.pooled: TBC\nresponsible_officer: A\n")
    ran = run("check", path, "--rules", pack, "--format", "json")
    assert "GR" in ran.err
    assert "`TBC`" in ran.err
    json.loads(ran.out)
    assert json.loads(ran.out)["subjects"][0]["counts"]["unknown"] == 1


def test_a_misspelt_fact_is_exit_code_2(run, pack, tmp_path):
    path = tmp_path / "misspelt.yaml"
    path.write_text("funding.poled: yes\n")
    ran = run("check", path, "--rules", pack)
    assert ran.code == 2
    assert "funding.pooled" in ran.err


def test_a_broken_pack_is_exit_code_2(run, pack, pooled):
    (pack / "money.yaml").write_text("govrules: 1\ntheme: money\nrules: [{ id: Bad }]\n")
    ran = run("check", pooled, "--rules", pack)
    assert ran.code == 2
    assert "GR202 missing-key" in ran.err
    assert ran.out == ""


def test_a_rule_file_is_no_subject(run, pack):
    ran = run("check", pack / "money.yaml", "--rules", pack)
    assert ran.code == 2
    assert "this is a file of rules, not of facts" in ran.err


def test_full_gives_reasons_for_what_does_not_apply(run, pack, in_order):
    assert "Partners do not pool budgets." not in run("check", in_order, "--rules", pack).out
    ran = run("check", in_order, "--rules", pack, "--full")
    assert "Does not apply (1)\n  Partners do not pool budgets.\n" in ran.out
    assert "[pooled-without-protocol]" in ran.out


def test_one_question_for_several_partners_is_asked_once(run, pack, tmp_path):
    theme = pack / "money.yaml"
    some = "requires: { partners: { some: { independent: yes } } }"
    theme.write_text(
        theme.read_text().replace("requires: { not: { responsible_officer: none } }", some)
    )
    path = tmp_path / "several.yaml"
    path.write_text(
        "name: X\npartners: [{ name: North Trust }, { name: South Trust }, { kind: police }]\n"
    )
    ran = run("check", path, "--rules", pack, "--full")
    words = " ".join(ran.out.split())
    question = "Is the partner independent of the others?"
    assert f"North Trust, South Trust and partner 3: {question} 1" in words
    assert f"North Trust, South Trust and partner 3: {question} [partners[].independent]" in words


def test_a_summary_cites_every_finding_that_it_sums_up():
    """A rule on findings is counted apart and names its parts."""
    rulebook = load_rulebook()
    path = Path(__file__).parents[2] / "examples" / "high-tier-pool-without-arrangements.yaml"
    assessment = assess(read_partnership(path, rulebook=rulebook), rulebook)
    (summary,) = assessment.summaries
    controls = {"agreement", "integration", "leadership", "accountability", "systems", "money"}
    grave = [each for each in assessment.flagged if each.severity >= Severity.HIGH]
    flagged = {each.rule.id for each in grave if each.rule.theme in controls}
    assert flagged <= {each.rule.id for each in summary.parts}
    assert [each.value for each in summary.because] == [each.rule.id for each in summary.parts]
    assert summary.rule.id not in {each.rule.id for each in assessment.findings}


@pytest.fixture
def large(tmp_path):
    """A register of so many entries that the rules are compiled."""
    entry = "  - { name: Pool %d, funding.pooled: %s, protocol: none, partners: [] }\n"
    entries = "".join(entry % (each, "yes" if each % 3 else "no") for each in range(60))
    path = tmp_path / "large.yaml"
    path.write_text(f"govrules: 1\nas_of: 2026-03-31\npartnerships:\n{entries}", encoding="utf-8")
    return path


def test_many_entries_are_settled_by_a_faster_engine_and_told_the_same(
    run, pack, large, monkeypatch
):
    expected = run("check", large, "--rules", pack, "--engine", "reference")
    settled = []
    outcomes = compiled.outcomes

    def told(rules, subjects, *rest):
        settled.extend(subjects)
        return outcomes(rules, subjects, *rest)

    monkeypatch.setattr(compiled, "outcomes", told)
    ran = run("check", large, "--rules", pack)
    assert (ran.code, ran.out, ran.err) == (expected.code, expected.out, expected.err)
    assert len(settled) >= 60


def test_what_the_faster_engine_cannot_do_the_reference_engine_does(run, pack, large, monkeypatch):
    expected = run("check", large, "--rules", pack, "--engine", "reference")

    def refused(*_):
        raise EngineError("compiled", "nested too deep")

    monkeypatch.setattr(compiled, "outcomes", refused)
    ran = run("check", large, "--rules", pack)
    assert (ran.code, ran.out) == (expected.code, expected.out)
    asked = run("check", large, "--rules", pack, "--engine", "compiled")
    assert asked.code == 2
    assert "nested too deep" in asked.err


# ── What would be found if facts were otherwise ───────────────────────────────────────────────


def test_what_would_be_found_is_told_and_decides_the_exit_code(run, pack, register):
    words = ("check", register, "--rules", pack, "--entry", "p1")
    ran = run(*words, "--set", "protocol.agreed=yes", "--set", "responsible_officer=The clerk")
    assert ran.code == 0
    assert ran.out.startswith("Care pool\nIf protocol.agreed were yes and responsible_officer were")
    assert "met [pooled-without-protocol]" in ran.out
    ran = run(*words, "--set", "partners=A council", "--format", "json")
    assert ran.code == 1
    data = json.loads(ran.out)
    assert (data["id"], data["closed"]) == ("p1", [])
    assert "If partners were" in run(*words, "--set", "partners=A council").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("protocol.agreed",), ("sets nothing", "write `--set fact=value`")),
        (("protocol.agreed=",), ("gives no value", "write yes or no; or unknown")),
        (("protocol.agreed=perhaps",), ("is not yes, no or don't know", "write one of the three")),
        (("protocl.agreed=yes",), ("no fact `protocl.agreed`", "did you mean `protocol.agreed`?")),
        (("partners[X].xyzzy=yes",), ("no fact `xyzzy` in `partners`", "")),
        (("xyzzy=1",), ("no fact `xyzzy`", "`govrules facts WORDS` finds facts")),
        (
            ("partners[X].independent=yes",),
            ("`--set partners[X].independent` names no record that is there", "name a record"),
        ),
        (
            ("protocol=yes",),
            ("`protocol` holds several facts", "as in `--set protocol.agreed=…`; or write none"),
        ),
        (("protocol={}",), ("`protocol` holds several facts", "or write none or unknown")),
        (("protocol=",), ("`protocol` holds several facts", "or write none or unknown")),
        (("protocol.agreed=yes", "--format", "html"), ("not as html", "write `--format json`")),
        (("protocol.agreed=yes", "--as-of", "2026-04-31"), ("--as-of", "")),
    ],
)
def test_what_cannot_be_supposed_is_refused(run, pack, pooled, words, said):
    ran = run("check", pooled, "--rules", pack, "--set", *words)
    assert ran.code == 2
    assert all(each in ran.err for each in said)


def test_facts_are_supposed_of_one_partnership(run, pack, register):
    ran = run("check", register, "--rules", pack, "--set", "protocol.agreed=yes")
    assert ran.code == 2
    assert "2 were named" in ran.err
    assert "name one with `--entry ID`" in ran.err


@pytest.mark.parametrize("depth", ["0", "many", "-1"])
def test_a_depth_that_is_no_number_of_lines_is_refused(run, pack, pooled, depth):
    ran = run("check", pooled, "--rules", pack, f"--depth={depth}")
    assert ran.code == 2
    assert f"`--depth {depth}` is no number of lines" in ran.err


def test_a_depth_cuts_the_reasons_short(run, pack, pooled):
    full, short = (
        run("check", pooled, "--rules", pack, "--depth", depth).out for depth in ("all", "1")
    )
    assert "The partners have not agreed a protocol" in full
    assert full.count("    because: ") == 2
    assert short.count("    because: ") == 1


@pytest.mark.parametrize("first", ["pooled", "in_order"])
def test_an_answer_for_one_of_several_files_is_for_nothing_in_none(
    run, pack, tmp_path, request, first
):
    files = [request.getfixturevalue(each) for each in ("pooled", "in_order")]
    if first == "in_order":
        files.reverse()
    answers = tmp_path / "answers.yaml"
    answers.write_text(
        "govrules: 1\nanswers:\n"
        "  - { partnership: Care pool, fact: public.vulnerable_users, value: yes, date: 2026-03-01 }\n"
        "  - { partnership: Gone, fact: protocol.agreed, value: yes, date: 2026-03-01 }\n"
    )
    ran = run("check", *files, "--rules", pack, "--answers", answers, "--full")
    assert f"{answers}: 2 answers: 1 used, 1 for nothing" in ran.err
    assert "CRITICAL" in ran.out
    assert "Care pool: public.vulnerable_users: yes" in " ".join(ran.out.split())


FACTS = {"name": "Care pool", "funding": {"pooled": True}, "protocol": "none"}
AS_YAML = "name: Care pool\nfunding.pooled: yes\nprotocol: none\n"
LINES = json.dumps(FACTS) + "\n" + json.dumps({"name": "Quiet forum"}) + "\n"


@pytest.fixture
def check(monkeypatch, capsys):
    def check(text, *words):
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(["check", "-", "--format", "json", "--as-of", "2026-03-31", *words])
        return code, *capsys.readouterr()

    return check


@pytest.mark.parametrize("text", [json.dumps(FACTS), json.dumps(FACTS, indent="\t"), AS_YAML])
def test_a_partnership_is_read_from_standard_input(check, text):
    code, out, _ = check(text)
    (subject,) = json.loads(out)["subjects"]
    assert code == 1
    assert subject["name"] == "Care pool"
    assert "pooled-budget-without-protocol" in {
        each["rule"] for each in subject["findings"] if each["verdict"] == "flagged"
    }


def test_an_object_a_line_is_a_register(check):
    code, out, _ = check(LINES)
    assert code == 1
    assert {"Care pool", "Quiet forum"} <= {each["name"] for each in json.loads(out)["subjects"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "-: GR002 empty-file"),
        ("stauts: active\n", "-:1:1: GR101 unknown-fact"),
        (b"\xff\xfe\x00", "-: GR001 unreadable-file"),
        (b"#" * 10_000_001, "-: GR003 file-too-large"),
    ],
)
def test_what_is_wrong_with_it_is_said(check, text, said):
    code, _, err = check(text)
    assert code == 2
    assert said in err


def test_no_table_is_read_from_it(check):
    code, _, err = check(LINES, "--table", "x")
    assert code == 2
    assert "save it" in err


def test_that_it_cannot_be_read_is_said(monkeypatch, capsys):
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, _):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))
    assert main(["check", "-"]) == 2
    assert "standard input: input/output error" in capsys.readouterr().err


ROWS = 36
TABLE = "id,name,objective\n" + "".join(f"P{n},Pool {n},Homes {n}\n" for n in range(ROWS))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govrules.cli.processes.SHARED_FROM", 2)
    monkeypatch.setattr("govrules.cli.processes._processors", lambda: 2)


def assessments() -> list[Assessment]:
    rulebook = load_rulebook()
    several = [Partnership(id=f"P{number}") for number in range(ROWS)]
    whole = Register(name="All", partnerships=tuple(several))
    day = dt.date(2026, 3, 31)
    return [assess(each, rulebook, as_of=day) for each in (whole, *several)]


def where(assessment: Assessment) -> tuple[str, bool]:
    return assessment.id, parent_process() is None


def ended(assessment: Assessment) -> str:
    """End the process that was to do it, in the midst of the work."""
    if parent_process() is not None and assessment.id == "P20":
        os._exit(9)
    return assessment.id


def failing(assessment: Assessment) -> str:
    if assessment.id == "P20":
        raise ZeroDivisionError
    return assessment.id


def slow(assessment: Assessment) -> int:
    time.sleep(60)
    return os.getpid()


@pytest.mark.usefixtures("shared")
def test_each_comes_back_in_its_place_and_a_register_stays_here() -> None:
    several = assessments()
    made = list(each_of(where, several))
    assert [name for name, _ in made] == [each.id for each in several]
    assert [here for _, here in made] == [True] + [False] * ROWS


def test_few_are_worked_on_here() -> None:
    assert all(here for _, here in each_of(where, assessments()))


@pytest.mark.usefixtures("shared")
def test_what_an_ended_process_leaves_undone_is_done_here() -> None:
    several = assessments()
    assert list(each_of(ended, several)) == [each.id for each in several]


@pytest.mark.usefixtures("shared")
def test_what_fails_fails_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(each_of(failing, assessments()))


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("options", [["--full"], ["--format", "jsonl"]])
def test_a_report_is_the_same_to_the_last_letter(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
) -> None:
    table = tmp_path / "register.csv"
    table.write_text(TABLE, "utf-8")
    wanted = ["check", str(table), "--as-of", "2026-03-31", *options]
    main(wanted)
    shared_out = capsys.readouterr().out
    monkeypatch.setattr("govrules.cli.processes._processors", lambda: 1)
    main(wanted)
    assert shared_out == capsys.readouterr().out
    assert f"Pool {ROWS - 1}" in shared_out


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are found in /proc")
def test_processes_end_with_the_one_that_began_them() -> None:
    program = (
        "import govrules.cli.processes as p; p.SHARED_FROM = 2; p._processors = lambda: 2\n"
        "from tests.cli.test_check import assessments, slow\n"
        "if __name__ == '__main__': list(p.each_of(slow, assessments()[1:]))"
    )
    begun = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{begun.pid}/task/{begun.pid}/children")

    def helpers() -> list[str]:
        # One more keeps account of what processes share.
        return children.read_text("ascii").split()

    _wait(lambda: len(helpers()) >= 3)
    its = helpers()
    time.sleep(2)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    _wait(lambda: not any(_runs(each) for each in its))


def _runs(process: str) -> bool:
    try:
        return " Z " not in Path(f"/proc/{process}/stat").read_text("ascii")
    except OSError:
        return False


def _wait(until: object) -> None:
    assert callable(until)
    for _ in range(300):
        if until():
            return
        time.sleep(0.1)
    pytest.fail("it takes too long")
