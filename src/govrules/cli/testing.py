"""The command `test`."""

from __future__ import annotations

from govrules.cli.exits import FINE, FLAGGED, NOTHING_CHECKED
from govrules.cli.options import Folder, load
from govrules.cli.output import emit, warn
from govrules.cli.workspace import packs_of
from govrules.rulebook.ast import Rulebook
from govrules.rulebook.load import packs_in


def run_tests(directories: Folder = None, *, coverage: bool = True, mutants: bool = False) -> int:
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
    """
    from govrules.examples import run_derived_examples, run_examples, unseen  # noqa: PLC0415 - only this command needs it

    failed = 0
    run = 0
    for pack in packs_in(packs_of(directories)):
        rulebook = load([pack])
        results = list(run_examples(rulebook))
        run += len(results)
        derived = list(run_derived_examples(rulebook))
        run += len(derived)
        found = [each.diagnostic for each in results] + [each.diagnostic for each in derived]
        problems = [each for each in found if each]
        failed += len(problems)
        warn(str(each) for each in problems)
        missing = list(unseen(rulebook)) if coverage else []
        emit(
            f"{pack}: {len(rulebook.rules)} rules, {len(results) + len(derived)} examples, "
            f"{len(problems)} failed\n"
        )
        for each in missing:
            emit(f"  {each}\n")
        if mutants:
            _mutate(pack, rulebook)
    if not run:
        warn(["govrules: no rule has an example"])
        return NOTHING_CHECKED
    return FLAGGED if failed else FINE


def _mutate(pack: str, rulebook: Rulebook) -> None:
    from govrules.mutants import survivors  # noqa: PLC0415 - only this option needs it

    alive, total = survivors(rulebook)
    caught = total - len(alive)
    share = 100 * caught / total if total else 100
    emit(f"{pack}: {caught} of {total} mutants caught ({share:.1f} %)\n")
    for each in alive:
        emit(f"  {each}\n")
