"""A whole register: the register itself, each partnership on it, and each two that overlap."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias, TypeVar, cast

import attrs

from govrules.assessment import Assessment, assess_made, ended
from govrules.decode.names import fold_body
from govrules.decode.states import fold
from govrules.diagnostics import Code, Diagnostic, Place
from govrules.doubts import doubts, place_of
from govrules.engines.registry import Outcome
from govrules.engines.registry import engine as engine_called
from govrules.errors import FactsError
from govrules.explain.phrases import counted
from govrules.facts import names_of, origin_of
from govrules.lazy import ShownInNotebooks
from govrules.model import Organisation, Pair, Partner, Partnership, Register
from govrules.rulebook.ast import Rule, Rulebook, Severity, Verdict
from govrules.truth import UNKNOWN, Unknown
from govrules.validate import check_as_of, check_subject, require_rulebook
from govrules.vocabulary import Collected, list_of

#: The percentage of entries up to which a body makes pairs of them.
PAIRED_UP_TO: Final = Decimal(25)
#: What stands for the register itself where it has no name.
THE_REGISTER: Final = "the register"


@attrs.frozen
class RegisterAssessment(ShownInNotebooks):
    """
    All findings on a register.

    Attributes:
        register: on the register itself; without findings where no rule is about registers.
        entries: on each partnership, in the register's order.
        pairs: on each two partnerships that share a partner or a parent, where something is
            flagged, or open though both have facts that bear on it.
        more_pairs: how many more such two there are.
        bodies: on each body that is in too many partnerships to make pairs of them, where something
            is flagged.
        common: the names of all such bodies, each with the number of its partnerships.
        problems: what is wrong with the register as data.
        warnings: facts that are read otherwise than they are recorded.
    """

    register: Assessment
    entries: tuple[Assessment, ...]
    pairs: tuple[Assessment, ...]
    problems: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...] = ()
    more_pairs: int = 0
    bodies: tuple[Assessment, ...] = ()
    common: tuple[tuple[str, int], ...] = ()

    @property
    def everything(self) -> tuple[Assessment, ...]:
        """Every assessment, those too that no rule is about."""
        return (self.register, *self.entries, *self.bodies, *self.pairs)

    def all(self) -> tuple[Assessment, ...]:
        """Return every assessment that is told: the register's, entries', bodies' and pairs'."""
        return tuple(assessment for assessment in self.everything if assessment.checks)


#: What a file comes to.
Checked: TypeAlias = Assessment | RegisterAssessment
Assessed = TypeVar("Assessed", bound=Checked)


def with_each(assessed: Assessed, changed: Callable[[Assessment], Assessment]) -> Assessed:
    """Return an assessment changed, or a register's with each of its assessments changed."""
    if isinstance(assessed, Assessment):
        return cast("Assessed", changed(assessed))
    whole = attrs.evolve(
        assessed,
        register=changed(assessed.register),
        entries=tuple(map(changed, assessed.entries)),
        pairs=tuple(map(changed, assessed.pairs)),
        bodies=tuple(map(changed, assessed.bodies)),
    )
    return cast("Assessed", whole)


def apart(checked: Iterable[Checked], *, told_only: bool = True) -> list[Assessment]:
    """Return assessments one by one, those of registers expanded; all, or the reported ones."""
    found: list[Assessment] = []
    for each in checked:
        if isinstance(each, RegisterAssessment):
            found += each.all() if told_only else each.everything
        else:
            found.append(each)
    return found


