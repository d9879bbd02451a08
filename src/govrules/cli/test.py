"""The command `test`."""

from __future__ import annotations

from collections.abc import Iterable

from govrules.cli.options import Folder, load
from govrules.cli.output import FINE, FLAGGED, NOTHING_CHECKED, complain, emit, warn
from govrules.cli.workspace import packs_of
from govrules.explain.phrases import counted
from govrules.rulebook.ast import Rule, Rulebook
from govrules.rulebook.packs import packs_in


def test(
    directories: Folder = None,
    *,
    coverage: bool = True,
    mutants: bool = False,
    strict: bool = False,
) -> int:
    """
    Run the examples of rules, and say what they never show.

    Parameters
    ----------
    directories
        Packs, or folders of packs; the shipped ones if none is given.
    coverage
        Also say which tests no example shows true, false or unknown.
    mutants
        Also change each rule a little in every way, and say which changes no example notices.
    strict
        Fail on a rule without examples, on what no example shows, and on changes that no example
        notices, unless `intended:` of the rule gives a reason.
    """
    from govrules.examples import run_derived_examples, run_examples, unseen  # noqa: PLC0415 - only this command needs it

    failed = 0
    run = 0
    mutants = mutants or strict
    for pack in packs_in(packs_of(directories)):
        rulebook = load([pack])
        own = rulebook.packs[-1].id
        results = list(run_examples(rulebook))
        run += len(results)
        derived = list(run_derived_examples(rulebook))
        run += len(derived)
        found = [result.diagnostic for result in results] + [each.diagnostic for each in derived]
        problems = [each for each in found if each]
        failed += len(problems)
        warn(str(problem) for problem in problems)
        # What a pack adapts is tested by the pack that it stands in.
        missing = [each for each in unseen(rulebook) if each.rule.pack == own] if coverage else []
        emit(
            f"{pack}: {counted(len(rulebook.rules), 'rule')}, "
            f"{counted(len(results) + len(derived), 'example')}, "
            f"{len(problems)} failed\n"
        )
        for each in missing:
            emit(f"  {each}\n")
        without = [each for each in rulebook.rules if each.pack == own and not each.examples]
        if strict:
            failed += len(without) + _unexplained((each.rule for each in missing), "never-shown")
            for rule in without:
                emit(f"  {rule.span}: rule `{rule.id}`: it has no example\n")
        if mutants:
            alive = _mutate(pack, rulebook, own)
            failed += _unexplained(alive, "mutant-survives") if strict else 0
    if not run:
        complain("no rule has an example")
        return FLAGGED if failed else NOTHING_CHECKED
    return FLAGGED if failed else FINE


def _unexplained(rules: Iterable[Rule], what: str) -> int:
    """Return the number of findings on rules that `intended` does not explain."""
    return sum(what not in dict(rule.intended) for rule in rules)


def _mutate(pack: str, rulebook: Rulebook, own: str) -> list[Rule]:
    """Mutate a pack's own rules, print the survivors, and return the rules concerned."""
    from govrules.mutants import survivors  # noqa: PLC0415 - only this option needs it

    alive, total = survivors(rulebook, own)
    caught = total - len(alive)
    share = 100 * caught / total if total else 100
    emit(f"{pack}: {caught} of {total} mutants caught ({share:.1f} %)\n")
    for each in alive:
        emit(f"  {each}\n")
    return [each.changed for each in alive if isinstance(each.changed, Rule)]
