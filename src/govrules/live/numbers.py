"""The numbers of events by whom they are about, so that one that comes twice or late is known."""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs

#: How many removed subjects are remembered, so that events late for them are known as such.
MOST_REMOVED: Final = 10_000
#: Whose events are numbered: the kind of an entry, organisation or register; and its id.
Sender: TypeAlias = tuple[str, str]


@attrs.define
class EventNumbers:
    """
    The number of the last event that was applied to each subject.

    Attributes:
        present: the numbers of subjects that are there.
        removed: those of subjects that are gone, the latest of them only.
    """

    present: dict[Sender, int] = attrs.field(factory=dict)
    removed: dict[Sender, int] = attrs.field(factory=dict)

    def is_late(self, sender: Sender, at: int | None) -> bool:
        """Tell whether an event with a number was applied already, or one after it."""
        last = self.present.get(sender, self.removed.get(sender))
        return at is not None and last is not None and at <= last

    def note(self, sender: Sender, at: int | None, *, gone: bool) -> None:
        """Keep the number of an event, by which the subject may have been removed."""
        last = self.present.pop(sender, self.removed.pop(sender, None))
        number = last if at is None else at
        if number is None:
            return
        (self.removed if gone else self.present)[sender] = number
        while len(self.removed) > MOST_REMOVED:
            self.removed.pop(next(iter(self.removed)))