def assess_register(
    register: Any,  # noqa: ANN401 - a register of any class
    rulebook: Rulebook,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    engine: str = "reference",
    share: Decimal = PAIRED_UP_TO,
) -> RegisterAssessment:
    """
    Assess a register, each partnership on it, and each two that have something in common.

    Args:
        register: a `Register`; an object of another class of the rulebook's that lists subjects;
            or what `read` returned of subjects that no class lists.

        rulebook: the rules.

        as_of: the date of the assessment.

        engine: which engine evaluates; the findings are the same.

        share: the percentage of entries; a body in more of them, and in more than 50, makes no
            pairs, nor does the register's own organisation: what a rule on pairs says of it is one
            finding on it.

    Raises:
        FactsError: the register does not fit the vocabulary.

        EngineError: there is no such engine here.
    """
    require_rulebook(rulebook)
    check_as_of(as_of)
    judged = functools.partial(assess_made, rulebook=rulebook, as_of=as_of, engine=engine)
    if isinstance(register, Collected):
        of_it = _nothing(register, rulebook, as_of)
        entries = tuple(check_subject(each, rulebook) for each in entries_of(register))
    else:
        # Its entries are checked with it.
        register = check_subject(register, rulebook)
        (of_it,) = judged((register,))
        entries = entries_of(register)
    whole = RegisterAssessment(
        register=of_it,
        entries=tuple(judged(entries)),
        pairs=(),
        problems=tuple(register_problems(entries)),
        warnings=tuple(doubts(register, as_of)),
    )
    rules = rulebook.rules_for("pair", as_of) if isinstance(register, Register) else ()
    if not rules:
        return whole
    judge_each = engine_called(engine).outcomes

    def judge(several: Sequence[Rule], subjects: Sequence[Any]) -> Iterable[Sequence[Outcome]]:
        return judge_each(several, subjects, as_of, rulebook)

    def assessed(pair: Pair, its: tuple[Rule, ...], outcomes: Sequence[Outcome]) -> Assessment:
        return Assessment(
            id=str(pair.id),
            name=str(pair.name),
            as_of=as_of,
            rulebook=rulebook,
            subject=pair,
            rules=its,
            outcomes=outcomes,
            engine=engine,
        )

    from govrules.pairing import common_bodies, of_body, pairs_told  # noqa: PLC0415 - only registers

    owner = owner_of(register)
    common = common_bodies(entries, share, owner=owner)
    found = pairs_told(entries, rules, rulebook, judge, owner=owner, common=common)
    bodies = []
    for body in common:
        called = f"{body.name}, a partner in {counted(len(body.entries), 'partnership')}"
        for each in of_body(body, rules, rulebook, judge):
            names = tuple(next(iter(names_of(entry)), "") for entry in each.entries)
            of_two = assessed(each.pair, (each.rule,), (each.outcome,))
            bodies.append(attrs.evolve(of_two, id=body.name, name=called, so_of=names))
    return attrs.evolve(
        whole,
        pairs=tuple(assessed(pair, rules, outcomes) for pair, outcomes in found.told),
        more_pairs=found.number - len(found.told),
        bodies=tuple(bodies),
        common=tuple((each.name, len(each.entries)) for each in common),
    )


def _nothing(register: Collected, rulebook: Rulebook, as_of: dt.date | Unknown) -> Assessment:
    """Return the empty assessment of a register of no known kind."""
    return Assessment("", "", as_of, rulebook, register, rules=(), outcomes=(), engine="reference")


def collected(several: Sequence[Assessment | RegisterAssessment]) -> RegisterAssessment:
    """Combine separate assessments into those of one register of no class."""
    wholes = [each for each in several if isinstance(each, RegisterAssessment)]
    entries = [
        entry
        for each in several
        for entry in (each.entries if isinstance(each, RegisterAssessment) else (each,))
    ]
    as_of = entries[0].as_of if len({each.as_of for each in entries}) == 1 else UNKNOWN
    rulebook = (entries or [each.register for each in wholes])[0].rulebook
    register = Collected(tuple(each.subject for each in entries))
    return RegisterAssessment(
        register=_nothing(register, rulebook, as_of),
        entries=tuple(entries),
        pairs=tuple(pair for each in wholes for pair in each.pairs),
        more_pairs=sum(each.more_pairs for each in wholes),
        bodies=tuple(body for each in wholes for body in each.bodies),
        common=tuple(body for each in wholes for body in each.common),
        problems=tuple(problem for each in wholes for problem in each.problems),
        warnings=tuple(warning for each in wholes for warning in each.warnings),
    )


def is_register(subject: object) -> bool:
    """Tell whether a subject lists others, as a register does."""
    cls: type = type(subject)
    return cls is Collected or (attrs.has(cls) and list_of(cls) is not None)


def subject_name(assessment: Assessment) -> str:
    """Return what the subject of an assessment is called, if only what it is."""
    what = THE_REGISTER if is_register(assessment.subject) else "without a name"
    return assessment.name or assessment.id or f"({what})"


def listed(register: Any) -> Any:  # noqa: ANN401 - a register of any class
    """
    Return what stands in the list of a register: its entries, UNKNOWN or None.

    Raises:
        FactsError: it is no register.
    """
    if isinstance(register, Collected):
        return register.entries
    cls: type = type(register)
    found = list_of(cls) if attrs.has(cls) else None
    if found is None:
        raise FactsError("register", "a register", type(register).__name__)
    return getattr(register, found[0])


