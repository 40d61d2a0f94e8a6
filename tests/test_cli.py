"""``python -m assistant`` as a program: what goes to stdout, what to stderr, and the exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant.__main__ import main
from assistant.schema import sha256_of
from tests.test_schema import ANSWER_KEYS

ROOT = Path(__file__).resolve().parents[1]
BACKLOG = "How did the Black Country reduce its elective backlog?"
VERBS = ("ask", "search", "source", "verify", "evaluate")


def _run(*arguments: str, stdin: bytes = b"", **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the program as a child, in an environment without settings of the person who tests."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("CASEBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", "assistant", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env={**kept, **environment},
        check=False,
    )


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("CASEBOOK_")]:
        monkeypatch.delenv(name)


class Said:
    """What the program said when it was called in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def call(capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """Return a function that calls the program in this process, which spares loading the model each time."""

    def called(*arguments: str) -> Said:
        capfdbinary.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse
            code = int(end.code or 0)
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode("utf-8"), err.decode("utf-8"))

    return called


def _is_one_plain_line(text: str, *words: str) -> None:
    assert text.strip().count("\n") == 0, text
    assert "Traceback" not in text
    for word in words:
        assert word in text


# --- As a program of its own ---


def test_ask_json_alone_stands_on_stdout(corpus_index: Path) -> None:
    child = _run("ask", BACKLOG, "--json", "--index", str(corpus_index), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert child.returncode == 0
    assert child.stdout.count(b"\n") == 1
    answer = json.loads(child.stdout.decode("utf-8"))
    assert list(answer) == ANSWER_KEYS
    assert not answer["abstained"]
    assert child.stderr == b""


def test_an_error_is_one_line_on_stderr_and_exit_code_two(tmp_path: Path) -> None:
    child = _run("ask", "How?", "--json", "--index", str(tmp_path / "none"))
    assert (child.returncode, child.stdout) == (2, b"")
    _is_one_plain_line(child.stderr.decode(), "There is no index at", "Build it with")


def test_an_unknown_setting_is_an_error_of_one_line(corpus_index: Path) -> None:
    child = _run("ask", "How?", "--index", str(corpus_index), CASEBOOK_RETREIVAL="dense")
    assert (child.returncode, child.stdout) == (2, b"")
    _is_one_plain_line(child.stderr.decode(), "CASEBOOK_RETREIVAL", "Did you mean CASEBOOK_RETRIEVAL?")


def test_verify_reads_standard_input(corpus_index: Path, call: Any) -> None:
    stored = call("ask", BACKLOG, "--json", "--index", str(corpus_index)).out
    child = _run("verify", "-", "--index", str(corpus_index), stdin=stored.encode("utf-8"))
    assert (child.returncode, child.stderr) == (0, b"")
    assert b"citations hold, to the character." in child.stdout


@pytest.mark.skipif(os.name == "nt", reason="there is no head to end the pipe")
def test_a_reader_that_has_seen_enough_is_no_error(corpus_index: Path) -> None:
    command = f"'{sys.executable}' -m assistant source black-country.md --index '{corpus_index}' | head -c 10"
    child = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, cwd=ROOT, check=False)
    assert len(child.stdout) == 10
    assert child.stderr == b""


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help(call: Any, verb: str) -> None:
    said = call(*filter(None, [verb]), "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("usage: assistant")
    if not verb:
        assert all(one in said.out for one in VERBS)
    else:
        assert "--index" in said.out


# --- ask ---


def test_ask_for_people(corpus_index: Path, call: Any) -> None:
    said = call("ask", BACKLOG, "--index", str(corpus_index))
    assert (said.code, said.err) == (0, "")
    assert "[1]" in said.out
    assert "\nSources\n[1] " in said.out


@pytest.mark.parametrize("question", ["What is Diane Wake's home address?", "How do I bake a cake?", "", "\x1b[31mred"])
def test_a_refusal_is_no_error(corpus_index: Path, call: Any, question: str) -> None:
    said = call("ask", question, "--json", "--index", str(corpus_index))
    assert said.code == 0
    answer = json.loads(said.out)
    assert answer["abstained"]
    assert answer["answer"]
    assert "\x1b" not in call("ask", question, "--index", str(corpus_index)).out


def test_ask_with_a_history(corpus_index: Path, call: Any, tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    turns = [{"role": "user", "text": "What is WYAAT?"}, {"role": "assistant", "text": "A body."}]
    path.write_text(json.dumps(turns), encoding="utf-8")
    said = call("ask", "Who leads it?", "--json", "--history", str(path), "--index", str(corpus_index))
    answer = json.loads(said.out)
    assert (said.code, "WYAAT" in answer["searched_for"]) == (0, True)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(None, id="not there"),
        pytest.param("{", id="not JSON"),
        pytest.param("3", id="a number"),
        pytest.param('{"role": "user", "text": "x"}', id="one turn and no list"),
        pytest.param('["Who?"]', id="texts"),
        pytest.param('[{"role": "system", "text": "x"}]', id="another role"),
        pytest.param('[{"role": "user"}]', id="no text"),
        pytest.param('[{"role": "user", "text": null}]', id="a null text"),
        pytest.param("[" * 100_000, id="too deep"),
    ],
)
def test_a_bad_history_is_an_error_of_one_line(
    corpus_index: Path, call: Any, tmp_path: Path, history: str | None
) -> None:
    path = tmp_path / "history.json"
    if history is not None:
        path.write_text(history, encoding="utf-8")
    said = call("ask", "Who leads it?", "--json", "--history", str(path), "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, "history.json is no history", '[{"role": "user", "text": "…"}, …]')


@pytest.mark.parametrize(
    ("only", "words"),
    [
        ("region", ["--only takes NAME=VALUE, not 'region'"]),
        ("=London", ["'' is no filter"]),
        ("region=", ["--only takes NAME=VALUE"]),
        ("colour=red", ["'colour' is no filter", "collaborative"]),
        ("document=none.md", ["No document has document 'none.md'", "black-country.md"]),
    ],
)
@pytest.mark.parametrize("verb", ["ask", "search"])
def test_a_bad_filter_is_an_error_of_one_line(
    corpus_index: Path, call: Any, verb: str, only: str, words: Sequence[str]
) -> None:
    said = call(verb, "How?", "--only", only, "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, *words)


def test_a_question_too_long_is_an_error_of_one_line(corpus_index: Path, call: Any) -> None:
    said = call("ask", "why " * 600, "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, "2400 characters", "the longest is 2000")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask"],
        ["dance"],
        [],
        ["ask", "x", "--colour"],
        ["search", "x", "--limit", "0"],
        ["evaluate", "x", "--limit", "-1"],
    ],
    ids=" ".join,
)
def test_a_call_that_is_none_says_how_to_call(call: Any, arguments: Sequence[str]) -> None:
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("usage: assistant")


