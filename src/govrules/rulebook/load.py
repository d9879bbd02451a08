"""Packs to a rulebook: folders of rule files, read and checked, with every problem at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final, TypeVar

import attrs

from govrules.diagnostics import Code, Diagnostic, Span, did_you_mean
from govrules.errors import RuleFileError
from govrules.files import is_folder
from govrules.gc_pause import gc_paused
from govrules.nodes import Entries, Node, Report, Scalar
from govrules.parsing import parse
from govrules.rulebook.adapt import Section, applied, out_of_order, read_adaptations
from govrules.rulebook.ast import Derived, Rule, Rulebook, Theme
from govrules.rulebook.conditions import ConditionReader
from govrules.rulebook.dated import periods_read
from govrules.rulebook.declare import Declarations, OpenedPack
from govrules.rulebook.derive import DerivedReader
from govrules.rulebook.fields import Fields, check_version
from govrules.rulebook.kinds import SUBJECTS, check_kind
from govrules.rulebook.packs import (
    Folder,
    PackFiles,
    PackSource,
    files_of,
    is_shipped,
    pack_of_name,
    packs_in,
    packs_like,
)
from govrules.rulebook.rules import RuleReader
from govrules.rulebook.traps import names_no_rule, spans_of, warned
from govrules.rulebook.unread import Unread, without_examples
from govrules.subjects import Declared

_R = TypeVar("_R", Rule, Derived)
_RULEBOOK_KEYS: Final = (
    "govrules",
    "id",
    "title",
    "version",
    "owner",
    "extends",
    "adapts",
    "approved",
    "changed",
    "themes",
    "work",
    "sources",
    "parameters",
    "facts",
    "derived",
)


def load_rulebook(*packs: PackSource, subjects: Mapping[str, type] | None = None) -> Rulebook:
    """
    Load packs of rules and check them together.

    Args:
        packs: folders; the names of packs that are shipped, or that installed packages offer by
            the entry point `govrules.packs`; mappings of file names to texts; or folders of a
            package's resources. All that are shipped if none is given.

        subjects: attrs classes that rules may be about, by the name that `subject:` gives them,
            beside partnership and register.

    Raises:
        RuleFileError: something in them is wrong; it carries every problem found.

        GovrulesError: what was passed is no pack, or no class of subjects.

    >>> load_rulebook().rule("pooled-budget-without-protocol").source.paragraph
    '7'
    """
    if not subjects and all(map(_is_shipped, packs)):
        return _shipped(packs)
    return _loaded(packs, {**SUBJECTS, **(subjects or {})})


def _is_shipped(pack: PackSource) -> bool:
    return isinstance(pack, str) and is_shipped(pack) and not is_folder(Path(pack))


@cache
def _shipped(packs: tuple[str, ...]) -> Rulebook:
    """Return the rulebook of shipped packs, cached."""
    return _loaded(packs or packs_in(()), SUBJECTS)


def _loaded(packs: Sequence[PackSource], subjects: Mapping[str, type]) -> Rulebook:
    for name, cls in subjects.items():
        check_kind(name, cls)
    loader = _Loader(subjects)
    with gc_paused():
        for pack in packs:
            loader.add(pack)
        return loader.finish()


def lint_pack(
    pack: PackSource, *, subjects: Mapping[str, type] | None = None
) -> tuple[Rulebook | None, tuple[Diagnostic, ...]]:
    """
    Return a pack's rulebook with all errors and warnings on it.

    The rulebook is None where something is wrong.
    """
    loader = _Loader({**SUBJECTS, **(subjects or {})}, whole=True)
    loader.worded = []
    loader.add(pack)
    rulebook: Rulebook | None = None
    found: list[Diagnostic] = []
    try:
        rulebook = loader.finish()
    except RuleFileError as error:
        found += error.diagnostics
    found += [each for report in loader.worded for each in report.in_order()]
    if rulebook is not None:
        found += loader.warned(rulebook)
    return rulebook, tuple(found)


class _Loader:
    """
    Collects the declarations of all packs first, then their conditions and rules.

    Args:
        subjects: the classes that rules may be about, by the name that `subject:` gives them.

        whole: whether the examples of shipped packs are read at once.
    """

    def __init__(self, subjects: Mapping[str, type], *, whole: bool = False) -> None:
        self.subjects = subjects
        self.whole = whole
        #: What is warned of in the words of each file; None where nobody asks.
        self.worded: list[Report] | None = None
        self.packs: dict[Hashable, OpenedPack] = {}
        #: Packs begun: two that extend each other are read once.
        self.opened: set[Hashable] = set()
        self.reports: list[Report] = []
        self.declarations = Declarations(subjects)
        self.derived = DerivedReader(self.declarations)
        self.rules: list[Rule] = []
        self.ids: dict[str, Span] = {}
        self.superseded: list[tuple[Report, Scalar]] = []

    def add(self, pack: PackSource) -> None:
        """Read the `rulebook.yaml` of a pack whose rules are asked for."""
        if isinstance(pack, str | Path):
            name = str(pack)
            # A shipped pack goes by its name, so that output is the same on every machine.
            files = Folder(Path(pack)) if is_folder(Path(pack)) else pack_of_name(name)
        else:
            files = files_of(pack, "a pack")
            number = sum(not isinstance(each.files, Folder) for each in self.packs.values())
            name = f"pack-{number + 1}"
        if files is not None:
            self.add_files(files, name, with_rules=True)
            return
        report = Report(name)
        self.reports.append(report)
        report.add(Code.UNREADABLE_FILE, "there is no such folder", help_=packs_like(name))

    def _beside(
        self, pack: OpenedPack, node: Scalar, to: str, *, with_rules: bool
    ) -> Hashable | None:
        """Open a pack that another extends or adapts, and return its key; None without one."""
        name = node.text
        files = None
        if name:
            files = pack.files.beside(name) or pack_of_name(name)
        if files is None:
            message = f"there is no pack `{name}` to {to}"
            pack.report.add(Code.UNREADABLE_FILE, message, node, packs_like(name))
            return None
        self.add_files(files, name, with_rules=with_rules)
        return files.key

    def add_files(self, files: PackFiles, name: str, *, with_rules: bool) -> None:
        """Read a pack's `rulebook.yaml`, after those of the packs that it extends."""
        key = files.key
        if key in self.packs:
            self.packs[key].with_rules |= with_rules
            return
        if key in self.opened:
            return
        self.opened.add(key)
        text, report = files.read("rulebook.yaml", f"{name}/rulebook.yaml")
        self.reports.append(report)
        if not report.ok:
            if "rulebook.yaml" not in files.names():
                report.diagnostics.clear()
                self._no_rulebook(report)
                self._report_not_read(files, name)
            return
        leaves_out = isinstance(files, Folder) and files.is_shipped and not self.whole
        node = parse(without_examples(text) if leaves_out else text, report)
        if node is None:
            return
        fields = Fields(report, node, _RULEBOOK_KEYS, "a rulebook")
        if not check_version(fields):
            return
        if with_rules:
            self._check_wording(node, report.file, text)
        loaded = OpenedPack(files, name, fields, report, fields.name("id"), with_rules)
        loaded.contents["rulebook.yaml"] = text
        loaded.whole = self._with_examples(files, name) if leaves_out else None
        for base in fields.words("extends"):
            found = self._beside(loaded, base, "extend", with_rules=False)
            loaded.extended += [] if found is None else [found]
        for base, given in fields.entries("adapts"):
            # A pack whose rules are brought as they are has nothing after the colon.
            empty = isinstance(given, Scalar) and not given.text.strip()
            section = Entries([], given.line, given.column) if empty else given
            found = self._beside(loaded, base, "adapt", with_rules=with_rules)
            if found is not None:
                loaded.adapted.append((found, base, section))
        self.packs[key] = loaded
        self.declarations.declare(loaded)

    def _with_examples(self, files: PackFiles, name: str) -> Callable[[], Rulebook]:
        """Return a function that reads a shipped pack with its examples."""

        @cache
        def whole() -> Rulebook:
            # Its examples are of the classes that all packs together make.
            loader = _Loader(self.subjects, whole=True)
            with gc_paused():
                loader.add_files(files, name, with_rules=True)
                return loader.finish()

        return whole

    @staticmethod
    def _no_rulebook(report: Report) -> None:
        report.add(
            Code.NO_RULEBOOK,
            "the folder holds no `rulebook.yaml`, so it is no pack",
            help_="`govrules init` makes a pack",
        )

    def _report_not_read(self, files: PackFiles, name: str) -> None:
        """Report ignored files that look like rules."""
        for path in map(Path, files.names()):
            help_ = _meant_for_the_pack(path.name)
            if help_:
                report = Report(f"{name}/{path.name}")
                report.add(Code.NOT_READ, f"`{path.name}` is not read", help_=help_)
                self.reports.append(report)

    def finish(self) -> Rulebook:
        """Read all conditions and rules; raise every problem of every file at once."""
        self.subjects = self.declarations.with_own()
        declared = Declared(self.declarations.derived_facts, self.declarations.own)
        adapting = self._adapting()
        for pack in self.packs.values():
            reader = ConditionReader(pack.report, declared, self.declarations.parameters)
            for key, fields in pack.derived:
                self.derived.read(pack, reader, key, fields)
                if pack.whole is not None:
                    made = self.derived.derived
                    made[key.text] = _unread(made[key.text], pack.whole)
        self.derived.check_rings(self.packs.values())
        for pack in self.packs.values():
            if pack.with_rules:
                self._read_themes(pack, declared)
        self._check_superseded()
        # What is adapted is read though a pack that adapts has other faults: all is said at once.
        own = [pack.report for pack in adapting]
        if not all(report.ok or report in own for report in self.reports):
            self._raise_problems()
        self._check_names()
        book = self._adapted(self._plain_book(), adapting)
        self._raise_problems()
        return book

    def _raise_problems(self) -> None:
        found = (each for report in self.reports for each in report.in_order())
        diagnostics = tuple(dict.fromkeys(found))
        if diagnostics:
            raise RuleFileError(diagnostics)

    def _plain_book(self) -> Rulebook:
        """Return the rulebook before adaptations."""
        own = [pack for pack in self.packs.values() if pack.with_rules]
        book = Rulebook(
            id="+".join(pack.id for pack in own),
            title=" and ".join(pack.fields.text("title") for pack in own),
            version="+".join(pack.fields.text("version") for pack in own),
            owner=own[0].fields.text("owner"),
            documents=self.declarations.documents,
            parameters=self.declarations.parameters,
            derived=self.derived.in_order(),
            rules=tuple(self.rules),
            subjects=dict(self.subjects),
            work=self.declarations.work,
            packs=tuple(
                pack.made(self._beneath(key, extended=True)) for key, pack in self.packs.items()
            ),
        )
        # Those to which a pack gives a place come first, then the others as their files come.
        book = attrs.evolve(book, derived=periods_read(book))
        used = {theme.id: theme for theme in book.themes}
        titles = self.declarations.themes.items()
        titled = {each: Theme(each, title) for each, title in titles if each in used}
        return attrs.evolve(book, themes=tuple((titled | used | titled).values()))

    def _beneath(self, key: Hashable, *, extended: bool) -> tuple[str, ...]:
        """Return the ids of the packs one adapts, or also extends, transitively."""
        found: dict[Hashable, None] = {}
        waiting = [key]
        while waiting:
            pack = self.packs.get(waiting.pop())
            beneath = [] if pack is None else [each for each, *_ in pack.adapted]
            beneath = [*pack.extended, *beneath] if pack and extended else beneath
            waiting += [each for each in beneath if each not in found]
            found |= dict.fromkeys(beneath)
        return tuple(self.packs[each].id for each in found if each in self.packs and each != key)

    def _adapting(self) -> tuple[OpenedPack, ...]:
        """Return the adapting packs in dependency order; report cycles."""
        needs = {
            key: [each for each, *_ in pack.adapted if each in self.packs]
            for key, pack in self.packs.items()
        }
        try:
            order = [*TopologicalSorter(needs).static_order()]
        except CycleError as error:
            self._report_ring_of_packs(error.args[1])
            return ()
        for key in reversed(order):
            if self.packs[key].with_rules:
                for each in needs[key]:
                    self.packs[each].with_rules = True
        return tuple(self.packs[key] for key in order if needs[key])

    def _report_ring_of_packs(self, ring: Sequence[Hashable]) -> None:
        ring = ring[::-1]
        pack = self.packs[ring[0]]
        path = " → ".join(f"`{self.packs[each].id}`" for each in ring)
        node = next(name for key, name, _ in pack.adapted if key == ring[1])
        pack.report.add(
            Code.ADAPTED_IN_A_RING,
            f"packs adapt each other in a ring: {path}",
            node,
            "let one of them stop adapting the next; `extends` brings facts without rules",
        )

    def _adapted(self, plain: Rulebook, adapting: Sequence[OpenedPack]) -> Rulebook:
        """Return the rulebook with adaptations applied."""
        builds_on = {
            pack.id: frozenset(self._beneath(key, extended=False))
            for key, pack in self.packs.items()
        }
        sections = [
            Section(pack.id, self.packs[key].id, node, pack.report, pack.with_rules)
            for pack in adapting
            for key, _, node in pack.adapted
        ]
        adaptations = read_adaptations(sections, plain, builds_on)
        if not all(report.ok for report in self.reports):
            return plain
        book = applied(plain, adaptations)
        for adaptation, message in out_of_order(book):
            span = adaptation.span
            report = next(each.report for each in sections if each.report.file == span.file)
            key = Scalar(adaptation.name, True, span.line, span.column, span.length)  # noqa: FBT003
            report.add(Code.EMPTY_RANGE, message, key, "give another value, or adapt both ends")
        return book

    def warned(self, rulebook: Rulebook) -> Iterator[Diagnostic]:
        """Yield the warnings on the pack read last."""
        pack = [*self.packs.values()][-1]
        own = {name: span for name, (of, span) in self.declarations.own_at.items() if of == pack.id}
        lines = {report.file: report.lines for report in self.reports}
        yield from spans_of(warned(rulebook, {pack.id}, own), lines)

    def _check_wording(self, node: Node, file: str, text: str) -> None:
        if self.worded is not None:
            from govrules.rulebook.wording import check_wording  # noqa: PLC0415 - only linters ask

            self.worded.append(Report(file, text))
            check_wording(node, self.worded[-1])

    def _check_names(self) -> None:
        """Report rules about findings that name a rule or a theme that is not there."""
        if not any(rule.subject == "assessment" for rule in self.rules):
            return
        ids, themes = {*self.ids}, {rule.theme for rule in self.rules}
        for pack in self.packs.values():
            if not pack.with_rules:
                # Its rules are not used here, and can be meant all the same.
                for name in pack.files.names():
                    text = pack.files.read(name, name)[0] if name.endswith(".yaml") else ""
                    ids.update(_IDS.findall(text))
                    themes.update(_THEMES.findall(text))
        lines = {report.file: report.lines for report in self.reports}
        for each in spans_of(names_no_rule(self.rules, ids, themes), lines):
            report = next(one for one in self.reports if one.file == each.span.file)
            report.diagnostics.append(each)

    def _check_superseded(self) -> None:
        for report, node in self.superseded:
            older = next((rule for rule in self.rules if rule.id == node.text), None)
            # One that ends is kept beside its successor, so that any day can be judged.
            if node.text in self.ids and not (older and older.in_force[1]):
                report.add(
                    Code.SUPERSEDED_RULE_PRESENT,
                    f"rule `{node.text}` is superseded, yet it stands at {self.ids[node.text]}",
                    node,
                    "remove the older rule, or say when it ends: `in_force: { until: … }`",
                )

    def _read_themes(self, pack: OpenedPack, declared: Declared) -> None:
        names = pack.files.names()
        files = [name for name in names if name.endswith(".yaml") and name != "rulebook.yaml"]
        if not files and not getattr(pack.fields.value("adapts"), "items", None):
            pack.report.add(
                Code.NO_RULEBOOK,
                "the pack holds no file of rules",
                help_="add `<theme>.yaml` beside `rulebook.yaml`",
            )
        self._report_not_read(pack.files, pack.name)
        for file in files:
            text, report = pack.read(file)
            self.reports.append(report)
            needed = text if pack.whole is None else without_examples(text)
            node = parse(needed, report) if report.ok else None
            if node is None:
                continue
            self._check_wording(node, report.file, text)
            fields = Fields(report, node, ("govrules", "theme", "rules"), "a rule file")
            if not check_version(fields):
                continue
            theme = fields.name("theme")
            self._check_theme(pack, fields, theme)
            fields.required("rules")
            reader = RuleReader(
                report=report,
                conditions=ConditionReader(report, declared, self.declarations.parameters),
                documents=self.declarations.documents,
                texts=self.declarations.texts,
                subjects=self.subjects,
                theme=theme,
                pack=pack.id,
                work=self.declarations.work,
                ids=self.ids,
                superseded=self.superseded,
            )
            for item in fields.items("rules"):
                rule = reader.rule(item)
                if rule is not None:
                    self.rules.append(rule if pack.whole is None else _unread(rule, pack.whole))

    def _check_theme(self, pack: OpenedPack, fields: Fields, theme: str) -> None:
        """Report a theme the pack does not list."""
        titled = isinstance(pack.fields.value("themes"), Entries)
        if theme and titled and theme not in self.declarations.themes:
            fields.report.add(
                Code.NOT_DECLARED,
                f"no theme is called `{theme}`",
                fields.value("theme"),
                did_you_mean(theme, self.declarations.themes)
                or "name it under `themes` in `rulebook.yaml`",
            )


