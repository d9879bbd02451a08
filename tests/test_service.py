"""The example of a service: a body in, findings out, every problem with the path of its fact."""

from __future__ import annotations

import importlib.util
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from govrules import read, schema, to_data

pytest.importorskip("fastapi")
pytest.importorskip("httpx")
ROOT = Path(__file__).parents[1]
POOL = ROOT / "examples" / "high-tier-pool-without-arrangements.yaml"


@pytest.fixture(scope="module")
def service() -> Any:
    spec = importlib.util.spec_from_file_location("service", ROOT / "examples" / "service.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["service"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["service"]


@pytest.fixture(scope="module")
def client(service: Any) -> Any:
    import warnings  # noqa: PLC0415 - only where the client is made

    with warnings.catch_warnings():
        # What the test client itself is made of is no matter of ours.
        warnings.simplefilter("ignore")
        from fastapi.testclient import TestClient  # noqa: PLC0415 - likewise

        with TestClient(service.app) as client:
            yield client


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    said: dict[str, Any] = to_data(read(POOL).subject)
    return {**said, "as_of": "2026-03-31"}


def test_findings_come_back_explained(client: Any, body: dict[str, Any]) -> None:
    answer = client.post("/findings", json=body)
    assert answer.status_code == 200
    said = answer.json()
    assert Draft202012Validator(schema.findings_schema()).is_valid(said)
    (subject,) = said["subjects"]
    assert len(subject["findings"]) == subject["counts"]["flagged"] > 40
    assert said["as_of"] == "2026-03-31"


def test_each_problem_has_the_path_of_its_fact(client: Any) -> None:
    wrong = {"status": "actve", "partners": [{"name": "A"}, {"nam": "B"}], "funding": {"poled": 1}}
    answer = client.post("/findings", json=wrong)
    assert answer.status_code == 422
    problems = {each["path"]: each for each in answer.json()["problems"]}
    assert set(problems) == {"status", "partners[1].nam", "funding.poled"}
    assert problems["status"]["help"] == "did you mean `active`?"
    assert "active" in problems["status"]["allowed"]
    assert all(each["place"] == "" for each in problems.values())


def test_what_could_not_be_read_is_said_beside_the_findings(client: Any) -> None:
    said = client.post("/findings", json={"reviewed": "last year", "protocol": None}).json()
    assert [each["path"] for each in said["problems"]] == ["reviewed"]
    assert len(said["notes"]) == 1


def test_a_plan_comes_back(client: Any, body: dict[str, Any]) -> None:
    small = {"name": "A", "funding": {"pooled": True}, "protocol": "none"}
    answer = client.post("/plan", json=small, params={"level": "low"})
    assert answer.status_code == 200
    assert answer.json()["steps"]


def test_its_description_is_valid(client: Any) -> None:
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(client.get("/openapi.json").json())


def test_eight_threads_get_one_answer(client: Any) -> None:
    small = {"name": "A", "funding": {"pooled": True}, "protocol": "none"}
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: client.post("/findings", json=small).text, range(16))]
    assert len({*answers}) == 1
    assert json.loads(answers[0])["subjects"][0]["counts"]["flagged"]
