"""The page on live registers shows what its code prints."""

from __future__ import annotations

import contextlib
import io
import itertools
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN = [
    (language, code, output)
    for (language, code), (following, output) in itertools.pairwise(BLOCKS)
    if language in {"python", "py"} and following == "text"
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("language", "code", "output"), SHOWN)
def test_code_prints_what_stands_below_it(language, code, output):
    if language == "py" and find_spec("durable_rules_engine") is None:
        pytest.skip("durable-rules is not installed")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "live.md", "exec"), {"__name__": "page"})  # noqa: S102 - our own page
    assert printed.getvalue() == output


def test_every_kind_of_block_is_shown():
    assert {language for language, *_ in SHOWN} == {"python", "py"}
