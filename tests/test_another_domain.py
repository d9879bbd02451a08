"""The examples on classes of one's own and of a service: every command, every engine; a body in, findings out."""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import Phase, given, settings, strategies
from jsonschema import Draft202012Validator

from govrules import (
    UNKNOWN,
    FactsError,
    GovrulesError,
    LiveRegister,
    Organisation,
    Partnership,
    Recorded,
    Subject,
    assess,
    assess_register,
    assess_table,
    fact,
    load_rulebook,
    read,
    schema,
    to_data,
)
from govrules.cli import main
from govrules.engines.registry import ENGINES
from govrules.examples import run_examples
from govrules.scaffold import scaffold
from govrules.testing import Status, check_rulebook
from govrules.validate import check_subject

HOME = Path(__file__).parents[1] / "docs" / "another-domain"
DAY = dt.date(2026, 3, 31)
OPTION = ["--subjects", "vendors:Contracts"]


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HOME)
    monkeypatch.syspath_prepend(str(HOME))


@pytest.fixture
def vendors() -> Any:
    import vendors  # noqa: PLC0415 - it stands beside the page

    return vendors


@pytest.fixture
def rulebook(vendors: Any) -> Any:
    return load_rulebook(
        "pack", subjects={"contract": vendors.Contract, "contracts": vendors.Contracts}
    )


COMMANDS: dict[str, tuple[list[str], int, str]] = {
    "lint": (["lint", "pack"], 0, "3 rules"),
    "test": (["test", "pack"], 0, "4 examples, 0 failed"),
    "prove": (["prove", "pack", "--list-bound", "2"], 0, "3 rules"),
    "explain": (["explain", "key-vendor-without-exit", "--rules", "pack"], 0, "key vendor"),
    "explain a fact": (["explain", "security.tested", "--rules", "pack"], 0, "last security test"),
    "catalogue": (["catalogue", "--rules", "pack"], 0, "3 rules of `vendor-contracts`"),
    "schema": (["schema", "subject", "--rules", "pack"], 0, "annual_value"),
    "check": (["check", "payroll.yaml", "--rules", "pack"], 1, "Agree an exit clause"),
    "check as JSON": (
        ["check", "payroll.yaml", "--rules", "pack", "--format", "json"],
        1,
        '"id": "C-7"',
    ),
    "check a table": (
        ["check", "contracts.csv", "--rules", "pack", "--as-of", "2026-03-31"],
        1,
        "Payroll",
    ),
    "watch": (
        ["watch", "payroll.yaml", "--rules", "pack", "--every", "0.1", "--seconds", "0.1"],
        1,
        "watching 1 contract: 3 open",
    ),
    "plan": (["plan", "payroll.yaml", "--rules", "pack"], 1, "3 changes settle 3 things"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_classes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, code, said = COMMANDS[name]
    assert main([*words, *OPTION]) == code
    assert said in capsys.readouterr().out


def test_a_pack_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "ours", *OPTION]) == 0
    said = capsys.readouterr().out
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  govrules")]
    assert main(commands[0]) == 0
    assert capsys.readouterr().err == ""
    assert main([*commands[1], "--strict"]) == 0
    assert "3 examples, 0 failed" in capsys.readouterr().out
    (tmp_path / "x.yaml").write_text("name: A\nsecurity.certified: no\n", "utf-8")
    check = [each.replace("FILE", "x.yaml") for each in commands[2]]
    assert main(check) == 1
    page = " ".join(capsys.readouterr().out.split())
    assert "LOW Decide what to do about this: Not so: the vendor's security is certified." in page
    assert main([*check, "--full"]) == 1
    assert "The vendor's security is not certified." in " ".join(capsys.readouterr().out.split())


OWN_TABLE = """\
Reference,The name of the contract,What is paid in a year?,Vendor's security is certified,Colour
C-7,Payroll,£250000,no,red
C-8,Catering,tbc,,blue
"""
MAPPING = """\
govrules: 1
columns:
  Reference: id
  The name of the contract: name
  What is paid in a year?: annual_value
  Vendor's security is certified: security.certified
ignored: [Colour]
register: { name: All contracts }
"""