def entries_of(register: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a register of any class
    """Return the partnerships, or whatever subjects, on a register that are known."""
    entries = listed(register)
    if not isinstance(entries, tuple):
        return ()
    kinds = {*map(type, entries)}
    known = {kind for kind in kinds if attrs.has(kind)}
    return entries if known == kinds else tuple(entry for entry in entries if type(entry) in known)


def is_empty(assessed: RegisterAssessment) -> bool:
    """Tell whether a register certainly holds no partnership, so that nothing was checked."""
    register = assessed.register.subject
    return is_register(register) and listed(register) == ()


def owner_of(register: Register) -> str:
    """Return the name of the organisation whose register it is; "" where nobody says."""
    name = register.organisation.name if isinstance(register.organisation, Organisation) else ""
    return name if isinstance(name, str) else ""


def register_problems(entries: Sequence[Any]) -> Iterator[Diagnostic]:
    """Yield what is wrong with a register as data: the entries are assessed all the same."""
    from govrules.pairing import known_as  # noqa: PLC0415 - only registers have entries

    first: dict[tuple[str, str], Any] = {}
    known = {name for entry in entries for name in known_as(entry)}
    in_order = sorted(known)

    @functools.cache
    def nearest(parent: str) -> list[str]:
        return difflib.get_close_matches(parent, in_order, n=1)

    spellings: dict[str, tuple[str, str]] = {}
    for entry in entries:
        id_, name, parent = (getattr(entry, each, UNKNOWN) for each in ("id", "name", "parent"))
        key, called = ("id", id_) if isinstance(id_, str) else ("name", name)
        if isinstance(called, str):
            same = fold if key == "id" else fold_body
            twin = first.setdefault((key, same(called)), entry)
            if twin is not entry:
                by_id = key == "id"
                which = f"have the id `{id_}`" if by_id else f"without ids have the name `{name}`"
                yield Diagnostic(
                    Code.DUPLICATE_ENTRY,
                    f"two entries {which}, the other at {origin_of(twin, key)}",
                    place_of(entry, key),
                    "give one of them another id, or remove it"
                    if by_id
                    else "give each an id of its own, or remove one",
                )
        if isinstance(entry, Partnership) and isinstance(parent, str) and fold(parent) not in known:
            near = nearest(fold(parent))
            yield Diagnostic(
                Code.UNKNOWN_PARENT,
                f"the parent `{parent}` is not on the register",
                place_of(entry, "parent"),
                f"did you mean `{near[0]}`?" if near else "add the parent, or write `parent: none`",
            )
        if isinstance(entry, Partnership):
            yield from _spellings(entry, spellings)


def _spellings(entry: Partnership, spellings: dict[str, tuple[str, str]]) -> Iterator[Diagnostic]:
    if not isinstance(entry.partners, tuple):
        return
    known = [each for each in entry.partners if isinstance(each, Partner)]
    for index, partner in enumerate(known):
        if not isinstance(partner.name, str):
            continue
        path = f"partners[{index}].name"
        letters = "".join(filter(str.isalnum, fold_body(partner.name)))
        spelt, other = spellings.setdefault(letters, (partner.name, origin_of(entry, path)))
        if spelt != partner.name:
            yield Diagnostic(
                Code.TWO_SPELLINGS,
                f"one partner is named two ways: `{partner.name}` here, `{spelt}` at "
                + (other.span.exact if isinstance(other, Place) else other),
                place_of(entry, path),
                "spell the name the same way everywhere",
            )


def counted_together(
    assessments: Iterable[Assessment],
) -> tuple[Counter[Verdict], Counter[Severity]]:
    """Return how many findings on several subjects have each verdict, and each severity."""
    verdicts: Counter[Verdict] = Counter()
    severities: Counter[Severity] = Counter()
    for assessment in assessments:
        for _, verdict, severity in ended(assessment):
            verdicts[verdict] += 1
            if severity is not None:
                severities[severity] += 1
    return verdicts, severities


def not_waived(assessments: Iterable[Assessment]) -> Counter[Severity]:
    """Return how many findings that are flagged and not waived have each severity."""
    found: Counter[Severity] = Counter()
    for assessment in assessments:
        waived = {waiver.rule for waiver in assessment.waivers}
        for rule, _, severity in ended(assessment):
            if severity is not None and rule.id not in waived:
                found[severity] += 1
    return found


def flagged_together(assessments: Iterable[Assessment]) -> Counter[Rule]:
    """Return of how many subjects each rule flags something."""
    by_id: dict[str, Rule] = {}
    found: Counter[str] = Counter()
    for assessment in assessments:
        for rule, verdict, _ in ended(assessment):
            if verdict is Verdict.FLAGGED:
                by_id[rule.id] = rule
                found[rule.id] += 1
    return Counter({by_id[name]: number for name, number in found.items()})
