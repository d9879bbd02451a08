"""What people write in rule files for what the format has, by what they mean."""

from __future__ import annotations

import re
from typing import Final

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
    "max": "at_most",
    "maximum": "at_most",
    "up_to": "at_most",
    "min": "at_least",
    "minimum": "at_least",
    "greater_than": "more_than",
    "gt": "more_than",
    "above": "more_than",
    "over": "more_than",
    "lt": "less_than",
    "below": "less_than",
    "under": "less_than",
    "fewer_than": "less_than",
    "is": "equals",
    "eq": "equals",
    "equal": "equals",
    "contains": "includes",
    "has": "includes",
    "range": "between",
    "exists": "known",
}
SIGNS: Final = re.compile(r"(>=|<=|=>|=<|==|!=|>|<|≥|≤)\s*")
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
