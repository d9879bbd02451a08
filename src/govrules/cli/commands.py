"""The commands, each a function whose parameters are its options."""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import attrs
from cyclopts import App, Parameter

from govrules.assessment import Assessment, assess, not_waived
from govrules.cli.comparing import diff
from govrules.cli.exits import FINE, FLAGGED, NOTHING_CHECKED, PROBLEM, Stop
from govrules.cli.kinds import KINDS
from govrules.cli.linting import lint
from govrules.cli.looking_up import facts
from govrules.cli.needs import with_packs
from govrules.cli.options import (
    AsOf,
    Engine,
    Folder,
    Level,
    Mapping,
    Output,
    Rules,
    Table,
    Waivers,
    day,
    load,
)
from govrules.cli.output import emit, refuse_inputs, show, warn, write
from govrules.cli.reports import Checked, Format, Reporting, Wanted, apart
from govrules.cli.said import Said
from govrules.cli.standard_input import STANDARD_INPUT, read_input
from govrules.cli.testing import run_tests
from govrules.cli.waiving import waived
from govrules.cli.workspace import chosen, packs_of, workspace
from govrules.diagnostics import CODES, did_you_mean
from govrules.doubts import doubts
from govrules.engines.registry import REFERENCE, engine_for
from govrules.engines.registry import engine as engine_called
from govrules.errors import EngineError, FactsError
from govrules.portfolio import (
    RegisterAssessment,
    assess_register,
    entries_of,
    is_empty,
    is_register,
)
from govrules.reading import Read, read_subject
from govrules.render.explained import code_lines, fact_lines, near, rule_lines
from govrules.render.lookup import parameter_lines, word_lines
from govrules.render.plain import plans_data, problems_data
from govrules.rulebook.ast import Rule, Rulebook, Severity
from govrules.rulebook.load import packs_in
from govrules.truth import UNKNOWN
from govrules.undisturbed import undisturbed


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

    return version("govrules")


app = App(
    name="govrules",
    help=(
        "Rules for the governance of partnerships: unknown is not no, every finding explained.\n\n"
        "Every command takes `--subjects module:Class`: a class of your own that rules are about."
    ),
    version=_version,
    help_format="plaintext",
    # `main` answers an interrupt, with a line that says so.
    suppress_keyboard_interrupt=False,
)

#: Files of facts, which need nothing that tables need.
_FACTS = (".yaml", ".yml", ".json")
Subjects = Annotated[list[Path] | None, Parameter(name="SUBJECT", negative="")]
Depth = Annotated[str | None, Parameter(name="--depth")]
Entry = Annotated[
    list[str] | None,
    Parameter(
        name="--entry",
        negative="",
        help="Of a register, only the partnership of this id or name; may be repeated.",
    ),
]


@app.command
def check(
    subjects: Subjects = None,
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    engine: Engine = None,
    as_of: AsOf = None,
    entry: Entry = None,
    waivers: Waivers = None,
    format: Format = "text",  # noqa: A002 - the option's name
    output: Output = None,
    save: Annotated[Path | None, Parameter(name="--save", negative="")] = None,
    fail_on: Level = "low",
    full: bool = False,
    depth: Depth = None,
) -> int:
    """
    Assess partnership and register files: every rule in force, one finding each.

    Parameters
    ----------
    subjects
        Partnership files or registers: YAML, JSON, JSON Lines, CSV, XLSX, Parquet, Arrow, DuckDB;
        the register of `govrules.yaml` if none.
    format
        How to write the report: a page for a meeting is `html`, a paper `markdown`; a workbook
        needs `--output`.
    save
        A folder that keeps what is flagged, so that the next report says what changed since.
    fail_on
        The severity from which flagged findings make the exit code 1.
    full
        In text, below the page, each finding with its reasons, each question and what is met.
    depth
        The same, with at most so many lines of reasons for each finding; `all` for every one.
    """
    level = Severity(fail_on)
    wanted = Wanted(format, output, save, level, full or depth is not None, _reasons(depth))
    refuse_inputs(output, subjects, mapping, rules, waivers)
    wanted.ready()
    rulebook = load(rules)
    named = chosen(subjects, mapping)
    checked, told = assess_all(
        named.subjects,
        rulebook,
        mapping=named.mapping,
        table=table,
        given=day(as_of),
        engine=engine,
        only=entry or (),
    )
    checked = waived(checked, waivers, rulebook, told)

    def follow(several: Sequence[Assessment]) -> Iterable[Assessment]:
        return _followed(several, output)

    options = {
        "rules": rules,
        "mapping": None if named.mapping is None else str(named.mapping),
        "table": table,
        "entry": entry,
    }
    read_too = (named.mapping, waivers or workspace().waivers)
    beside = tuple(each for each in read_too if each is not None)
    wanted = attrs.evolve(wanted, options=options, beside=beside)
    with undisturbed():
        Reporting(wanted, checked, named.subjects, rulebook, told, follow).run()
    return _code(checked, level, told)


