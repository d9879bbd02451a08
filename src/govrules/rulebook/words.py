"""The words of the format: what each says, how it is written, what else people write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: The tests of facts.
TESTS: Final[Mapping[str, tuple[str, str]]] = {
    "equals": (
        "The fact has this value; the word itself can be left out.",
        "funding.pooled: yes",
    ),
    "at_least": (
        "The number, amount or date is this or more; of values in an order, this or later.",
        "funding.annual_spend: { at_least: £100000 }",
    ),
    "at_most": (
        "The number, amount or date is this or less.",
        "board.size: { at_most: 20 }",
    ),
    "more_than": ("It is more than this.", "funding.annual_spend: { more_than: £100000 }"),
    "less_than": ("It is less than this.", "funding.annual_spend: { less_than: £100000 }"),
    "between": (
        "It lies from the first value to the second, both of them included.",
        "funding.annual_spend: { between: [£1000, £5000] }",
    ),
    "older_than": (
        "The date lies further back than this length of time before the assessment.",
        "reviewed: { older_than: 12 months }",
    ),
    "newer_than": (
        "The date lies within this length of time before the assessment.",
        "reviewed: { newer_than: 12 months }",
    ),
    "within_next": (
        "The date lies within this length of time after the assessment.",
        "governing_document.expires: { within_next: 6 months }",
    ),
    "includes": (
        "The set has at least one of these members.",
        "governing_document.clauses: { includes: risk }",
    ),
    "includes_all": (
        "The set has all of these members.",
        "governing_document.clauses: { includes_all: [aims, risk] }",
    ),
    "missing_any_of": (
        "The set lacks at least one of these members.",
        "governing_document.clauses: { missing_any_of: [aims, risk] }",
    ),
    "known": (
        "Somebody recorded the fact; only in rules on a register that are `about: records`.",
        "funding.annual_spend: { known: yes }",
    ),
    "some": (
        "The condition holds for at least one record of the list.",
        "partners: { some: { independent: yes } }",
    ),
    "every": (
        "The condition holds for each record of the list.",
        "partners: { every: { named_accountable: yes } }",
    ),
    "none": (
        (
            "As a test of a list, the condition holds for no record; as a value, there is "
            "none for certain."
        ),
        "partners: { none: { independent: no } }",
    ),
    "count": (
        "The number of records for which `where` holds, or of members of a set.",
        "partners: { count: { where: { independent: yes }, at_least: 2 } }",
    ),
    "sum": (
        "The sum of a number over the records for which `where` holds.",
        "partners: { sum: { of: contribution, at_least: £1000 } }",
    ),
    "share": (
        "The share, in per cent, of the records for which `where` holds, of those `among` names.",
        "partners: { share: { where: { independent: yes }, at_least: 50 } }",
    ),
}
#: The words that join conditions, and those that stand for a value.
JOINS: Final[Mapping[str, tuple[str, str]]] = {
    "all": ("Every condition of the list holds.", "all: [{ … }, { … }]"),
    "any": ("At least one condition of the list holds.", "any: [{ … }, { … }]"),
    "not": ("The condition does not hold.", "not: { status: ended }"),
    "where": ("Which records count.", "partners: { count: { where: { … }, at_least: 1 } }"),
    "among": ("Of which records a share is taken.", "partners: { share: { among: { … }, … } }"),
    "by": (
        "The value is chosen by another fact; there is one for each of its values.",
        "reviewed: { newer_than: { by: risk_tier, high: 12 months, medium: 24 months, low: … } }",
    ),
    "fact": ("The value is that of another fact.", "{ at_most: { fact: staffing.capacity } }"),
    "parameter": (
        "The value is a threshold that `rulebook.yaml` names, so that it can be set in one place.",
        "{ at_least: { parameter: high_spend } }",
    ),
    "unknown": (
        (
            "What nobody recorded: a question, never a fault and never a pass; no rule can test "
            "for it."
        ),
        "",
    ),
}
#: The keys of rules and of `rulebook.yaml`.
KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "id": ("What the rule is called for good: one fault, one id.", "id: meetings-closed"),
    "title": ("The fault as a sentence without a full stop.", "title: Meetings are closed"),
    "met": ("The good state as a sentence.", "met: Meetings are open"),
    "principle": ("One duty in plain English: who must do what, and why.", ""),
    "note": ("Remarks on how the rule is encoded, for those who write rules.", ""),
    "source": (
        "The document and paragraph that the rule rests on, and how far they go.",
        'source: { document: report, paragraph: "7", says: stated }',
    ),
    "says": (
        "How far the source goes: stated, implied or ours; of the whole rule or of an element.",
        "says: { severity: ours }",
    ),
    "also": ("Further paragraphs that the rule rests on.", ""),
    "subject": ("What the rule is about: partnership, register, pair or assessment.", ""),
    "about": ("`records`: the rule tests what was recorded, not what is so.", "about: records"),
    "applies_when": ("The cases in which the rule applies; always if left out.", ""),
    "unless": (
        "Exceptions, each with a reason and a source.",
        "unless: [{ when: { … }, because: …, source: { … } }]",
    ),
    "requires": ("What must hold where the rule applies.", "requires: { protocol.agreed: yes }"),
    "severity": (
        "How grave a finding is: low, medium, high or critical, or one for each case.",
        "severity: { high: { … }, otherwise: medium }",
    ),
    "otherwise": ("What holds where no case before it does.", ""),
    "mitigated_by": ("What makes a finding one step less grave, with a source.", ""),
    "remedy": ("What to do, who does it and by when.", "remedy: { do: …, who: …, within: … }"),
    "instead": ("Another remedy for another case.", ""),
    "part_of": ("The piece of work that the remedy belongs to, named under `work`.", ""),
    "within": ("By when the remedy is due.", "within: 3 months"),
    "examples": (
        "Cases that show what the rule says; `govrules test` runs them.",
        "examples: [{ name: …, given: { … }, expect: flagged }]",
    ),
    "given": ("The facts of an example; whatever is left out is unknown.", ""),
    "expect": (
        (
            "What the rule says of an example: flagged, clear, unknown, not applicable, or not in "
            "force."
        ),
        "expect: flagged",
    ),
    "could_be": ("How grave an example could turn out once all is known.", "could_be: high"),
    "asks": ("The facts that an example asks for.", "asks: [funding.pooled]"),
    "in_force": (
        "The first and the last day on which the rule is in force.",
        "in_force: { from: 2026-04-01, until: 2027-03-31 }",
    ),
    "supersedes": ("The ids of the rules that this one took the place of.", ""),
    "tags": ("Words to find the rule by.", "tags: [board]"),
    "intended": (
        "What proofs or strict tests find of the rule and is meant, each with the reason.",
        "intended: { never-flagged: … }",
    ),
    "approved": ("Who approved it and when.", "approved: Cabinet, 3 March 2026"),
    "changed": (
        "What was changed, in which version, when, and who approved that.",
        "changed: [{ what: …, version: 2026.2, on: 2026-03-03, approved: Cabinet }]",
    ),
    "extends": ("Packs whose sources, parameters and facts are used; their rules are not.", ""),
    "adapts": (
        "Packs that are used with their rules, and changed without a copy.",
        "adapts: { governing-partnerships: { parameters: { … }, rules: { … } } }",
    ),
    "leave_out": ("Under `adapts`: the rule is not used.", "leave_out: yes"),
    "replaced_by": ("Under `adapts`: another rule is used in its place.", "replaced_by: our-own"),
    "themes": ("The titles of themes, in the order of reports.", ""),
    "work": ("The titles of pieces of work that remedies are part of.", ""),
    "sources": ("The documents that rules cite.", ""),
    "parameters": (
        "Thresholds with a value, a unit, a reason, and how far a source gives them.",
        "high_spend: { value: 1000000, unit: pounds, reason: …, says: ours }",
    ),
    "values": (
        "Of a fact, the closed list that it takes; of a parameter, its values by date.",
        "values: [{ from: 2024-04-01, value: £100000 }, { from: 2026-04-01, value: £150000 }]",
    ),
    "facts": ("A pack's own facts, `local.…`, with label and question.", ""),
    "derived": ("Facts that follow from others by a table or a condition.", ""),
    "first_match": ("The rows of a table: the first that holds gives the value.", ""),
    "unique": ("The table says that no two rows hold at once, which proofs then show.", ""),
    "show": ("Whether reports show a derived fact.", ""),
    "waivers": (
        "Of `waivers.yaml`: findings that are flagged and do not count until a day.",
        "waivers: [{ rule: …, partnership: …, reason: …, approved: …, until: 2027-03-31 }]",
    ),
}
WORDS: Final[Mapping[str, tuple[str, str]]] = {**KEYS, **JOINS, **TESTS}


#: What a text is never tested for: yes and no stand for no text, and the others are tests.
NO_TEXTS: Final = (
    *("yes", "no", "true", "false", "Yes", "No", "True", "False"),
    *("known", "named", "recorded", "any", "some"),
)
#: What people write, by what they mean.
MEANT: Final = {
    "or": "any",
    "and": "all",
    "either": "any",
    "both": "all",
    "none_of": "not",
    **dict.fromkeys(("max", "maximum", "up_to", "until", "no_more_than"), "at_most"),
    **dict.fromkeys(("min", "minimum", "since", "no_less_than", "no_fewer_than"), "at_least"),
    **dict.fromkeys(("greater_than", "gt", "above", "over", "exceeds"), "more_than"),
    **dict.fromkeys(("after", "later_than"), "more_than"),
    **dict.fromkeys(("lt", "below", "under", "fewer_than", "before", "earlier_than"), "less_than"),
    **dict.fromkeys(("within_last", "in_last", "in_the_last"), "newer_than"),
    **dict.fromkeys(("is", "eq", "equal", "exactly"), "equals"),
    **dict.fromkeys(("contains", "has", "includes_any"), "includes"),
    **dict.fromkeys(("contains_all", "has_all"), "includes_all"),
    **dict.fromkeys(("all", "each"), "every"),
    "any": "some",
    "one": "count",
    "range": "between",
    "exists": "known",
}
#: Words and signs that deny a test, and the test.
DENIED: Final = {
    **dict.fromkeys(("excludes", "lacks", "includes_none", "missing_all_of"), "includes"),
    **dict.fromkeys(("not", "is_not", "not_in", "none_of", "!=", "≠"), "equals"),
}
#: Words for one of several values, which stand in a list.
ONE_OF: Final = ("in", "is_in", "any", "any_of", "either", "one_of")
SIGNS: Final = re.compile(r"(>=|<=|=>|=<|==|!=|>|<|≥|≤|≠|not(?=\s))\s*")
#: The types of a pack's own facts, and what else they are called.
TYPES_MEANT: Final = {
    "boolean": "yes or no",
    "bool": "yes or no",
    "yes/no": "yes or no",
    "yes_no": "yes or no",
    "string": "text",
    "integer": "number",
    "int": "number",
    "decimal": "number",
    "float": "number",
    "percentage": "number` with `unit: per cent",
    "per cent": "number` with `unit: per cent",
    "percent": "number` with `unit: per cent",
    "currency": "money",
    "amount": "money",
    "pounds": "money",
    "day": "date",
    "datetime": "date",
}
#: Keys of a `rulebook.yaml`, or of a rule, that other tools have, by what does it here.
KEYS_MEANT: Final = dict.fromkeys(
    ("disable", "disabled", "overrides", "override", "exclude", "ignore", "exceptions"),
    "write it under `adapts: { PACK: { rules: { RULE: … } } }`",
) | {
    "waivers": "keep waivers in `waivers.yaml` beside the register",
    "waived": "keep waivers in `waivers.yaml` beside the register",
    "approved_by": "write `approved: who and when`",
    "enabled": "write `leave_out: yes` under `adapts`",
}
