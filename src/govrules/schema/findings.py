"""The schema of findings, and of all that stands in them."""

from __future__ import annotations

from govrules.rulebook.ast import ELEMENTS, Says, Verdict
from govrules.rulebook.decisions import Progress, State
from govrules.rulebook.fields import FORMAT
from govrules.schema.parts import (
    DIALECT,
    LEVELS,
    TEXT,
    Schema,
    all_required,
    array_of,
    map_of,
    object_of,
    or_null,
    ref,
    urn,
)


def findings_schema() -> Schema:
    """
    Return the schema of what `govrules check --format json` prints and `to_data` returns.

    A whole document is what it describes; under `$defs` stand a finding, a plan, a rulebook and
    the other values that `to_data` takes.
    """
    nullable = {"type": ["string", "null"]}
    levels: Schema = {"enum": LEVELS}
    severity: Schema = {"enum": [*LEVELS, None]}
    verdicts = [each.value.replace(" ", "_") for each in Verdict]
    citation = all_required({"document": TEXT, "paragraph": TEXT})
    named = all_required({"id": TEXT, "title": TEXT})
    says: Schema = {
        "type": "object",
        "propertyNames": {"enum": [*ELEMENTS]},
        "additionalProperties": {"enum": [*(each.value for each in Says), None]},
    }
    remedy = or_null(all_required({"do": TEXT, "who": TEXT, "within": TEXT, "part_of": nullable}))
    change = ref("change")
    several = array_of(ref("question"))
    question = all_required({"fact": TEXT, "question": TEXT})
    ranked = {**question["properties"], "rules": array_of(TEXT), "could_be": levels}
    action: Schema = {
        **dict.fromkeys(("do", "phrase"), TEXT),
        **dict.fromkeys(("owner", "by", "why"), nullable),
        "state": {"enum": [each.value for each in State]},
        "progress": {"enum": [each.value for each in Progress]},
    }
    ranked["settles"] = array_of(TEXT)
    finding = {
        "rule": TEXT,
        "title": TEXT,
        "theme": TEXT,
        "pack": TEXT,
        "verdict": {"enum": verdicts},
        "severity": severity,
        "could_be": severity,
        "sentence": TEXT,
        "because": array_of(ref("reason")),
        "questions": several,
        "clears": array_of(array_of(change)),
        "opens": array_of(
            array_of(
                all_required(
                    {
                        **dict.fromkeys(("rule", "phrase"), TEXT),
                        **dict.fromkeys(("severity", "could_be"), severity),
                    }
                )
            )
        ),
        "remedy": remedy,
        "mitigations": array_of(all_required({"because": TEXT, "source": or_null(citation)})),
        "waived": or_null(all_required({"reason": TEXT, "approved": TEXT, "until": TEXT})),
        "action": or_null(all_required(action)),
        "says": says,
        "source": all_required({"document": TEXT, "paragraph": TEXT, "principle": TEXT}),
        "location": all_required({"rule": TEXT, "subject": nullable}),
    }
    step = {
        "rule": TEXT,
        "severity": severity,
        "do": TEXT,
        "who": TEXT,
        "within": TEXT,
        "changes": array_of(change),
        "helps": array_of(TEXT),
    }
    plan = {
        "level": levels,
        "steps": array_of(all_required(step)),
        "clears": array_of(TEXT),
        "left": array_of(TEXT),
        "open": array_of(TEXT),
        "proven_smallest": {"type": "boolean"},
    }
    derived = {
        "label": TEXT,
        "phrase": nullable,
        "values": array_of({}),
        "because": array_of(ref("reason")),
        "questions": several,
    }
    subject = {
        "id": TEXT,
        "name": TEXT,
        "counts": all_required(
            {verdict: {"type": "integer", "minimum": 0} for verdict in verdicts}
        ),
        "derived": map_of(all_required(derived)),
        "own_rating": nullable,
        "questions": array_of(all_required(ranked)),
        "good_practice": array_of(all_required({"rule": TEXT, "title": TEXT, "met": nullable})),
        "findings": array_of(ref("finding")),
        "summaries": array_of(ref("finding")),
        "actions": array_of(all_required({"rule": TEXT, **action})),
        "coming_up": array_of(
            all_required(
                {
                    **dict.fromkeys(("rule", "title", "sentence"), TEXT),
                    "from": nullable,
                    "severity": severity,
                }
            )
        ),
        "so_of": array_of(TEXT),
        "contradictions": array_of(
            all_required({"stated": TEXT, "sentence": TEXT, "follows": all_required(derived)})
        ),
    }
    words = ("code", "name", "message", "help", "path", "place")
    problem = {
        **dict.fromkeys(words, TEXT),
        "warning": {"type": "boolean"},
        "allowed": array_of(TEXT),
    }
    amendments = array_of(
        all_required({**dict.fromkeys(("what", "version", "approved"), TEXT), "on": nullable})
    )
    adapted = {
        **dict.fromkeys(("by", "what", "name", "reason", "approved", "phrase"), TEXT),
        "was": {},
        "now": {},
        "counts": {"type": "boolean"},
    }
    pack = {
        **dict.fromkeys(("id", "version", "content", "approved"), TEXT),
        "rules": {"type": "boolean"},
        "changed": amendments,
        "adapted": array_of(all_required(adapted)),
    }
    rule = {
        **dict.fromkeys(
            ("id", "title", "theme", "subject", "principle", "location", "pack", "approved"), TEXT
        ),
        "changed": amendments,
        "met": nullable,
        "note": nullable,
        "source": or_null(citation),
        "also": array_of(citation),
        "says": says,
        "severities": array_of(levels),
        "remedy": remedy,
        "in_force": all_required({"from": nullable, "until": nullable}),
        "tags": array_of(TEXT),
    }
    document = all_required(dict.fromkeys(("title", "publisher", "year", "where"), TEXT))
    parameter = all_required(
        {"value": {}, **dict.fromkeys(("unit", "reason", "says", "pack"), TEXT)}
    )
    rulebook = {
        "govrules": {"const": int(FORMAT)},
        **dict.fromkeys(("id", "title", "version", "owner"), TEXT),
        "packs": array_of(ref("pack")),
        "documents": map_of(document),
        "parameters": map_of(parameter),
        "facts": map_of(all_required({"label": TEXT, "question": TEXT})),
        "derived": map_of(all_required({"label": TEXT, "values": array_of({})})),
        "themes": array_of(named),
        "work": map_of(TEXT),
        "rules": array_of(ref("rule")),
    }
    always = {
        "govrules": {"const": int(FORMAT)},
        "rulebook": all_required({"id": TEXT, "version": TEXT}),
        "packs": array_of(ref("pack")),
        "as_of": nullable,
        "subjects": array_of(ref("assessment")),
        "problems": array_of(ref("problem")),
        "notes": array_of(TEXT),
    }
    difference = all_required(
        {
            **dict.fromkeys(("subject", "name", "rule", "title", "since"), TEXT),
            "severity": levels,
            "was": severity,
            "how": nullable,
        }
    )
    kinds = ("opened", "closed", "still_open")
    changes = all_required({"since": TEXT, **{kind: array_of(difference) for kind in kinds}})
    beginning = {each: always[each] for each in ("govrules", "rulebook", "packs", "as_of")}
    both = {"before": TEXT, "after": TEXT}
    what_if = {
        **beginning,
        **dict.fromkeys(("id", "name"), TEXT),
        "what_if": {"type": "object"},
        "derived": map_of(all_required(both)),
        **dict.fromkeys(("opened", "closed"), array_of(ref("finding"))),
        "changed": array_of(all_required(dict.fromkeys(both, ref("finding")))),
    }
    file = all_required({"name": TEXT, "content": TEXT})
    receipt = all_required(
        {
            "govrules_receipt": {"const": 1},
            **dict.fromkeys(("version", "findings", "report"), TEXT),
            "as_of": nullable,
            "packs": array_of(all_required(dict.fromkeys(("id", "version", "content"), TEXT))),
            "facts": array_of(file),
            "beside": array_of(file),
            "options": {"type": "object"},
        }
    )
    whole = object_of({**always, "changes": changes, "receipt": receipt}, required=always)
    reason = {"fact": TEXT, "value": {}, "phrase": TEXT, "evidence": nullable}
    return {
        "$schema": DIALECT,
        "$id": urn("findings"),
        "title": "govrules: findings",
        **whole,
        "$defs": {
            "assessment": all_required(subject),
            "change": all_required({"fact": TEXT, "to": {}, "phrase": TEXT}),
            # One that stands alone has its proofs beside it; in a report these stand once.
            "finding": object_of(
                {**finding, "derived": map_of(all_required(derived))}, required=finding
            ),
            "pack": all_required(pack),
            "plan": all_required(plan),
            "problem": all_required(problem),
            "question": question,
            "reason": all_required(reason),
            "rule": all_required(rule),
            "rulebook": all_required(rulebook),
            "what_if": all_required(what_if),
        },
    }
