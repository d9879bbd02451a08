"""All that a pack is held to, each check by itself: examples, properties and proofs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from govrules.assessment import assess
from govrules.diagnostics import Code, Diagnostic, Span
from govrules.engines.reference import case_of
from govrules.errors import GovrulesError, RuleFileError
from govrules.examples import example_case, run_derived_example, run_example
from govrules.facts import Facts
from govrules.nodes import Entries, Items, Report
from govrules.parsing import parse
from govrules.reading import declared_by
from govrules.render.tree import tree_lines
from govrules.rulebook.adapt import as_written, derived_as_written
from govrules.rulebook.ast import (
    NOT_IN_FORCE,
    Derived,
    DerivedExample,
    Example,
    Rule,
    Rulebook,
    Verdict,
)
from govrules.rulebook.load import load_rulebook
from govrules.rulebook.packs import packs_in, shipped_packs
from govrules.rulebook.rules import read_given
from govrules.testing.properties import OF_RULES, PROPERTIES, check
from govrules.testing.strategies import records
from govrules.testing.theorems.form import engines_agree, installed_engines
from govrules.testing.trial import FalsifiedError, kinds_of
from govrules.truth import Unknown
from govrules.vocabulary import YesNo

if TYPE_CHECKING:
    from govrules.prove.prover import ProofResult
    from govrules.prove.witness import Witness

#: The date of the assessments of generated subjects, if no other is given.
AS_OF: Final = dt.date(2026, 3, 31)
#: What is proved of each rule, of each table, and of all rules on a kind of subject together.
OF_A_RULE: Final = (
    "never-applicable",
    "never-flagged",
    "always-flagged",
    "implied-by",
    "perverse-incentive",
    "withholding-helps",
)
OF_A_TABLE: Final = ("unreachable-row", "gap", "overlap")
CONFLICT: Final = "conflict"


class Status(Enum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class SkippedError(Exception):
    """A check could not be made, and why."""


class FailedError(AssertionError):
    """A check failed: its place, what is wrong, and the explanation."""


@attrs.frozen
class Check:
    """
    One thing that a pack is held to.

    Attributes:
        name: such as ``example: nothing is pooled`` or ``knowledge_is_monotone[partnership]``.
        about: the rule or derived fact; "" for the pack as a whole.
        span: where that stands.
        run: makes the check and returns what was done; raises `FailedError` or `SkippedError`.
    """

    name: str
    about: str
    span: Span
    run: Callable[[], str] = attrs.field(repr=False)


@attrs.frozen
class Result:
    """
    How a check ended.

    Attributes:
        check: the check.
        status: passed, failed or skipped.
        text: what was done, why it failed, or why it was skipped.
    """

    check: Check
    status: Status
    text: str


class CheckError(GovrulesError, AssertionError):
    """
    A pack does not hold up.

    Attributes:
        results: every check that was made.
    """

    def __init__(self, results: tuple[Result, ...]) -> None:
        super().__init__(results)
        self.results = results

    def __str__(self) -> str:
        failed = [result for result in self.results if result.status is Status.FAILED]
        head = f"{len(failed)} of {len(self.results)} checks failed"
        return "\n\n".join([head, *(f"{_title(each.check)}\n{each.text}" for each in failed)])


def _title(made: Check) -> str:
    return "::".join(each for each in (made.about, made.name) if each)


def check_rulebook(
    path: str | Path,
    *,
    subjects: Mapping[str, type] | None = None,
    as_of: dt.date | Unknown = AS_OF,
    examples: int = 100,
    seed: int | None = None,
    proofs: bool = True,
    timeout: float = 30,
) -> tuple[Result, ...]:
    """
    Hold a pack to its examples, to every property and to the proofs; return how each ended.

    What could not be checked is skipped with the reason, and never passes. Proofs need z3
    (`pip install govrules[prove]`); without it each is skipped, with that reason.

    Args:
        path: a pack's folder, a folder of packs, or the name of a shipped pack.

        subjects: attrs classes that rules may be about, as for `load_rulebook`.

        as_of: the date on which generated subjects are assessed.

        examples: on how many subjects each property is tried.

        seed: what to generate them from; a new one each time if not given.

        proofs: whether to prove; a large pack can take a minute.

        timeout: how many seconds one proof may take; one that takes longer is not decided.

    Raises:
        RuleFileError: the pack does not load; every problem with file, line and column.

        CheckError: a check failed; every failure with the rule's place and the explanation.
    """
    results: list[Result] = []
    for folder in pack_folders(path):
        pack = LoadedPack.load(
            folder, subjects=subjects, as_of=as_of, examples=examples, seed=seed, timeout=timeout
        )
        results += [run(each) for each in pack.checks(proofs=proofs)]
    if any(result.status is Status.FAILED for result in results):
        raise CheckError(tuple(results))
    return tuple(results)


def run(made: Check) -> Result:
    """Make a check and return how it ended."""
    try:
        return Result(made, Status.PASSED, made.run())
    except FailedError as error:
        return Result(made, Status.FAILED, str(error))
    except SkippedError as error:
        return Result(made, Status.SKIPPED, str(error))


def pack_folders(path: str | Path) -> list[str]:
    """
    Return the packs in a folder; a shipped pack goes by its name.

    Raises:
        RuleFileError: it is a file, or there is no such folder.
    """
    name = str(path)
    if Path(path).is_file():
        problem = "this is a file, and a pack is a folder"
        help_ = f"name its folder: {Path(path).parent}"
        raise RuleFileError((Diagnostic(Code.UNREADABLE_FILE, problem, Span(name), help_),))
    if not Path(path).is_dir() and not (shipped_packs() / path).is_dir():
        problem, help_ = "there is no such folder", "name the folder of a pack"
        raise RuleFileError((Diagnostic(Code.UNREADABLE_FILE, problem, Span(name), help_),))
    return packs_in([name])


@attrs.frozen(eq=False, slots=False)
class LoadedPack:
    """
    A loaded pack with its test settings.

    Attributes:
        name: its folder, as its places name it.
        rulebook: its rules.
        as_of: the date on which generated subjects are assessed.
        examples: on how many each property is tried; the profile of Hypothesis says if None.
        seed: what to generate them from; None for a new one.
        timeout: how many seconds one proof may take.
    """

    name: str
    rulebook: Rulebook
    as_of: dt.date | Unknown = AS_OF
    examples: int | None = None
    seed: int | None = None
    timeout: float = 30

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        subjects: Mapping[str, type] | None = None,
        **options: Any,  # noqa: ANN401 - those of the class
    ) -> LoadedPack:
        """
        Load a pack.

        Raises:
            RuleFileError: something in it is wrong, or it has no rules.
        """
        rulebook = load_rulebook(path, subjects=subjects)
        if not rulebook.rules:
            problem = "the pack has no rules, so there is nothing to check"
            help_ = "add a theme file with `rules:`"
            raise RuleFileError(
                (Diagnostic(Code.NO_RULEBOOK, problem, Span(f"{path}/rulebook.yaml"), help_),)
            )
        return cls(str(path), rulebook, **options)

    def checks(self, *, proofs: bool = True) -> Iterator[Check]:
        """Yield every check: derived facts and the pack's properties first, then rule by rule."""
        for derived in self.rulebook.derived.values():
            if not derived.inherited:
                yield from self._of_derived(derived, proofs=proofs)
        yield from self._of_pack(proofs=proofs)
        for rule in self.rulebook.rules:
            yield from self._of_rule(rule, proofs=proofs)

    def _of_derived(self, derived: Derived, *, proofs: bool) -> Iterator[Check]:
        for example in derived.examples:
            run_ = partial(self._derived_example, derived, example)
            yield Check(f"example: {example.name}", derived.name, example.span, run_)
        asked = [OF_A_TABLE[0]]
        asked += [] if isinstance(derived.fact.type, YesNo) else [OF_A_TABLE[1]]
        asked += [OF_A_TABLE[2]] if derived.unique else []
        for flaw in asked if proofs else ():
            run_ = partial(self._proof, flaw, derived.name)
            yield Check(f"proof: {flaw}", derived.name, derived.span, run_)

    def _of_pack(self, *, proofs: bool) -> Iterator[Check]:
        place = Span(f"{self.name}/rulebook.yaml", 1, 1)
        for name in OF_RULES:
            yield Check(name, "", place, partial(self._rules_alone, name))
        for kind in kinds_of(self.rulebook):
            for name in PROPERTIES:
                yield Check(f"{name}[{kind}]", "", place, partial(self._property, name, kind))
            if proofs:
                run_ = partial(self._conflicts, kind)
                yield Check(f"proof: {CONFLICT}[{kind}]", "", place, run_)

    def _of_rule(self, rule: Rule, *, proofs: bool) -> Iterator[Check]:
        for example in rule.examples:
            run_ = partial(self._example, rule, example)
            yield Check(f"example: {example.name}", rule.id, example.span, run_)
        if not rule.examples:
            yield Check("examples", rule.id, rule.span, partial(_no_example, rule))
        for flaw in OF_A_RULE if proofs else ():
            run_ = partial(self._proof, flaw, rule.id)
            yield Check(f"proof: {flaw}", rule.id, rule.span, run_)

    # ── Examples ──────────────────────────────────────────────────────────────────────────────

    def _example(self, rule: Rule, example: Example) -> str:
        rule, seen = as_written(rule, self.rulebook)
        found = run_example(rule, example, seen).diagnostic
        if found is None:
            return f"it is {example.expect.value if example.expect else NOT_IN_FORCE}"
        tree = tree_lines(rule, example_case(example, seen))
        raise FailedError("\n".join([str(found), *_indented(tree)]))

    def _derived_example(self, derived: Derived, example: DerivedExample) -> str:
        derived, seen = derived_as_written(derived, self.rulebook)
        found = run_derived_example(derived, example, seen).diagnostic
        if found is None:
            return "it is as expected"
        raise FailedError(str(found))

    # ── Properties ────────────────────────────────────────────────────────────────────────────

    def _property(self, name: str, kind: str) -> str:
        if name == engines_agree.__name__ and len(installed_engines(self.rulebook)) == 1:
            raise SkippedError("only the reference engine is here, so there is none to compare")
        try:
            tried = check(
                name,
                self.rulebook,
                kind,
                as_of=self.as_of,
                examples=self.examples,
                seeded=self.seed,
            )
        except FalsifiedError as error:
            raise self._falsified(name, error) from None
        return f"{tried} subjects tried"

    def _rules_alone(self, name: str) -> str:
        try:
            OF_RULES[name](self.rulebook)
        except FalsifiedError as error:
            raise self._falsified(name, error) from None
        return f"{len(self.rulebook.rules)} rules tried"

    def _falsified(self, name: str, error: FalsifiedError) -> FailedError:
        where = error.rule.span if error.rule else f"{self.name}/rulebook.yaml"
        about = f"rule `{error.rule.id}`: " if error.rule else ""
        stated = {**PROPERTIES, **OF_RULES}[name].__doc__ or ""
        lines = [f"{where}: {about}{error.says}", f"  {name}: {stated}"]
        return FailedError("\n".join([*lines, *_indented(error.subjects.splitlines())]))

    # ── Proofs ────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def proofs(self) -> tuple[ProofResult, ...]:
        """
        Every result of `govrules prove`, asked once.

        Raises:
            SkippedError: z3 is not installed.
        """
        try:
            from govrules.prove.prover import Prover  # noqa: PLC0415 - z3 is an extra
        except ModuleNotFoundError as error:
            if error.name != "z3":
                raise
            raise SkippedError(
                "proofs need the solver z3, which is not installed: pip install govrules[prove]"
            ) from error
        return tuple(Prover(self.rulebook, seconds=self.timeout).results())

    def _proof(self, flaw: str, about: str) -> str:
        return self._held([e for e in self.proofs if e.flaw == flaw and e.about == about])

    def _conflicts(self, kind: str) -> str:
        of_kind = {kind, *(rule.id for rule in self.rulebook.rules if rule.subject == kind)}
        found = [e for e in self.proofs if e.flaw == CONFLICT and e.about in of_kind]
        return self._held(found)

    def _held(self, found: Sequence[ProofResult]) -> str:
        """Return the result of a check, failing if a person has to look at it."""
        texts = ["\n".join(self._unexplained(each)) for each in found if each.unexplained]
        if texts:
            raise FailedError("\n".join(texts))
        decided = [each.says for each in found if each.status.value in ("proved", "intended")]
        if decided:
            return "; ".join(decided)
        outside = [each.reason for each in found]
        raise SkippedError(
            outside[0] if outside else "it is not asked: nothing here can change, or see the others"
        )

    def _unexplained(self, proof: ProofResult) -> Iterator[str]:
        where = proof.span or f"{self.name}/rulebook.yaml"
        yield f"{where}: {proof.flaw.value}: {proof.says}"
        if proof.reason:
            yield f"  {proof.status.value}: {proof.reason}"
        for shown in proof.examples:
            yield f"  an example of `{shown.of}`, to be pasted below `examples:`"
            yield f"    {shown.text}"
            yield from _indented(self._tree(shown), 4)

    def _tree(self, shown: Witness) -> Iterator[str]:
        """Yield a rule's outcome on a proof's witness."""
        rule = next((each for each in self.rulebook.rules if each.id == shown.of), None)
        report = Report("example", shown.text)
        node = parse(shown.text, report)
        if rule is None or not isinstance(node, Items) or not isinstance(node.items[0], Entries):
            return
        given = next(value for key, value in node.items[0].items if key.text == "given")
        cls = self.rulebook.subjects[rule.subject]
        subject, as_of = read_given(report, given, cls, declared_by(self.rulebook))
        yield from tree_lines(rule, case_of(Facts(subject, as_of), self.rulebook))


