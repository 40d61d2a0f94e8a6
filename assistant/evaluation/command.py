"""The verbs evaluate, diff, bless and lint: their arguments, and what each does, says and ends with."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from assistant.errors import CasebookError, QuestionSetError
from assistant.evaluation.baseline import bless
from assistant.evaluation.diff import Diff, Tolerance, compare, require_same_questions
from assistant.evaluation.diff_text import diff_json, diff_text
from assistant.evaluation.html_report import html_report
from assistant.evaluation.junit import junit_xml
from assistant.evaluation.lint import lint
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.provenance import provenance
from assistant.evaluation.questions import read_questions
from assistant.evaluation.records import Run, read_run
from assistant.evaluation.runs import Progress, first_line, run
from assistant.evaluation.spreadsheet import csv_text
from assistant.evaluation.summary import summarise, summary_text
from assistant.evaluation.trec import trec_qrels, trec_run
from assistant.evaluation.workers import asked_by
from assistant.freshness import ensure_default_index
from assistant.generations import current_folder
from assistant.index import Generation
from assistant.pipeline import open_assistant
from assistant.schema import Question
from assistant.settings import Settings


class Said(NamedTuple):
    """What a verb prints, and its exit code."""

    text: str
    code: int


def tolerance_of(pairs: Sequence[str]) -> Tolerance:
    """Return the tolerance of ``--tolerance``: ``0.01``, ``flips=2``, ``nDCG@10=0.02``. Raises CasebookError."""
    flips, shares, named = 0, 0.0, {}
    for pair in pairs:
        name, _, value = pair.rpartition("=")
        try:
            if name == "flips":
                flips = int(value)
            elif name == "":
                shares = float(value)
            elif name in METRICS:
                named[name] = float(value)
            else:
                raise CasebookError(f"--tolerance {pair!r}: {name!r} is no metric. They are: {', '.join(METRICS)}.")
        except ValueError as error:
            raise CasebookError(
                f"--tolerance {pair!r}: {value!r} is no number. Write 0.01, flips=2 or nDCG@10=0.02."
            ) from error
    return Tolerance(flips=flips, shares=shares, named=named)


def evaluate(options: argparse.Namespace, settings: Settings) -> Said:
    """Run a set; write what was asked for; compare with a baseline where one is named."""
    questions = _questions(options)
    tolerance = tolerance_of(options.tolerance)
    base = read_run(options.against) if options.against else None
    if base:
        require_same_questions(base, questions)  # before minutes are spent on asking
    ensure_default_index(settings)
    with open_assistant(settings) as assistant, _bar() as progress:
        first = first_line(assistant, questions, provenance(settings, options.set.name, questions))
        asked = asked_by(settings, options.jobs) if options.jobs > 1 else None
        records = run(assistant, questions, options.out, provenance=first, progress=progress, asked=asked)
    whole = Run(provenance=first, records=tuple(records))
    diff = compare(base, whole, tolerance) if base else None
    _write_reports(options, whole, diff)
    summary = summarise(records)
    if options.json:
        against = {"against": diff_json(diff)} if diff else {}
        text = json.dumps({"schema": 1, **summary, **against}, ensure_ascii=False)
    else:
        text = "\n\n".join([summary_text(summary), *([diff_text(diff)] if diff else [])])
    return Said(text, _code(diff))


def _questions(options: argparse.Namespace) -> list[Question]:
    wanted = set(options.tags)
    questions = [question for question in read_questions(options.set) if wanted <= set(question.tags)][: options.limit]
    if not questions:
        raise QuestionSetError(f"No question of {options.set} has the tags {', '.join(options.tags)}.")
    return questions


def _write_reports(options: argparse.Namespace, whole: Run, diff: Diff | None) -> None:
    name = str(whole.provenance.get("set", "run"))
    reports: list[tuple[Path | None, Callable[[], str | bytes]]] = [
        (options.html, lambda: html_report(whole, diff)),
        (options.junit, lambda: junit_xml(name, whole.records, diff)),
        (options.csv, lambda: "\ufeff" + csv_text(whole.records)),
        (options.trec, lambda: trec_run(whole.records)),
        (options.trec and options.trec.with_suffix(".qrels"), lambda: trec_qrels(whole.records)),
    ]
    for path, made in reports:
        if path is None:
            continue
        content = made()
        try:
            path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise CasebookError(
                f"The report {path} cannot be written ({error.strerror}). Name another place."
            ) from error


@contextmanager
def _bar() -> Iterator[Progress]:
    """Show a progress bar on stderr; where that is no terminal, rich shows nothing."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task("Asking", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _code(diff: Diff | None) -> int:
    return 1 if diff is not None and diff.failures else 0


def diff_verb(options: argparse.Namespace, settings: Settings) -> Said:
    """Compare two runs that are there."""
    run_after = read_run(options.run)
    diff = compare(read_run(options.base), run_after, tolerance_of(options.tolerance))
    _write_reports(options, run_after, diff)
    said = json.dumps({"schema": 1, **diff_json(diff)}, ensure_ascii=False) if options.json else diff_text(diff)
    return Said(said, _code(diff))


def bless_verb(options: argparse.Namespace, settings: Settings) -> Said:
    """Keep a run as the one to compare with."""
    kept = bless(options.run, options.baseline)
    return Said(f"{options.baseline} is now the baseline: {len(kept.records)} questions.", 0)


def lint_verb(options: argparse.Namespace, settings: Settings) -> Said:
    """Check a set against the documents of the index."""
    ensure_default_index(settings)
    generation = Generation(current_folder(settings.index))
    try:
        faults = lint(options.set, {document.id: document.text for document in generation.documents})
    finally:
        generation.close()
    if options.json:
        return Said(json.dumps({"schema": 1, "faults": faults}, ensure_ascii=False), 1 if faults else 0)
    return Said("\n".join(faults) or "No faults: every label stands in its document.", 1 if faults else 0)