def _reasons(depth: str | None) -> int | None:
    """Read how many lines of reasons a finding has; None is all of them."""
    if depth is None or depth == "all":
        return None
    if not depth.isdigit() or int(depth) < 1:
        raise Stop(
            f"govrules: `--depth {depth}` is no number of lines",
            "  help: write a number from 1, such as `--depth 5`, or `--depth all`",
        )
    return int(depth)


def _followed(assessments: Sequence[Assessment], output: Path | None) -> Iterable[Assessment]:
    # What is printed on a terminal shows by itself how far it is.
    if sys.stderr is None or sys.stdout is None or not sys.stderr.isatty():
        return assessments
    if output is None and sys.stdout.isatty():
        return assessments
    from govrules.cli.progress import followed  # noqa: PLC0415 - only a terminal pays for it

    return followed(assessments, "Explaining")


def assess_all(
    paths: list[Path],
    rulebook: Rulebook,
    *,
    mapping: Path | None,
    table: str,
    given: dt.date | None,
    engine: str | None,
    only: Collection[str] = (),
) -> tuple[list[Checked], Said]:
    """
    Assess every file that can be read, on the day that was given, the file's own or today.

    Where entries of registers are named, they alone are assessed.

    Return the assessments, and what was said of the files and of what they hold.
    """
    if engine is not None:
        # An engine that is not there is said before anything is read.
        engine_called(engine)
    reads, told = _read_all(paths, rulebook, mapping, table, only)
    if only:
        reads = _entries_called(only, reads)
    today = dt.date.today()  # noqa: DTZ011 - a date without a time has no zone
    checked: list[Checked] = []
    for read in reads:
        stated = read.as_of if isinstance(read.as_of, dt.date) else today
        with undisturbed():
            found = assess_file(read, rulebook, given or stated, engine)
        checked.append(found)
        if isinstance(found, RegisterAssessment):
            told.say((*found.warnings, *found.problems))
        else:
            told.say(doubts(found.subject, found.as_of))
    return checked, told


def _entries_called(names: Collection[str], reads: list[Read]) -> list[Read]:
    """Return the entries of these ids or names, each as if it had been read alone."""
    known: dict[str, None] = {}
    found: dict[str, list[Read]] = {each: [] for each in names}
    for read in reads:
        register = is_register(read.subject)
        for each in entries_of(read.subject) if register else (read.subject,):
            texts = (getattr(each, name, UNKNOWN) for name in ("id", "name"))
            called = {text for text in texts if isinstance(text, str)}
            known |= dict.fromkeys(sorted(called))
            for name in called & found.keys():
                found[name].append(attrs.evolve(read, subject=each))
    for name, its in found.items():
        if not its:
            raise Stop(
                f"govrules: no partnership is called `{name}`",
                f"  help: {did_you_mean(name, [*known]) or 'give its id or its name as it stands'}",
            )
    return list({id(one.subject): one for its in found.values() for one in its}.values())


def _read_all(
    paths: list[Path],
    rulebook: Rulebook,
    mapping: Path | None,
    table: str,
    only: Collection[str] = (),
) -> tuple[list[Read], Said]:
    """Read every file that can be read; say at once what is wrong with the others."""
    reads: list[Read] = []
    told = Said()
    for path in paths:
        try:
            read = _read(path, rulebook, mapping, table, only)
        except FactsError as error:
            told.say(with_packs(error.diagnostics, path))
            if not error.diagnostics:
                told.fail(str(error))
            told.failed = True
            continue
        told.say((*read.warnings, *read.problems))
        told.note(read.notes)
        reads.append(read)
    return reads, told


def _read(
    path: Path,
    rulebook: Rulebook,
    mapping: Path | None,
    table: str,
    only: Collection[str] = (),
) -> Read:
    if path == STANDARD_INPUT:
        return read_input(rulebook, mapping, table)
    if mapping is None and not table and path.suffix.lower() in _FACTS:
        return read_subject(path, rulebook=rulebook)
    from govrules.registers.read import columns_of, read_source  # noqa: PLC0415 - only a table pays for it

    columns = columns_of(path, table) if only and mapping is None else None
    if columns is not None:
        return columns.read(rulebook, only)
    return read_source(path, mapping=mapping, table=table, rulebook=rulebook)


