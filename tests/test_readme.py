"""The documents say what is so: their code runs, their files load, their commands exist."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from govrules.cli import main

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PROSE = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w/.-]+\.yaml)\n")


def blocks(path: Path) -> list[tuple[str, str]]:
    """Return the language and text of every fenced block of a page."""
    return [(each[2], each[3]) for each in FENCE.finditer(path.read_text(encoding="utf-8"))]


def python_blocks() -> list[tuple[str, str, str | None]]:
    """Return every Python block with its place and the output printed below it, if any."""
    found = []
    for path in PROSE:
        here = blocks(path)
        for index, (language, text) in enumerate(here):
            if language != "python":
                continue
            following = here[index + 1] if index + 1 < len(here) else ("", "")
            # Output stands next below its code; elsewhere a block of text is something else.
            output = following[1] if following[0] == "text" and path == README else None
            found.append((f"{path.name}-{index}", text, output))
    return found


@pytest.mark.parametrize(
    ("text", "output"),
    [pytest.param(text, output, id=name) for name, text, output in python_blocks()],
)
def test_code_in_prose_runs_and_prints_what_is_shown(
    text: str, output: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if re.search("import (ray|dask)|from pyspark", text):
        for ours in re.findall("^from govrules.*", text, re.MULTILINE):
            exec(ours, {})  # noqa: S102 - our own pages
        pytest.skip("it needs a cluster and a register: `make spark` runs it")
    if "import pandas" in text:
        pytest.importorskip("pandas")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "prose", "exec"), {"__name__": "prose"})  # noqa: S102 - our own pages
    if output is not None:
        assert printed.getvalue() == output


def test_the_readme_shows_code_and_its_output() -> None:
    languages = [language for language, _ in blocks(README)]
    assert "python" in languages
    assert languages[languages.index("python") + 1] == "text"


def commands(path: Path) -> list[str]:
    """Return every `govrules …` line of the console blocks of a page."""
    lines = [
        line.strip().removeprefix("$ ")
        for language, text in blocks(path)
        if language == "console"
        for line in text.splitlines()
    ]
    return [line for line in lines if line.startswith("govrules ")]


@pytest.mark.parametrize(
    "command", sorted({line for path in PROSE for line in commands(path)}), ids=str
)
def test_commands_in_prose_exist(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = command.split()[1:]
    options = [word for word in words if word.startswith("--")]
    with contextlib.suppress(SystemExit):
        assert main([words[0], "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"govrules {words[0]}" in shown
    for option in options:
        assert option in shown


def test_make_targets_in_prose_exist() -> None:
    made = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    text = "\n".join(path.read_text(encoding="utf-8") for path in PROSE)
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))
    assert named
    assert named <= set(made)


def test_links_in_prose_lead_somewhere() -> None:
    for path in PROSE:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.fixture
def tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files that the tutorial shows."""
    for language, text in blocks(ROOT / "docs" / "tutorial.md"):
        named = NAMED.match(text)
        if language == "yaml" and named:
            path = tmp_path / named[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_tutorials_pack_is_well_formed_and_its_examples_hold(
    tutorial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (tutorial / "our-rules" / "rulebook.yaml").exists()
    assert main(["lint", "our-rules"]) == 0
    assert main(["test", "our-rules"]) == 0
    assert "no example shows" not in capsys.readouterr().out


def test_the_tutorials_partnership_is_assessed_as_shown(
    tutorial: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (tutorial / "care-pool.yaml").exists()
    both = ["--rules", "governing-partnerships", "--rules", "our-rules"]
    assert main(["check", "care-pool.yaml", *both, "--full"]) == 1
    shown = capsys.readouterr().out
    for begins in ("1 thing to put right, high.", "HIGH, could be critical"):
        expected = next(
            text
            for language, text in blocks(ROOT / "docs" / "tutorial.md")
            if language == "text" and text.startswith(begins)
        )
        assert lines_without_places(expected) <= lines_without_places(shown)


def lines_without_places(text: str) -> set[str]:
    """Return the lines of an output, without line numbers of the file it is about."""
    lines = {re.sub(r":\d+\]$", "]", line) for line in text.splitlines()}
    return lines - {"    …"}


def test_the_page_on_facts_shows_files_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = [
        text
        for language, text in blocks(ROOT / "docs" / "facts.md")
        if language == "yaml" and "govrules: 1" in text
    ]
    assert whole
    for index, text in enumerate(whole):
        path = tmp_path / f"{index}.yaml"
        path.write_text(text, encoding="utf-8")
        assert main(["check", str(path)]) in (0, 1)
    assert "GR" not in capsys.readouterr().err


def test_the_page_on_registers_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    page = blocks(ROOT / "docs" / "registers.md")
    printed = ""
    outputs = 0
    for language, text in page:
        if language == "console":
            [command] = [each for each in text.splitlines() if each.startswith("$ govrules")]
            assert main(command.split()[2:]) in (0, 1)
            captured = capsys.readouterr()
            printed = captured.out + captured.err
        elif printed and (language == "text" or text.startswith("# Proposed by")):
            assert text.strip() in printed
            outputs += 1
    assert outputs == 8
    assert (tmp_path / "eastshire.mapping.yaml").read_text("utf-8") in [text for _, text in page]


def test_the_page_on_rules_shows_a_pack_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [text for language, text in blocks(ROOT / "docs" / "writing-rules.md")]
    rulebook = next(text for text in shown if text.startswith("govrules: 1\nid:"))
    rule = next(text for text in shown if text.startswith("- id:"))
    pack = tmp_path / "our-rules"
    pack.mkdir()
    paragraphs = "govrules: 1\ntheme: climate\n\nrules:\n"
    (pack / "rulebook.yaml").write_text(rulebook, encoding="utf-8")
    (pack / "climate.yaml").write_text(
        paragraphs + "".join(f"  {line}\n" for line in rule.splitlines()), encoding="utf-8"
    )
    code = main(["test", "--no-coverage", str(pack)])
    assert (code, capsys.readouterr().err) == (0, "")


def test_every_condition_on_the_page_on_rules_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = [text for language, text in blocks(ROOT / "docs" / "writing-rules.md")]
    conditions = [text for text in shown if text.startswith(("requires:", "applies_when:"))]
    assert conditions
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "rulebook.yaml").write_text(
        "govrules: 1\nid: pack\ntitle: A pack\nversion: '1'\nowner: us\n"
        "extends: [governing-partnerships]\n",
        encoding="utf-8",
    )
    rules = []
    for index, text in enumerate(conditions):
        body = text if "requires:" in text else text + "requires:\n  aims.agreed: yes\n"
        rules.append(
            f"  - id: rule-{index}\n    title: A rule\n    principle: A principle.\n"
            "    source: { document: key-findings, paragraph: 1 }\n    severity: low\n"
            + "".join(f"    {line}\n" for line in body.splitlines())
        )
    (pack / "theme.yaml").write_text(
        "govrules: 1\ntheme: theme\nrules:\n" + "".join(rules), encoding="utf-8"
    )
    code = main(["lint", str(pack)])
    assert (code, capsys.readouterr().err) == (0, "")


def test_a_first_change_goes_as_the_page_on_contributing_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pack = tmp_path / "governing-partnerships"
    shutil.copytree(ROOT / "rules" / "governing-partnerships", pack)
    assert main(["explain", "agreement-not-reviewed"]) == 0
    shown = capsys.readouterr().out
    assert "(about a partnership; theme Agreement; governing-partnerships/agreement.yaml:" in shown
    assert "agreement_review_low" in shown

    old, new = "36 months", "4 years"
    assert f"Write `{new}` there in place of `{old}`" in page
    book = pack / "rulebook.yaml"
    before, name, after = book.read_text("utf-8").partition("\n  agreement_review_low:\n")
    assert f"value: {old}\n" in after
    book.write_text(before + name + after.replace(f"value: {old}", f"value: {new}", 1), "utf-8")
    assert main(["test", "--no-coverage", str(pack)]) == 1
    assert "Two fail" in page
    assert capsys.readouterr().err.count("GR501") == 2

    rules = pack / "agreement.yaml"
    text = rules.read_text(encoding="utf-8")
    start, end = text.index("- id: agreement-not-reviewed"), text.index("- id: roles-not-written")
    examples = [
        each.replace("2023-01-3", "2022-01-3") if "risk_tier: low" in each else each
        for each in text[start:end].split("      - name: ")
    ]
    changed = text[:start] + "      - name: ".join(examples) + text[end:]
    rules.write_text(changed, encoding="utf-8")
    assert main(["test", "--no-coverage", str(pack)]) == 0


LIVE = (Path(__file__).parents[1] / "docs" / "live.md").read_text(encoding="utf-8")
LIVE_BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", LIVE, re.MULTILINE | re.DOTALL)
LIVE_SHOWN = [
    (language, code, output)
    for (language, code), (following, output) in itertools.pairwise(LIVE_BLOCKS)
    if language in {"python", "py"} and following == "text"
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("language", "code", "output"), LIVE_SHOWN)
def test_code_prints_what_stands_below_it(language, code, output):
    if language == "py" and find_spec("durable_rules_engine") is None:
        pytest.skip("durable-rules is not installed")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "live.md", "exec"), {"__name__": "page"})  # noqa: S102 - our own page
    assert printed.getvalue() == output


def test_every_kind_of_block_is_shown():
    assert {language for language, *_ in LIVE_SHOWN} == {"python", "py"}