def test_a_table_of_contracts_is_mapped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rulebook: Any, vendors: Any
) -> None:
    table, mapping = tmp_path / "table.csv", tmp_path / "mapping.yaml"
    table.write_text(OWN_TABLE, "utf-8")
    proposed = tmp_path / "proposed.yaml"
    common = ["--rules", "pack", *OPTION]
    assert main(["map", str(table), "--output", str(proposed), *common]) == 0
    text = proposed.read_text("utf-8")
    for fact_path in ("name", "annual_value", "security.certified"):
        assert f": {fact_path}" in text or f"fact: {fact_path}" in text
    assert "partner" not in text.replace("partnership", "")
    mapping.write_text(MAPPING, "utf-8")
    capsys.readouterr()
    assert main(["map", str(table), "--mapping", str(mapping), "--preview", *common]) == 0
    assert "(security.certified): no" in capsys.readouterr().out
    found = read(table, mapping=mapping, rulebook=rulebook)
    assert type(found.subject) is vendors.Contracts
    assert found.subject.name == "All contracts"
    first, second = found.subject.contracts
    assert (first.id, first.annual_value, first.security.certified) == ("C-7", 250_000, False)
    assert second.annual_value is UNKNOWN
    assert first.origin["annual_value"].endswith("table.csv:2")
    assert main(["check", str(table), "--mapping", str(mapping), *common]) in (0, 1)
    alone = load_rulebook("pack", subjects={"contract": vendors.Contract})
    mapping.write_text(MAPPING.replace("register: { name: All contracts }\n", ""), "utf-8")
    rows = [{"Reference": "C-7", "The name of the contract": "Payroll", "Colour": "red"}]
    mapping.write_text("govrules: 1\ncolumns: { Reference: id }\n", "utf-8")
    assert [each.id for each in read(rows, mapping=mapping, rulebook=alone).subject.entries] == [
        "C-7"
    ]


@attrs.frozen
class Dated:
    """A class whose facts are no yes or no."""

    signed: Recorded[dt.date] = fact("the date of signature", ask="When was it signed?")


@attrs.frozen
class Bare:
    """A class without a fact."""


def test_a_pack_is_begun_about_any_class(tmp_path: Path) -> None:
    scaffold(tmp_path / "dated", {"dated": Dated})
    made = load_rulebook(tmp_path / "dated", subjects={"dated": Dated})
    assert [each.problem for each in run_examples(made) if each.problem] == []
    with pytest.raises(GovrulesError, match="a bare has no fact that a first rule could test"):
        scaffold(tmp_path / "bare", {"bare": Bare})


def test_hypothesis_makes_the_classes(vendors: Any, rulebook: Any) -> None:
    @attrs.frozen
    class Later(Subject):
        signed: Recorded[dt.date] = fact("the date of signature", ask="When was it signed?")

    seen: list[Any] = []

    @settings(max_examples=15, phases=(Phase.generate,))
    @given(strategies.from_type(vendors.Contract), strategies.from_type(Later))
    def draws(contract: Any, later: Any) -> None:
        check_subject(contract, rulebook)
        seen.extend((contract, later))

    draws()
    assert {type(each) for each in seen} == {vendors.Contract, Later}
    assert any(isinstance(each.signed, dt.date) for each in seen[1::2])
    assert any(each.name is not UNKNOWN for each in seen[::2])


def test_findings_are_tabulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "findings.csv"
    words = ["findings", "contracts.csv", "--rules", "pack", "--output", str(output)]
    assert main([*words, "--as-of", "2026-03-31", *OPTION]) == 1
    assert len(output.read_text("utf-8").splitlines()) == 1 + 3 * 3
    assert "3 contracts, 9 findings" in capsys.readouterr().out


