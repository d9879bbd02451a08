"""Print how the shipped rules rank each case, and what they say of each fault that was found."""

from __future__ import annotations

from tests.calibration.cases import CASES, FAULTS, PAIRS, Case, judged


def row(case: Case) -> str:
    """Return a line of the table: counts by severity, the gravest and what is amiss."""
    found = judged(case)
    counts = "/".join(str(number) for number in found.counts)
    gravest = f"{found.gravest} ({case.gravest})"
    return f"{case.name:30} {counts:>11}  {gravest:20} {len(found.amiss):>2}"


def main() -> None:
    """Print the table, and below it what is not as expected."""
    print(f"{'case':30} {'c/h/m/l':>11}  {'gravest (expected)':20} amiss")
    for case in CASES.values():
        print(row(case))
    amiss = [(case.name, line) for case in CASES.values() for line in judged(case).amiss]
    print(f"\n{len(amiss)} points of {sum(case.points for case in CASES.values())} not as expected")
    for name, line in amiss:
        print(f"  {name}: {line}")
    print("\nFaults of the rulebook as it was")
    for fault in FAULTS:
        print(f"{fault.id:5} {fault.what}\n      before: {fault.before}")
        for rule, said in fault.said().items():
            print(f"      now: {rule}: {said}")
    for pair in PAIRS:
        absent, imperfect = pair.gravities()
        print(f"{pair.id:5} {pair.what}\n      before: {pair.before}")
        print(f"      now, rank and number of the gravest: absent {absent}, imperfect {imperfect}")


if __name__ == "__main__":
    main()
