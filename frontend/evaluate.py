"""Running a question set from the page: asked one by one, scored as the command does, shown and saved."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from assistant.errors import CasebookError, IngestRefused, QuestionSetError
from assistant.schema import EvaluationRecord, Question
from frontend import evaluating
from frontend.downloads import Downloads, File
from frontend.feedback import Feedback
from frontend.markup import Html, element
from frontend.uploads import Uploads

if TYPE_CHECKING:
    from assistant.evaluation.records import Run
    from assistant.pipeline import Assistant

MOST_QUESTIONS = 1_000
Read = TypeVar("Read")
Provenance = Callable[[str, Sequence[Question]], Mapping[str, Any]]


class Evaluator:
    """Runs question sets that were brought; open only where nobody but this machine is served."""

    def __init__(
        self,
        assistant: "Assistant",
        uploads: Uploads,
        downloads: Downloads,
        feedback: Feedback,
        provenance: Provenance,
    ) -> None:
        self.assistant = assistant
        self.uploads = uploads
        self.downloads = downloads
        self.feedback = feedback
        self.provenance = provenance

    def start(self) -> Html:
        """Return the view before anything is run."""
        return self._view()

    def _view(self, *parts: Html) -> Html:
        counts = self.feedback.counts() if self.uploads.is_open else {}
        return evaluating.view(counts, *parts, is_open=self.uploads.is_open)

    def save_feedback(self) -> Html:
        """Return the link that fetches the readers' verdicts as a question set."""
        if not self.uploads.is_open:
            return Html()
        data = self.feedback.as_jsonl().encode("utf-8", errors="replace")
        return self._link(File(name="feedback.jsonl", media="application/x-ndjson", data=data), "cb-download")

    def _link(self, file: File, kind: str = "cb-link", name: str = "") -> Html:
        hidden = "-1" if kind == "cb-download" else None  # the script follows it; nobody has to find it
        return element(
            "a", name or file.name, href=self.downloads.put(file), download=file.name, class_=kind, tabindex=hidden
        )

    def run(self, tokens: object) -> Iterator[Html]:
        """Yield the view while a set that was brought is asked, and last its figures.

        A second file is an earlier run of the same set, to compare with.
        """
        first, second, *_ = [*(tokens if isinstance(tokens, list) else []), None, None]
        try:
            name, questions = self._read(first)
            base = None if second is None else self._base(second, questions)
            records: list[EvaluationRecord] = []
            yield self._view(evaluating.progress(0, len(questions)))
            for record in self._asked(questions):
                records.append(record)
                if len(records) % 5 == 0 or len(records) == len(questions):
                    yield self._view(evaluating.progress(len(records), len(questions)))
            yield self._view(*self._results(name, questions, records, base))
        except CasebookError as error:
            yield self._view(element("div", element("p", str(error)), class_="cb-problem"))

    def _read(self, token: object) -> tuple[str, tuple[Question, ...]]:
        """Return the name and the questions of a set that was brought. Raises CasebookError."""
        from assistant.evaluation import read_questions

        name, questions = self._taken(token, "question set", read_questions)
        if len(questions) > MOST_QUESTIONS:
            raise QuestionSetError(
                f"{name} holds {len(questions):,} questions, and at most {MOST_QUESTIONS:,} are asked here. "
                "Run it in a terminal: python3 run.py evaluate SET"
            )
        return name, questions

    def _base(self, token: object, questions: Sequence[Question]) -> "Run":
        """Return an earlier run that was brought. Raises CasebookError where it is none, or of other questions."""
        from assistant.evaluation.diff import require_same_questions
        from assistant.evaluation.records import read_run

        _, base = self._taken(token, "earlier run", read_run)
        require_same_questions(base, questions)
        return base

    def _taken(self, token: object, what: str, read: Callable[[Path], Read]) -> tuple[str, Read]:
        """Return the name of a file that was brought, and what is read from it. Raises CasebookError."""
        file = self.uploads.taken(token)
        if file is None or not self.uploads.is_open:
            raise IngestRefused(f"No {what} has arrived. Choose one and try again.")
        place, name = file
        named = place.with_name(f"{place.name}-{name}")  # the ending says how it is read
        place.rename(named)
        try:
            return name, read(named)
        except QuestionSetError as error:
            raise QuestionSetError(str(error).replace(str(named), name).replace(named.name, name)) from error
        finally:
            named.unlink()

    def _asked(self, questions: Sequence[Question]) -> Iterator[EvaluationRecord]:
        from assistant.evaluation.runs import Asker

        yield from map(Asker(self.assistant).record, questions)

    def _results(
        self, name: str, questions: Sequence[Question], records: Sequence[EvaluationRecord], base: "Run | None"
    ) -> list[Html]:
        """Return the figures, the files to save and the table of a finished run, beside an earlier one if there is."""
        from assistant.evaluation import summarise
        from assistant.evaluation.diff import compare
        from assistant.evaluation.html_report import html_report
        from assistant.evaluation.records import Run, jsonl, lines_of
        from assistant.evaluation.runs import first_line
        from assistant.evaluation.spreadsheet import csv_text

        first = first_line(self.assistant, questions, self.provenance(name, questions))
        whole = Run(provenance=first, records=tuple(records))
        diff = None if base is None else compare(base, whole)
        report = html_report(whole, diff).encode("utf-8", "backslashreplace")
        table = ("\ufeff" + csv_text(whole.records)).encode("utf-8", "backslashreplace")
        files = [
            (
                File(name="run.jsonl", media="application/x-ndjson", data=jsonl(list(lines_of(whole)))),
                "Records (JSONL)",
            ),
            (File(name="run.html", media="text/html; charset=utf-8", data=report), "Report (HTML)"),
            (File(name="run.csv", media="text/csv; charset=utf-8", data=table), "Table (CSV)"),
        ]
        links = [self._link(file, name=words) for file, words in files]
        compared = [] if diff is None else [evaluating.comparison(diff)]
        return [evaluating.figures(name, summarise(records), links), *compared, evaluating.rows(records, diff)]