def _no_example(rule: Rule) -> str:
    raise SkippedError(f"{rule.span}: rule `{rule.id}` has no example")


def _indented(lines: Iterator[str] | list[str], by: int = 2) -> list[str]:
    return [f"{' ' * by}{line}" for line in lines]


#: Hypothesis varies what it drew before, so many short rounds differ more than one long one.
_ROUND: Final = 50


def shares(
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = AS_OF,
    examples: int = 400,
    seeded: int = 0,
) -> Mapping[str, Mapping[Verdict, int]]:
    """
    Return how many generated subjects each rule gives each verdict, by the rule's id.

    Args:
        rulebook: the rules, those in force on the day.

        as_of: the date of the assessment.

        examples: how many subjects of each kind that has rules, rounded up to whole rounds of 50.

        seeded: what to generate them from.
    """
    found: dict[str, dict[Verdict, int]] = {}
    for kind in kinds_of(rulebook):

        def look(subject: Any) -> None:  # noqa: ANN401 - any attrs object
            for finding in assess(subject, rulebook, as_of=as_of, engine="compiled").findings:
                counts = found.setdefault(finding.rule.id, dict.fromkeys(Verdict, 0))
                counts[finding.verdict] += 1

        chosen = settings(
            max_examples=min(examples, _ROUND),
            deadline=None,
            database=None,
            derandomize=False,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        cls = rulebook.subjects[kind]
        subjects: SearchStrategy[Any] = records(cls, rulebook, as_of=as_of, only_read=True)
        for each in range(-(-examples // _ROUND)):
            seed(seeded + each)(chosen(given(subjects)(look)))()
    return found