def test_the_questions_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "contract.yaml"
    file.write_text("govrules: 1\nname: Payroll\ncriticality: critical\n", "utf-8")
    command = [sys.executable, "-m", "govrules", "ask", str(file), "--rules", "pack", *OPTION]
    done = subprocess.run(
        command, input="exit\nquit\n", text=True, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "1 fact written" in done.stdout or "0 facts written" in done.stdout


def test_a_class_that_cannot_be_imported_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in ("nowhere:X", "vendors:Nobody", "vendors", "vendors:Clause"):
        assert main(["lint", "pack", "--subjects", wrong]) == 2
        assert "--subjects module:Class" in capsys.readouterr().err
    assert main(["lint", "pack", "--subjects"]) == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_says_the_same(engine: str, rulebook: Any) -> None:
    if engine == "durable":
        pytest.importorskip("durable.engine", reason="the live engine is not built here")
    subject = read("payroll.yaml", rulebook=rulebook).subject
    found = assess(subject, rulebook, as_of=DAY, engine=engine)
    assert [each.rule.id for each in found.flagged] == [
        "key-vendor-without-exit",
        "untested-security",
        "unapproved-subcontractor",
    ]
    assert found == assess(subject, rulebook, as_of=DAY)


SOURCES: dict[str, Callable[[], Any]] = {
    "mapping": lambda: {"name": "Payroll", "criticality": "critical", "clauses": ["audit"]},
    "list": lambda: [{"name": "Payroll", "criticality": "critical", "clauses": ["audit"]}],
    "register": lambda: {
        "name": "All",
        "contracts": [{"name": "Payroll", "criticality": "critical", "clauses": ["audit"]}],
    },
}


@pytest.mark.parametrize("name", SOURCES)
def test_its_facts_are_read(name: str, rulebook: Any, vendors: Any) -> None:
    found = read(SOURCES[name](), rulebook=rulebook).subject
    if name == "mapping":
        assert type(found) is vendors.Contract
    else:
        assert type(found) is vendors.Contracts
        whole = assess_register(found, rulebook, as_of=DAY)
        assert [each.name for each in whole.entries] == ["Payroll"]
        assert [each.rule.id for each in whole.entries[0].flagged] == ["key-vendor-without-exit"]


def test_subjects_that_no_class_lists_are_read_together(vendors: Any) -> None:
    alone = load_rulebook("pack", subjects={"contract": vendors.Contract})
    found = read([{"name": "A"}, {"name": "B"}], rulebook=alone)
    whole = assess_register(found.subject, alone, as_of=DAY)
    assert [each.name for each in whole.entries] == ["A", "B"]
    assert not whole.register.findings


def test_a_derived_fact_can_be_stated(rulebook: Any) -> None:
    found = read({"name": "A", "key_vendor": True, "clauses": "none"}, rulebook=rulebook).subject
    assert found.stated == {"key_vendor": True}
    assert [each.rule.id for each in assess(found, rulebook).flagged] == ["key-vendor-without-exit"]


@attrs.frozen(kw_only=True)
class Plain:
    """A class that is not derived from `Subject`."""

    name: Recorded[str] = fact("the name", ask="What is it called?")


def test_where_it_cannot_be_held_that_is_said() -> None:
    rulebook = load_rulebook(
        {
            "rulebook.yaml": """govrules: 1
id: plain
title: Plain
version: "1"
owner: us
sources:
  s: { title: S, publisher: P, year: "2025" }
derived:
  nameless: { subject: plain, label: it is nameless, denial: it has a name, when: { name: none } }
""",
            "names.yaml": """govrules: 1
theme: names
rules:
  - id: no-name
    title: It has no name
    principle: It has a name.
    source: { document: s, paragraph: 1 }
    subject: plain
    requires: { nameless: no }
    severity: low
""",
        },
        subjects={"plain": Plain},
    )
    with pytest.raises(FactsError) as caught:
        read({"nameless": True}, rulebook=rulebook)
    (problem,) = caught.value.diagnostics
    assert problem.help == "derive `Plain` from `govrules.Subject`, so that it can be stated"


def test_what_is_misspelt_is_said_with_its_path(rulebook: Any) -> None:
    body = {
        "criticality": "critcal",
        "security": {"testd": "2024-06-30"},
        "subcontractors": [{"nam": 1}],
    }
    with pytest.raises(FactsError) as caught:
        read(body, rulebook=rulebook)
    assert {each.path: each.help for each in caught.value.diagnostics} == {
        "criticality": "did you mean `critical`?",
        "security.testd": "did you mean `tested`?",
        "subcontractors[0].nam": "did you mean `name`?",
    }


def test_it_is_written_and_read_back(rulebook: Any) -> None:
    subject = read("payroll.yaml", rulebook=rulebook).subject
    said = json.loads(json.dumps(to_data(subject)))
    assert read(said, rulebook=rulebook).subject == subject
    validator = Draft202012Validator(schema.subject_schema(rulebook))
    assert [each.message for each in validator.iter_errors(said)] == []
    assert pickle.loads(pickle.dumps(subject)) == subject
    assert pickle.loads(pickle.dumps(rulebook)) == rulebook


def test_a_frame_of_contracts_is_assessed(rulebook: Any) -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"id": ["C-7"], "criticality": ["critical"], "clauses": ["none"], "personal_data": [False]}
    )
    found = assess_table(frame, rulebook, as_of=DAY, findings="flagged")
    assert list(found.rule) == ["key-vendor-without-exit"]
    assert list(found.severity) == ["critical"]


