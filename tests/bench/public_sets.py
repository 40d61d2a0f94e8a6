"""The public sets of ../shared/bench: each taken into an index of its own, asked, and laid beside known figures.

    python -m tests.bench.public_sets [--sets NAME …] [--limit N] [--retrieval WHICH] [--keep FOLDER] [--whole]

Indexes go into a folder that is removed, unless --keep names one, in which they are found again the next time.
--whole takes in the whole documents instead of ready-cut passages, where a set has them, and marks the expert's spans
in them: the characters that the first passages hold are then a measure of our own cutting.
Figures of the last columns are those of the README beside the sets: the same model, BM25 and their fusion, without
what Casebook does before and after. Each set alone is two commands, which this prints.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from assistant.evaluation import read_questions, run, summarise
from assistant.evaluation.statistics import interval
from assistant.evaluation.summary import columns
from assistant.evaluation.trec import trec_qrels, trec_run
from assistant.pipeline import open_assistant
from assistant.schema import EvaluationRecord, Evidence, Question
from assistant.settings import load_settings
from ingest.__main__ import main as ingest

BENCH = Path(__file__).resolve().parents[3] / "shared" / "bench"


class Known(NamedTuple):
    """nDCG@10 of others on a set."""

    dense: float
    bm25: float
    fused: float


SETS: Mapping[str, Known] = {
    "squad2-dev": Known(0.789, 0.908, 0.917),
    "clapnq-dev": Known(0.985, 0.946, 0.986),
    "chroma-chunking": Known(0.682, 0.790, 0.792),
    "covidqa": Known(0.420, 0.649, 0.669),
    "mtrag": Known(0.707, 0.698, 0.765),
    "scifact": Known(0.650, 0.686, 0.732),
}
# Of public sets, scifact alone has figures published for this very corpus: a floor beneath each of ours.
FLOORS = {("scifact", "dense"): 0.635, ("scifact", "keyword"): 0.66}
COLUMNS = ("nDCG@10", "recall@5", "F1 (sentence)", "F1", "carry-over", "false answer", "false refusal")
SPANNED = ("chroma-chunking", "covidqa")
SPAN_COLUMNS = ("span recall", "span precision", "span IoU", "span nDCG@10", "citation recall", "labels lost")


def measure(name: str, folder: Path, retrieval: str | None, limit: int | None, *, whole: bool) -> dict[str, Any]:
    """Take a set in, unless it is, ask it, and return its summary."""
    index = folder / (f"{name}-whole" if whole else name)
    source = BENCH / name / ("docs.jsonl" if whole else "corpus.jsonl")
    print(f"  python3 run.py ingest {source} --index {index}", file=sys.stderr)
    print(f"  python3 run.py evaluate {BENCH / name} --index {index}", file=sys.stderr)
    if not (index / "CURRENT").is_file():
        with redirect_stdout(sys.stderr):
            code = ingest([str(source), "--index", str(index)])
        if code == 1:
            raise SystemExit(f"{name} could not be taken in; see the lines above.")
    questions = (whole_documents(name) if whole else read_questions(BENCH / name))[:limit]
    settings = load_settings(index=index, retrieval=retrieval)
    with open_assistant(settings) as assistant:
        records = run(assistant, questions, None, provenance={}, progress=lambda done, of: _tell(name, done, of))
    agree_with_ir_measures(name, records)
    values = columns(records)
    return {**summarise(records), "interval": interval(values["nDCG@10"]) if "nDCG@10" in values else None}


def whole_documents(name: str) -> tuple[Question, ...]:
    """Return the questions of a set with the expert's spans as quotes of whole documents."""
    texts = {row["_id"]: row["text"] for row in _rows(BENCH / name / "docs.jsonl")}
    spans = {row["_id"]: row.get("evidence", []) for row in _rows(BENCH / name / "queries.jsonl")}
    questions: list[Question] = []
    for question in read_questions(BENCH / name):
        quotes = [Evidence(document=e["doc"], quote=texts[e["doc"]][e["start"] : e["end"]]) for e in spans[question.id]]
        documents = tuple(dict.fromkeys(quote.document for quote in quotes))
        questions.append(replace(question, must_cite=tuple(quotes), relevant=documents))
    return tuple(questions)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def agree_with_ir_measures(name: str, records: Sequence[EvaluationRecord]) -> None:
    """End with a word where ir_measures, reading our TREC files, finds other figures than ours."""
    import ir_measures
    from ir_measures import RR, P, R, nDCG

    measures = {"nDCG@10": nDCG @ 10, "RR": RR, "recall@5": R @ 5, "recall@10": R @ 10, "precision@5": P @ 5}
    ranked = list(ir_measures.read_trec_run(StringIO(trec_run(records))))
    qrels = list(ir_measures.read_trec_qrels(StringIO(trec_qrels(records))))
    if not qrels:
        return
    theirs = ir_measures.calc_aggregate(measures.values(), qrels, ranked)
    for ours, measure in measures.items():
        values = columns(records)[ours]
        mean = sum(values) / len(values)
        if abs(mean - theirs[measure]) > 1e-5:
            raise SystemExit(f"{name}: {ours} is {mean:.6f} by us and {theirs[measure]:.6f} by ir_measures.")


