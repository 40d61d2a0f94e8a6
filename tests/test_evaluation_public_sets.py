"""tests/bench/public_sets.py on a made-up set: what it prints, and that it ends badly where figures disagree."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.bench import public_sets

PAGES = {
    "hub": "The Rowley hub opened in May 2021 with twenty beds for orthopaedic surgery.",
    "chair": "Ann Other has chaired the committee of the trusts since 2019.",
}
QUESTIONS = (
    {"_id": "q1", "text": "When did the Rowley hub open?", "answers": ["May 2021"], "answerable": True},
    {"_id": "q2", "text": "Who has chaired the committee of the trusts?", "answers": ["Ann Other"], "answerable": True},
)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one small set in BEIR layout, under the name of a public one."""
    folder = tmp_path / "bench" / "scifact"
    folder.mkdir(parents=True)
    documents = [{"_id": name, "title": "", "text": text} for name, text in PAGES.items()]
    for name, rows in (("corpus.jsonl", documents), ("queries.jsonl", QUESTIONS)):
        (folder / name).write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\thub\t1\nq2\tchair\t1\n", encoding="utf-8")
    monkeypatch.setattr(public_sets, "BENCH", tmp_path / "bench")
    return tmp_path


def _main(folder: Path, *more: str) -> int:
    return public_sets.main(["--sets", "scifact", "--retrieval", "keyword", "--keep", str(folder / "kept"), *more])


@pytest.mark.slow
def test_the_table_has_our_figures_beside_the_known(bench: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _main(bench, "--json", str(bench / "said.json")) == 0
    said = capsys.readouterr()
    head, _, row = said.out.splitlines()
    assert head.startswith("| set (keyword) | questions | nDCG@10 |")
    assert row.startswith("| scifact | 2 | 1.0 [1.0, 1.0] | 1.0 |") and row.endswith("| .650 / .686 / .732 |")
    assert head.count("|") == row.count("|")
    assert "run.py evaluate" in said.err
    assert json.loads((bench / "said.json").read_text(encoding="utf-8"))["scifact"]["questions"] == 2

    # The index is found again; another truth than ours is said.
    monkeypatch.setattr(public_sets, "trec_qrels", lambda records: "q1 0 chair 1\nq2 0 chair 1\n")
    with pytest.raises(SystemExit, match="by ir_measures"):
        _main(bench)


@pytest.mark.slow
def test_a_figure_below_its_floor_is_said(bench: Path, capsys: Any) -> None:
    (bench / "bench" / "scifact" / "qrels.tsv").write_text("q1\tgone\t1\n", encoding="utf-8")
    assert _main(bench) == 1
    assert "nDCG@10 0.0 is below 0.66" in capsys.readouterr().err
    assert _main(bench, "--limit", "1") == 0  # of a part of a set, nothing is known


def test_sets_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(public_sets, "BENCH", tmp_path / "none")
    with pytest.raises(SystemExit, match="are not at"):
        _main(tmp_path)


def test_every_public_set_has_its_known_figures() -> None:
    bench = Path(__file__).resolve().parents[2] / "shared" / "bench"
    if not bench.is_dir():
        pytest.skip("the public sets of ../shared/bench are not here")
    assert {path.name for path in bench.iterdir() if path.is_dir()} == set(public_sets.SETS)
