"""``python -m ingest``: take in documents, and look after the index."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.catalogue import Catalogue
from assistant.embedder import Embedder, open_embedder
from assistant.errors import CasebookError
from assistant.settings import Settings, load_settings
from ingest import maintenance
from ingest.lock import writing
from ingest.pipeline import RECORD, Ingest, Progress
from ingest.report import IngestReport, report_json, report_text
from ingest.sandbox import Limits

VERBS = ("list", "doctor", "rebuild", "remove", "backup", "restore")
_USAGE = """python3 run.py ingest [PATH …] [--index DIR] [--json] [--check] [--yes]
       python3 run.py ingest list | doctor | rebuild | remove ID … | backup FILE | restore FILE"""
_EXIT = (
    "exit codes: 0 all in (warnings included), 2 some input was not read (each named with its reason), 1 nothing done"
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ingest",
        usage=_USAGE,
        description="Take in folders, files and .jsonl collections; without a path, the case studies in corpus/. "
        f"A path named like a verb ({', '.join(VERBS)}) is written ./list.",
        epilog=_EXIT,
    )
    parser.add_argument("arguments", nargs="*", metavar="PATH")
    parser.add_argument("--index", type=Path, help="folder of the index (default: index/ beside the program)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--check", action="store_true", help="read and compare only; change nothing")
    parser.add_argument("--yes", action="store_true", help="go on although over half of a folder's documents are gone")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(index=options.index)
        verb = options.arguments[0] if options.arguments and options.arguments[0] in VERBS else ""
        if verb:
            return _maintain(verb, options.arguments[1:], settings, as_json=options.json)
        report = _ingest(options, settings)
    except CasebookError as error:
        if options.json:
            print(json.dumps({"schema": 1, "error": str(error)}, ensure_ascii=False))
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"schema": 1, **report_json(report)}, ensure_ascii=False))
    else:
        print(report_text(report, check=options.check))
    return 2 if report.refused else 0


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(settings.embedding_model, settings.precision, settings.threads)


def _ingest(options: argparse.Namespace, settings: Settings) -> IngestReport:
    paths = options.arguments or [str(settings.corpus)]
    limits = Limits(seconds=settings.read_seconds)
    embedder = _embedder(settings)
    if options.check:
        with Catalogue(maintenance.scratch_or_own(settings.index)) as record, _progress() as progress:
            ingest = Ingest(settings.index, record, embedder, model=settings.embedding_model, progress=progress)
            return ingest.run(paths, check=True, yes=options.yes, limits=limits)
    with writing(settings.index), Catalogue(settings.index / RECORD) as record, _progress() as progress:
        ingest = Ingest(settings.index, record, embedder, model=settings.embedding_model, progress=progress)
        return ingest.run(paths, check=False, yes=options.yes, limits=limits)


class _progress:
    """A progress bar with an estimate on a terminal's stderr; a line now and then elsewhere."""

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("[progress.description]{task.description:<40.40}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left", style="dim"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        task = self._bar.add_task("looking for documents", total=None)

        def progress(done: int, total: int, name: str) -> None:
            self._bar.update(task, completed=done, total=total or None, description=name)

        return progress

    def __exit__(self, *_: object) -> None:
        self._bar.stop()


def _maintain(verb: str, arguments: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    """Run a verb that looks after the index; print what it says; return the exit code."""
    code = 0
    said: dict[str, Any]
    lines: list[str]
    if verb == "list":
        said, lines = maintenance.list_documents(settings.index)
    elif verb == "doctor":
        said, lines = maintenance.doctor(settings.index)
        code = 0 if said["healthy"] else 1
    elif verb == "backup":
        said, lines = maintenance.backup(settings.index, _one(verb, arguments))
    else:
        actions: dict[str, Any] = {
            "rebuild": lambda ingest: maintenance.rebuild(ingest),
            "remove": lambda ingest: maintenance.remove(ingest, arguments),
            "restore": lambda ingest: maintenance.rebuild(ingest),
        }
        with writing(settings.index):
            if verb == "restore":
                maintenance.put_back(settings.index, _one(verb, arguments))
            with Catalogue(maintenance.existing_record(settings.index)) as record, _progress() as progress:
                embedder = _embedder(settings)
                ingest = Ingest(settings.index, record, embedder, model=settings.embedding_model, progress=progress)
                said, lines = actions[verb](ingest)
    print(json.dumps({"schema": 1, **said}, ensure_ascii=False) if as_json else "\n".join(lines))
    return code


def _one(verb: str, arguments: Sequence[str]) -> Path:
    if len(arguments) != 1:
        raise CasebookError(f"{verb} takes one file, not {len(arguments)}: python3 run.py ingest {verb} FILE")
    return Path(arguments[0])


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.exit(main())
