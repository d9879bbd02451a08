"""The command `schema`."""

from __future__ import annotations

import json
from typing import Any, Literal

from govrules import schema as schemas
from govrules.cli.options import Output, Rules, load
from govrules.cli.output import FINE, Stop, emit, reason_of, refuse_inputs


def schema(
    which: Literal["rules", "subject", "mapping", "findings"] | None = None,
    *,
    rules: Rules = None,
    output: Output = None,
) -> int:
    """
    Print the JSON Schema of rule files, subject files, mapping files or findings.

    Parameters
    ----------
    which
        Which schema; with `--output DIR` and none named, all four are written there.
    """
    refuse_inputs(output if which else None, rules)
    rulebook = load(rules)
    build: dict[str, Any] = {
        "rules": lambda: schemas.rules_schema(rulebook),
        "subject": lambda: schemas.subject_schema(rulebook),
        "mapping": lambda: schemas.mapping_schema(rulebook),
        "findings": schemas.findings_schema,
    }
    if which is None and output is not None:
        if output.exists() and not output.is_dir():
            raise Stop(f"`{output}` is a file", "name a folder, or one schema")
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = reason_of(error, "it cannot be made")
            raise Stop(f"`{output}`: {reason}", "name another folder") from error
        for name, make in build.items():
            text = json.dumps(make(), indent=1, ensure_ascii=False) + "\n"
            emit(text, output / f"{name}.schema.json")
        return FINE
    made = build[which or "rules"]()
    emit(json.dumps(made, indent=1, ensure_ascii=False) + "\n", output)
    return FINE
