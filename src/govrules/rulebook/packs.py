"""Where the files of a pack are: a folder, a mapping of texts, or an installed package."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from govrules.diagnostics import Code, did_you_mean
from govrules.errors import GovrulesError
from govrules.extensions import PACKS, added, failed, loaded
from govrules.files import is_folder, is_name, lies_in, shipped
from govrules.nodes import MAX_BYTES, Report, decoded, read_file

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

#: How deep the folders of a pack in a package are gone through.
_DEPTH: Final = 3
_RULEBOOK: Final = "rulebook.yaml"

#: A pack as a caller names it.
PackSource: TypeAlias = "str | Path | Traversable | Mapping[str, str]"


@attrs.frozen
class Folder:
    """
    A pack in a folder.

    Attributes:
        path: the folder.
        is_shipped: whether it was asked for by its name, as one that ships with govrules.
    """

    path: Path
    is_shipped: bool = False

    @property
    def key(self) -> Hashable:
        """What tells it from other packs: the folder, whatever it is called here."""
        return self.path.resolve()

    def names(self) -> list[str]:
        """Return the names of its files in order, without those in subfolders."""
        return sorted(each.name for each in self.path.iterdir()) if self.path.is_dir() else []

    def read(self, name: str, called: str) -> tuple[str, Report]:
        """Return the text of a file, if it lies in the folder, wherever links lead."""
        path = self.path / name
        if lies_in(path, self.path):
            return read_file(path, called)
        report = Report(called)
        help_ = "put the file itself into the folder of the pack"
        report.add(Code.UNREADABLE_FILE, "it leads out of the pack", help_=help_)
        return "", report

    def beside(self, name: str) -> PackFiles | None:
        """Return a folder beside it, by its name alone."""
        other = self.path.parent / name
        there = is_name(name) and is_folder(other)
        return Folder(other, self.is_shipped) if there else None


@attrs.frozen(eq=False)
class Texts:
    """A pack as texts by their names."""

    texts: Mapping[str, str | bytes]

    @property
    def key(self) -> Hashable:
        """Its content."""
        return tuple(sorted((name, _bytes(each)) for name, each in self.texts.items()))

    def names(self) -> list[str]:
        """Return the names of its files."""
        return sorted(text for text in self.texts if "/" not in text)

    def read(self, name: str, called: str) -> tuple[str, Report]:
        """Return one of its texts."""
        if name not in self.texts:
            report = Report(called)
            report.add(Code.UNREADABLE_FILE, "there is no such file", help_="check the name")
            return "", report
        return decoded(_bytes(self.texts[name]), called)

    def beside(self, name: str) -> PackFiles | None:
        """Return None: it has no siblings."""
        del name
        return None


#: The files of one pack.
PackFiles: TypeAlias = Folder | Texts


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def files_of(source: Any, called: str) -> PackFiles:  # noqa: ANN401 - what a user passed
    """
    Return the files of a pack given as a folder, texts or resources.

    Raises:
        GovrulesError: it is none of the things that hold a pack.
    """
    from importlib.resources.abc import Traversable  # noqa: PLC0415 - slow, and seldom passed

    match source:
        case Path():
            return Folder(source)
        case Mapping() if all(
            isinstance(name, str) and isinstance(text, str | bytes) for name, text in source.items()
        ):
            return Texts(source)
        case Traversable():
            return Texts(dict(_texts(source, "", 0)))
        case _:
            msg = (
                f"{called} must be a folder, the name of a pack, a mapping of file names to texts, "
                f"or a folder of a package's resources, not {type(source).__name__}"
            )
            raise GovrulesError(msg)


def _texts(folder: Traversable, prefix: str, depth: int) -> Iterator[tuple[str, bytes]]:
    for each in folder.iterdir():
        if each.is_dir():
            if depth < _DEPTH:
                yield from _texts(each, f"{prefix}{each.name}/", depth + 1)
        else:
            with each.open("rb") as opened:
                # One byte more than is read is seen to be too much.
                yield f"{prefix}{each.name}", opened.read(MAX_BYTES + 1)


def installed_pack(name: str) -> PackFiles | None:
    """
    Return the files of a pack that an installed package offers; None where none does.

    Raises:
        GovrulesError: it cannot be loaded, or is no pack.
    """
    source = loaded(PACKS, name)
    if source is None:
        return None
    if callable(source) and not isinstance(source, Mapping):
        try:
            source = source()
        except Exception as error:
            raise failed(PACKS, name, "cannot be loaded", error) from error
    if isinstance(source, str):
        source = Path(source)
    return files_of(source, f"the entry point `{name}`")


def shipped_packs() -> Path:
    """Return the folder of the packs that ship with govrules."""
    return shipped("packs", "rules")


def shipped_examples() -> Path:
    """Return the folder of the example subjects that ship with govrules."""
    return shipped("examples", "examples")


def packs_in(directories: Sequence[str]) -> list[str]:
    """Return the packs in folders; a folder that is no pack yields the packs in it."""
    if not directories:
        return sorted(each.parent.name for each in shipped_packs().glob("*/rulebook.yaml"))
    packs: list[str] = []
    for directory in directories:
        inner = sorted(Path(directory).glob("*/rulebook.yaml"))
        if (Path(directory) / "rulebook.yaml").exists() or not inner:
            packs.append(directory)
        else:
            packs += [str(each.parent) for each in inner]
    return packs


def is_pack(folder: Path) -> bool:
    """Tell whether a folder is a pack, or holds packs."""
    return (folder / "rulebook.yaml").is_file() or any(folder.glob("*/rulebook.yaml"))


def pack_names() -> list[str]:
    """Return the names of the packs that are shipped, or that installed packages offer."""
    shipped = (each.name for each in shipped_packs().iterdir() if each.is_dir())
    return sorted({*shipped, *added(PACKS)})


def is_shipped(name: str) -> bool:
    """Tell whether a pack that is shipped has a name."""
    return is_name(name) and is_folder(shipped_packs() / name)


def pack_of_name(name: str) -> PackFiles | None:
    """Return the pack of a name: one that is shipped, or that an installed package offers."""
    if is_shipped(name):
        return Folder(shipped_packs() / name, is_shipped=True)
    return installed_pack(name)


def packs_like(name: str) -> str:
    """Return a help line with the pack of the nearest name."""
    name = Path(name).name
    return did_you_mean(name, pack_names(), otherwise="name a folder that holds a pack")