@pytest.mark.parametrize("engine", ["reference", "compiled", "durable"])
def test_a_register_of_contracts_is_kept_up(engine: str, rulebook: Any, vendors: Any) -> None:
    if engine == "durable":
        pytest.importorskip("durable.engine", reason="the live engine is not built here")
    with LiveRegister(rulebook, as_of=DAY, engine=engine) as live:
        live.put(vendors.Contract(id="C-7", criticality=vendors.Criticality.CRITICAL))
        moved = live.change("C-7", {"clauses": "none"}).notices
        assert [(each.kind, each.subject, each.rule) for each in moved] == [
            ("contract", "C-7", "key-vendor-without-exit")
        ]
        whole = live.register()
        assert type(whole) is vendors.Contracts
        fresh = assess_register(whole, rulebook, as_of=DAY)
        assert live.assessment("C-7") == fresh.entries[0]
        again = LiveRegister.resume(
            json.loads(json.dumps(live.snapshot())), rulebook, engine=engine
        )
        assert again.register() == whole
        assert again.findings() == live.findings()
        assert not live.replace(whole).notices
        with pytest.raises(FactsError, match="C-8"):
            live.change("C-8", {"clauses": "none"})
        with pytest.raises(FactsError):
            live.put_organisation(Organisation(name="A"))
        with pytest.raises(FactsError):
            live.put(Partnership(id="P"))
        assert [each.movement.value for each in live.remove("C-7").notices] == ["closed"]


def test_a_table_of_contracts_says_what_is_not_read(rulebook: Any, tmp_path: Path) -> None:
    path = tmp_path / "contracts.csv"
    path.write_text("id,criticalty,criticality,zzz\nC-7,,critical,x\n,,,\n")
    found = read(path, rulebook=rulebook)
    assert [each.id for each in found.subject.contracts] == ["C-7"]
    assert [each.message for each in found.warnings] == [
        f"no fact is called `{each}`, so that nothing is read from it"
        for each in ("criticalty", "zzz")
    ]
    assert found.warnings[0].help == "did you mean `criticality`?"
    assert found.notes[0].endswith("contracts.csv: 2 rows, 1 contract; 1 blank")
    path.write_text("number,note\nC-7,x\n")
    with pytest.raises(FactsError, match="no heading is the name of a fact of a contract"):
        read(path, rulebook=rulebook)


