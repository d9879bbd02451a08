"""Where durable-rules is not installed everything else works, and asking for it says what to do."""

from __future__ import annotations

import subprocess
import sys

BLOCKED = """
import sys
sys.modules["durable_rules_engine"] = None
sys.modules["durable"] = None
from govrules import EngineError, LiveRegister, Partnership, assess, load_rulebook, ruleset
rulebook = load_rulebook()
for ask in (
    lambda: assess(Partnership(), rulebook, engine="durable"),
    lambda: LiveRegister(rulebook, engine="durable"),
    lambda: ruleset(rulebook),
):
    try:
        ask()
    except EngineError as error:
        print(error)
live = LiveRegister(rulebook)
assert live.engine != "durable"
live.put(Partnership(id="pool"))
print(len(live.change("pool", {"funding.pooled": True, "protocol": "none"}).notices))
"""


def test_everything_else_works():
    ran = subprocess.run(
        [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
    )
    said = (
        "engine `durable`: it needs `durable-rules`, which is not installed: "
        "pip install govrules[durable]\n"
    )
    assert ran.stdout == 3 * said + "1\n"


def test_the_command_line_says_what_to_install(tmp_path):
    file = tmp_path / "pool.yaml"
    file.write_text("name: Pool\n")
    code = (
        "import sys; sys.modules['durable_rules_engine'] = None\n"
        "from govrules.cli import main\n"
        f"sys.exit(main(['check', {str(file)!r}, '--engine', 'durable']))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "pip install govrules[durable]" in ran.stderr
