"""A pack on disk is held to its examples, the properties and the proofs, or the place is said; by pytest too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

import govrules.testing.plugin  # noqa: F401 - what a run here imports is forgotten after it
from govrules import Funding, Partnership, RuleFileError, Verdict, read_partnership
from govrules.assessment import assess
from govrules.testing import CheckError, Status, check_rulebook
from govrules.testing import properties as theorems
from govrules.testing.checks import CONFLICT, OF_A_RULE, OF_A_TABLE, LoadedPack, run
from govrules.testing.properties import PROPERTIES
from govrules.testing.theorems import form
from govrules.testing.trial import Trial, to_yaml
from tests.properties.small import Thing
from tests.testing.packs import BROKEN, PERVERSE, RULEBOOK, SOUND, write_pack

FEW = {"examples": 5, "seed": 1}


def statuses(results) -> dict[str, Status]:
    return {f"{each.check.about}::{each.check.name}": each.status for each in results}


def test_a_sound_pack_passes_and_says_what_was_done(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    results = check_rulebook(write_pack(tmp_path / "ours", SOUND), **FEW)
    found = statuses(results)
    assert {each.status for each in results if each.check.name.startswith("example")} == {
        Status.PASSED
    }
    for name in PROPERTIES:
        assert found[f"::{name}[partnership]"] is Status.PASSED
    assert found["pooled-without-protocol::proof: perverse-incentive"] is Status.PASSED
    assert any(each.text == "5 subjects tried" for each in results)


def test_a_broken_example_fails_at_its_line_with_the_tree(tmp_path: Path) -> None:
    with pytest.raises(CheckError) as raised:
        check_rulebook(write_pack(tmp_path / "ours", SOUND, BROKEN), proofs=False, **FEW)
    text = str(raised.value)
    assert text.startswith("1 of ")
    assert "rules.yaml:24:9: GR501 example-fails" in text
    assert "expected clear, but it is flagged" in text
    assert "no: the partners have agreed who leads" in text
    assert isinstance(raised.value, AssertionError)


OF_ALL_KINDS = """
derived:
  tier:
    label: the tier
    values: [low, high]
    first_match: [{ when: { funding.annual_spend: { at_least: 10 } }, value: high }]
    otherwise: low
"""
ALL_KINDS = """\
  - id: all-kinds
    title: All kinds
    principle: A principle.
    source: { document: manual, paragraph: 1 }
    applies_when:
      any: [{ tier: high }, { not: { tier: low } }]
    requires:
      all:
        - { partners: { every: { independent: yes } } }
        - { governing_document.clauses: { count: { at_least: 2 } } }
        - { partners: none }
        - { governing_document.clauses: { includes: aims } }
    severity: low
    examples:
      - name: it fails
        given:
          funding.annual_spend: 10
          partners: [{ name: A, independent: yes }, { name: B }, unknown]
          governing_document.clauses: [roles, unknown]
        expect: clear
"""


TREE = """\
`all-kinds` is flagged, low
  applies when
    yes: any of these
      yes: the tier is high
        tier: the tier is high
          yes: it spends at least £10 a year
            funding.annual_spend: it spends £10 a year
      yes: not this
        no: the tier is low
          tier: the tier is high, as above
  requires
    no: all of these
      unknown: every partner is independent of the others
        A
          yes: the partner is independent of the others
            partners[0].independent: the partner is independent of the others
        B
          unknown: the partner is independent of the others
            partners[1].independent: nobody recorded it
        partners: there may be more
      unknown: the number of clauses of the governing document is at least 2
        governing_document.clauses: the clauses of the governing document include one on roles, there may be more
      no: it has no partners
        partners: 2 recorded, there may be more
      unknown: the governing document has a clause on aims
        governing_document.clauses: the clauses of the governing document include one on roles, there may be more"""


def test_the_tree_of_a_failure_shows_each_kind_of_condition(tmp_path: Path) -> None:
    pack = LoadedPack.load(
        write_pack(tmp_path / "ours", ALL_KINDS, rulebook=RULEBOOK + OF_ALL_KINDS)
    )
    (made,) = [each for each in pack.checks() if each.name == "example: it fails"]
    assert dedent("\n".join(run(made).text.splitlines()[2:])) == TREE


def test_a_perverse_incentive_fails_with_both_cases_explained(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    with pytest.raises(CheckError) as raised:
        check_rulebook(write_pack(tmp_path / "ours", SOUND, PERVERSE), **FEW)
    text = str(raised.value)
    assert "rules.yaml:16: perverse-incentive: adopting `oversight.board`" in text
    assert "`board-of-a-small-one` is flagged, low" in text
    failed = [each for each in raised.value.results if each.status is Status.FAILED]
    assert [each.check.name for each in failed] == ["proof: perverse-incentive"]


def test_proofs_are_skipped_with_the_reason_where_z3_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith("govrules.prove")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "z3", None)
    pack = LoadedPack.load(write_pack(tmp_path / "ours", SOUND))
    made = [each for each in pack.checks() if each.name.startswith("proof")]
    assert made
    for each in made:
        with pytest.raises(Exception, match=r"pip install govrules\[prove\]"):
            each.run()


DERIVED = """
derived:
  tier:
    label: the tier
    values: [low, high]
    unique: yes
    first_match:
      - { when: { funding.pooled: yes }, value: low }
      - { when: { protocol.agreed: yes }, value: high }
    examples:
      - { name: pooled, given: { funding.pooled: yes }, expect: low }
      - { name: agreed, given: { funding.pooled: no, protocol.agreed: yes }, expect: low }