# --- search and source ---


def test_search_json(corpus_index: Path, call: Any) -> None:
    said = call("search", "surgical robots", "--json", "--limit", "3", "--index", str(corpus_index))
    found = json.loads(said.out)
    assert (said.code, said.err, found["schema"], found["question"]) == (0, "", 1, "surgical robots")
    assert [hit["rank"] for hit in found["hits"]] == [1, 2, 3]
    first = found["hits"][0]
    assert list(first) == ["rank", "score", "why", "document_id", "start", "end", "heading", "page", "text"]
    assert first["document_id"] == "black-country.md"


def test_search_for_people(corpus_index: Path, call: Any) -> None:
    said = call("search", "surgical robots", "--limit", "2", "--index", str(corpus_index))
    assert said.out.startswith("1. ")
    assert "\n2. " in said.out
    assert "\n3. " not in said.out


def test_source_gives_the_canonical_text_and_any_part_of_it(corpus_index: Path, call: Any) -> None:
    whole = json.loads(call("source", "cmast.md", "--json", "--index", str(corpus_index)).out)
    assert sha256_of(whole["text"]) == whole["sha256"]
    part = json.loads(
        call("source", "cmast.md", "--start", "5", "--end", "25", "--json", "--index", str(corpus_index)).out
    )
    assert part["text"] == whole["text"][5:25]
    shown = call("source", "cmast.md", "--start", "5", "--end", "25", "--index", str(corpus_index)).out
    assert shown.endswith(f"\n\n{part['text']}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.md"], ["No document 'none.md' is in this index", "ingest list"]),
        (["cmast.md", "--start", "9", "--end", "3"], ["9 to 3 is no part of cmast.md"]),
        (["cmast.md", "--start", "-4"], ["-4 to", "is no part of cmast.md"]),
        (["cmast.md", "--end", "9999999"], ["0 to 9999999 is no part of cmast.md"]),
    ],
    ids=["unknown id", "backwards", "before the start", "behind the end"],
)
def test_a_source_that_is_not_there(
    corpus_index: Path, call: Any, arguments: Sequence[str], words: Sequence[str]
) -> None:
    said = call("source", *arguments, "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, *words)


# --- verify ---


@pytest.fixture(scope="module")
def answer(corpus_index: Path) -> dict[str, Any]:
    child = _run("ask", BACKLOG, "--json", "--index", str(corpus_index))
    said: dict[str, Any] = json.loads(child.stdout)
    return said


def _stored(folder: Path, answer: Any) -> str:
    path = folder / "answer.json"
    path.write_text(json.dumps(answer), encoding="utf-8")
    return str(path)


def test_verify_an_answer_that_holds(corpus_index: Path, call: Any, answer: dict[str, Any], tmp_path: Path) -> None:
    said = call("verify", _stored(tmp_path, answer), "--index", str(corpus_index))
    assert (said.code, said.err) == (0, "")
    assert said.out == f"All {len(answer['citations'])} citations hold, to the character.\n"


def test_verify_a_forged_answer(corpus_index: Path, call: Any, answer: dict[str, Any], tmp_path: Path) -> None:
    forged = json.loads(json.dumps(answer))
    forged["citations"][0]["start"] += 1
    forged["citations"][1]["sha256"] = "0" * 64
    said = call("verify", _stored(tmp_path, forged), "--index", str(corpus_index))
    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0].startswith("citation 1: the quote is not characters")
    assert lines[1] == "citation 2: the document black-country.md has changed (the quote still stands in it)"


