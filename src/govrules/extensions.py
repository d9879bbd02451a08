"""What installed packages add by entry points: packs, engines, readers and renderers."""

from __future__ import annotations

from typing import Any, Final

from govrules.errors import GovrulesError

#: Packs: a folder, a mapping of texts, or a function that returns one.
PACKS: Final = "govrules.packs"
#: Engines: what has the function `outcomes` of `govrules.engines.registry.Engine`.
ENGINES: Final = "govrules.engines"
#: Readers, by the ending of the files without its dot: from a path to what `govrules.read` takes.
READERS: Final = "govrules.readers"
#: Renderers, by the format's name: from assessments and their rulebook to text or bytes.
RENDERERS: Final = "govrules.renderers"

#: What one of a group is called.
_CALLED: Final = {
    PACKS: "the pack",
    ENGINES: "the engine",
    READERS: "the reader",
    RENDERERS: "the renderer",
}


def added(group: str) -> dict[str, Any]:
    """Return the entry points of a group, by their names."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - slow, and seldom asked for

    return {each.name: each for each in entry_points(group=group)}


def loaded(group: str, name: str) -> Any:  # noqa: ANN401 - whatever a package offers
    """
    Return what an installed package offers under a name; None where none does.

    Raises:
        GovrulesError: it cannot be loaded.
    """
    found = added(group).get(name)
    if found is None:
        return None
    try:
        return found.load()
    except Exception as error:
        raise failed(group, name, "cannot be loaded", error) from error


def failed(group: str, name: str, what: str, error: BaseException) -> GovrulesError:
    """Return the error that says which package's part failed."""
    reason = str(error) or type(error).__name__
    return GovrulesError(f"{_CALLED[group]} `{name}` of an installed package {what}: {reason}")
