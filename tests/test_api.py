"""Public names and signatures are a promise; public values are pickled, copied, compared and hashed."""

from __future__ import annotations

import copy
import datetime as dt
import enum
import inspect
import json
import multiprocessing
import os
import pickle
import re
import typing
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import pytest

import govrules
import govrules.testing
from govrules import (
    UNKNOWN,
    FactsError,
    Funding,
    GovrulesError,
    Partnership,
    Register,
    RuleFileError,
    Severity,
    Verdict,
    assess,
    assess_register,
    load_rulebook,
    read,
)
from govrules.vocabulary import vocabulary_of
from tests.testing.packs import NAMES

ROOT = Path(__file__).parents[1]
LIST = Path(__file__).with_suffix(".txt")
NAMED = re.compile(r"^\.\. (?:auto\w+|py:data):: (govrules[\w.]+)$", re.MULTILINE)


def public_names() -> list[str]:
    """Return each name that is promised: what the page on the API and `__all__` name."""
    page = set(NAMED.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    top = {f"govrules.{name}" for name in govrules.__all__}
    testing = {f"govrules.testing.{name}" for name in govrules.testing.__all__}
    return sorted(page | top | testing)


def named(path: str) -> Any:
    """Return what a public name stands for."""
    home, _, name = path.rpartition(".")
    return getattr(import_module(home), name)


def described(path: str, value: Any) -> Iterator[str]:
    """Yield what users rely on of a public name, a line each."""
    if isinstance(value, type) and issubclass(value, enum.Enum):
        yield f"{path} = {' | '.join(each.name for each in value)}"
    elif isinstance(value, type):
        bases = [base.__name__ for base in value.__bases__ if base is not object]
        yield f"class {path}({', '.join(bases)})"
    elif callable(value) and typing.get_origin(value) is None:
        yield f"{path}{inspect.signature(value)}"
    else:
        yield f"{path}: {type(value).__name__}"
    if isinstance(value, type):
        yield from (f"    {line}" for line in members(value))


def members(cls: type) -> Iterator[str]:
    """Yield the fields of a class, and its own public methods and properties."""
    if attrs.has(cls):
        # As they are written: attrs may have resolved its own, or not yet.
        written: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            written |= inspect.get_annotations(base)
        for field in attrs.fields(cls):
            if not field.name.startswith("_"):
                given = "" if field.default is attrs.NOTHING else " = ..."
                yield f"{'*, ' if field.kw_only else ''}{field.name}: {written[field.name]}{given}"
    for name, member in sorted(vars(cls).items()):
        if name.startswith("_"):
            continue
        plain = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if inspect.isfunction(plain):
            yield f"{name}{inspect.signature(plain)}"
        elif isinstance(plain, property) or type(plain).__name__ == "cached_property":
            yield f"{name}: property"


def test_public_names_and_signatures_are_those_of_the_list() -> None:
    pytest.importorskip("pyarrow")
    found = "".join(f"{line}\n" for name in public_names() for line in described(name, named(name)))
    if os.environ.get("GOVRULES_UPDATE"):
        LIST.write_text(found, encoding="utf-8")
    assert found == LIST.read_text(encoding="utf-8")


@attrs.frozen
class Old:
    kept: int
    dropped: str = ""

    def asks(self, *, depth: int = 1) -> str:
        return self.dropped * depth


@attrs.frozen
class New:
    kept: int
    now_needed: str

    def asks(self, *, deep: int = 1) -> str:
        return self.now_needed * deep


def test_a_field_a_default_and_an_option_that_change_are_seen() -> None:
    assert list(described("Thing", Old))[1:] == [
        "    kept: int",
        "    dropped: str = ...",
        "    asks(self, *, depth: 'int' = 1) -> 'str'",
    ]
    assert list(described("Thing", New))[1:] == [
        "    kept: int",
        "    now_needed: str",
        "    asks(self, *, deep: 'int' = 1) -> 'str'",
    ]


RULEBOOK = load_rulebook()
DAY = dt.date(2026, 3, 31)
POOL = Partnership(id="P1", name="A", funding=Funding(pooled=True), protocol=None)
ENGINES = ("reference", "compiled")


def values() -> dict[str, Any]:
    found = assess(POOL, RULEBOOK, as_of=DAY)
    return {
        "rulebook": RULEBOOK,
        "rule": RULEBOOK.rules[0],
        "partnership": POOL,
        "register": Register(partnerships=(POOL,)),
        "assessment": found,
        "finding": found.flagged[0],
        "question": found.flagged[0].questions,
        "reason": found.flagged[0].because,
        "change": found.flagged[0].clears,
        "derived": found.derived["risk_tier"],
        "plan": found.plan(Severity.CRITICAL),
        "read": read({"status": "active"}),
        "diagnostic": read({"reviewed": "soon"}).warnings[0],
        "pack": RULEBOOK.packs[0],
    }


VALUES = values()


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize(
    "again", [lambda value: pickle.loads(pickle.dumps(value)), copy.copy, copy.deepcopy]
)
def test_a_copy_is_equal_and_hashes_alike(name: str, again: Callable[[Any], Any]) -> None:
    value = VALUES[name]
    other = again(value)
    assert other == value
    assert hash(other) == hash(value)
    assert len({value, other}) == 1


def test_engines_make_equal_assessments() -> None:
    by_engine = [assess(POOL, RULEBOOK, as_of=DAY, engine=each) for each in ENGINES]
    assert by_engine[0] == by_engine[1]
    assert by_engine[0].findings == by_engine[1].findings
    assert hash(by_engine[0]) == hash(by_engine[1])
    assert len({*by_engine[0].findings}) == len(by_engine[0].findings)


@pytest.mark.parametrize("engine", ENGINES)
def test_an_assessment_that_was_pickled_explains_itself(engine: str) -> None:
    found = assess(POOL, RULEBOOK, as_of=DAY, engine=engine)
    again = pickle.loads(pickle.dumps(found))
    assert [each.sentence for each in again.flagged] == [each.sentence for each in found.flagged]
    finding = pickle.loads(pickle.dumps(found.flagged[0]))
    assert finding.clears == found.flagged[0].clears


def test_a_rulebook_is_small_and_is_unpickled_once() -> None:
    packed = pickle.dumps(RULEBOOK)
    assert len(packed) < 300_000
    assert pickle.loads(packed) is pickle.loads(packed)


def test_of_rulebooks_that_were_unpickled_the_last_are_kept() -> None:
    head = NAMES["rulebook.yaml"]
    several = [head.replace("title: Own", f"title: Own {number}") for number in range(9)]
    packed = [pickle.dumps(load_rulebook(NAMES | {"rulebook.yaml": each})) for each in several]
    first, *_, last = [pickle.loads(each) for each in packed]
    assert pickle.loads(packed[-1]) is last
    assert pickle.loads(packed[0]) is not first
    assert pickle.loads(packed[0]) == first


def flagged(rulebook: govrules.Rulebook, subject: Partnership) -> list[str]:
    return [
        each.rule.id for each in assess(subject, rulebook, as_of=DAY, engine="compiled").flagged
    ]


def test_the_processes_of_a_pool_find_the_same() -> None:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        found = list(pool.map(flagged, [RULEBOOK] * 8, [POOL] * 8))
    assert found == [flagged(RULEBOOK, POOL)] * 8


@pytest.mark.parametrize("name", ["rulebook", "assessment", "finding"])
def test_what_is_shown_of_a_value_is_short(name: str) -> None:
    assert len(repr(VALUES[name])) < 120


def test_verdicts_and_severities_are_strings() -> None:
    counts = assess(POOL, RULEBOOK).counts
    assert json.loads(json.dumps(counts))["flagged"] == counts[Verdict.FLAGGED]
    assert Severity.HIGH == "high"
    assert Severity.LOW < Severity.HIGH
    assert max(Severity) is Severity.CRITICAL
    assert f"{Severity.HIGH}" == "high"


def test_there_is_a_version() -> None:
    assert govrules.__version__.split(".")[0].isdecimal()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("day", ["2026-03-31", 2026, None, dt.datetime(2026, 3, 31, tzinfo=dt.UTC)])
def test_the_date_of_an_assessment_is_a_date_and_nothing_else(engine: str, day: Any) -> None:
    with pytest.raises(FactsError, match="`as_of` must be a date"):
        assess(Partnership(), RULEBOOK, as_of=day, engine=engine)
    with pytest.raises(FactsError, match="`as_of` must be a date"):
        assess_register(Register(partnerships=()), RULEBOOK, as_of=day)


class NoFacts:
    """A class whose facts nobody declared."""


@pytest.mark.parametrize(
    "call",
    [
        lambda: assess({"name": "A"}, RULEBOOK),
        lambda: assess(POOL, None),  # type: ignore[arg-type]
        lambda: assess(POOL, RULEBOOK, engine="compield"),
        lambda: assess_register([POOL], RULEBOOK),  # type: ignore[arg-type]
        lambda: load_rulebook(5),  # type: ignore[arg-type]
        lambda: load_rulebook("no-such-pack"),
        lambda: load_rulebook(subjects={"thing": NoFacts}),
        lambda: load_rulebook(subjects={"thing": 5}),  # type: ignore[dict-item]
        lambda: load_rulebook({}),
        lambda: load_rulebook({"rulebook.yaml": "["}),
        lambda: RULEBOOK.rule("no-such-rule"),
        lambda: read(5),
        lambda: read("no-such-file.yaml"),
        lambda: read({"stauts": "active"}),
        lambda: read({"name": "A"}, rulebook=RULEBOOK, kind="no-such-kind"),
        lambda: vocabulary_of(RULEBOOK),  # type: ignore[arg-type]
    ],
)
def test_every_error_is_of_one_tree(call: Callable[[], Any]) -> None:
    with pytest.raises(GovrulesError) as caught:
        call()
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert str(caught.value)


def test_a_rule_that_is_not_there_may_be_meant_for_another() -> None:
    with pytest.raises(KeyError, match="did you mean `pooled-budget-without-protocol`"):
        RULEBOOK.rule("pooled-budget-without-protocl")


# ── Rules from anywhere ───────────────────────────────────────────────────────────────────────


def test_a_pack_is_loaded_from_texts() -> None:
    rulebook = load_rulebook(NAMES)
    (rule,) = rulebook.rules
    assert str(rule.span) == "pack-1/names.yaml:4"
    assert [each.rule.id for each in assess(Partnership(name=None), rulebook).flagged] == [
        "no-name"
    ]
    assert load_rulebook(NAMES) == rulebook


def test_a_problem_of_a_text_has_its_place() -> None:
    texts = NAMES | {"names.yaml": NAMES["names.yaml"].replace("name: none", "nmae: none")}
    with pytest.raises(RuleFileError) as caught:
        load_rulebook(texts)
    (problem,) = caught.value.diagnostics
    assert str(problem.span) == "pack-1/names.yaml:8"
    assert problem.help == "did you mean `name`?"


def test_the_content_of_a_pack_is_what_its_files_say(tmp_path: Any) -> None:
    for name, text in NAMES.items():
        (tmp_path / name).write_text(text, "utf-8")
    (by_folder,) = load_rulebook(tmp_path).packs
    (by_texts,) = load_rulebook(NAMES).packs
    (changed,) = load_rulebook(NAMES | {"names.yaml": NAMES["names.yaml"] + "# more\n"}).packs
    assert by_folder == by_texts
    assert changed.content != by_texts.content


def test_an_installed_package_offers_a_pack(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "council_rules"
    (package / "pack").mkdir(parents=True)
    for name, text in NAMES.items():
        (package / "pack" / name).write_text(text, "utf-8")
    (package / "__init__.py").write_text(
        "from importlib.resources import files\n\ndef pack():\n    return files(__name__) / 'pack'\n"
    )
    about = tmp_path / "council_rules-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: council-rules\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[govrules.packs]\ncouncil = council_rules:pack\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    rulebook = load_rulebook("council")
    assert str(rulebook.rules[0].span) == "council/names.yaml:4"
    extended = load_rulebook(
        {
            "rulebook.yaml": NAMES["rulebook.yaml"].replace(
                "id: own", "id: mine\nextends: [council]"
            ),
            "names.yaml": NAMES["names.yaml"],
        }
    )
    assert [each.id for each in extended.packs] == ["council", "mine"] or {
        each.id for each in extended.packs
    } == {"own", "mine"}
    with pytest.raises(RuleFileError, match="there is no such folder") as caught:
        load_rulebook("counciI")
    assert "did you mean `council`" in caught.value.diagnostics[0].help


def zipped(folder: Path, files: dict[str, str]) -> zipfile.Path:
    """Return files as they are found inside a package that is an archive."""
    with zipfile.ZipFile(folder / "pack.zip", "w") as packed:
        for name, text in files.items():
            packed.writestr(f"pack/{name}", text)
    return zipfile.Path(folder / "pack.zip", "pack/")


def test_a_pack_is_loaded_from_the_resources_of_a_package(tmp_path: Path) -> None:
    cited = NAMES | {
        "rulebook.yaml": NAMES["rulebook.yaml"].replace('"2025"', '"2025", text: texts/s.txt'),
        "texts/s.txt": "A partnership has a name.\n",
    }
    rulebook = load_rulebook(zipped(tmp_path, cited))
    assert rulebook == load_rulebook(cited)
    assert str(rulebook.rules[0].span) == "pack-1/names.yaml:4"


def test_of_a_package_no_folder_is_gone_down_for_ever(tmp_path: Path) -> None:
    deep = "a/b/c/d/s.txt"
    cited = NAMES | {
        "rulebook.yaml": NAMES["rulebook.yaml"].replace('"2025"', f'"2025", text: {deep}'),
        deep: "A partnership has a name.\n",
    }
    assert load_rulebook(cited).rules
    with pytest.raises(RuleFileError, match=f"the text `{deep}` of source `s` cannot be read"):
        load_rulebook(zipped(tmp_path, cited))


OFFERED = """
from pathlib import Path

folder = str(Path(__file__).parent / "pack")
texts = {each.name: each.read_text("utf-8") for each in Path(folder).iterdir()}


def broken():
    raise ValueError("no such luck")


def nothing():
    return 5
"""


def test_an_installed_package_offers_a_pack_in_any_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, about = tmp_path / "offered", tmp_path / "offered-1.0.dist-info"
    about.mkdir()
    (package / "pack").mkdir(parents=True)
    for name, text in NAMES.items():
        (package / "pack" / name).write_text(text, "utf-8")
    (package / "__init__.py").write_text(OFFERED, "utf-8")
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: offered\nVersion: 1.0\n")
    points = "".join(
        f"{each} = offered:{each}\n" for each in ("folder", "texts", "broken", "nothing")
    )
    (about / "entry_points.txt").write_text(f"[govrules.packs]\n{points}")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_rulebook("folder").rules == load_rulebook(NAMES).rules
    assert load_rulebook("texts").rules == load_rulebook(NAMES).rules
    with pytest.raises(GovrulesError, match=r"the pack `broken` .* cannot be loaded: no such luck"):
        load_rulebook("broken")
    with pytest.raises(
        GovrulesError, match=r"the entry point `nothing` must be a folder.* not int"
    ):
        load_rulebook("nothing")


def test_unknown_stays_unknown_in_a_copy() -> None:
    assert copy.deepcopy(UNKNOWN) is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