def _tell(name: str, done: int, of: int) -> None:
    if done % 100 == 0 or done == of:
        print(f"  {name}: {done} of {of}", file=sys.stderr, flush=True)


def row(name: str, summary: Mapping[str, Any], shown: Sequence[str] = COLUMNS) -> str:
    """Return a row of the table."""
    scores, known = summary["scores"], SETS[name]
    cells = [_figure(scores[column]["mean"]) if column in scores else "–" for column in shown]
    if summary["interval"] and shown[0] == "nDCG@10":
        cells[0] += " [{}, {}]".format(*map(_figure, summary["interval"]))
    auroc = summary["abstention"]["AUROC"]
    cells += ["–" if auroc is None else _figure(auroc), f"{summary['seconds']['median'] * 1000:.0f}"]
    beside = " / ".join(map(_figure, known)) if shown[0] == "nDCG@10" else "–"  # of ready-cut passages
    return f"| {name} | {summary['questions']} | {' | '.join(cells)} | {beside} |"


def _figure(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else "1.0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; exit 1 where a figure is below its floor."""
    parser = argparse.ArgumentParser(description="Ask the public sets of ../shared/bench.")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME", help=", ".join(SETS))
    parser.add_argument("--limit", type=int, help="only the first N questions of each")
    parser.add_argument("--retrieval", choices=("hybrid", "dense", "keyword"), help="as CASEBOOK_RETRIEVAL")
    parser.add_argument("--whole", action="store_true", help="whole documents, and the expert's spans in them")
    parser.add_argument("--keep", type=Path, help="folder that the indexes stay in")
    parser.add_argument("--json", type=Path, help="write the summaries there")
    options = parser.parse_args(arguments)
    if not BENCH.is_dir():
        raise SystemExit(f"The public sets are not at {BENCH}.")
    if options.whole and any(name not in SPANNED for name in options.sets):
        raise SystemExit(f"Whole documents and spans have only: --sets {' '.join(SPANNED)}")
    retrieval = options.retrieval or load_settings().retrieval
    summaries: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.sets:
            place = options.keep or Path(temporary)
            summaries[name] = measure(name, place, retrieval, options.limit, whole=options.whole)
    shown = SPAN_COLUMNS if options.whole else COLUMNS
    print(f"| set ({retrieval}) | questions | {' | '.join(shown)} | AUROC | ms | known: dense / BM25 / fused |")
    print("|---" * (len(shown) + 5) + "|")
    for name, summary in summaries.items():
        print(row(name, summary, shown))
    if options.json:
        options.json.write_text(json.dumps(summaries, indent=1), encoding="utf-8")
    below = [
        f"{name}: nDCG@10 {summaries[name]['scores']['nDCG@10']['mean']} is below {floor}"
        for (name, kind), floor in FLOORS.items()
        if kind == retrieval and name in summaries and options.limit is None and not options.whole
        if summaries[name]["scores"]["nDCG@10"]["mean"] < floor
    ]
    print("\n".join(below), file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