def assess_file(read: Read, rulebook: Rulebook, as_of: dt.date, engine: str | None) -> Checked:
    """
    Assess what a file holds.

    Where no engine is named, many entries go to a faster one, unless it cannot do the rules.
    """
    if not is_register(read.subject):
        return assess(read.subject, rulebook, as_of=as_of, engine=engine or REFERENCE)
    chosen = engine or engine_for(len(entries_of(read.subject)))
    try:
        return assess_register(read.subject, rulebook, as_of=as_of, engine=chosen)
    except EngineError:
        if engine is not None:
            raise
        return assess_register(read.subject, rulebook, as_of=as_of, engine=REFERENCE)


def _code(checked: list[Checked], level: Severity, told: Said) -> int:
    if told.failed:
        return PROBLEM
    assessments = apart(checked)
    if all(isinstance(each, RegisterAssessment) and is_empty(each) for each in checked):
        warn(["govrules: nothing was checked: no partnership was read"])
        return NOTHING_CHECKED
    if not any(each.checks for each in assessments):
        warn(["govrules: nothing was checked: no rule in force is about what was given"])
        return NOTHING_CHECKED
    severities = not_waived(assessments)
    return FLAGGED if any(severities[each] for each in Severity if each >= level) else FINE


@app.command
def findings(
    register: Annotated[Path, Parameter(name="REGISTER", negative="")],
    *,
    output: Annotated[
        Path, Parameter(name="--output", help="The file: .parquet, .csv or .jsonl; whole or not.")
    ],
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    as_of: AsOf = None,
    problems: Annotated[
        Path | None,
        Parameter(name="--problems", help="A JSON file of what was not read, whole or not at all."),
    ] = None,
    fail_on: Level = "low",
) -> int:
    """
    Judge a register of any size as columns: one row a rule and a partnership, as a table.

    Parameters
    ----------
    register
        A file of columns (Parquet, Arrow, DuckDB), which is read in bounded memory, or a register
        in any other format. `check --entry` explains single partnerships of it.
    fail_on
        The severity from which flagged findings make the exit code 1.
    """
    refuse_inputs(output, register, mapping, rules)
    engine_called("columnar")
    from govrules.cli.tabulating import (  # noqa: PLC0415 - only this command needs it
        entries_of_columns,
        entries_of_register,
        tabulate,
    )
    from govrules.registers.read import columns_of  # noqa: PLC0415 - likewise

    rulebook = load(rules)
    told = Said()
    date = day(as_of)
    today = dt.date.today()  # noqa: DTZ011 - a date without a time has no zone
    columns = columns_of(register, table) if mapping is None else None
    if columns is not None:
        from govrules.registers.decoding import Doubts  # noqa: PLC0415 - it needs pyarrow

        told.say(columns.not_read(rulebook))
        of_columns = Doubts(columns.name)
        entries = entries_of_columns(columns, rulebook, of_columns)
        code = tabulate(entries, rulebook, date or today, output, Severity(fail_on))
        told.say(of_columns.diagnostics())
        _keep(told, problems)
        return code
    reads, told = _read_all([register], rulebook, mapping, table)
    if not reads:
        _keep(told, problems)
        return PROBLEM
    [read] = reads
    date = date or (read.as_of if isinstance(read.as_of, dt.date) else today)
    told.say(doubts(read.subject, date))
    entries = entries_of_register(read, register, rulebook, told.say)
    code = tabulate(entries, rulebook, date, output, Severity(fail_on))
    _keep(told, problems)
    return PROBLEM if told.failed else code


def _keep(told: Said, file: Path | None) -> None:
    """Write what was said of files and of what they hold, if a file is named for it."""
    if file is not None:
        data = problems_data(told.diagnostics, told.notes)
        emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n", file)


