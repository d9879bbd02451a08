"""Watch register files as they are edited, and say what opens and closes."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import attrs
from cyclopts import Parameter

from govrules.cli.options import KINDS, AsOf, Engine, Rules, load, today
from govrules.cli.output import FINE, FLAGGED, PROBLEM, Stop, emit, flush, show, warn
from govrules.cli.workspace import packs_of
from govrules.doubts import doubts
from govrules.errors import FactsError, GovrulesError, RuleFileError
from govrules.explain.phrases import counted, sentence
from govrules.facts import names_of
from govrules.live.register import LiveRegister
from govrules.live.results import Movement, Notice
from govrules.live.working_memory import listing_of
from govrules.portfolio import entries_of, is_register, listed
from govrules.reading import Read, read_subject
from govrules.render.report import graded
from govrules.rulebook.ast import Rulebook, Verdict
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in, shipped_packs
from govrules.subjects import words_of
from govrules.truth import UNKNOWN

#: What is read in a folder.
SUFFIXES: Final = (".yaml", ".yml", ".json")
_STYLES: Final = {Movement.OPENED: "bold red", Movement.CHANGED: "yellow", Movement.CLOSED: "green"}


@attrs.define
class Watching:
    """
    Register files, partnership files, or folders of them, kept up in a live register.

    A file is read when it has stood still from one look to the next, so that one that is being
    written is let finish. One that cannot be read is reported, and what it last said still counts.

    Args:
        paths: files and folders.

        rulebook: the rules.

        as_of: the date of the assessment; where neither this nor a file says, today's, each day.

        engine: which engine settles.

        as_lines: whether each notice is printed as a line of JSON.

        rules: the files of the packs, which are read again where they change; None to leave them.
    """

    paths: list[Path]
    rulebook: Rulebook
    as_of: dt.date | None
    engine: str | None = None
    as_lines: bool = False
    rules: RuleFiles | None = None
    _live: LiveRegister = attrs.field(init=False)
    _seen: Marks = attrs.field(factory=dict)
    _taken: Marks = attrs.field(factory=dict)
    _read: dict[Path, Read] = attrs.field(factory=dict)
    _said: set[str] = attrs.field(factory=set)

    def run(
        self,
        *,
        every: float,
        seconds: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> int:
        """Look at the files every so many seconds, until interrupted or the time is up."""
        self._begin()
        until = None if seconds is None else clock() + seconds
        while until is None or clock() < until:
            sleep(every if until is None else max(0.0, min(every, until - clock())))
            self.look()
        return FLAGGED if self._live.findings() else FINE

    def _begin(self) -> None:
        for path in self.paths:
            if not path.exists():
                raise Stop(f"`{path}`: there is no such file or folder", code=PROBLEM)
        self._seen = file_marks(self._files())
        for path, mark in self._seen.items():
            self._take(path, mark)
        if not self._read:
            raise Stop(
                "there is nothing to watch: no file could be read",
                f"name a register or partnership file ({', '.join(SUFFIXES)}), or a folder",
                code=PROBLEM,
            )
        self._live = LiveRegister(
            self.rulebook, as_of=self._day(), complete=self._complete(), engine=self.engine
        )
        notices = self._live.replace(self._wanted()).notices
        self._doubt()
        self._tell(notices if self.as_lines else ())
        self._summary()

    def look(self) -> None:
        """Poll the files once and report what follows from changes."""
        seen = file_marks(self._files())
        moved = False
        for path in self._read.keys() - seen.keys() - self._seen.keys():
            # Gone for two looks: an editor that replaces a file leaves it out for an instant.
            if path in self.paths:
                self._say_once(f"govrules: `{path}` is gone; what it last said still counts")
                continue
            del self._read[path]
            self._taken.pop(path, None)
            moved = True
        for path, mark in seen.items():
            if self._seen.get(path) == mark != self._taken.get(path):
                moved |= self._take(path, mark)
        self._seen = seen
        self._look_at_rules()
        live = self._live
        if live.as_of != self._day() or live.complete != self._complete():
            self._tell(live.restate(as_of=self._day(), complete=self._complete()).notices)
            self._doubt()
        if moved:
            notices = live.replace(self._wanted()).notices
            self._doubt()
            self._tell(notices)

    def _look_at_rules(self) -> None:
        """Take rules that have changed, and tell what they open and close."""
        changed = None if self.rules is None else self.rules.changed(self.rulebook)
        if changed is None:
            return
        self.rulebook = changed
        self._say_once(f"govrules: the rules have changed: {changed.id} {changed.version}")
        told: list[Notice] = []
        self._live = LiveRegister.resume(
            self._live.snapshot(), changed, on_change=told.append, engine=self.engine
        )
        # Files may hold facts that only the new rules know.
        for path in [*self._read]:
            self._take(path, self._taken[path])
        told += self._live.replace(self._wanted()).notices
        self._live = LiveRegister.resume(self._live.snapshot(), changed, engine=self.engine)
        self._tell(tuple({each.number: each for each in told}.values()))

    def _doubt(self) -> None:
        """Report once each fact read otherwise than recorded."""
        for read in self._read.values():
            for each in doubts(read.subject, self._day()):
                self._say_once(str(each))

    def _files(self) -> Iterator[Path]:
        for path in self.paths:
            if path.is_dir():
                yield from sorted(
                    each
                    for each in path.iterdir()
                    if each.suffix in SUFFIXES and each.name[:1] != "." and each.is_file()
                )
            else:
                yield path

    def _take(self, path: Path, mark: tuple[int, int, int]) -> bool:
        """Read a file; if that fails, say why and keep its previous contents."""
        self._taken[path] = mark
        try:
            read = read_subject(path, rulebook=self.rulebook)
        except FactsError as error:
            self._not_taken(
                path, [str(diagnostic) for diagnostic in error.diagnostics] or [str(error)]
            )
            return False
        warn(str(warning) for warning in read.warnings)
        if read.problems:
            self._not_taken(path, [str(problem) for problem in read.problems])
            return False
        self._read[path] = read
        return True

    def _not_taken(self, path: Path, lines: list[str]) -> None:
        known = "what it last said still counts" if path in self._read else "it counts for nothing"
        warn([*lines, f"govrules: `{path}` was not taken; {known}"])

    def _wanted(self) -> Any:  # noqa: ANN401 - a register of any class
        """Return the register the files form together."""
        listing = listing_of(self.rulebook)
        record = listing.empty
        entries: dict[str, Any] = {}
        where: dict[str, Path] = {}
        for path, read in sorted(self._read.items()):
            if is_register(read.subject):
                record = read.subject
                several = entries_of(read.subject)
            else:
                several = (read.subject,)
            for entry in several:
                key = next(filter(None, names_of(entry)), "")
                if not key:
                    self._say_once(
                        f"govrules: `{path}`: a {words_of(listing.cls)} has neither id nor name and"
                        " is left out"
                    )
                elif key in entries:
                    self._say_once(
                        f"govrules: `{key}` stands in `{where[key]}` and again in `{path}`; the "
                        "later counts"
                    )
                if key:
                    entries[key], where[key] = entry, path
        return attrs.evolve(record, **{listing.listed: tuple(entries.values())})

    def _complete(self) -> bool:
        """Tell whether the list of entries is closed: a register file says so."""
        lists = [listed(read.subject) for read in self._read.values() if is_register(read.subject)]
        return bool(lists) and all(
            each is None or (isinstance(each, tuple) and UNKNOWN not in each) for each in lists
        )

    def _day(self) -> dt.date:
        stated = [each.as_of for each in self._read.values() if isinstance(each.as_of, dt.date)]
        return self.as_of or max(stated, default=today())

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            warn([line])

    def _summary(self) -> None:
        if self.as_lines:
            return
        opened = self._live.findings()
        levels = graded(Counter(each.severity for each in opened if each.severity))
        many = f" ({', '.join(levels)})" if levels else ""
        what = counted(len(self._live), words_of(listing_of(self.rulebook).cls))
        show([(f"watching {what}: {len(opened)} open{many}", "bold")])
        flush()

    def _tell(self, notices: tuple[Notice, ...]) -> None:
        for notice in notices:
            if self.as_lines:
                emit(json.dumps(_data(notice), ensure_ascii=False) + "\n")
            else:
                show(_lines(notice))
        # Whoever reads a pipe is told at once.
        flush()


def _lines(notice: Notice) -> Iterator[tuple[str, str]]:
    style = _STYLES[notice.movement]
    about = notice.subject or "the register"
    grave = notice.severity or notice.was
    level = grave.value if grave else ""
    if notice.movement is Movement.CHANGED and notice.was is not notice.severity and notice.was:
        level = f"{level}, was {notice.was.value}"
    yield f"{notice.movement.value} ({level}): {about}  [{notice.rule}]", style
    if notice.finding is not None:
        now = notice.finding
        text = now.sentence
        if notice.movement is Movement.CLOSED:
            yield f"    Was: {sentence(now.rule.title)}", ""
        if notice.movement is Movement.CLOSED and now.verdict is Verdict.UNKNOWN:
            text = f"{text} It is open no more, and not known to be in order."
        yield f"    {text}", ""
    else:
        yield "    It is no longer on the register.", ""


def _data(notice: Notice) -> Mapping[str, object]:
    return {
        "notice": notice.number,
        "movement": notice.movement.value,
        "kind": notice.kind,
        "subject": notice.subject,
        "rule": notice.rule,
        "verdict": notice.verdict and notice.verdict.value.replace(" ", "_"),
        "severity": notice.severity and notice.severity.value,
        "was": notice.was and notice.was.value,
    }


def watch(
    registers: Annotated[list[Path], Parameter(name="REGISTER", negative="")],
    *,
    rules: Rules = None,
    engine: Engine = None,
    as_of: AsOf = None,
    every: float = 1,
    seconds: float | None = None,
    format: Literal["text", "jsonl"] = "text",  # noqa: A002 - the option's name
) -> int:
    """
    Watch a register as it is edited, and print what opens, changes and closes.

    Parameters
    ----------
    registers
        Register files, partnership files, or folders of them.
    engine
        Which engine settles; the findings are the same.
    every
        How many seconds lie between two looks at the files.
    seconds
        Stop after so many seconds, with exit code 1 if anything is open; if not given, watch until
        interrupted.
    format
        How to print: as text, or one JSON object a line.
    """
    if every <= 0 or (seconds is not None and seconds < 0):
        raise Stop("`--every` and `--seconds` are above zero", "leave them out")
    watching = Watching(
        registers,
        load(rules),
        as_of,
        engine=engine,
        as_lines=format == "jsonl",
        rules=RuleFiles(tuple(packs_of(rules)), dict(KINDS.get() or {})),
    )
    return watching.run(every=every, seconds=seconds)


#: What tells one state of files from another: when each was written, its size and its number.
Marks: TypeAlias = dict[Path, tuple[int, int, int]]


def file_marks(paths: Iterable[Path]) -> Marks:
    """Return the modification marks of files; None for a missing file."""
    found: Marks = {}
    for path in paths:
        with contextlib.suppress(OSError):
            stat = path.stat()
            found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


@attrs.define
class RuleFiles:
    """
    Watched pack files, reloaded when changed and stable.

    Attributes:
        packs: the packs as they were named; none are all that are shipped.
    """

    packs: tuple[str, ...]
    subjects: dict[str, type] | None = None
    _taken: Marks = attrs.field(init=False)
    _seen: Marks = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._taken = self._seen = self._marks()

    def changed(self, rulebook: Rulebook) -> Rulebook | None:
        """Return the reloaded rulebook; None if the files are unchanged."""
        seen = self._marks()
        still = seen == self._seen
        self._seen = seen
        if seen == self._taken or not still:
            return None
        self._taken = seen
        try:
            found = load_rulebook(*packs_in(self.packs), subjects=self.subjects)
        except RuleFileError as error:
            warn([*(str(diagnostic) for diagnostic in error.diagnostics), _KEPT])
            return None
        except GovrulesError as error:
            warn([f"govrules: {error}", _KEPT])
            return None
        same = [pack.content for pack in found.packs] == [pack.content for pack in rulebook.packs]
        return None if same else found

    def _marks(self) -> Marks:
        return file_marks(_files(self.packs or tuple(packs_in(()))))


_KEPT = "govrules: the rules were not taken; those of before still count"


def _files(packs: Iterable[str]) -> Iterator[Path]:
    """Yield the files of packs, and of the packs that stand beside them and may be adapted."""
    folders: dict[Path, None] = {}
    for pack in packs:
        folder = Path(pack) if Path(pack).is_dir() else shipped_packs() / pack
        folders |= dict.fromkeys(
            [folder, *(each.parent for each in folder.parent.glob("*/rulebook.yaml"))]
        )
    for folder in folders:
        yield from sorted(folder.glob("*.yaml"))
