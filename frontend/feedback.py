"""What readers think of answers, kept in SQLite beside the index, and given out as a question set."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError
from assistant.schema import Answer, Turn

VERDICTS = ("up", "down")
# Why an answer is wrong; the key is kept, the words are shown.
REASONS: Mapping[str, str] = {
    "": "No reason",
    "wrong passage": "It quotes the wrong passage",
    "incomplete": "Something is missing",
    "wrong body": "It is about another collaborative",
    "should refuse": "It should have said that it does not know",
    "should answer": "The case studies do answer this",
    "out of date": "It is out of date",
}
_TABLE = """
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY, made TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, question TEXT NOT NULL,
    history TEXT NOT NULL, filters TEXT NOT NULL, generation TEXT NOT NULL, answer TEXT NOT NULL
)
"""


class Feedback:
    """The file of verdicts; made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _open(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self._path, timeout=10)
            db.execute(_TABLE)
        except sqlite3.Error as error:
            raise CasebookError(f"The feedback could not be kept in {self._path.name} ({error}).") from error
        return db

    def note(
        self, answer: Answer, verdict: str, *, history: Sequence[Turn] = (), only: Mapping[str, Sequence[str]]
    ) -> int:
        """Keep a verdict on an answer; return its number. Raises CasebookError."""
        turns = [{"role": turn.role, "text": turn.text} for turn in history]
        given = (answer.to_json(), turns, dict(only))
        answered, before, filters = (json.dumps(one, ensure_ascii=False) for one in given)
        made = datetime.now(UTC).isoformat(timespec="seconds")
        row = (made, verdict, answer.question, before, filters, answer.generation, answered)
        with closing(self._open()) as db, db:
            cursor = db.execute(
                "INSERT INTO feedback (made, verdict, reason, question, history, filters, generation, answer) "
                "VALUES (?, ?, '', ?, ?, ?, ?, ?)",
                row,
            )
        return int(cursor.lastrowid or 0)

    def change(self, number: int, verdict: str, reason: str) -> None:
        """Put another verdict, or a reason, in a note's place. Raises CasebookError."""
        with closing(self._open()) as db, db:
            db.execute("UPDATE feedback SET verdict = ?, reason = ? WHERE id = ?", (verdict, reason, number))

    def counts(self) -> dict[str, int]:
        """Return how many answers were found good and how many bad."""
        if not self._path.is_file():
            return dict.fromkeys(VERDICTS, 0)
        with closing(self._open()) as db:
            found = dict(db.execute("SELECT verdict, count(*) FROM feedback GROUP BY verdict"))
        return {verdict: found.get(verdict, 0) for verdict in VERDICTS}

    def questions(self) -> Iterator[dict[str, Any]]:
        """Yield every verdict as a question of a set: what was good must be cited again, what was wrong must not."""
        if not self._path.is_file():
            return
        with closing(self._open()) as db:
            rows = db.execute(
                "SELECT id, made, verdict, reason, question, history, answer FROM feedback ORDER BY id"
            ).fetchall()
        for number, made, verdict, reason, question, history, answered in rows:
            yield as_question(f"feedback-{number}", made, verdict, reason, question, json.loads(history), answered)

    def as_jsonl(self) -> str:
        """Return the question set as a file of one question a line."""
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in self.questions())


def as_question(
    identifier: str, made: str, verdict: str, reason: str, text: str, history: list[dict[str, str]], answered: str
) -> dict[str, Any]:
    """Return one verdict as a line of a question set."""
    answer = json.loads(answered)
    quotes = [{"document": one["document_id"], "quote": one["quote"]} for one in answer["citations"]]
    row: dict[str, Any] = {
        "id": identifier,
        "text": text,
        "kind": "feedback",
        "tags": ["feedback", verdict, *([reason] if reason else []), made[:10]],
        "history": history,
    }
    if verdict == "up":
        row |= {"answerable": not answer["abstained"], "reason": answer["reason"], "must_cite": quotes}
        row |= {"relevant": list(dict.fromkeys(quote["document"] for quote in quotes))}
    elif reason == "should refuse":
        row |= {"answerable": False}
    elif reason in ("wrong passage", "wrong body"):
        row |= {"answerable": True, "must_not_cite": quotes}
    elif reason in ("should answer", "incomplete", "out of date"):
        row |= {"answerable": True}
    return row
