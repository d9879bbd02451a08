"""
Rules for the governance of partnerships: declared, evaluated on partial facts, explained.

Each name is imported from its module when it is first used, so that a program that only reads
findings does not pay for what loads rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from govrules.lazily import lazily

if TYPE_CHECKING:
    from govrules.actions import follow_up, read_actions, write_actions
    from govrules.answered import Answer, Laid, lay_over, read_answers, write_answers
    from govrules.assessment import Assessment, WhatIf, assess
    from govrules.diagnostics import Code, Diagnostic
    from govrules.errors import (
        EngineError,
        FactsError,
        GovrulesError,
        GovrulesWarning,
        NoSuchRuleError,
        RuleFileError,
        VocabularyError,
    )
    from govrules.findings import Change, Finding, Question, Reason
    from govrules.interview import AnswerError, Interview, Prompt
    from govrules.live.hosting import ruleset
    from govrules.live.notices import CallbackError, Notice
    from govrules.live.register import LiveRegister
    from govrules.model import (
        Accountability,
        Funding,
        Organisation,
        Partner,
        Partnership,
        PlaceAgreement,
        Protocol,
        Register,
    )
    from govrules.plans import Plan, Step
    from govrules.portfolio import RegisterAssessment, assess_register
    from govrules.ranking import RankedQuestion
    from govrules.reading import Read, read_partnership, read_text
    from govrules.registers.frames import assess_table
    from govrules.registers.read import read, read_register
    from govrules.render.plain import to_data
    from govrules.rulebook.action import Action, Progress, State
    from govrules.rulebook.adapt import with_parameters
    from govrules.rulebook.ast import Remedy, Rulebook, Severity, Verdict
    from govrules.rulebook.load import load_rulebook
    from govrules.rulebook.waiver import Waiver
    from govrules.truth import UNKNOWN, Unknown
    from govrules.vocabulary import (
        ListOf,
        OrderedChoice,
        Recorded,
        SetOf,
        Subject,
        arrangement,
        fact,
    )
    from govrules.waivers import read_waivers, waive

_HOMES = {
    "govrules.actions": ("follow_up", "read_actions", "write_actions"),
    "govrules.interview": ("AnswerError", "Interview", "Prompt"),
    "govrules.rulebook.action": ("Action", "Progress", "State"),
    "govrules.answered": ("Answer", "Laid", "lay_over", "read_answers", "write_answers"),
    "govrules.assessment": ("Assessment", "WhatIf", "assess"),
    "govrules.plans": ("Plan", "Step"),
    "govrules.ranking": ("RankedQuestion",),
    "govrules.diagnostics": ("Code", "Diagnostic"),
    "govrules.errors": (
        "EngineError",
        "FactsError",
        "GovrulesError",
        "GovrulesWarning",
        "NoSuchRuleError",
        "RuleFileError",
        "VocabularyError",
    ),
    "govrules.findings": ("Change", "Finding", "Question", "Reason"),
    "govrules.live.hosting": ("ruleset",),
    "govrules.live.notices": ("CallbackError", "Notice"),
    "govrules.live.register": ("LiveRegister",),
    "govrules.model": (
        "Accountability",
        "Funding",
        "Organisation",
        "Partner",
        "Partnership",
        "PlaceAgreement",
        "Protocol",
        "Register",
    ),
    "govrules.portfolio": ("RegisterAssessment", "assess_register"),
    "govrules.reading": ("Read", "read_partnership", "read_text"),
    "govrules.registers.frames": ("assess_table",),
    "govrules.registers.read": ("read", "read_register"),
    "govrules.render.plain": ("to_data",),
    "govrules.rulebook.adapt": ("with_parameters",),
    "govrules.rulebook.ast": ("Remedy", "Rulebook", "Severity", "Verdict"),
    "govrules.rulebook.load": ("load_rulebook",),
    "govrules.rulebook.waiver": ("Waiver",),
    "govrules.truth": ("UNKNOWN", "Unknown"),
    "govrules.vocabulary": (
        "ListOf",
        "OrderedChoice",
        "Recorded",
        "SetOf",
        "Subject",
        "arrangement",
        "fact",
    ),
    "govrules.waivers": ("read_waivers", "waive"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "UNKNOWN",
    "Accountability",
    "Action",
    "Answer",
    "AnswerError",
    "Assessment",
    "CallbackError",
    "Change",
    "Code",
    "Diagnostic",
    "EngineError",
    "FactsError",
    "Finding",
    "Funding",
    "GovrulesError",
    "GovrulesWarning",
    "Interview",
    "Laid",
    "ListOf",
    "LiveRegister",
    "NoSuchRuleError",
    "Notice",
    "OrderedChoice",
    "Organisation",
    "Partner",
    "Partnership",
    "PlaceAgreement",
    "Plan",
    "Progress",
    "Prompt",
    "Protocol",
    "Question",
    "RankedQuestion",
    "Read",
    "Reason",
    "Recorded",
    "Register",
    "RegisterAssessment",
    "Remedy",
    "RuleFileError",
    "Rulebook",
    "SetOf",
    "Severity",
    "State",
    "Step",
    "Subject",
    "Unknown",
    "Verdict",
    "VocabularyError",
    "Waiver",
    "WhatIf",
    "arrangement",
    "assess",
    "assess_register",
    "assess_table",
    "fact",
    "follow_up",
    "lay_over",
    "load_rulebook",
    "read",
    "read_actions",
    "read_answers",
    "read_partnership",
    "read_register",
    "read_text",
    "read_waivers",
    "ruleset",
    "to_data",
    "waive",
    "with_parameters",
    "write_actions",
    "write_answers",
]


_find = lazily(__name__, _HOME_OF)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

        return version("govrules")
    return _find(name)


def __dir__() -> list[str]:
    return __all__
