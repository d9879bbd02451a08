"""What ships, what it asks for, that nothing committed names a machine or an index, and that nothing grows."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

import govrules
from tests.testing.packs import BROKEN, PERVERSE, SOUND, write_pack

ROOT = Path(__file__).parents[1]
LOCKS = tuple(sorted(path.stem for path in (ROOT / "requirements").glob("*.txt")))


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the wheel and the source archive."""
    pytest.importorskip("build")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def listed() -> set[str]:
    """Return the files that the list of what ships names."""
    lines = (ROOT / "shipped.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if not line.startswith("#")}


def in_source(folder: Path) -> set[str]:
    """Return the files of the source archive in a folder."""
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        return {each.name.partition("/")[2] for each in archive if each.isfile()}


def in_wheel(folder: Path) -> set[str]:
    """Return the files of the wheel in a folder."""
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_the_list_names_what_git_holds() -> None:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git here: the list is held to the archive alone")
    command = ["git", "ls-files", "-z", "--cached"]
    held = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {name for name in held.split("\0") if name and (ROOT / name).is_file()}
    assert listed() == names, "`git add` what is new, then `make ships`"


def test_the_source_archive_holds_what_the_list_names_and_no_more(built: Path) -> None:
    assert in_source(built) == listed() | {"PKG-INFO"}


def test_the_wheel_holds_what_the_list_names_and_no_more(
    built: Path, project: dict[str, Any]
) -> None:
    moved = {
        "src/": "",
        "rules/": "govrules/packs/",
        "examples/": "govrules/examples/",
        "tests/diagnostics/": "govrules/cases/",
    }
    shipped = {
        path.replace(old, new, 1)
        for path in listed()
        for old, new in moved.items()
        if path.startswith(old)
    }
    about = f"govrules-{project['project']['version']}.dist-info"
    metadata = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    bill = f"{about}/sboms/govrules.cdx.json"
    assert in_wheel(built) == shipped | {f"{about}/{each}" for each in metadata} | {bill}


def test_a_second_build_elsewhere_among_strays_has_the_same_bytes(
    built: Path, tmp_path: Path
) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = [each for each in tmp_path.iterdir() if each.is_dir()]
    strays = (
        "src/govrules/secret.env",
        "src/govrules/left_over.py",
        "src/govrules/__pycache__/model.cpython-311.pyc",
        "rules/governing-partnerships/notes.bak",
        "rules/governing-partnerships/draft.yaml",
        "examples/real-register.csv",
        "tests/.env",
        "id_rsa",
    )
    for stray in strays:
        (unpacked / stray).parent.mkdir(exist_ok=True)
        (unpacked / stray).write_text("a secret\n", encoding="utf-8")
    for path in unpacked.rglob("*"):
        os.utime(path, (1, 1))
        if path.is_file():
            path.chmod(path.stat().st_mode & 0o700)
    out = tmp_path / "dist"
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(unpacked)]
    elsewhere = {**os.environ, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    done = subprocess.run(command, env=elsewhere, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert digests(out) == digests(built)


def digests(folder: Path) -> dict[str, str]:
    """Return the hash of each file of a folder."""
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}


def test_a_listed_file_that_is_gone_stops_the_build(built: Path, tmp_path: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    (unpacked / "src" / "govrules" / "model.py").unlink()
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(unpacked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    said = "shipped.txt names files that are not here: src/govrules/model.py. Run `make ships`."
    assert said in done.stdout + done.stderr
    assert not list(unpacked.glob("dist/*"))


@pytest.fixture(scope="module")
def elsewhere(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a place where the wheel is installed, and what it needs is at hand."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    ours = sysconfig.get_path("purelib")
    theirs = subprocess.check_output(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    # A path file in a folder that a path file names is not read: what is editable here stays out.
    (Path(theirs) / "needs.pth").write_text(f"{ours}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--no-input"]
    wheel = str(next(built.glob("*.whl")))
    install = ["install", "--no-deps", "--no-index", "--target", theirs, wheel]
    subprocess.run([*pip, *install], check=True, capture_output=True)
    return python


def test_a_project_elsewhere_holds_its_own_pack_to_proof(elsewhere: Path, tmp_path: Path) -> None:
    pytest.importorskip("z3")
    write_pack(tmp_path / "project" / "rules", SOUND, BROKEN, PERVERSE)
    (tmp_path / "project" / "pytest.ini").write_text("[pytest]\ngovrules_packs = rules\n")
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(elsewhere), "-m", "pytest", "-p", "no:randomly", "-W", "error", "-rA"],
        cwd=tmp_path / "project",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    where = "import govrules; print(govrules.__file__)"
    from_ = subprocess.check_output([str(elsewhere), "-c", where], text=True, env=environment)
    assert Path(from_.strip()).is_relative_to(elsewhere.parents[1])
    out = done.stdout
    failed = {line.split(" - ")[0] for line in out.splitlines() if line.startswith("FAILED")}
    assert failed == {
        "FAILED rules/rules.yaml::no-lead::example: nobody leads",
        "FAILED rules/rules.yaml::board-of-a-small-one::proof: perverse-incentive",
    }, out + done.stderr
    assert "rules/rules.yaml:24:9: GR501 example-fails: rule `no-lead`" in out
    assert "rules/rules.yaml:26: perverse-incentive: adopting `oversight.board`" in out
    assert "`board-of-a-small-one` is flagged, low" in out
    assert "Traceback" not in out
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    names, failure = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert [each for each in names.splitlines() if each not in out] == []
    assert failure in out
    passed = {line for line in out.splitlines() if line.startswith("PASSED")}
    for name in ("example: nothing is pooled", "proof: perverse-incentive"):
        assert f"PASSED rules/rules.yaml::pooled-without-protocol::{name}" in passed
    assert "PASSED rules/rulebook.yaml::knowledge_is_monotone[partnership]" in passed


ALONE = """
import sys

class Refused:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {left_out!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Refused())
from govrules import FactsError, assess, load_rulebook, read, read_text, to_data

book = load_rulebook()
pool = read({{"name": "Pool", "funding": {{"pooled": True}}, "protocol": "none"}}, rulebook=book)
found = assess(pool.subject, book)
print(len(to_data(found)["subjects"][0]["findings"]), len(found.plan().steps))
print(read_text("name: Pool", rulebook=book).subject.name)
print(read({csv!r}, rulebook=book).subject.partnerships[0].name)
try:
    read({{"fundng": {{}}}}, rulebook=book)
except FactsError as error:
    print(error.diagnostics[0].help)
"""


def test_a_program_can_leave_out_what_the_command_line_needs(
    project: dict[str, Any], tmp_path: Path
) -> None:
    prose = (ROOT / "docs" / "services.md").read_text(encoding="utf-8")
    (said,) = re.findall(r"^pip install (attrs .*)$", prose, re.MULTILINE)
    kept = set(said.split())
    needed = {re.split(r"[>=<]", each)[0] for each in project["project"]["dependencies"]}
    left_out = {each.replace("-", "_") for each in needed - kept}
    assert kept < needed
    assert all(each.replace("_", "-") in prose for each in left_out)
    table = tmp_path / "register.csv"
    table.write_text("name\nArts network\n", encoding="utf-8")
    script = ALONE.format(left_out=left_out, csv=str(table))
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    assert ran.stderr == ""
    counts, *others = ran.stdout.splitlines()
    assert all(int(each) > 0 for each in counts.split())
    assert others == ["Pool", "Arts network", "did you mean `funding`?"]


def test_the_package_is_typed() -> None:
    assert (Path(govrules.__file__).parent / "py.typed").exists()


def test_extras_are_those_that_the_documents_name(project: dict[str, Any]) -> None:
    extras = project["project"]["optional-dependencies"]
    assert set(extras) == {"registers", "spark", "prove", "durable", "test", "docs"}
    assert extras["durable"] == ["durable-rules==2.0.28"]


def pinned(name: str) -> set[str]:
    """Return the names of the packages that a lock pins."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return {normal(each) for each in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def normal(name: str) -> str:
    """Return a package's name as indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_what_the_library_needs_is_locked(project: dict[str, Any]) -> None:
    wanted = {
        normal(re.split(r"[\s<>=!~;\[]", each)[0]) for each in project["project"]["dependencies"]
    }
    assert wanted <= pinned("run")
    assert pinned("run") | pinned("build") <= pinned("dev")


def test_locks_agree_on_versions() -> None:
    versions: dict[str, str] = {}
    # The others have environments of their own.
    for name in ("run", "dev", "build", "mutate", "durable", "bench-registers", "spark"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE):
            assert versions.setdefault(normal(package), version) == version, package


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    for pin in re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in pin, pin.splitlines()[0]


@pytest.mark.parametrize(
    "path",
    [
        *(f"requirements/{name}.txt" for name in LOCKS),
        "Makefile",
        "pyproject.toml",
        ".ci/run",
        ".ci/release.py",
        "hatch_build.py",
        "requirements/run.cdx.json",
        ".pre-commit-config.yaml",
        ".pre-commit-hooks.yaml",
    ],
)
def test_no_address_of_an_index_and_no_path_of_a_machine(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    # The project's own address, where it is stated, leads to no index.
    text = re.sub(r'^address = ".*"$', "", text, flags=re.MULTILINE)
    address = r"https?://|file:/|-{2}(extra-)?index-url|-{2}find-links|-{2}trusted-host"
    machine = r"(?<![\w.$)}])/(work|home|root|opt|Users|mnt|tmp)/"
    assert not re.findall(f".*(?:{address}|{machine}).*", text)


def test_arrows_never_turn_round() -> None:
    pytest.importorskip("importlinter")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


SPEC = importlib.util.spec_from_file_location("size", ROOT / ".ci" / "size.py")
size = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(size)


@pytest.fixture
def house(tmp_path):
    """A house of two folders, three lines in each, held by git at what it is."""
    package = tmp_path / size.PACKAGE
    for name in ("rulebook", "engines"):
        (package / name).mkdir(parents=True)
        (package / name / "one.py").write_text("one = 1\n\n# a remark\n")
    (tmp_path / ".ci").mkdir()
    limits = 'files = 9\n[lines]\n"engines/" = 9\n"rulebook/" = 9\n[long]\n'
    (tmp_path / size.LIMITS).write_text(limits)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    assert size.main(["--lower"], tmp_path) == 0
    assert size.main([], tmp_path) == 0
    return tmp_path


def grown(house, path, lines):
    """Add lines to a file of the house."""
    file = house / size.PACKAGE / path
    file.parent.mkdir(exist_ok=True)
    file.write_text((file.read_text() if file.is_file() else "") + "two = 2\n" * lines)


def test_this_house_is_within_its_limits(capsys):
    assert size.main([]) == 0, capsys.readouterr().out
    printed = capsys.readouterr().out
    whole = size.total(size.sizes(ROOT))
    assert f"{whole:,} of {size.WHOLE:,}" in printed
    assert ("over the aim by" in printed) is (whole > size.WHOLE)


def test_a_folder_that_grows_fails(house, capsys):
    grown(house, "engines/one.py", 2)
    assert size.main([], house) == 1
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("engines/: 2 lines over its limit of 3:")


def test_lines_that_move_from_one_folder_to_another_fail(house, capsys):
    grown(house, "engines/one.py", 2)
    (house / size.PACKAGE / "rulebook" / "one.py").write_text("one = 1\n")
    assert size.main([], house) == 1
    assert "engines/: 2 lines over" in capsys.readouterr().out


def test_a_new_folder_needs_a_limit(house, capsys):
    grown(house, "prove/one.py", 1)
    assert size.main([], house) == 1
    assert "prove/: it has no limit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "most"), [("engines/one.py", 600), ("engines/python.py", 400), ("model.py", None)]
)
def test_a_file_has_a_length(house, path, most, capsys):
    limits = tomllib.loads((house / size.LIMITS).read_text())
    limits["lines"] = dict.fromkeys(("(files at the top)", "engines/", "rulebook/"), 9999)
    (house / size.LIMITS).write_text(size.written(limits))
    grown(house, path, 597 if path == "engines/one.py" else 400)
    assert size.main([], house) == 0
    capsys.readouterr()
    grown(house, path, 1)
    assert size.main([], house) == (0 if most is None else 1)
    printed = capsys.readouterr().out
    assert most is None or f"{path}: {most + 1} lines, and a file has at most {most}" in printed


def test_a_file_that_is_long_already_must_not_grow(house):
    limits = tomllib.loads((house / size.LIMITS).read_text())
    limits["lines"]["engines/"] = 9999
    limits["long"] = {"engines/one.py": 700}
    (house / size.LIMITS).write_text(size.written(limits))
    grown(house, "engines/one.py", 697)
    assert size.main([], house) == 0
    grown(house, "engines/one.py", 1)
    assert size.main([], house) == 1


def test_more_files_than_git_may_hold_fail(house, capsys):
    (house / "new").write_text("")
    assert size.main([], house) == 0
    subprocess.run(["git", "add", "new"], cwd=house, check=True)
    assert size.main([], house) == 1
    assert "git holds 4 files, 1 over the limit of 3" in capsys.readouterr().out


def test_limits_are_lowered_and_never_raised(house):
    grown(house, "engines/one.py", 2)
    (house / size.PACKAGE / "rulebook" / "one.py").write_text("one = 1\n")
    assert size.main(["--lower"], house) == 0
    limits = tomllib.loads((house / size.LIMITS).read_text())
    assert limits["lines"] == {"engines/": 3, "rulebook/": 1}


def test_what_is_code():
    text = (
        '"""\nA module.\n"""\n\n# a remark\nx = (\n    1,\n)  # one\n\n\ndef f():\n    """Say."""\n'
    )
    assert size.lines_of_code(text) == 4


#: Words that mean one thing to those who record facts, and another to those who read findings.
TWO_READERS = {"Reason", "Status"}


def test_a_class_has_its_name_for_itself() -> None:
    named: dict[str, list[str]] = {}
    for path in sorted((ROOT / "src" / "govrules").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                named.setdefault(node.name.lstrip("_"), []).append(f"{path.name}:{node.lineno}")
    assert {name: its for name, its in named.items() if len(its) > 1}.keys() == TWO_READERS
