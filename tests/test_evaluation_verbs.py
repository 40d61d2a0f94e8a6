"""The verbs evaluate, diff, bless and lint, from the command line to the exit code."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from assistant.__main__ import main
from assistant.evaluation import read_run

ROWS = (
    {
        "id": "site",
        "text": "Where is the Black Country's orthopaedic elective cold site?",
        "kind": "fact",
        "answerable": True,
        "must_state": ["Cannock Chase Hospital"],
        "relevant": ["black-country.md"],
    },
    {"id": "cake", "text": "How do I bake a cake?", "answerable": False},
)


class Said(NamedTuple):
    """What a verb printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(corpus_index: Path, capfdbinary: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a call of a verb on the shared index, by hand."""
    monkeypatch.delenv("CI", raising=False)

    def run(*arguments: str | Path) -> Said:
        code = main([*map(str, arguments), "--index", str(corpus_index)])
        out, err = capfdbinary.readouterr()
        return Said(code, out.decode(), err.decode())

    return run


def _set(folder: Path, *rows: Any) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows or ROWS), encoding="utf-8")
    return path


def test_a_baseline_is_blessed_and_held(call: Any, tmp_path: Path) -> None:
    path, out, base = _set(tmp_path), tmp_path / "run.jsonl", tmp_path / "base.jsonl"
    assert call("evaluate", path, "--out", out).code == 0
    said = call("bless", out, base)
    assert (said.code, said.out) == (0, f"{base} is now the baseline: 2 questions.\n")

    same = call("evaluate", path, "--against", base, "--jobs", "2")
    assert (same.code, same.out.rstrip().splitlines()[-1]) == (0, "The same.")

    doctored = base.read_text(encoding="utf-8").replace('"abstained": true', '"abstained": false')
    base.write_text(doctored, encoding="utf-8")  # as though the cake had been answered: the refusal is better
    assert call("diff", base, out).code == 0
    worse = call("diff", out, base)
    assert worse.code == 1
    assert "REGRESSION: 1 refusal flipped against the label: cake" in worse.out
    assert call("diff", out, base, "--tolerance", "flips=1").code == 0


def test_every_report_is_written(call: Any, tmp_path: Path) -> None:
    path, out = _set(tmp_path), tmp_path / "run.jsonl"
    wanted = {name: tmp_path / f"report.{name}" for name in ("html", "junit", "csv", "trec")}
    flags = [part for name, place in wanted.items() for part in (f"--{name}", place)]
    said = call("evaluate", path, "--out", out, "--json", *flags)
    assert said.code == 0 and json.loads(said.out)["questions"] == 2
    starts = {name: place.read_bytes()[:12] for name, place in wanted.items()}
    assert starts["html"].startswith(b"<!doctype")
    assert starts["junit"].startswith(b"<?xml")
    assert starts["csv"].startswith(b"\xef\xbb\xbfid,kind")
    assert starts["trec"].startswith(b"site Q0 blac")
    assert (tmp_path / "report.qrels").read_text(encoding="utf-8") == "site 0 black-country.md 1\n"

    first = (wanted["html"].read_bytes(), wanted["csv"].read_bytes())
    assert call("diff", out, out, *flags).code == 0  # from the file alone, with no question asked
    assert b"Same as the baseline" in wanted["html"].read_bytes() and first[1] == wanted["csv"].read_bytes()


def test_the_provenance_of_a_run_is_whole(call: Any, tmp_path: Path) -> None:
    call("evaluate", _set(tmp_path), "--out", tmp_path / "run.jsonl")
    made = read_run(tmp_path / "run.jsonl").provenance
    assert {"schema", "generation", "corpus_sha256", "set", "set_sha256", "index", "settings", "versions"} <= set(made)


def test_a_diff_in_json(call: Any, tmp_path: Path) -> None:
    path, out = _set(tmp_path), tmp_path / "run.jsonl"
    call("evaluate", path, "--out", out)
    said = call("evaluate", path, "--against", out, "--json")
    assert json.loads(said.out)["against"]["regression"] is False
    assert json.loads(call("diff", out, out, "--json").out)["failures"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("evaluate", "{set}", "--limit", "1", "--against", "{run}"), "ask different questions", id="set"),
        pytest.param(("evaluate", "{set}", "--against", "{set}"), "no provenance", id="a set is no run"),
        pytest.param(("evaluate", "{set}", "--tolerance", "best=1"), "'best' is no metric", id="tolerance"),
        pytest.param(("evaluate", "{set}", "--html", "{none}/r.html"), "cannot be written", id="no such folder"),
        pytest.param(("diff", "{run}", "{none}"), "cannot be read as a run", id="no such run"),
        pytest.param(("bless", "{none}", "{none}"), "cannot be read as a run", id="nothing to bless"),
        pytest.param(("lint", "{none}"), "There is no question set", id="nothing to lint"),
    ],
)
def test_an_error_is_one_line_and_exit_2(call: Any, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    places = {"set": _set(tmp_path), "run": tmp_path / "run.jsonl", "none": tmp_path / "none"}
    call("evaluate", places["set"], "--out", places["run"])
    said = call(*(argument.format(**places) for argument in arguments))
    assert (said.code, said.out) == (2, "")
    assert words in said.err and "Traceback" not in said.err


def test_lint(call: Any, tmp_path: Path) -> None:
    good = call("lint", _set(tmp_path))
    assert (good.code, good.out) == (0, "No faults: every label stands in its document.\n")
    bad = _set(tmp_path, {**ROWS[0], "must_cite": [{"document": "black-country.md", "quote": "On the moon."}]})
    said = call("lint", bad)
    assert said.code == 1
    assert said.out.startswith("set.jsonl, line 1, question 'site': must_cite: label lost")
    assert len(json.loads(call("lint", bad, "--json").out)["faults"]) == 1
