"""
What holds of every rulebook and every subject, named as theorems.

Each property is tried on one subject at a time: `check` looks for the subject, and what a
property draws beside it, that falsify it, and Hypothesis makes them small.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from govrules.rulebook.ast import Rulebook
from govrules.testing.strategies import records
from govrules.testing.theorems.advice import (
    because_has_no_needless_fact,
    because_is_sufficient,
    changes_are_smallest,
    changes_settle,
    no_question_is_idle,
    nothing_held_is_taken_away,
    plan_flags_nothing_new,
    plan_is_smallest,
)
from govrules.testing.theorems.form import (
    checked_rules_never_raise,
    engines_agree,
    english_names_every_fact,
    format_round_trips,
    one_finding_per_rule,
    order_and_duplicates_do_not_matter,
)
from govrules.testing.theorems.knowledge import (
    knowledge_is_monotone,
    never_worse_for_having_begun,
    questions_suffice,
    severity_is_bounded,
    withholding_never_helps,
)
from govrules.testing.trial import FalsifiedError, Property, Trial
from govrules.truth import UNKNOWN, Unknown

#: Every property of a subject by its name.
PROPERTIES: Final[Mapping[str, Property]] = {
    each.__name__: each
    for each in (
        knowledge_is_monotone,
        questions_suffice,
        severity_is_bounded,
        withholding_never_helps,
        no_question_is_idle,
        because_is_sufficient,
        because_has_no_needless_fact,
        changes_settle,
        changes_are_smallest,
        nothing_held_is_taken_away,
        plan_is_smallest,
        plan_flags_nothing_new,
        order_and_duplicates_do_not_matter,
        one_finding_per_rule,
        checked_rules_never_raise,
        engines_agree,
    )
}

#: What a pack can be held to beside them, where its rules are meant to work together.
OF_PACKS: Final[Mapping[str, Property]] = {
    each.__name__: each for each in (never_worse_for_having_begun,)
}
#: Every property of a rulebook alone by its name.
OF_RULES: Final[Mapping[str, Callable[[Rulebook], None]]] = {
    each.__name__: each for each in (english_names_every_fact, format_round_trips)
}


def days_of(rulebook: Rulebook, as_of: dt.date | Unknown) -> list[dt.date | Unknown]:
    """Return assessment dates: the requested one, and one in each rule's period."""
    ends = [day for rule in rulebook.rules for day in rule.in_force if day is not None]
    return list(dict.fromkeys([as_of, *ends]))


def check(
    name: str,
    rulebook: Rulebook,
    kind: str,
    *,
    as_of: dt.date | Unknown = UNKNOWN,
    examples: int | None = None,
    seeded: int | None = None,
) -> int:
    """
    Try a property on generated subjects of one kind; return on how many it was tried.

    Args:
        name: one of `PROPERTIES` or of `OF_PACKS`.

        rulebook: the rules.

        kind: the subject, as rules name it.

        as_of: the date of the assessment; further days are tried where rules begin or end.

        examples: on how many subjects; what the profile of Hypothesis says if not given.

        seeded: the seed; Hypothesis chooses one if not given.

    Raises:
        FalsifiedError: it does not hold; the smallest subject that shows it.
    """
    tried = 0
    days = days_of(rulebook, as_of)
    cls = rulebook.subjects[kind]
    subjects: Mapping[dt.date | Unknown, SearchStrategy[Any]] = {
        day: records(cls, rulebook, as_of=day, only_read=True) for day in days
    }

    def look(data: st.DataObject) -> None:
        nonlocal tried
        tried += 1
        day = data.draw(st.sampled_from(days))
        trial = Trial(rulebook, data.draw(subjects[day]), day, data.draw, only_read=True)
        try:
            (PROPERTIES.get(name) or OF_PACKS[name])(trial)
        except FalsifiedError:
            raise
        except Exception as error:
            if type(error).__module__.startswith("hypothesis"):
                raise
            says = f"{type(error).__name__}: {error}"
            raise FalsifiedError(says, None, "\n".join(trial.shown())) from error

    # The name is a part of the key under which Hypothesis keeps what failed for the next run.
    look.__name__ = look.__qualname__ = re.sub(r"\W", "_", f"{name}_{rulebook.id}_{kind}")
    profile = settings()
    run = settings(
        max_examples=profile.max_examples if examples is None else examples,
        deadline=None,
        report_multiple_bugs=False,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        derandomize=profile.derandomize and seeded is None,
    )(given(st.data())(look))
    (run if seeded is None else seed(seeded)(run))()
    return tried
