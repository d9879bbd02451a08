"""Engines by name."""

from __future__ import annotations

import subprocess
import sys

import pytest

from govrules.assessment import assess, assess_each
from govrules.engines import reference, registry
from govrules.engines.registry import ENGINES, engine
from govrules.errors import EngineError, FactsError
from govrules.findings import Finding
from govrules.model import Partnership, Register
from govrules.rulebook.ast import Verdict
from govrules.rulebook.load import load_rulebook


def test_the_reference_engine_is_the_first() -> None:
    assert ENGINES[0] == "reference"
    assert engine("reference") is reference


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("refrence", "did you mean `reference`"),
        ("steam", "allowed: `reference`"),
        ("", "allowed: `reference`"),
    ],
)
def test_an_engine_that_is_not_there(name, help_) -> None:
    with pytest.raises(EngineError, match=help_):
        engine(name)


def test_an_engine_whose_extra_is_not_installed_says_what_to_install(monkeypatch) -> None:
    home = ("wheels_and_cogs", "steam")
    monkeypatch.setattr(registry, "_HOMES", {"steam": home})
    with pytest.raises(
        EngineError, match=r"needs `wheels_and_cogs`.*pip install govrules\[steam\]"
    ):
        engine("steam")


def test_what_is_broken_in_an_engine_is_not_taken_for_what_is_not_installed(monkeypatch) -> None:
    home = ("govrules.engines.steam", "steam")
    monkeypatch.setattr(registry, "_HOMES", {"steam": home})
    with pytest.raises(ModuleNotFoundError):
        engine("steam")


def test_subjects_of_two_kinds_are_refused() -> None:
    with pytest.raises(FactsError, match="Partnership"):
        list(assess_each([Partnership(), Register()], load_rulebook()))
    assert list(assess_each([], load_rulebook())) == []


def test_an_outcome_that_explanations_do_not_share_is_said_so() -> None:
    found = assess(Partnership(), load_rulebook()).findings
    unknown = next(each for each in found if each.verdict.value == "unknown")
    told = registry.Outcome(Verdict.CLEAR, None, None, ())
    wrong = Finding(
        unknown.rule, told.verdict, told.severity, told.could_be, told.mitigations,
        unknown._seen, told, engine="steam",
    )  # fmt: skip
    with pytest.raises(EngineError, match=r"steam.*fault"):
        _ = wrong.because


BLOCKED = """
import sys
sys.modules["durable_rules_engine"] = None
sys.modules["durable"] = None
from govrules import EngineError, LiveRegister, Partnership, assess, load_rulebook, ruleset
rulebook = load_rulebook()
for ask in (
    lambda: assess(Partnership(), rulebook, engine="durable"),
    lambda: LiveRegister(rulebook, engine="durable"),
    lambda: ruleset(rulebook),
):
    try:
        ask()
    except EngineError as error:
        print(error)
live = LiveRegister(rulebook)
assert live.engine != "durable"
live.put(Partnership(id="pool"))
print(len(live.change("pool", {"funding.pooled": True, "protocol": "none"}).notices))
"""


def test_everything_else_works():
    ran = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
    )
    said = (
        "engine `durable`: it needs `durable-rules`, which is not installed: "
        "pip install govrules[durable]\n"
    )
    assert ran.stdout == 3 * said + "1\n"


def test_the_command_line_says_what_to_install(tmp_path):
    file = tmp_path / "pool.yaml"
    file.write_text("name: Pool\n")
    code = (
        "import sys; sys.modules['durable_rules_engine'] = None\n"
        "from govrules.cli import main\n"
        f"sys.exit(main(['check', {str(file)!r}, '--engine', 'durable']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install govrules[durable]" in ran.stderr
