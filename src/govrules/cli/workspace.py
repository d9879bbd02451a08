"""The workspace: a `govrules.yaml` that says which rules and files commands use here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import attrs

from govrules.diagnostics import Code, did_you_mean
from govrules.errors import RuleFileError
from govrules.nodes import Report, read_file
from govrules.parsing import parse
from govrules.rulebook.fields import Fields, check_version
from govrules.rulebook.packs import is_pack, pack_names

NAME: Final = "govrules.yaml"
_FILES: Final = ("register", "mapping", "answers", "waivers", "actions")
#: What commands write themselves, so that it need not be there yet.
_WRITTEN: Final = ("answers", "actions")


@attrs.frozen
class Workspace:
    """
    What a `govrules.yaml` says.

    Attributes:
        path: the file; None where none is found from the current folder upwards.
        rules: the packs, each a folder or a name.
        register: the register that commands take where none is named.
        mapping: the mapping of that register.
        answers: the file of answers.
        waivers: the file of waivers.
        actions: the file of actions.
    """

    path: Path | None = None
    rules: tuple[str, ...] = ()
    register: Path | None = None
    mapping: Path | None = None
    answers: Path | None = None
    waivers: Path | None = None
    actions: Path | None = None


def workspace() -> Workspace:
    """
    Return the workspace of the current folder, or of the nearest one above that has any.

    Raises:
        RuleFileError: it is badly written, or names what is not there.
    """
    start = Path.cwd().resolve()
    for folder in (start, *start.parents):
        path = folder / NAME
        if path.is_file():
            # As it is shortest from here.
            return _read(Path(os.path.relpath(path)))
    return Workspace()


def _read(path: Path) -> Workspace:
    text, report = read_file(path, str(path))
    node = parse(text, report) if report.ok else None
    found = Workspace(path)
    if node is not None:
        fields = Fields(report, node, ("govrules", "rules", *_FILES), "a workspace")
        if check_version(fields):
            files = {key: _file(path, fields, key) for key in _FILES}
            found = Workspace(path, _packs(path, fields, report), **files)
    if report.diagnostics:
        raise RuleFileError(report.in_order())
    return found


def _packs(path: Path, fields: Fields, report: Report) -> tuple[str, ...]:
    packs = []
    for word in fields.words("rules"):
        folder = path.parent / word.text
        if word.text and is_pack(folder):
            packs.append(str(folder))
        elif word.text in pack_names():
            packs.append(word.text)
        else:
            beside = [each.parent.name for each in path.parent.glob("*/rulebook.yaml")]
            help_ = did_you_mean(word.text, sorted({*beside, *pack_names()}))
            what = "holds no `rulebook.yaml`" if folder.is_dir() else "is no pack"
            message = f"`{word.text}`, which the workspace names, {what}"
            report.add(Code.NOT_IN_THE_WORKSPACE, message, word, help_ or "name a pack's folder")
    return tuple(packs)


def _file(path: Path, fields: Fields, key: str) -> Path | None:
    text = fields.text(key)
    if not text:
        return None
    file = path.parent / text
    if not file.exists() and key not in _WRITTEN:
        beside = sorted(each.name for each in path.parent.iterdir() if each.is_file())
        fields.report.add(
            Code.NOT_IN_THE_WORKSPACE,
            f"the {key} of the workspace, `{text}`, is not there",
            fields.value(key),
            did_you_mean(text, beside, otherwise=f"name a file from the folder of `{NAME}`"),
        )
    return file


def packs_of(directories: Sequence[str] | None) -> Sequence[str]:
    """Return the packs that were named; where none were, those of the workspace."""
    return directories or workspace().rules
