"""Names to facts: those of the vocabulary, local and derived ones, and the date."""

from __future__ import annotations

import attrs

from govrules.diagnostics import Code, did_you_mean
from govrules.nodes import Report, Scalar
from govrules.rulebook.expr import FactRef, FactSource
from govrules.rulebook.meant import MEANT
from govrules.rulebook.types import TESTS
from govrules.rulebook.words import KEYS
from govrules.subjects import EVERY_FACT, Declared
from govrules.vocabulary import AS_OF, Records, vocabulary_of


@attrs.define
class FactResolver:
    """
    Finds the facts that the rules of one file name.

    Args:
        report: where problems go.

        declared: local and derived facts.
    """

    report: Report
    declared: Declared

    def fact(self, key: Scalar, classes: tuple[type, ...]) -> FactRef | None:
        """Find the fact of this name: of the innermost record first, of the subject last."""
        path = key.text
        span = self.report.span(key)
        for level in range(len(classes) - 1, -1, -1):
            cls = classes[level]
            found = vocabulary_of(cls).facts.get(path)
            if found is not None:
                return FactRef(path, level, found, span=span)
            derived = self.declared.derived.get(path)
            if derived is not None and derived[1] is cls:
                return FactRef(path, level, derived[0], FactSource.DERIVED, span=span)
            if path.startswith("local.") and "local" in vocabulary_of(cls).about:
                local = self.declared.local.get(path.removeprefix("local."))
                if local is not None:
                    return FactRef(path, level, local, FactSource.LOCAL, span=span)
        if path == AS_OF.name:
            return FactRef(path, 0, AS_OF, FactSource.AS_OF, span=span)
        self._unknown_fact(key, classes)
        return None

    def _unknown_fact(self, key: Scalar, classes: tuple[type, ...]) -> None:
        path = key.text
        names = [name for cls in classes for name in vocabulary_of(cls).facts]
        names += [name for name, (_, cls) in self.declared.derived.items() if cls in classes]
        names += [f"local.{name}" for name in self.declared.local]
        names.append(AS_OF.name)
        meant = MEANT.get(path.lower())
        if meant is not None:
            help_ = f"did you mean `{meant}`?"
        elif path in KEYS:
            help_ = f"`{path}` is a key of a rule: indent it like the other keys of the rule"
        elif path in TESTS:
            help_ = f"`{path}` is a test: write it below the fact that it tests"
        else:
            help_ = self._list_help(path, classes) or did_you_mean(path, names) or EVERY_FACT
        self.report.add(Code.UNKNOWN_FACT, f"unknown fact `{path}`", key, help_)

    @staticmethod
    def _list_help(path: str, classes: tuple[type, ...]) -> str:
        for cls in classes:
            for head, fact in vocabulary_of(cls).facts.items():
                tail = path.replace("[]", "").removeprefix(f"{head}.")
                if isinstance(fact.type, Records) and tail != path.replace("[]", ""):
                    return f"`{head}` is a list: write `{head}: {{some: {{{tail}: …}}}}` or `every`"
        return ""