"""


def test_a_derived_fact_is_held_to_its_examples_and_its_table(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    pack = LoadedPack.load(write_pack(tmp_path / "ours", SOUND, rulebook=RULEBOOK + DERIVED))
    found = {each.name: run(each) for each in pack.checks() if each.about == "tier"}
    assert {name: each.status for name, each in found.items()} == {
        "example: pooled": Status.PASSED,
        "example: agreed": Status.FAILED,
        "proof: unreachable-row": Status.PASSED,
        "proof: gap": Status.FAILED,
        "proof: overlap": Status.FAILED,
    }
    assert "rulebook.yaml:23:9: GR501 example-fails" in found["example: agreed"].text
    assert "an example of `tier`, to be pasted below `examples:`" in found["proof: gap"].text


def test_what_a_rule_that_never_applies_is_not_asked_is_skipped(tmp_path: Path) -> None:
    pytest.importorskip("z3")
    never = "all: [{ funding.pooled: yes }, { funding.pooled: no }]"
    dead = SOUND.partition("    examples:")[0].replace("funding.pooled: yes", never)
    pack = LoadedPack.load(write_pack(tmp_path / "ours", dead))
    flaw, *others = [run(each) for each in pack.checks() if each.name.startswith("proof: never")]
    assert flaw.status is Status.FAILED
    assert {each.text for each in others if each.status is Status.SKIPPED} == {
        "it is not asked: nothing here can change, or see the others"
    }


def test_engines_are_not_compared_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "ENGINES", ("reference", "missing"))
    pack = LoadedPack.load(write_pack(tmp_path / "ours", SOUND))
    (made,) = [each for each in pack.checks() if each.name == "engines_agree[partnership]"]
    result = run(made)
    assert result.status is Status.SKIPPED
    assert result.text.startswith("only the reference engine is here")


def test_every_kind_of_proof_is_asked() -> None:
    pytest.importorskip("z3")
    from govrules.prove.prover import USUAL  # noqa: PLC0415 - z3 is an extra

    # What takes long, or compares packs that are meant to work together, is asked by name.
    assert {*OF_A_RULE, *OF_A_TABLE, CONFLICT} == {each.value for each in USUAL}


def test_a_pack_without_examples_is_not_passed_for_it(tmp_path: Path) -> None:
    bare = SOUND.partition("    examples:")[0]
    results = check_rulebook(write_pack(tmp_path / "ours", bare), proofs=False, **FEW)
    (examples,) = [each for each in results if each.check.name == "examples"]
    assert examples.status is Status.SKIPPED
    assert examples.text.endswith("has no example")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere", "there is no such folder"),
        ("ours/rules.yaml", "this is a file, and a pack is a folder"),
        ("empty", "the folder holds no `rulebook.yaml`"),
        ("bare", "the pack holds no file of rules"),
        ("wrong", "GR101"),
        ("idle", "the pack has no rules, so there is nothing to check"),
    ],
)
def test_a_pack_that_cannot_be_used_is_a_diagnostic(tmp_path: Path, path: str, says: str) -> None:
    write_pack(tmp_path / "ours", SOUND)
    write_pack(tmp_path / "wrong", SOUND.replace("funding.pooled: yes", "funding.poled: yes"))
    write_pack(tmp_path / "idle", "  []")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "rulebook.yaml").write_text(RULEBOOK, encoding="utf-8")
    with pytest.raises(RuleFileError, match=says):
        check_rulebook(tmp_path / path, **FEW)


OF_A_THING = """\
  - id: broken-thing
    title: The thing is broken
    principle: A principle.
    source: { document: manual, paragraph: 1 }
    subject: thing
    applies_when: { big: yes }
    requires: { mended: yes }
    severity: low
    examples:
      - { name: broken, given: { big: yes, mended: no }, expect: flagged }
