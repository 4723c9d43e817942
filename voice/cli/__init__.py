"""The command line: `candide demo`, `understand`, `models`, `doctor`, `bench`.

Each command imports what it needs when it runs, so that `candide --help` answers at once.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Entry point of the `candide` command: a failure the user can mend is one sentence and exit code 2."""
    from voice.cli.app import app
    from voice.cli.failures import explained
    from voice.cli.printing import never_fail_to_print

    never_fail_to_print()
    try:
        app(prog_name="candide")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        sentence = explained(error)
        if sentence is None:
            raise
        print(f"candide: {sentence}", file=sys.stderr)
        sys.exit(2)
