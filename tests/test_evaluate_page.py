"""Running question sets from the page: read, asked, scored and saved as the command does it."""

import json
from pathlib import Path

import frontend_fakes as fakes
import pytest
from frontend_seen import is_ours

from assistant.evaluation.records import read_run
from frontend.downloads import Downloads
from frontend.evaluate import MOST_QUESTIONS, Evaluator
from frontend.feedback import Feedback
from frontend.uploads import Uploads

QUOTE = {"document": "anytown.md", "quote": fakes.SENTENCES[0]}
SET = [
    {"id": "a", "text": fakes.BACKLOG, "answerable": True, "must_cite": [QUOTE], "relevant": ["anytown.md"]},
    {"id": "b", "text": fakes.REFUSED, "answerable": False},
    {"id": "c", "text": "<b>Who?</b>", "answerable": True},
]


@pytest.fixture
def evaluator(tmp_path: Path) -> Evaluator:
    uploads = Uploads(tmp_path, is_open=True)
    feedback = Feedback(tmp_path / "feedback.sqlite")
    fake = fakes.FakeAssistant()
    return Evaluator(fake, uploads, Downloads(), feedback, lambda name, _: {"set": name})  # type: ignore[arg-type]


def bring(evaluator: Evaluator, text: str, name: str = "set.jsonl") -> str:
    token, place = evaluator.uploads.store(name)
    place.write_text(text, encoding="utf-8")
    return token


def lines(rows: list[dict[str, object]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def test_a_set_is_run_with_progress_figures_rows_and_files(evaluator: Evaluator, tmp_path: Path) -> None:
    *steps, last = evaluator.run([bring(evaluator, lines(SET))])
    assert ["Asked" in step for step in steps] == [True, True]
    seen = is_ours(last)
    words = seen.text()
    assert "Figures of set.jsonl" in words
    assert "3 questions" in words
    for outcome in ("answered", "refused, rightly", "refused, though it has an answer"):
        assert outcome in seen.texts("td")
    assert "<b>Who?</b>" in seen.texts("th")
    files = {a["download"]: str(a["href"]) for _, a in seen.tags if "download" in a}
    run = tmp_path / "run.jsonl"
    kept = evaluator.downloads.get(files["run.jsonl"].removeprefix("/download/"))
    assert kept
    run.write_bytes(kept.data)
    records = read_run(run).records
    assert [record.question.id for record in records] == ["a", "b", "c"]
    assert records[0].scores["citation recall"] == 1.0
    assert set(files) == {"run.jsonl", "run.html", "run.csv"}
    evaluator.uploads.close()


def run_of(evaluator: Evaluator, rows: list[dict[str, object]]) -> str:
    """Run a set and return the records that it gives to save."""
    *_, last = evaluator.run([bring(evaluator, lines(rows))])
    href = next(str(a["href"]) for _, a in is_ours(last).tags if a.get("download") == "run.jsonl")
    kept = evaluator.downloads.get(href.removeprefix("/download/"))
    assert kept
    return kept.data.decode()


def test_a_run_is_compared_with_an_earlier_one(evaluator: Evaluator) -> None:
    earlier = run_of(evaluator, SET)
    *_, same = evaluator.run([bring(evaluator, lines(SET)), bring(evaluator, earlier, "run.jsonl")])
    assert "0 questions changed since the earlier run. Nothing got worse." in is_ours(same).text("cb-report")
    assert is_ours(same).texts("td").count("as before") == len(SET)
    refusing = fakes.FakeAssistant()
    refusing.ask = lambda *_, **__: fakes.FakeAssistant().ask(fakes.REFUSED)  # type: ignore[method-assign]
    evaluator.assistant = refusing  # type: ignore[assignment]
    *_, worse = evaluator.run([bring(evaluator, lines(SET)), bring(evaluator, earlier, "run.jsonl")])
    seen = is_ours(worse)
    assert "1 question changed since the earlier run. Worse:" in seen.text("cb-problem")
    assert f"− {fakes.SENTENCES[0]}" in seen.text()
    assert seen.texts("td").count("as before") == len(SET) - 1
    evaluator.uploads.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("{", "run.jsonl cannot be read as a run", id="no JSON"),
        pytest.param('{"id": "a", "text": "x"}', "run.jsonl is no run", id="a set"),
        pytest.param(None, "different questions", id="of another set"),
    ],
)
def test_an_earlier_run_that_is_none_is_said_before_anything_is_asked(
    evaluator: Evaluator, text: str | None, words: str
) -> None:
    earlier = run_of(evaluator, SET[:1]) if text is None else text
    (only,) = evaluator.run([bring(evaluator, lines(SET)), bring(evaluator, earlier, "run.jsonl")])
    said = is_ours(only).text("cb-problem")
    assert words in said
    assert "casebook-uploads" not in said
    evaluator.uploads.close()


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        pytest.param("{", "set.jsonl", "set.jsonl, line 1: not JSON", id="no JSON"),
        pytest.param("", "set.jsonl", "holds no question", id="empty"),
        pytest.param('{"id": "a"}', "set.jsonl", "text", id="no text"),
        pytest.param(
            "\n".join(json.dumps({"id": str(n), "text": "q"}) for n in range(MOST_QUESTIONS + 1)),
            "set.jsonl",
            "1,001 questions",
            id="too many",
        ),
        pytest.param(json.dumps({"id": "a", "text": fakes.BROKEN}), "set.jsonl", "damaged", id="a fault"),
    ],
)
def test_a_set_that_cannot_be_run_is_said(evaluator: Evaluator, text: str, name: str, words: str) -> None:
    *_, last = evaluator.run([bring(evaluator, text, name)])
    said = is_ours(last).text("cb-problem")
    assert words in said
    assert "casebook-uploads" not in said
    evaluator.uploads.close()


@pytest.mark.parametrize("token", [None, "x", ["x"], [["x"]], 7], ids=repr)
def test_a_token_that_was_not_given_runs_nothing(evaluator: Evaluator, token: object) -> None:
    (only,) = evaluator.run(token)
    assert "No question set has arrived" in is_ours(only).text("cb-problem")


def test_where_others_are_served_nothing_is_run_or_given_out(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, is_open=False)
    feedback = Feedback(tmp_path / "feedback.sqlite")
    closed = Evaluator(fakes.FakeAssistant(), uploads, Downloads(), feedback, lambda name, _: {})  # type: ignore[arg-type]
    assert "cb-set" not in closed.start()
    assert closed.save_feedback() == ""
    assert "cb-table" not in "".join(closed.run(["x"]))