"""


def test_rules_about_another_vocabulary_are_held_to_the_same(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "ours", OF_A_THING)
    results = check_rulebook(pack, subjects={"thing": Thing}, **FEW)
    assert statuses(results)["::knowledge_is_monotone[thing]"] is Status.PASSED
    with pytest.raises(RuleFileError, match="thing"):
        check_rulebook(pack, **FEW)


def test_a_property_that_is_falsified_shows_the_smallest_subject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_is_flagged(trial: Trial) -> None:
        for finding in trial.assess().findings:
            trial.require(finding.verdict is not Verdict.FLAGGED, "it is flagged", finding.rule)

    monkeypatch.setitem(theorems.PROPERTIES, "changes_settle", nothing_is_flagged)
    pack = write_pack(tmp_path / "ours", SOUND)
    text = outcome(pack, "changes_settle[partnership]")
    assert "rules.yaml:5: rule `pooled-without-protocol`: it is flagged" in text
    assert "`pooled-without-protocol` is flagged, high" in text
    shown = text.split("as a file:\n")[1].split("  of the subject", maxsplit=1)[0]
    facts = yaml.safe_load(shown)
    assert facts["funding"] == {"pooled": True}
    assert facts["protocol"] in ("none", {"agreed": False}, {"agreed": "none"})
    assert set(facts) == {"as_of", "funding", "protocol"}


def test_a_property_of_rules_that_is_falsified_names_the_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "read_back", lambda *_, **__: None)
    text = outcome(write_pack(tmp_path / "ours", SOUND), "format_round_trips")
    assert "rules.yaml:5: rule `pooled-without-protocol`: it is read back otherwise" in text
    assert "in either style of YAML, is read back equal" in text


def test_what_raises_is_shown_with_its_subject(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(trial: Trial) -> None:
        if trial.subject.funding is None:
            raise ValueError("nothing to divide")

    monkeypatch.setitem(theorems.PROPERTIES, "changes_settle", breaks)
    text = outcome(write_pack(tmp_path / "ours", SOUND), "changes_settle[partnership]")
    assert "rulebook.yaml: ValueError: nothing to divide" in text
    assert "funding: none" in text


def outcome(pack: Path, name: str) -> str:
    """Return why one check of a pack fails."""
    (made,) = [
        each for each in LoadedPack.load(pack, examples=200, seed=1).checks() if each.name == name
    ]
    result = run(made)
    assert result.status is Status.FAILED
    return result.text


def test_a_subject_is_written_as_a_file_that_is_read_back(tmp_path: Path) -> None:
    from hypothesis import given, settings  # noqa: PLC0415 - for this test alone

    from govrules import load_rulebook  # noqa: PLC0415 - likewise
    from govrules.testing import records  # noqa: PLC0415 - likewise

    path = tmp_path / "subject.yaml"
    rulebook = load_rulebook()

    @settings(max_examples=25)
    @given(records(Partnership, rulebook, only_read=True))
    def look(subject: Partnership) -> None:
        path.write_text(to_yaml(subject), encoding="utf-8")
        again = read_partnership(path, rulebook=rulebook)
        one, other = (assess(each, rulebook) for each in (subject, again))
        for was, now in zip(one.findings, other.findings, strict=True):
            assert (was.verdict, was.severity, was.could_be) == (
                now.verdict,
                now.severity,
                now.could_be,
            )

    look()


def test_a_text_that_reads_like_a_state_is_put_in_quotes() -> None:
    text = to_yaml(Partnership(name="none", objective="unknown", funding=Funding(pooled=None)))
    assert text == 'name: "none"\nobjective: "unknown"\nfunding:\n  pooled: none\n'


pytest_plugins = ["pytester"]
QUIET = ["-q", "-p", "no:benchmark"]
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_pack(tmp_path / "rules", SOUND, BROKEN)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    ini = "[pytest]\ntestpaths = tests\nfilterwarnings = error\ngovrules_packs = rules\n"
    (tmp_path / "pytest.ini").write_text(ini, encoding="utf-8")
    return tmp_path


@pytest.fixture
def pytest_here(project: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(project)
    return partial(pytester.runpytest_inprocess, *QUIET, "-p", "no:xdist")


def pytest_in(project: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pytest", *QUIET, *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.stdout


def test_packs_are_collected_beside_the_projects_own_tests(pytest_here: Run) -> None:
    out = pytest_here("--collect-only").outlines
    assert "tests/test_own.py::test_own" in out
    assert "rules/rulebook.yaml::knowledge_is_monotone[partnership]" in out
    assert "rules/rules.yaml::pooled-without-protocol::example: nothing is pooled" in out
    assert "rules/rules.yaml::pooled-without-protocol::proof: perverse-incentive" in out


def test_some_are_chosen_by_name_and_the_failed_ones_again(project: Path, pytest_here: Run) -> None:
    with (project / "rules" / "rules.yaml").open("a") as file:
        file.write(BROKEN.partition("    examples:")[0].replace("no-lead", "bare"))
    done = pytest_here("-k", "example", "-rs")
    done.assert_outcomes(failed=1, passed=3, skipped=1)
    out = done.stdout.str()
    assert "rules/rules.yaml:24:9: GR501 example-fails" in out
    assert "rules/rules.yaml:25: rule `bare` has no example" in out
    assert "Traceback" not in out
    pytest_here("--lf", "-k", "example").assert_outcomes(failed=1)


def test_they_are_run_on_every_core(project: Path) -> None:
    assert "1 failed, 3 passed" in pytest_in(project, "-k", "example", "-n", "2")


def test_one_file_of_a_pack_is_run_alone(pytest_here: Run) -> None:
    out = pytest_here("rules/rules.yaml", "--collect-only").stdout.str()
    assert "rules/rules.yaml::no-lead::example: nobody leads" in out
    assert "rulebook.yaml" not in out
    assert "test_own" not in out


def test_a_pack_that_does_not_load_is_one_collection_that_fails(
    project: Path, pytest_here: Run
) -> None:
    rules = project / "rules" / "rules.yaml"
    rules.write_text(rules.read_text().replace("protocol.agreed: yes", "protocol.agred: yes"))
    done = pytest_here()
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.assert_outcomes(errors=1)
    out = done.stdout.str()
    assert "rules/rules.yaml:10:17: GR101 unknown-fact" in out
    assert out.count("GR101 unknown-fact") <= 2
    assert "Traceback" not in out + done.stderr.str()


def test_a_class_that_cannot_be_imported_is_one_collection_that_fails(
    project: Path, pytest_here: Run
) -> None:
    with (project / "pytest.ini").open("a") as file:
        file.write("govrules_subjects =\n    charity = nowhere:Charity\n")
    done = pytest_here()
    done.assert_outcomes(errors=1)
    out = done.stdout.str()
    assert "the kind of subject `charity=nowhere:Charity` cannot be imported" in out
    assert "Traceback" not in out


@pytest.mark.parametrize(
    ("packs", "says"),
    [
        ("nowhere", "govrules_packs: `nowhere`: there is no such folder"),
        ("rules/rules.yaml", "this is a file, and a pack is a folder"),
    ],
)
def test_a_folder_that_is_no_pack_is_a_usage_error(
    project: Path, pytest_here: Run, packs: str, says: str
) -> None:
    (project / "pytest.ini").write_text(f"[pytest]\ngovrules_packs = {packs}\n", encoding="utf-8")
    done = pytest_here()
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert says in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


def test_a_project_that_does_not_ask_imports_nothing(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    own = "import sys\n\n\ndef test_own():\n    assert 'govrules' not in sys.modules\n"
    (project / "tests" / "test_own.py").write_text(own, encoding="utf-8")
    assert "1 passed" in pytest_in(project, "tests")
