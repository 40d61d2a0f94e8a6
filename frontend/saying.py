"""Words to whoever runs Casebook."""

import sys


def say(words: str) -> None:
    """Tell the user something, on stderr: stdout is a verb's own."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()