@app.command
def explain(
    name: str | None = None,
    *,
    rules: Rules = None,
    code: Annotated[bool, Parameter(name="--code", negative="")] = False,
    formula: Annotated[bool, Parameter(name="--formula", negative="")] = False,
) -> int:
    """
    Explain a rule, a diagnostic's code, a fact, a parameter, or a word of the format.

    Parameters
    ----------
    name
        A rule's id, a code such as GR104 or its name, a fact such as funding.pooled, a parameter
        such as high_spend, or a word such as newer_than or mitigated_by.
    code
        Print the Python to which the engine `compiled` turns the rule, or all rules if none is
        named.
    formula
        Print when the rule flags, is clear and does not apply, and when each severity is possible,
        in words, or of all rules if none is named.
    """
    if code:
        return _explain_code(name, load(rules))
    if formula:
        return _explain_formula(name, load(rules))
    if name is None:
        raise Stop(
            "govrules: `explain` needs the name of a rule, a code or a fact",
            "  help: `--code` or `--formula` alone prints all rules; "
            "run `govrules --help` for what can be asked",
        )
    return _explain_name(name, rules)


def _explain_code(name: str | None, rulebook: Rulebook) -> int:
    from govrules.engines import compiled  # noqa: PLC0415 - only this option needs it

    chosen = _rules_called(name, rulebook)
    for subject, cls in rulebook.subjects.items():
        about = [rule for rule in chosen if rule.subject == subject]
        if about:
            emit(f"# rules about {subject}\n\n{compiled.source(about, cls, rulebook)}\n")
    return FINE


def _explain_formula(name: str | None, rulebook: Rulebook) -> int:
    from govrules.render.formula import formula_lines  # noqa: PLC0415 - only this option needs it

    for index, rule in enumerate(_rules_called(name, rulebook)):
        show([*([("", "")] if index else []), *formula_lines(rule, rulebook)])
    return FINE


def _rules_called(name: str | None, rulebook: Rulebook) -> list[Rule]:
    """Return the rule of this name, or all rules if none is named."""
    chosen = [rule for rule in rulebook.rules if name in (None, rule.id)]
    if not chosen:
        raise Stop(
            f"govrules: `{name}` is no rule",
            f"  help: {near(name or '', rulebook) or 'see `govrules catalogue` for the rules'}",
        )
    return chosen


def _explain_name(name: str, rules: list[str] | None) -> int:
    diagnostic = CODES.get(name) or CODES.get(name.upper())
    if diagnostic is not None:
        show(code_lines(diagnostic))
        return FINE
    rulebook = load(rules)
    if any(rule.id == name for rule in rulebook.rules):
        show(rule_lines(rulebook.rule(name), rulebook))
        return FINE
    left = next((each for each in rulebook.left_out if each.id == name), None)
    if left is not None:
        show(rule_lines(left, rulebook))
        return FINE
    facts_or_parameter = (*fact_lines(name, rulebook), *parameter_lines(name, rulebook))
    lines = [*(facts_or_parameter or word_lines(name))]
    if not lines:
        raise Stop(
            f"govrules: `{name}` is no rule, code, fact, parameter or word of the format",
            f"  help: {near(name, rulebook) or 'find a fact by `govrules facts WORDS`'}",
        )
    show(lines)
    return FINE


@app.command(name="format")
def format_(
    directories: Annotated[
        list[str], Parameter(name="DIR", negative="", help="A pack, or a folder of packs.")
    ],
    *,
    check: Annotated[bool, Parameter(name="--check", negative="")] = False,
) -> int:
    """
    Lay rule files out in block form, with short lines and all comments; what they say is kept.

    Parameters
    ----------
    directories
        Packs, or folders of packs.
    check
        Write nothing, and say which files would be laid out anew; exit code 1 if there are any.
    """
    from govrules.cli.laying_out import lay_out  # noqa: PLC0415 - only this command needs it

    return lay_out(directories, check=check)


app.command(lint)
app.command(diff)
app.command(facts)
app.command(run_tests, name="test")

Kinds = Literal[
    "never-applicable",
    "never-flagged",
    "always-flagged",
    "implied-by",
    "unreachable-row",
    "gap",
    "overlap",
    "conflict",
    "perverse-incentive",
    "withholding-helps",
    "never-worse",
    "idle-question",
]


