"""Run the command line as `python -m govrules`."""

import sys

try:
    from govrules.cli import main

    code = main()
except KeyboardInterrupt:
    # Before `main` could say so.
    code = 130
sys.exit(code)
