"""
The durable engine: a rulebook on durable-rules, in a supervised process of its own.

govrules settles each atomic test; the engine's network combines and chains them. Importing this
raises `ModuleNotFoundError` where durable-rules is not installed; the engine itself is loaded by
the process and never here.
"""

from importlib.util import find_spec

if find_spec("durable_rules_engine") is None:
    msg = "durable-rules is not installed"
    raise ModuleNotFoundError(msg, name="durable-rules")

from govrules.engines.durable.settle import outcomes

__all__ = ["outcomes"]
