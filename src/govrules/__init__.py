"""Rules for the governance of partnerships: declared, evaluated on partial facts, explained."""

from govrules.assessment import Assessment, Plan, RankedQuestion, assess
from govrules.diagnostics import Code, Diagnostic
from govrules.errors import EngineError, FactsError, GovrulesError, RuleFileError
from govrules.findings import Change, Finding, Question, Reason
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
from govrules.reading import read_partnership, read_register
from govrules.rulebook.ast import Remedy, Rulebook, Severity, Verdict
from govrules.rulebook.load import load_rulebook
from govrules.truth import UNKNOWN

__all__ = [
    "UNKNOWN",
    "Accountability",
    "Assessment",
    "Change",
    "Code",
    "Diagnostic",
    "EngineError",
    "FactsError",
    "Finding",
    "Funding",
    "GovrulesError",
    "Organisation",
    "Partner",
    "Partnership",
    "Plan",
    "PlaceAgreement",
    "Protocol",
    "Question",
    "RankedQuestion",
    "Reason",
    "Register",
    "Remedy",
    "RuleFileError",
    "Rulebook",
    "Severity",
    "Verdict",
    "assess",
    "load_rulebook",
    "read_partnership",
    "read_register",
]
