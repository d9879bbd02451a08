"""
Rules for the governance of partnerships: declared, evaluated on partial facts, explained.

Each name is imported from its module when it is first used, so that a program that only reads
findings does not pay for what loads rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from govrules.lazy import lazily

if TYPE_CHECKING:
    from govrules.actions import follow_up as follow_up
    from govrules.actions import read_actions as read_actions
    from govrules.actions import write_actions as write_actions
    from govrules.answered import Answer as Answer
    from govrules.answered import Laid as Laid
    from govrules.answered import lay_over as lay_over
    from govrules.answered import read_answers as read_answers
    from govrules.answered import write_answers as write_answers
    from govrules.assessment import Assessment as Assessment
    from govrules.assessment import WhatIf as WhatIf
    from govrules.assessment import assess as assess
    from govrules.diagnostics import Code as Code
    from govrules.diagnostics import Diagnostic as Diagnostic
    from govrules.errors import EngineError as EngineError
    from govrules.errors import FactsError as FactsError
    from govrules.errors import GovrulesError as GovrulesError
    from govrules.errors import GovrulesWarning as GovrulesWarning
    from govrules.errors import NoSuchRuleError as NoSuchRuleError
    from govrules.errors import RuleFileError as RuleFileError
    from govrules.errors import VocabularyError as VocabularyError
    from govrules.findings import Change as Change
    from govrules.findings import Finding as Finding
    from govrules.findings import Question as Question
    from govrules.findings import Reason as Reason
    from govrules.interview import AnswerError as AnswerError
    from govrules.interview import Interview as Interview
    from govrules.interview import Prompt as Prompt
    from govrules.live.hosting import ruleset as ruleset
    from govrules.live.register import LiveRegister as LiveRegister
    from govrules.live.results import CallbackError as CallbackError
    from govrules.live.results import Notice as Notice
    from govrules.model import Accountability as Accountability
    from govrules.model import Funding as Funding
    from govrules.model import Organisation as Organisation
    from govrules.model import Partner as Partner
    from govrules.model import Partnership as Partnership
    from govrules.model import PlaceAgreement as PlaceAgreement
    from govrules.model import Protocol as Protocol
    from govrules.model import Register as Register
    from govrules.plans import Plan as Plan
    from govrules.plans import Step as Step
    from govrules.portfolio import RegisterAssessment as RegisterAssessment
    from govrules.portfolio import assess_register as assess_register
    from govrules.ranking import RankedQuestion as RankedQuestion
    from govrules.reading import Read as Read
    from govrules.reading import read_partnership as read_partnership
    from govrules.reading import read_text as read_text
    from govrules.registers.frames import assess_table as assess_table
    from govrules.registers.read import read as read
    from govrules.registers.read import read_register as read_register
    from govrules.render.plain import to_data as to_data
    from govrules.rulebook.adapt import with_parameters as with_parameters
    from govrules.rulebook.ast import Remedy as Remedy
    from govrules.rulebook.ast import Rulebook as Rulebook
    from govrules.rulebook.ast import Severity as Severity
    from govrules.rulebook.ast import Verdict as Verdict
    from govrules.rulebook.decisions import Action as Action
    from govrules.rulebook.decisions import Progress as Progress
    from govrules.rulebook.decisions import State as State
    from govrules.rulebook.decisions import Waiver as Waiver
    from govrules.rulebook.load import load_rulebook as load_rulebook
    from govrules.truth import UNKNOWN as UNKNOWN
    from govrules.truth import Unknown as Unknown
    from govrules.vocabulary import ListOf as ListOf
    from govrules.vocabulary import OrderedChoice as OrderedChoice
    from govrules.vocabulary import Recorded as Recorded
    from govrules.vocabulary import SetOf as SetOf
    from govrules.vocabulary import Subject as Subject
    from govrules.vocabulary import arrangement as arrangement
    from govrules.vocabulary import fact as fact
    from govrules.waivers import read_waivers as read_waivers
    from govrules.waivers import waive as waive

_HOMES = {
    "govrules.actions": "follow_up read_actions write_actions",
    "govrules.answered": "Answer Laid lay_over read_answers write_answers",
    "govrules.assessment": "Assessment WhatIf assess",
    "govrules.diagnostics": "Code Diagnostic",
    "govrules.errors": (
        "EngineError FactsError GovrulesError GovrulesWarning NoSuchRuleError "
        "RuleFileError VocabularyError"
    ),
    "govrules.findings": "Change Finding Question Reason",
    "govrules.interview": "AnswerError Interview Prompt",
    "govrules.live.hosting": "ruleset",
    "govrules.live.results": "CallbackError Notice",
    "govrules.live.register": "LiveRegister",
    "govrules.model": (
        "Accountability Funding Organisation Partner Partnership PlaceAgreement Protocol Register"
    ),
    "govrules.plans": "Plan Step",
    "govrules.portfolio": "RegisterAssessment assess_register",
    "govrules.ranking": "RankedQuestion",
    "govrules.reading": "Read read_partnership read_text",
    "govrules.registers.frames": "assess_table",
    "govrules.registers.read": "read read_register",
    "govrules.render.plain": "to_data",
    "govrules.rulebook.adapt": "with_parameters",
    "govrules.rulebook.ast": "Remedy Rulebook Severity Verdict",
    "govrules.rulebook.decisions": "Action Progress State Waiver",
    "govrules.rulebook.load": "load_rulebook",
    "govrules.truth": "UNKNOWN Unknown",
    "govrules.vocabulary": "ListOf OrderedChoice Recorded SetOf Subject arrangement fact",
    "govrules.waivers": "read_waivers waive",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}

if not TYPE_CHECKING:
    # A type checker reads what is exported above.
    __all__ = list(_HOME_OF)


_find = lazily(__name__, _HOME_OF)


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

        return version("govrules")
    return _find(name)


def __dir__() -> list[str]:
    return list(_HOME_OF)
