"""Each check of each pack as an item of pytest; `_govrules_pytest` registers it where asked to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest

from govrules.errors import GovrulesError, RuleFileError
from govrules.rulebook.kinds import imported_kinds
from govrules.testing.checks import Check, FailedError, LoadedPack, SkippedError, pack_folders

Style: TypeAlias = Literal["long", "short", "line", "no", "native", "value", "auto"] | None


class Packs:
    """
    The packs that a project names in its ini file.

    Attributes:
        folders: the folder of each pack, by where it is on this machine.
        subjects: further classes that rules may be about, as the project names them.
    """

    def __init__(self, config: pytest.Config, packs: Sequence[str]) -> None:
        root = config.inipath.parent if config.inipath else config.rootpath
        self.folders: dict[Path, str] = {}
        self._loaded: dict[Path, LoadedPack] = {}
        self._refused: set[Path] = set()
        self.subjects = [each.replace(" ", "") for each in config.getini("govrules_subjects")]
        for pack in packs:
            # As a person who reads a place here would write it.
            near = os.path.relpath(root / pack)
            try:
                found = pack_folders(near if Path(near).exists() else pack)
            except RuleFileError as error:
                problem = error.diagnostics[0]
                message = f"govrules_packs: `{pack}`: {problem.message}; {problem.help}"
                raise pytest.UsageError(message) from None
            self.folders |= {Path(folder).resolve(): folder for folder in found}
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            # What the project's own `testpaths` leave out is collected all the same.
            above = [Path(each).resolve() for each in config.args]
            for path, folder in self.folders.items():
                if not any(path == each or each in path.parents for each in above):
                    config.args.append(folder)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> RuleFile | None:
        """Collect the YAML files of the packs that are named."""
        if file_path.suffix != ".yaml" or file_path.parent.resolve() not in self.folders:
            return None
        collected: RuleFile = RuleFile.from_parent(parent, path=file_path)
        collected.packs = self
        return collected

    def load(self, folder: Path) -> LoadedPack | None:
        """Return a pack; None if its problem was reported before."""
        if folder in self._refused:
            return None
        if folder not in self._loaded:
            try:
                subjects = imported_kinds(self.subjects)
                loaded = LoadedPack.load(self.folders[folder], subjects=subjects)
            except GovrulesError as error:
                self._refused.add(folder)
                problems = error.diagnostics if isinstance(error, RuleFileError) else [error]
                text = "\n".join(str(problem) for problem in problems)
                raise pytest.Collector.CollectError(text) from None
            self._loaded[folder] = loaded
        return self._loaded[folder]


class RuleFile(pytest.File):
    """A file of a pack: its rules, or the derived facts and the pack as a whole."""

    packs: Packs

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield what is checked of the pack as a whole, then each rule or derived fact."""
        pack = self.packs.load(self.path.parent.resolve())
        by_name: dict[str, list[Check]] = {}
        for check in pack.checks() if pack else ():
            if Path(check.span.file).name == self.path.name:
                by_name.setdefault(check.about, []).append(check)
        for each in by_name.pop("", []):
            yield CheckItem.of(self, each)
        for about, checks in by_name.items():
            collected: About = About.from_parent(self, name=about)
            collected.checks = checks
            yield collected


class About(pytest.Collector):
    """One rule or derived fact."""

    checks: Sequence[Check]

    def collect(self) -> Iterator[pytest.Item]:
        """Yield its examples and proofs."""
        for check in self.checks:
            yield CheckItem.of(self, check)


class CheckItem(pytest.Item):
    """One example, property or proof."""

    check: Check

    @classmethod
    def of(cls, parent: pytest.Collector, check: Check) -> CheckItem:
        """Return a check as an item."""
        item: CheckItem = cls.from_parent(parent, name=check.name)
        item.check = check
        return item

    def runtest(self) -> None:
        """Make the check."""
        try:
            done = self.check.run()
        except SkippedError as error:
            # Placed at the rule and not here.
            raise pytest.skip.Exception(str(error), _use_item_location=True) from None
        self.user_properties.append(("govrules", done))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Style = None,
    ) -> Any:  # noqa: ANN401 - what pytest prints
        """Return the failure as it is: a traceback through govrules tells nobody anything."""
        if isinstance(excinfo.value, FailedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the rule or example."""
        return self.path, max(0, self.check.span.line - 1), self.nodeid.partition("::")[2]
