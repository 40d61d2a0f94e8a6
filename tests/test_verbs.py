"""The verbs of run.py: each stands in the help and for something that exists."""

import re
from pathlib import Path

import pytest

import run
from assistant.__main__ import main as assistant
from ingest.__main__ import VERBS as INGEST_VERBS

ROOT = Path(run.__file__).parent


def test_every_verb_is_in_the_help() -> None:
    for verb, (_, line) in run.VERBS.items():
        assert re.search(rf"^  {verb} +{re.escape(line)}$", run.help_text(), re.MULTILINE)


def test_every_verb_stands_for_something_that_exists() -> None:
    for words, _ in run.VERBS.values():
        first, *rest = words.split()
        assert (ROOT / (rest[0] if first == "-m" else first)).exists(), words


@pytest.mark.parametrize("words", [words for words, _ in run.VERBS.values() if len(words.split()) > 2])
def test_every_verb_is_one_that_its_room_knows(words: str) -> None:
    _, room, verb = words.split()
    if room == "ingest":
        assert verb in INGEST_VERBS
    else:
        with pytest.raises(SystemExit) as left:
            assistant([verb, "--help"])
        assert left.value.code == 0, words


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        pytest.param("ask", ["-m", "assistant", "ask", "a b"], id="a verb of the assistant"),
        pytest.param("ingest", ["-m", "ingest", "a b"], id="ingest is a room of its own"),
        pytest.param("doctor", ["-m", "ingest", "doctor", "a b"], id="a verb of ingest"),
        pytest.param("serve", [str(ROOT / "ui.py"), "a b"], id="a file"),
    ],
)
def test_command_of_a_verb(verb: str, words: list[str]) -> None:
    assert run.command_of(verb, ["a b"]) == [str(run.python_of(run.VENV)), *words]