@app.command
def prove(
    directories: Folder = None,
    *,
    kind: Annotated[list[Kinds] | None, Parameter(negative="")] = None,
    level: Level = "high",
    list_bound: int = 4,
    timeout: float = 30,
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name
) -> int:
    """
    Prove that rules can do their work and agree with each other; show each flaw by an example.

    Parameters
    ----------
    directories
        Packs, or folders of packs, taken together; the shipped ones if none is given.
    kind
        Only look for flaws of this kind; may be repeated.
    level
        The severity from which rules can be in conflict.
    list_bound
        The longest list of records that is considered.
    timeout
        How many seconds one proof may take; one that takes longer is not decided.
    format
        How to print the results.
    """
    try:
        from govrules.prove import questions, report  # noqa: PLC0415 - z3 is an extra
    except ModuleNotFoundError as error:
        if error.name != "z3":
            raise
        raise Stop(
            "govrules: proofs need the solver z3, which is not installed",
            "  help: pip install govrules[prove]",
        ) from error
    if list_bound < 1 or timeout <= 0:
        raise Stop(
            "govrules: `--list-bound` and `--timeout` are above zero", "  help: leave them out"
        )
    prover = questions.Prover(
        load(packs_in(packs_of(directories))),
        bound=list_bound,
        seconds=timeout,
        level=Severity(level),
        flaws=frozenset(questions.Flaw(each) for each in kind or questions.USUAL),
    )
    began = time.monotonic()
    results: list[questions.Result] = []
    for result in prover.results():
        results.append(result)
        if format == "text" and result.status is not questions.Status.PROVED:
            show(report.result_lines(result))
    if format == "text":
        show(report.summary_lines(results, prover))
        number = len(prover.rulebook.rules)
        rules = "1 rule" if number == 1 else f"{number} rules"
        show([(f"{rules} in {time.monotonic() - began:.1f} seconds.", "dim")])
    else:
        data = report.report_data(results, prover)
        emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    if any(each.unexplained for each in results):
        return FLAGGED
    decided = (questions.Status.PROVED, questions.Status.INTENDED)
    return FINE if any(each.status in decided for each in results) else NOTHING_CHECKED


@app.command
def schema(
    which: Literal["rules", "subject", "mapping", "findings"] | None = None,
    *,
    rules: Rules = None,
    output: Output = None,
) -> int:
    """
    Print the JSON Schema of rule files, subject files, mapping files or findings.

    Parameters
    ----------
    which
        Which schema; with `--output DIR` and none named, all four are written there.
    """
    from govrules import schema as schemas  # noqa: PLC0415 - only this command needs it

    refuse_inputs(output if which else None, rules)
    rulebook = load(rules)
    build: dict[str, Any] = {
        "rules": lambda: schemas.rules_schema(rulebook),
        "subject": lambda: schemas.subject_schema(rulebook),
        "mapping": lambda: schemas.mapping_schema(rulebook),
        "findings": schemas.findings_schema,
    }
    if which is None and output is not None:
        if output.exists() and not output.is_dir():
            raise Stop(f"govrules: `{output}` is a file", "  help: name a folder, or one schema")
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "it cannot be made").lower()
            raise Stop(f"govrules: `{output}`: {reason}", "  help: name another folder") from error
        for name, make in build.items():
            text = json.dumps(make(), indent=1, ensure_ascii=False) + "\n"
            emit(text, output / f"{name}.schema.json")
        return FINE
    made = build[which or "rules"]()
    emit(json.dumps(made, indent=1, ensure_ascii=False) + "\n", output)
    return FINE


@app.command
def catalogue(
    *,
    rules: Rules = None,
    format: Literal["markdown", "html", "xlsx"] = "markdown",  # noqa: A002 - the option's name
    says: Annotated[bool, Parameter(name="--says", negative="")] = False,
    output: Output = None,
) -> int:
    """
    Print every rule in plain English, with its source, questions and examples.

    Parameters
    ----------
    says
        Print only how much of the rules their sources state, how much they imply, and how much is
        the pack's own.
    format
        Markdown, one HTML page, or a workbook (which needs `--output`).
    """
    from govrules import catalogue as catalogues  # noqa: PLC0415 - only this command needs it
    from govrules.render import catalogue as render  # noqa: PLC0415 - likewise

    refuse_inputs(output, rules)
    if says and format != "markdown":
        raise Stop("govrules: `--says` prints a table in Markdown only", "  help: drop `--format`")
    if format == "xlsx" and output is None:
        raise Stop(
            "govrules: a workbook cannot be printed", "  help: add `--output catalogue.xlsx`"
        )
    if says:
        emit(render.shares_markdown(catalogues.shares(load(rules))), output)
        return FINE
    made = catalogues.catalogue(load(rules))
    if format == "xlsx" and output is not None:
        write(output, render.xlsx(made))
    else:
        emit(render.html(made) if format == "html" else render.markdown(made), output)
    return FINE


