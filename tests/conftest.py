"""Profiles of the property tests: `default` for a quick loop, `ci`, `mutate`, and `thorough` to be sure."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

#: How many examples `make thorough` tries of each property.
THOROUGH = int(os.environ.get("HYPOTHESIS_EXAMPLES", "10000"))

_COMMON = {"deadline": None, "print_blob": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", max_examples=60, **_COMMON)
settings.register_profile("ci", max_examples=30, derandomize=True, **_COMMON)
# What fails is enough; how little of it fails is not asked of a change that was made on purpose.
settings.register_profile(
    "mutate", max_examples=30, derandomize=True, phases=(Phase.explicit, Phase.generate), **_COMMON
)
settings.register_profile("thorough", max_examples=THOROUGH, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


#: No tests of pytest: they are run as commands, in environments of their own, or loaded first.
collect_ignore = ["browser", "cover.py", "spreadsheets"]
#: Where durable-rules cannot be built, what needs it is left out.
collect_ignore_glob = [] if find_spec("durable_rules_engine") else ["engines/durable/*"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Note on how many examples a property was tried, where Hypothesis counted them."""
    report = yield
    counted = re.findall(r"(\d+) passing", getattr(item, "hypothesis_statistics", ""))
    if call.when == "call" and counted:
        report.user_properties.append(("examples", sum(map(int, counted))))
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """After a thorough run, say of each property how it ended, on how many examples, how long."""
    if config.getoption("--hypothesis-profile") != "thorough":
        return
    terminalreporter.section(f"properties, seed {config.getoption('--hypothesis-seed')}")
    for status in ("passed", "failed", "skipped"):
        for report in terminalreporter.getreports(status):
            examples = dict(report.user_properties).get("examples", 0)
            line = f"{status}  {examples:>6} examples  {report.duration:7.1f} s  {report.nodeid}"
            terminalreporter.write_line(line)