def test_contracts_that_no_class_lists_are_kept_up_too(vendors: Any) -> None:
    alone = load_rulebook("pack", subjects={"contract": vendors.Contract})
    live = LiveRegister(alone, as_of=DAY, engine="reference")
    found = read([{"name": "A", "criticality": "critical", "clauses": "none"}], rulebook=alone)
    assert [each["name"] for each in to_data(found.subject)] == ["A"]
    assert [each.subject for each in live.replace(found.subject).notices] == ["A"]
    again = LiveRegister.resume(live.snapshot(), alone, engine="reference")
    assert again.findings() == live.findings()
    assert again.register() == live.register()


def test_it_is_held_to_properties_and_proof(vendors: Any) -> None:
    kinds = {"contract": vendors.Contract, "contracts": vendors.Contracts}
    results = check_rulebook("pack", subjects=kinds, examples=5, proofs=False)
    passed = {each.check.name for each in results if each.status is Status.PASSED}
    assert "knowledge_is_monotone[contract]" in passed


def test_unknown_is_a_question_here_too(rulebook: Any) -> None:
    found = assess(read({"criticality": "critical"}, rulebook=rulebook).subject, rulebook)
    assert {each.question.fact for each in found.questions} >= {"clauses", "personal_data"}
    assert found.subject.clauses is UNKNOWN


pytest.importorskip("fastapi")
pytest.importorskip("httpx")
ROOT = Path(__file__).parents[1]
POOL = ROOT / "examples" / "high-tier-pool-without-arrangements.yaml"


@pytest.fixture(scope="module")
def service() -> Any:
    spec = importlib.util.spec_from_file_location("service", ROOT / "examples" / "service.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["service"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["service"]


@pytest.fixture(scope="module")
def client(service: Any) -> Any:
    import warnings  # noqa: PLC0415 - only where the client is made

    with warnings.catch_warnings():
        # What the test client itself is made of is no matter of ours.
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient  # noqa: PLC0415 - likewise

        with TestClient(service.app) as client:
            yield client


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    said: dict[str, Any] = to_data(read(POOL).subject)
    return {**said, "as_of": "2026-03-31"}


def test_findings_come_back_explained(client: Any, body: dict[str, Any]) -> None:
    answer = client.post("/findings", json=body)
    assert answer.status_code == 200
    said = answer.json()
    assert Draft202012Validator(schema.findings_schema()).is_valid(said)
    (subject,) = said["subjects"]
    assert len(subject["findings"]) == subject["counts"]["flagged"] > 40
    assert said["as_of"] == "2026-03-31"


def test_each_problem_has_the_path_of_its_fact(client: Any) -> None:
    wrong = {"status": "actve", "partners": [{"name": "A"}, {"nam": "B"}], "funding": {"poled": 1}}
    answer = client.post("/findings", json=wrong)
    assert answer.status_code == 422
    problems = {each["path"]: each for each in answer.json()["problems"]}
    assert set(problems) == {"status", "partners[1].nam", "funding.poled"}
    assert problems["status"]["help"] == "did you mean `active`?"
    assert "active" in problems["status"]["allowed"]
    assert all(each["place"] == "" for each in problems.values())


def test_what_could_not_be_read_is_said_beside_the_findings(client: Any) -> None:
    said = client.post("/findings", json={"reviewed": "last year", "protocol": None}).json()
    assert [each["path"] for each in said["problems"]] == ["reviewed"]
    assert len(said["notes"]) == 1


def test_a_plan_comes_back(client: Any, body: dict[str, Any]) -> None:
    small = {"name": "A", "funding": {"pooled": True}, "protocol": "none"}
    answer = client.post("/plan", json=small, params={"level": "low"})
    assert answer.status_code == 200
    assert answer.json()["steps"]


def test_its_description_is_valid(client: Any) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(client.get("/openapi.json").json())


def test_eight_threads_get_one_answer(client: Any) -> None:
    small = {"name": "A", "funding": {"pooled": True}, "protocol": "none"}
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: client.post("/findings", json=small).text, range(16))]
    assert len({*answers}) == 1
    assert json.loads(answers[0])["subjects"][0]["counts"]["flagged"]
