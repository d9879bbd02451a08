"""What is proposed for a table: a mapping, and what a person who reads it wants to know."""

from __future__ import annotations

from typing import Any

import attrs


@attrs.define
class ProposedColumn:
    """
    What is proposed for one column.

    Attributes:
        heading: its heading, as the mapping names it.
        about: what the mapping says of it: the fact, and how it is written; empty if left over.
        samples: some of its cells.
        unread: some cells that cannot be read as the fact.
        likely: facts that a person may choose from.
        ignored: whether the mapping ignores it.
    """

    heading: str
    about: dict[str, Any] = attrs.field(factory=dict)
    samples: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    likely: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def unsure(self) -> bool:
        """Whether a person has to confirm it."""
        return "unsure" in self.about


@attrs.define
class Proposal:
    """
    A mapping, and what a person who reads it wants to know.

    Attributes:
        file: what the table's file is called.
        settings: what the mapping says, but for columns and what is ignored.
        columns: of each column, in the order of the table.
        notes: what strikes the eye before anything else.
        not_found: the facts that no column was found for.
        questions: of each fact, the question that asks for it.
        choices: of each fact of a closed list, its values.
    """

    file: str
    settings: dict[str, Any] = attrs.field(factory=dict)
    columns: list[ProposedColumn] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    not_found: list[str] = attrs.field(factory=list)
    questions: dict[str, str] = attrs.field(factory=dict)
    choices: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def unsure(self) -> int:
        """How many entries a person has to confirm."""
        lists = self.settings.get("lists", {})
        skips = self.settings.get("skip", [])
        marked = (*(each.about for each in self.columns), *lists.values(), *skips)
        return sum("unsure" in each for each in marked)
