"""Kinds of subject: attrs classes that rules can be about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

from govrules.errors import GovrulesError, VocabularyError
from govrules.model import AssessmentFacts, Pair, Partnership, Register
from govrules.subjects import words_of
from govrules.vocabulary import (
    list_of,
    vocabulary_of,
)

#: The subjects that are shipped; `load_rulebook` takes others beside them.
SUBJECTS: Final[Mapping[str, type]] = {
    "partnership": Partnership,
    "register": Register,
    "pair": Pair,
    "assessment": AssessmentFacts,
}


def imported_kinds(names: Sequence[str]) -> dict[str, type]:
    """
    Import classes of subjects, each with that of the subjects it lists, if it is a register.

    Args:
        names: of each ``module:Class``, or ``name=module:Class`` where rules call it otherwise than
            its class.

    Raises:
        GovrulesError: one cannot be imported, or is no class of subjects.
    """
    found: dict[str, type] = {}
    for each in names:
        name, equals, where = each.partition("=")
        module, _, cls_name = (where if equals else each).partition(":")
        try:
            cls = getattr(import_module(module), cls_name)
        except (ImportError, AttributeError, ValueError) as error:
            msg = f"the kind of subject `{each}` cannot be imported: {error}"
            raise GovrulesError(msg) from error
        check_kind(each, cls)
        found[name if equals else words_of(cls).replace(" ", "_")] = cls
        inner = list_of(cls)
        if inner is not None and inner[1] not in found.values():
            found[words_of(inner[1]).replace(" ", "_")] = inner[1]
    return found


def check_kind(name: str, cls: object) -> None:
    """
    Check that a class can be a kind of subject.

    Raises:
        GovrulesError: it is no attrs class, or has a field that no fact can be.
    """
    what = f"the kind of subject `{name}`"
    if not isinstance(cls, type):
        msg = f"{what} must be an attrs class, not {type(cls).__name__}"
        raise GovrulesError(msg)
    try:
        vocabulary_of(cls)
    except (VocabularyError, NameError) as error:
        msg = f"{what}: {error}"
        raise GovrulesError(msg) from error