def _unread(item: _R, whole: Callable[[], Rulebook]) -> _R:
    """Return a rule or derived fact with lazily read examples."""
    if isinstance(item, Rule):
        rule_id = item.id
        return attrs.evolve(item, examples=Unread(lambda: whole().rule(rule_id).examples))
    name = item.fact.name
    return attrs.evolve(item, examples=Unread(lambda: whole().derived[name].examples))


def _meant_for_the_pack(name: str) -> str:
    """Return the remedy for an ignored file that looks like rules; "" for others."""
    path = Path(name)
    if name.startswith(".") or path.suffix == ".yaml":
        return ""
    if path.suffix.lower() in (".yaml", ".yml"):
        return f"call it `{path.stem}.yaml`"
    inner = _RULES_INSIDE.match(name)
    if inner is not None:
        return f"call it `{inner[1]}.yaml`, or move it out of the pack"
    if path.suffix.lower() in _DOCUMENTS:
        return f"save it as plain text called `{path.stem}.yaml`, or move it out of the pack"
    return ""


_IDS: Final = re.compile(r"^\s+(?:- )?id:\s*([a-z0-9-]+)\s*$", re.MULTILINE)
_THEMES: Final = re.compile(r"^theme:\s*([a-z0-9-]+)\s*$", re.MULTILINE)
#: A name such as `money.yaml.txt`, `money.yaml.bak` or `money.yaml~`, without what comes after it.
_RULES_INSIDE: Final = re.compile(r"(.+?)\.ya?ml(?:[._~ -].*)?$", re.IGNORECASE)
_DOCUMENTS: Final = (".doc", ".docx", ".odt", ".rtf", ".pages")
