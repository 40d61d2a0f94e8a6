"""What the README says is so."""

import re
from pathlib import Path

import pytest

import run
from assistant.schema import REASONS, Answer
from ingest.__main__ import VERBS
from ingest.readers import read
from tests.readme import README, with_tables

TEXT = README.read_text(encoding="utf-8")
ROOT = README.parent
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.S)


def test_its_tables_are_those_of_the_code() -> None:
    assert with_tables(TEXT) == TEXT, "run: python -m tests.readme"


@pytest.mark.parametrize("command", re.findall(r"^python3 run\.py (.+?)(?:\s+#.*)?$", TEXT, re.M))
def test_each_command_is_a_verb(command: str) -> None:
    assert command.split()[0] in run.VERBS


def test_each_ingest_verb_is_explained() -> None:
    assert {verb for verb in VERBS if f"`ingest {verb}" not in TEXT} == set()


def test_the_front_matter_template_reads_without_a_warning() -> None:
    template = next(code for _, code in BLOCKS if code.startswith("---\ntitle"))
    reading = read(template.encode(), "example.md")
    assert reading.warnings == () and reading.documents[0].marks[0].keys == ("A1",)


def test_the_python_example_compiles() -> None:
    for language, code in BLOCKS:
        if language == "python":
            compile(code, "README", "exec")


def test_the_contract_names_every_field() -> None:
    fields = Answer(question="", searched_for="", text="", reason="empty_question").to_json()
    assert f"`{', '.join(fields)}`" in TEXT


def test_every_reason_is_named() -> None:
    assert f"`{', '.join(REASONS)}`" in TEXT


def test_every_link_and_picture_is_there() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_module_that_is_named_exists() -> None:
    rows = re.findall(r"^\| `(ingest|assistant)/` \| (.+) \|$", TEXT, re.M)
    named = [(room, name) for room, cells in rows for name in re.findall(r"`([a-z_]+)/?`", cells)]
    assert len(named) > 20
    assert [n for r, n in named if not Path(ROOT / r / f"{n}.py").exists() and not Path(ROOT / r / n).is_dir()] == []
