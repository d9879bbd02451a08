"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """
    Yield a new file beside one that it is to replace, and put it in its place at the end.

    Whatever stops the writing, an interrupt too, the older file stays as it was and nothing
    half-written is left.

    Args:
        path: the file; a link stays a link, and what it leads to is replaced.

    Raises:
        OSError: the file cannot be written.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    new = Path(name)
    try:
        yield new
        new.chmod(_mode(target))
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced; of a new one, those usual here."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
