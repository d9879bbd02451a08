"""
The entry of govrules into pytest: an option, and nothing more until a project sets it.

It stands outside the package so that pytest imports nothing of govrules before coverage begins.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what a project can set in its ini file."""
    parser.addini(
        "govrules_packs",
        "folders of govrules packs, or folders of such folders, whose rules are to be tested",
        type="args",
    )
    parser.addini(
        "govrules_subjects",
        "further classes that rules may be about, one a line: `name = module:Class`",
        type="linelist",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect packs where the project names some."""
    packs = config.getini("govrules_packs")
    if packs:
        from govrules.testing.plugin import Packs  # noqa: PLC0415 - only those who ask pay for it

        config.pluginmanager.register(Packs(config, packs), "govrules-packs")
