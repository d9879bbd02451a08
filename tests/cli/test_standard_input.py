"""A dash stands for standard input: facts in YAML or JSON, or an object a line."""

from __future__ import annotations

import io
import json
import sys

import pytest

from govrules.cli import main

FACTS = {"name": "Care pool", "funding": {"pooled": True}, "protocol": "none"}
AS_YAML = "name: Care pool\nfunding.pooled: yes\nprotocol: none\n"
LINES = json.dumps(FACTS) + "\n" + json.dumps({"name": "Quiet forum"}) + "\n"


@pytest.fixture
def check(monkeypatch, capsys):
    def check(text, *words):
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = main(["check", "-", "--format", "json", "--as-of", "2026-03-31", *words])
        return code, *capsys.readouterr()

    return check


@pytest.mark.parametrize("text", [json.dumps(FACTS), json.dumps(FACTS, indent="\t"), AS_YAML])
def test_a_partnership_is_read_from_standard_input(check, text):
    code, out, _ = check(text)
    (subject,) = json.loads(out)["subjects"]
    assert code == 1
    assert subject["name"] == "Care pool"
    assert "pooled-budget-without-protocol" in {
        each["rule"] for each in subject["findings"] if each["verdict"] == "flagged"
    }


def test_an_object_a_line_is_a_register(check):
    code, out, _ = check(LINES)
    assert code == 1
    assert {"Care pool", "Quiet forum"} <= {each["name"] for each in json.loads(out)["subjects"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "-: GR002 empty-file"),
        ("stauts: active\n", "-:1:1: GR101 unknown-fact"),
        (b"\xff\xfe\x00", "-: GR001 unreadable-file"),
        (b"#" * 10_000_001, "-: GR003 file-too-large"),
    ],
)
def test_what_is_wrong_with_it_is_said(check, text, said):
    code, _, err = check(text)
    assert code == 2
    assert said in err


def test_no_table_is_read_from_it(check):
    code, _, err = check(LINES, "--table", "x")
    assert code == 2
    assert "save it" in err


def test_that_it_cannot_be_read_is_said(monkeypatch, capsys):
    class Broken(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, _):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Broken())))
    assert main(["check", "-"]) == 2
    assert "standard input: input/output error" in capsys.readouterr().err
