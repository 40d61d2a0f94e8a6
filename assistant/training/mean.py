"""The mean of several states of the reader: python -m assistant.training.mean STATE … --out reader.safetensors.

A state named twice weighs twice. Averaged weights of one line of training tend to be better on text of other kinds
than each (Wortsman et al. 2022, arXiv:2203.05482).
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError
from assistant.reader import weights_of
from assistant.training.__main__ import save


def mean(states: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of each tensor. Raises CasebookError where the states are of different networks."""
    if any({n: t.shape for n, t in state.items()} != {n: t.shape for n, t in states[0].items()} for state in states):
        raise CasebookError("These weights are not of the same network; give states of one line of training.")
    return {name: sum(state[name] for state in states) / len(states) for name in states[0]}


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the states and write their mean."""
    parser = argparse.ArgumentParser(prog="python -m assistant.training.mean", description="Average states.")
    parser.add_argument("states", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        save(mean([weights_of(path) for path in options.states]), options.out)
    except CasebookError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
