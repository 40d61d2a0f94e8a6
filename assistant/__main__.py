"""``python -m assistant``: ask, search, source, verify, evaluate, diff, bless, lint."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError, QuestionSetError
from assistant.schema import Turn
from assistant.settings import Settings, load_settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="assistant", description="Ask the case studies; every sentence is cited.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=text, description=text)
        one.add_argument("--index", type=Path, help="folder of the index (default: the project's own)")
        return one

    ask = verb("ask", "answer a question from the case studies, or say why not; exit 0 either way, 2 on an error")
    search = verb("search", "show the passages that match best, without an answer")
    for one in (ask, search):
        one.add_argument("question")
        one.add_argument(
            "--only",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="restrict to a collaborative, region, topic, type or document; may be repeated",
        )
        one.add_argument("--json", action="store_true", help="print JSON and nothing else")
    ask.add_argument("--history", type=Path, metavar="FILE", help='earlier turns: [{"role": "user", "text": "…"}, …]')
    search.add_argument("--limit", type=_at_least_one, default=10, metavar="N", help="how many passages")
    source = verb("source", "print the canonical text of a document, or a part of it")
    source.add_argument("id")
    source.add_argument("--start", type=int, default=0, metavar="N")
    source.add_argument("--end", type=int, metavar="N")
    source.add_argument("--json", action="store_true", help="print JSON and nothing else")
    verify = verb("verify", "check every span of a stored answer again; exit 0 if all hold, 1 if not, 2 on an error")
    verify.add_argument(
        "answer", type=Path, metavar="ANSWER.json", help="what ask --json printed; - for standard input"
    )
    _evaluation_verbs(verb)
    return parser


def _evaluation_verbs(verb: Callable[[str, str], argparse.ArgumentParser]) -> None:
    evaluate = verb("evaluate", "run a question set; exit 1 only where it is worse than --against, 2 on an error")
    evaluate.add_argument("set", type=Path, metavar="SET", help="questions: .jsonl, .yaml, .csv, a folder, BEIR layout")
    evaluate.add_argument("--out", type=Path, metavar="RUN.jsonl", help="where the records go; a part is gone on with")
    evaluate.add_argument("--tags", nargs="+", default=[], metavar="TAG", help="only questions with all of these tags")
    evaluate.add_argument("--limit", type=_at_least_one, metavar="N", help="only the first N questions")
    evaluate.add_argument(
        "--jobs", type=_at_least_one, default=1, metavar="N", help="processes that ask at once (default: 1)"
    )
    evaluate.add_argument("--against", type=Path, metavar="BASE.jsonl", help="the run or baseline to compare with")
    diff = verb("diff", "compare two runs of one set; exit 0 same or better, 1 a regression, 2 an error")
    diff.add_argument("base", type=Path, metavar="BASE.jsonl")
    diff.add_argument("run", type=Path, metavar="RUN.jsonl")
    for one in (evaluate, diff):
        one.add_argument(
            "--tolerance",
            action="append",
            default=[],
            metavar="[NAME=]VALUE",
            help="let pass so much: 0.01 of each mean, flips=2 refusals, nDCG@10=0.02; may be repeated (default: 0)",
        )
        one.add_argument("--html", type=Path, metavar="FILE", help="a report to read, in one file")
        one.add_argument("--junit", type=Path, metavar="FILE", help="JUnit XML, for continuous integration")
        one.add_argument("--csv", type=Path, metavar="FILE", help="a row for each question, for Excel")
        one.add_argument(
            "--trec", type=Path, metavar="FILE", help="the rankings for trec_eval; labels beside as .qrels"
        )
        one.add_argument("--json", action="store_true", help="print JSON and nothing else")
    bless = verb("bless", "keep a run as the baseline to compare with; by hand only")
    bless.add_argument("run", type=Path, metavar="RUN.jsonl")
    bless.add_argument("baseline", type=Path, metavar="BASE.jsonl", help="where the baseline goes")
    lint = verb("lint", "check a question set against the index; exit 0 without faults, 1 with some, 2 on an error")
    lint.add_argument("set", type=Path, metavar="SET")
    lint.add_argument("--json", action="store_true", help="print JSON and nothing else")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    options = _parser().parse_args(arguments)
    try:
        settings = load_settings(index=options.index)
        return _VERBS[options.verb](options, settings)
    except CasebookError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader has seen enough: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too few: at least 1")
    return number


def _print(text: str) -> None:
    """Print in UTF-8 whatever the terminal; a lone surrogate as the escape that JSON has for it."""
    sys.stdout.buffer.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
    sys.stdout.flush()


def _filters(pairs: Sequence[str]) -> dict[str, list[str]]:
    only: dict[str, list[str]] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not value:
            raise CasebookError(f'--only takes NAME=VALUE, not {pair!r}; for instance --only region="West Midlands"')
        only.setdefault(name.strip(), []).append(value.strip())
    return only


def _history(path: Path | None) -> tuple[Turn, ...]:
    if path is None:
        return ()
    try:
        return tuple(_turn(turn) for turn in json.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise QuestionSetError(
            f'{path} is no history ({error}). It should hold [{{"role": "user", "text": "…"}}, …].'
        ) from error


def _turn(row: object) -> Turn:
    match row:
        case {"role": "user" | "assistant" as role, "text": str(text)}:
            return Turn(role=role, text=text)
    raise ValueError(f"{row!r} is not a turn with the role user or assistant and a text")


def _ask(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.freshness import ensure_default_index
    from assistant.pipeline import open_assistant
    from assistant.terminal import show_answer

    only, history = _filters(options.only), _history(options.history)
    ensure_default_index(settings)
    with open_assistant(settings) as assistant:
        answer = assistant.ask(options.question, history, only)
    _print(json.dumps(answer.to_json(), ensure_ascii=False) if options.json else show_answer(answer))
    return 0


def _search(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.freshness import ensure_default_index
    from assistant.pipeline import open_assistant
    from assistant.terminal import show_hits

    ensure_default_index(settings)
    with open_assistant(settings) as assistant:
        hits = assistant.search(options.question, limit=options.limit, only=_filters(options.only))
    if not options.json:
        _print(show_hits(hits))
        return 0
    rows: list[dict[str, Any]] = [
        {
            "rank": hit.rank,
            "score": hit.score,
            "why": dict(hit.why),
            "document_id": hit.passage.document_id,
            "start": hit.passage.start,
            "end": hit.passage.end,
            "heading": hit.passage.heading_path,
            "page": hit.passage.page,
            "text": hit.passage.text,
        }
        for hit in hits
    ]
    _print(json.dumps({"schema": 1, "question": options.question, "hits": rows}, ensure_ascii=False))
    return 0


def _source(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.freshness import ensure_default_index
    from assistant.generations import current_folder
    from assistant.index import Generation
    from assistant.terminal import show_document

    ensure_default_index(settings)
    with closing(Generation(current_folder(settings.index))) as generation:
        document = generation.document(options.id)
    end = len(document.text) if options.end is None else options.end
    if not 0 <= options.start <= end <= len(document.text):
        raise CasebookError(
            f"{options.start} to {end} is no part of {document.id}, which has {len(document.text)} characters."
        )
    if options.json:
        said = {
            "schema": 1,
            "id": document.id,
            "sha256": document.sha256,
            "title": document.title,
            "start": options.start,
            "end": end,
            "text": document.text[options.start : end],
        }
        _print(json.dumps(said, ensure_ascii=False))
    else:
        _print(show_document(document, options.start, end))
    return 0


def _verify(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.catalogue import Catalogue
    from assistant.errors import DocumentUnknown
    from assistant.generations import current_folder
    from assistant.verification import verify

    try:
        stored = sys.stdin.buffer.read() if str(options.answer) == "-" else options.answer.read_bytes()
        answer = json.loads(stored.decode("utf-8-sig"))
        with Catalogue(current_folder(settings.index) / "record.sqlite", read_only=True) as record:

            def text_of(identifier: str) -> str | None:
                try:
                    return record.document(identifier).text
                except DocumentUnknown:
                    return None

            faults = verify(answer, text_of)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CasebookError(f"{options.answer} is no answer in the JSON of ask --json ({error!r}).") from error
    for fault in faults:
        _print(fault)
    if not faults:
        _print(f"All {len(answer['citations'])} citations hold, to the character.")
    return 1 if faults else 0


def _evaluation(options: argparse.Namespace, settings: Settings) -> int:
    from assistant.evaluation import command

    verbs = {
        "evaluate": command.evaluate,
        "diff": command.diff_verb,
        "bless": command.bless_verb,
        "lint": command.lint_verb,
    }
    said = verbs[options.verb](options, settings)
    _print(said.text)
    return said.code


_VERBS = {
    "ask": _ask,
    "search": _search,
    "source": _source,
    "verify": _verify,
    **dict.fromkeys(("evaluate", "diff", "bless", "lint"), _evaluation),
}


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(main())
