"""The command line as a table: each command is a file, which is imported when it is run."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from cyclopts import App

#: Each command, in the order of the help, and the function whose parameters are its options.
COMMANDS: Final = {
    "check": "check:check",
    "findings": "findings:findings",
    "explain": "explain:explain",
    "format": "format:format_",
    "lint": "lint:lint",
    "diff": "diff:diff",
    "facts": "facts:facts",
    "test": "test:test",
    "prove": "prove:prove",
    "schema": "schema:schema",
    "catalogue": "catalogue:catalogue",
    "init": "init:init",
    "map": "map:map_",
    "plan": "plan:plan",
    "new": "new:new",
    "ask": "ask:ask",
    "answer": "answer:answer",
    "watch": "watch:watch",
    "demo": "demo:demo",
    "verify": "verify:verify",
}


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 - slow, and seldom asked for

    return version("govrules")


def command_line(tokens: Sequence[str]) -> App:
    """Return the command line for these words: the command they name, or else all of them."""
    app = App(
        name="govrules",
        help=(
            "Rules for the governance of partnerships: unknown is not no, every finding"
            " explained.\n\n"
            "Every command takes `--subjects module:Class`: a class of your own that rules are"
            " about."
        ),
        version=_version,
        help_format="plaintext",
        # `main` answers an interrupt, with a line that says so.
        suppress_keyboard_interrupt=False,
    )
    for name in tokens[:1] if tokens and tokens[0] in COMMANDS else COMMANDS:
        module, _, function = COMMANDS[name].partition(":")
        app.command(getattr(import_module(f"govrules.cli.{module}"), function), name=name)
    return app
