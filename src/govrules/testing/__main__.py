"""`python -m govrules.testing check DIR`."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from govrules.errors import GovrulesError, RuleFileError
from govrules.rulebook.kinds import imported_kinds
from govrules.testing.checks import LoadedPack, Status, pack_folders, run

app = App(
    name="python -m govrules.testing",
    help="Hold packs of rules to their examples, to the properties and to proof.",
    help_format="plaintext",
)


@app.command
def check(
    directory: str,
    /,
    *,
    examples: int = 100,
    seed: int = 0,
    proofs: bool = True,
    subjects: list[str] | None = None,
) -> int:
    """
    Run every example, property and proof of a pack; print how each ended.

    Parameters
    ----------
    directory
        A pack's folder, a folder of packs, or the name of a shipped pack.
    examples
        On how many subjects each property is tried.
    seed
        What to generate them from.
    proofs
        Whether to prove too.
    subjects
        A class of your own that rules are about, as module:Class; may be repeated.
    """
    kinds = imported_kinds(subjects or ())
    counts = dict.fromkeys(Status, 0)
    for folder in pack_folders(directory):
        pack = LoadedPack.load(folder, examples=examples, seed=seed, subjects=kinds)
        for made in pack.checks(proofs=proofs):
            begun = time.perf_counter()
            result = run(made)
            counts[result.status] += 1
            title = "::".join(each for each in (str(made.span), made.about, made.name) if each)
            _say(f"{result.status.value}  {title}  ({time.perf_counter() - begun:.1f} s)")
            if result.status is not Status.PASSED:
                _say(result.text)
    _say(", ".join(f"{number} {each.value}" for each, number in counts.items()))
    return 1 if counts[Status.FAILED] else 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command line speaks


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 1 is a check that failed, 2 a pack that cannot be used."""
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except RuleFileError as error:
        print(*error.diagnostics, sep="\n", file=sys.stderr)  # noqa: T201 - likewise
        return 2
    except (CycloptsError, GovrulesError) as error:
        print(f"govrules.testing: {error}", file=sys.stderr)  # noqa: T201 - likewise
        return 2
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
