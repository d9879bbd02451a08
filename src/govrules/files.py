"""Files: read only where they are files, and written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

try:
    import fcntl as _fcntl
except ModuleNotFoundError:  # pragma: no cover - Windows has no such locks
    fcntl: Any = None
else:
    fcntl = _fcntl

#: What is no file, as a message calls it.
_KINDS: Final = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
#: A pipe without a writer is opened at once, and seen to be a pipe.
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_BYTES: Final = getattr(os, "O_BINARY", 0)


#: What tells a file from all others, whatever it is called.
Identity: TypeAlias = tuple[int, int]
#: The files that were read in this run, none of which is written over; None where nobody asks.
READ: ContextVar[set[Identity] | None] = ContextVar("READ", default=None)
#: How the files are called that become others once they are whole.
_UNFINISHED: Final = "govrules-unfinished"


class InputError(OSError):
    """What was to be written is a file that this run reads."""

    #: What a message proposes instead.
    help: Final = "name another file: this one is read, and stays as it is"


class SpecialFileError(OSError):
    """What was named is a pipe, a socket or a device, which may give bytes for ever or none."""

    #: What a message proposes instead.
    help: Final = "save what it gives into a file, and name that; `-` is standard input"


def open_file(path: str | Path) -> BinaryIO:
    """
    Open a file to read its bytes; nothing else is opened, and nothing is waited for.

    Args:
        path: the file; a link is followed.

    Raises:
        SpecialFileError: it is a pipe, a socket or a device.

        OSError: it is a folder, is not there or may not be read.

        ValueError: the path holds a character that no path holds.
    """
    _check_kind(Path(path).stat().st_mode)
    handle = os.open(path, os.O_RDONLY | _AT_ONCE | _BYTES)
    try:
        # Another may have taken its place meanwhile.
        found = os.fstat(handle)
        _check_kind(found.st_mode)
        note_read(found)
    except OSError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def note_read(found: os.stat_result) -> None:
    """Note that a file is read in this run, so that nothing is written over it."""
    known = READ.get()
    if known is not None:
        known.add((found.st_dev, found.st_ino))


def _check_kind(mode: int) -> None:
    for is_kind, what in _KINDS:
        if is_kind(mode):
            raise SpecialFileError(0, f"this is {what}, and no file")
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(0, "this is a folder")


def read_bytes(path: str | Path, most: int) -> bytes | None:
    """
    Return the bytes of a file; None where there are more than may be read.

    Raises:
        OSError: see `open_file`.
    """
    with open_file(path) as opened:
        data = opened.read(most + 1)
    return data if len(data) <= most else None


def shipped(name: str, source: str) -> Path:
    """Return a folder that ships with govrules: that of the package, or of the source tree."""
    package = Path(__file__).parent
    return package / name if (package / name).is_dir() else package.parents[1] / source


def lies_in(path: Path, folder: Path) -> bool:
    """Tell whether a file lies in a folder or below it, wherever links lead."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):
        return path.resolve().is_relative_to(folder.resolve())
    return False


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there; what cannot be a path is none."""
    with contextlib.suppress(OSError, ValueError):
        return path.is_dir()
    return False


def is_name(text: str) -> bool:
    """
    Tell whether a text names something in a folder, and leads nowhere else.

    >>> [each for each in ("a", "..", "a/b", "/a", "") if is_name(each)]
    ['a']
    """
    return text not in ("", ".", "..") and not {"/", "\\", "\0"} & {*text}


# ── Written ───────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def replacing(path: Path, *, over_inputs: bool = False) -> Iterator[Path]:
    """
    Yield a new file beside one that it is to replace, and put it in its place at the end.

    Whatever stops the writing, the older file stays as it was; what a killed process left beside it
    is cleared when the file is written again. A pipe or a terminal is not replaced: what was
    written goes into it.

    Args:
        path: the file; a link stays a link, and what it leads to is replaced.

        over_inputs: whether a file that this run read may be replaced.

    Raises:
        InputError: it is a file that this run read.

        OSError: the file cannot be written.
    """
    found = _found(path)
    if found is not None and not over_inputs and (found.st_dev, found.st_ino) in (READ.get() or ()):
        raise InputError(0, "this file is read, and is not written over")
    if found is not None and not stat.S_ISREG(found.st_mode):
        with _into_device(path, found.st_mode) as new:
            yield new
        return
    if found is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    target = path.resolve()
    _clear(target)
    new, handle = _new_beside(target)
    try:
        yield new
        _finish(new, found)
        new.replace(target)
        _sync(target.parent)
    finally:
        new.unlink(missing_ok=True)
        os.close(handle)


def check_output(path: Path, inputs: list[Path]) -> None:
    """
    Look, before anything is read, whether a file may be written.

    Args:
        path: the file.

        inputs: the files that will be read, and the folders all files of which will be.

    Raises:
        InputError: it is one of them, or lies in one of them and is there already.
    """
    found = _found(path)
    if found is None:
        return
    for each in inputs:
        its = _found(each)
        if its is None:
            continue
        inside = stat.S_ISDIR(its.st_mode) and stat.S_ISREG(found.st_mode) and lies_in(path, each)
        if inside or (its.st_dev, its.st_ino) == (found.st_dev, found.st_ino):
            raise InputError(0, "this file is read, and is not written over")


def _found(path: Path) -> os.stat_result | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return path.stat()
    return None


@contextlib.contextmanager
def _into_device(path: Path, mode: int) -> Iterator[Path]:
    """Yield a file whose content goes into a pipe or a terminal once it is whole."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise OSError(errno.EINVAL, "this is no file, and is not written over")
    import tempfile  # noqa: PLC0415 - only devices need it

    with tempfile.TemporaryDirectory(prefix=f"{_UNFINISHED}-") as folder:
        new = Path(folder) / "whole"
        new.touch()
        yield new
        # Unbuffered, so that what cannot be written is told here.
        with new.open("rb") as whole, path.open("wb", buffering=0) as device:
            shutil.copyfileobj(whole, device)