@app.command
def init(directory: Annotated[Path, Parameter(name="DIR", negative="")]) -> int:
    """
    Begin a pack of rules: a rulebook, one rule with examples, and settings for an editor.

    Parameters
    ----------
    directory
        The folder of the pack; nothing in it is overwritten.
    """
    from govrules.scaffold import scaffold  # noqa: PLC0415 - only this command needs it

    for path in scaffold(directory):
        emit(f"wrote {path}\n")
    emit(
        "\nTry next:\n"
        f"  govrules lint {directory}\n"
        f"  govrules test {directory}\n"
        f"  govrules check FILE --rules governing-partnerships --rules {directory}\n"
    )
    return FINE


@app.command(name="map")
def map_(
    register: Annotated[Path, Parameter(name="REGISTER", negative="")],
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    headings: Annotated[
        Path | None,
        Parameter(name="--headings", help="A file of what registers of your own call facts."),
    ] = None,
    preview: Annotated[bool, Parameter(name="--preview", negative="")] = False,
    entry: Entry = None,
    output: Output = None,
    overwrite: bool = False,
) -> int:
    """
    Propose which columns of a table hold which facts, for a person to confirm.

    With --mapping nothing is proposed: that mapping is written in the other form, or previewed.

    Parameters
    ----------
    register
        A table: CSV, XLSX, Parquet, Arrow, DuckDB, or JSON with other keys than facts.
    preview
        Print one partnership as it is read, cell by cell: the first, or the one of --entry.
    overwrite
        Write over an output file that is there already.
    """
    from govrules.cli.mapping import Mapper  # noqa: PLC0415 - only this command needs it

    refuse_inputs(output, register, mapping, headings, rules)
    if output is not None and output.exists() and not overwrite:
        raise Stop(
            f"govrules: `{output}` is there already",
            "  help: name another file, or add `--overwrite`",
        )
    mapper = Mapper(register, load(rules), mapping=mapping, table=table, headings=headings)
    if preview:
        mapper.preview(entry or (), output)
        return FINE
    return mapper.write(output)


@app.command
def plan(
    subjects: Subjects = None,
    *,
    rules: Rules = None,
    mapping: Mapping = None,
    table: Table = "",
    engine: Engine = None,
    as_of: AsOf = None,
    level: Level = "low",
    format: Literal["text", "json"] = "text",  # noqa: A002 - the option's name
    output: Output = None,
) -> int:
    """
    Plan the fewest changes that clear what is flagged.

    Parameters
    ----------
    subjects
        Partnership files or registers: YAML, JSON, JSON Lines, CSV, XLSX, Parquet, Arrow, DuckDB;
        the register of `govrules.yaml` if none.
    level
        The severity from which findings are to be cleared.
    format
        How to print the plan.
    """
    from govrules.render.plan import plan_lines  # noqa: PLC0415 - only this command

    refuse_inputs(output, subjects, mapping, rules)
    rulebook = load(rules)
    named = chosen(subjects, mapping)
    checked, told = assess_all(
        named.subjects,
        rulebook,
        mapping=named.mapping,
        table=table,
        given=day(as_of),
        engine=engine,
    )
    assessments = apart(checked)
    plans = [(each, each.plan(Severity(level))) for each in assessments]
    if format == "json":
        said = problems_data(told.diagnostics, told.notes)
        data = plans_data(plans, rulebook, said)
        emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n", output)
    else:
        show((line for each, made in plans for line in plan_lines(each, made)), output)
    return _code(checked, Severity(level), told)


@app.command
def ask(
    file: Annotated[Path, Parameter(name="FILE", negative="")],
    *,
    rules: Rules = None,
    as_of: AsOf = None,
) -> int:
    """
    Ask the questions still open, most useful first, and write the answers into the file.

    Parameters
    ----------
    file
        The YAML file of one partnership; what stands in it stays as it is.
    """
    from govrules.cli.asking import Asking  # noqa: PLC0415 - only this command needs it

    Asking(file, load(rules), day(as_of)).run()
    return FINE


@app.command
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
    from govrules.cli.rule_files import RuleFiles  # noqa: PLC0415 - likewise
    from govrules.cli.watching import Watching  # noqa: PLC0415 - only this command needs it

    if every <= 0 or (seconds is not None and seconds < 0):
        raise Stop("govrules: `--every` and `--seconds` are above zero", "  help: leave them out")
    watching = Watching(
        registers,
        load(rules),
        day(as_of),
        engine=engine,
        as_lines=format == "jsonl",
        rules=RuleFiles(tuple(packs_of(rules)), dict(KINDS.get() or {})),
    )
    return watching.run(every=every, seconds=seconds)