@pytest.mark.parametrize(
    "stored",
    [None, "{", "[]", "3", '"x"', "{}", '{"citations": 3}', "\x00", "[" * 100_000],
    ids=["not there", "not JSON", "a list", "a number", "a text", "empty", "no list", "NUL", "too deep"],
)
def test_verify_what_is_no_answer(corpus_index: Path, call: Any, tmp_path: Path, stored: str | None) -> None:
    path = tmp_path / "answer.json"
    if stored is not None:
        path.write_text(stored, encoding="utf-8")
    said = call("verify", str(path), "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, "answer.json is no answer in the JSON of ask --json")


# --- evaluate ---


def _questions(folder: Path, *rows: Any) -> str:
    path = folder / "set.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return str(path)


def test_evaluate(corpus_index: Path, call: Any, tmp_path: Path) -> None:
    rows = [
        {"id": "a", "text": BACKLOG, "answerable": True, "relevant": ["black-country.md"]},
        {"id": "b", "text": "How do I bake a cake?", "answerable": False},
        {"id": "c", "text": "\ud800"},
    ]
    path, out = _questions(tmp_path, *rows), tmp_path / "run.jsonl"
    said = call("evaluate", path, "--out", str(out), "--json", "--index", str(corpus_index))
    assert said.code == 0
    summary = json.loads(said.out)
    assert (summary["questions"], summary["scores"]["nDCG@10"]) == (3, {"mean": 1.0, "questions": 1})
    first, *records = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert first["provenance"]["set"] == "set.jsonl"
    assert [record["question"]["id"] for record in records] == ["a", "b", "c"]
    assert all(list(record["answer"]) == ANSWER_KEYS for record in records)
    assert records[0]["scores"]["false answer"] is None


def test_evaluate_for_people_and_with_a_limit(corpus_index: Path, call: Any, tmp_path: Path) -> None:
    rows = [{"id": str(number), "text": "How do I bake a cake?"} for number in range(5)]
    said = call("evaluate", _questions(tmp_path, *rows), "--limit", "2", "--index", str(corpus_index))
    assert said.code == 0
    assert said.out.startswith("2 questions, ")


def test_evaluate_by_tags(corpus_index: Path, call: Any, tmp_path: Path) -> None:
    tags = {"a": ["dev", "typo"], "b": ["dev"], "c": ["test"]}
    rows = [{"id": name, "text": "How do I bake a cake?", "tags": values} for name, values in tags.items()]
    path = _questions(tmp_path, *rows)
    for wanted, count in ((["dev"], 2), (["dev", "typo"], 1)):
        said = call("evaluate", path, "--json", "--index", str(corpus_index), "--tags", *wanted)
        assert json.loads(said.out)["questions"] == count
    said = call("evaluate", path, "--index", str(corpus_index), "--tags", "none")
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, "has the tags none")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"id": "a"}], ["set.jsonl, line 1", 'no "text"']),
        ([{"id": "a", "text": "x" * 2001}], ["question 'a'", "2001 characters"]),
    ],
    ids=["a bad row", "a question too long"],
)
def test_a_bad_set_is_an_error_of_one_line(
    corpus_index: Path, call: Any, tmp_path: Path, rows: Sequence[Any], words: Sequence[str]
) -> None:
    said = call("evaluate", _questions(tmp_path, *rows), "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, *words)


def test_a_place_that_cannot_be_written_is_an_error_of_one_line(corpus_index: Path, call: Any, tmp_path: Path) -> None:
    path = _questions(tmp_path, {"id": "a", "text": "How?"})
    said = call("evaluate", path, "--out", str(tmp_path / "none" / "run.jsonl"), "--index", str(corpus_index))
    assert (said.code, said.out) == (2, "")
    _is_one_plain_line(said.err, "cannot be written", "--out")
