"""``python -m ingest``: take in documents, and look after the index."""

import argparse
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from assistant.catalogue import Catalogue
from assistant.embedder import Embedder, open_embedder
from assistant.errors import CasebookError
from assistant.settings import Settings, load_settings
from ingest import maintenance
from ingest.lock import writing
from ingest.pipeline import Ingest, record_path
from ingest.progress import showing_progress
from ingest.report import IngestReport, report_json, report_text
from ingest.sandbox import Limits

VERBS = ("list", "doctor", "rebuild", "remove", "backup", "restore")
_USAGE = """python3 run.py ingest [PATH …] [--index DIR] [--json] [--check] [--yes]
       python3 run.py ingest list | doctor | rebuild | remove ID … | backup FILE | restore FILE"""
_EXIT = (
    "exit codes: 0 all in (warnings included), 2 some input was not read (each named with its reason), 1 nothing done"
)


class _Parser(argparse.ArgumentParser):
    """Ends with 1 where the arguments make no sense: 2 says that some input was not read."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and end."""
        self.exit(1, f"{message}. See: python3 run.py ingest --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
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
        return _run(options)
    except CasebookError as error:
        wrong = str(error)
    except (OSError, sqlite3.Error, MemoryError) as error:
        wrong = _plainly(error)
    except KeyboardInterrupt:
        print("Stopped. What was taken in is kept: run the same again to go on.", file=sys.stderr)
        return 130
    if options.json:
        print(json.dumps({"schema": 1, "error": wrong}, ensure_ascii=False))
    print(wrong, file=sys.stderr)
    return 1


def _run(options: argparse.Namespace) -> int:
    settings = load_settings(index=options.index)
    if options.arguments and options.arguments[0] in VERBS:
        if options.check:
            raise CasebookError(f"--check goes with files and folders, not with {options.arguments[0]}.")
        return _maintain(options.arguments[0], options.arguments[1:], settings, as_json=options.json)
    report = _ingest(options, settings)
    if options.json:
        print(json.dumps({"schema": 1, **report_json(report)}, ensure_ascii=False))
    else:
        print(report_text(report, check=options.check))
    return 2 if report.refused else 0


def _plainly(error: Exception) -> str:
    """Say in words what the machine refused: a full disk, a folder that is not to be written."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Close other programs, or give fewer files at once."
    where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    what = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return (
        f"The index could not be read or written ({where}{what}). What was published goes on answering. Look at the "
        "room on the disk and the rights on the folder, then run the same again."
    )


def _embedder(settings: Settings) -> Embedder:
    return open_embedder(settings.embedding_model, settings.precision, settings.threads)


def _ingest(options: argparse.Namespace, settings: Settings) -> IngestReport:
    paths = options.arguments or [str(settings.corpus)]
    limits = Limits(seconds=settings.read_seconds)
    embedder = _embedder(settings)
    if options.check:
        with Catalogue(maintenance.scratch_or_own(settings.index)) as record, showing_progress() as progress:
            ingest = Ingest(settings.index, record, embedder, model=settings.embedding_model, progress=progress)
            return ingest.run(paths, check=True, yes=options.yes, limits=limits)
    with writing(settings.index), Catalogue(record_path(settings.index)) as record, showing_progress() as progress:
        ingest = Ingest(settings.index, record, embedder, model=settings.embedding_model, progress=progress)
        return ingest.run(paths, check=False, yes=options.yes, limits=limits)


def _maintain(verb: str, arguments: Sequence[str], settings: Settings, *, as_json: bool) -> int:
    """Run a verb that looks after the index; print what it says; return the exit code."""
    if verb in ("list", "doctor", "rebuild") and arguments:
        raise CasebookError(
            f"{verb} takes nothing more, not {arguments[0]!r}. To ingest a folder of that name: ./{verb}"
        )
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
        if verb != "restore":
            maintenance.existing_record(settings.index)  # before a lock makes the folder
        embedder = _embedder(settings)
        with writing(settings.index):
            if verb == "restore":
                maintenance.put_back(settings.index, _one(verb, arguments))
            with Catalogue(maintenance.existing_record(settings.index)) as record, showing_progress() as progress:
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
