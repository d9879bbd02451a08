"""
A service: the facts of a partnership in, findings that explain themselves out.

Run it with ``uvicorn service:app`` in this folder, and look at ``/docs``. It needs `fastapi`.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, Query, Request
from fastapi.responses import JSONResponse

from govrules import FactsError, Severity, assess, load_rulebook, read, schema, to_data

RULEBOOK = load_rulebook()
#: What the body and the answers are, as parts of the service's own description.
SCHEMAS = {
    **schema.components("Subject", schema.subject_schema(RULEBOOK)),
    **schema.components("Findings", schema.findings_schema()),
}

app = FastAPI(title="Findings on the governance of partnerships")
Facts = Annotated[dict[str, Any], Body(description="Facts, as a partnership file has them.")]
Day = Annotated[dt.date | None, Query(description="The date of the assessment.")]


def described(name: str) -> dict[str, Any]:
    """Return how an answer is described: by a schema that govrules publishes."""
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}


REFUSED: dict[int | str, dict[str, Any]] = {
    422: {"description": "Each problem with the path of its fact.", **described("Problems")}
}


@app.exception_handler(FactsError)
def refused(_: Request, error: FactsError) -> JSONResponse:
    """Say every problem of a body at once, so that a form can show each at its field."""
    return JSONResponse({"problems": to_data([*error.diagnostics])}, status_code=422)


# What is no coroutine runs in a thread of its own, so that others are answered meanwhile.
@app.post("/findings", responses={200: described("Findings"), **REFUSED})
def findings(
    facts: Facts, as_of: Day = None, show: Literal["all", "flagged"] = "flagged"
) -> JSONResponse:
    """Assess a partnership, and explain what is flagged, or everything."""
    found = read(facts, rulebook=RULEBOOK)
    day = as_of or found.as_of
    said = to_data(assess(found.subject, RULEBOOK, as_of=day, engine="compiled"), findings=show)
    warned = to_data([*found.warnings])
    return JSONResponse({**said, "problems": warned, "notes": [*found.notes]})


@app.post("/plan", responses={200: described("Findings-plan"), **REFUSED})
def plan(facts: Facts, as_of: Day = None, level: Severity = Severity.CRITICAL) -> JSONResponse:
    """Plan the fewest changes that clear what is flagged at a level or above."""
    found = read(facts, rulebook=RULEBOOK)
    day = as_of or found.as_of
    return JSONResponse(to_data(assess(found.subject, RULEBOOK, as_of=day).plan(level)))


def openapi() -> dict[str, Any]:
    """Return the description of the service, with the schemas that govrules publishes."""
    if not app.openapi_schema:
        made = FastAPI.openapi(app)
        several = made.setdefault("components", {}).setdefault("schemas", {})
        problems = {"type": "array", "items": {"$ref": "#/components/schemas/Findings-problem"}}
        several |= SCHEMAS
        several["Problems"] = {"type": "object", "properties": {"problems": problems}}
        for path in ("/findings", "/plan"):
            body = made["paths"][path]["post"]["requestBody"]["content"]["application/json"]
            body["schema"] = {"$ref": "#/components/schemas/Subject"}
        app.openapi_schema = made
    return app.openapi_schema


app.openapi = openapi  # type: ignore[method-assign]