def _prefix(target: Path) -> str:
    # A name may be as long as a file system allows, and the new file's is longer.
    return f".{target.name[:120]}.{_UNFINISHED}-"


def _new_beside(target: Path) -> tuple[Path, int]:
    """Return a new file, and a handle that locks it for as long as this process lives."""
    import secrets  # noqa: PLC0415 - only what writes a file needs it

    while True:
        new = target.parent / f"{_prefix(target)}{secrets.token_hex(8)}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | _BYTES
        handle = os.open(new, flags, 0o600)
        try:
            # Another process may clear what is not locked yet.
            if _lock(handle) and new.exists():
                return new, handle
        except BaseException:
            new.unlink(missing_ok=True)
            os.close(handle)
            raise
        os.close(handle)


def _clear(target: Path) -> None:
    """Remove what processes that were killed left of the same file."""
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        left = [entry.path for entry in entries if entry.name.startswith(_prefix(target))]
        for each in left:
            with contextlib.suppress(OSError):
                handle = os.open(each, os.O_RDWR | _AT_ONCE | getattr(os, "O_NOFOLLOW", 0))
                try:
                    if _lock(handle):
                        Path(each).unlink(missing_ok=True)
                finally:
                    os.close(handle)


def _lock(handle: int) -> bool:
    """Lock an open file; tell whether nobody else had."""
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A file system without locks, on which nothing is cleared either.
        return True
    return True


def _finish(new: Path, older: os.stat_result | None) -> None:
    """Give a new file the permissions of the older one, or those usual here, and keep it."""
    if older is None:
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o666 & ~mask)
    else:
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(new, older.st_uid, older.st_gid)
        new.chmod(stat.S_IMODE(older.st_mode))
    _sync(new)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, outlast a power cut."""
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return  # Windows opens no folders.
    handle = os.open(path, os.O_RDWR if path.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems cannot; a full disk or a broken one is told.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)
