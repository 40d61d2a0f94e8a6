"""A run as one HTML file that stands alone: figures, plots, what changed, failures first, then the rest."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from assistant.evaluation import charts
from assistant.evaluation.abstention import risk_coverage, verdicts
from assistant.evaluation.case import ranked_documents
from assistant.evaluation.diff import Diff
from assistant.evaluation.diff_text import change_lines, metric_line
from assistant.evaluation.html_questions import question_html
from assistant.evaluation.html_style import STYLE
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.ranking import recall
from assistant.evaluation.records import Run
from assistant.evaluation.shortfalls import shortfalls
from assistant.evaluation.statistics import percentile
from assistant.evaluation.summary import summarise
from assistant.schema import EvaluationRecord

# Nothing may be fetched or run, whatever a question or a document holds.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_DEEPEST = 20
_TILES = ("completeness", "citation recall", "nDCG@10", "false answer", "false refusal")


def html_report(run: Run, diff: Diff | None = None) -> str:
    """Return the report of a run, with what changed where there is a diff."""
    records = run.records
    name = escape(str(run.provenance.get("set", "a question set")))
    failed = [record for record in records if shortfalls(record)]
    passed = [record for record in records if not shortfalls(record)]
    summary = summarise(records)
    parts = [
        f"<h1>Evaluation of {name}</h1>{_made_of(run.provenance)}{_nav(diff, failed, passed)}",
        _banner(diff) if diff else "",
        _tiles(summary, len(passed)),
        _changes(diff) if diff else "",
        f'<h2 id="plots">Plots</h2><div class="plots">{"".join(_plots(records, summary))}</div>',
        f'<h2 id="figures">Figures</h2>{_figures(summary)}',
        _questions("failures", "What fell short", failed, unfolded=True),
        _questions("passed", "What was as its labels say", passed, unfolded=False),
    ]
    return (
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation of {name}</title><style>{STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _made_of(provenance: Mapping[str, Any]) -> str:
    index, settings = provenance.get("index", {}), provenance.get("settings", {})
    words = [
        f"generation {provenance.get('generation', '')[:16]}",
        f"{index['documents']} documents, {index['passages']} passages" if index else "",
        f"model {index['model']} ({index['precision']})" if index else "",
        f"retrieval {settings['retrieval']}" if "retrieval" in settings else "",
    ]
    return f'<p class="soft">{escape(" · ".join(word for word in words if word))}</p>'


def _nav(diff: Diff | None, failed: Sequence[object], passed: Sequence[object]) -> str:
    places = [("changes", f"Changes ({len(diff.changes)})")] if diff else []
    places += [("plots", "Plots"), ("figures", "Figures")]
    places += [("failures", f"Fell short ({len(failed)})"), ("passed", f"As labelled ({len(passed)})")]
    return f"<nav>{''.join(f'<a href=#{place}>{words}</a>' for place, words in places)}</nav>"


def _banner(diff: Diff) -> str:
    if diff.failures:
        items = "".join(f"<li>{escape(failure)}</li>" for failure in diff.failures)
        return f'<div class="banner bad"><b>Regression against the baseline</b><ul>{items}</ul></div>'
    return f'<div class="banner"><b>Same as the baseline, or better.</b> {len(diff.changes)} questions differ.</div>'


def _tiles(summary: Mapping[str, Any], passed: int) -> str:
    tiles = [(str(summary["questions"]), "questions"), (f"{passed / max(1, summary['questions']):.0%}", "as labelled")]
    tiles += [(f"{summary['scores'][name]['mean']:.3f}", name) for name in _TILES if name in summary["scores"]]
    tiles.append((f"{summary['seconds']['median'] * 1000:.0f} ms", "at the median"))
    return f'<div class="tiles">{"".join(f"<div class=tile><b>{v}</b><span>{n}</span></div>" for v, n in tiles)}</div>'


def _figures(summary: Mapping[str, Any]) -> str:
    rows = "".join(_figure(name, said, summary["intervals"][name]) for name, said in summary["scores"].items())
    head = "<th>metric</th><th class=n>mean</th><th></th><th>95 % interval</th><th class=n>over</th><th>meaning</th>"
    refusing = " · ".join(f"{n} {v:.3f}" for n, v in summary["abstention"].items() if isinstance(v, float))
    said = f"<p class=soft>Refusing: {escape(refusing)}</p>" if refusing else ""
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{said}'


def _figure(name: str, said: Mapping[str, Any], interval: Sequence[float]) -> str:
    low, high = interval
    # Counts have no scale of their own.
    shown = charts.whisker(said["mean"], low, high) if high <= 1 and low >= 0 else ""
    return (
        f"<tr><td>{escape(name)}</td><td class=n>{said['mean']:.3f}</td><td>{shown}</td>"
        f"<td class=i>{low:.3f} – {high:.3f}</td><td class=n>{said['questions']}</td>"
        f"<td class=soft>{escape(METRICS[name].meaning)}</td></tr>"
    )


def _plots(records: Sequence[EvaluationRecord], summary: Mapping[str, Any]) -> Iterator[str]:
    names = [name for name in ("completeness", "citation recall", "nDCG@10") if name in summary["scores"]][:2]
    kinds = {
        kind: {name: scores[name]["mean"] if name in scores else None for name in names}
        for kind, scores in summary["kinds"].items()
        if any(name in scores for name in names)
    }
    if kinds:
        yield _plot("By kind of question", charts.key(names) + charts.bars(kinds, "means by kind of question"))
    if any(record.question.answerable is not None for record in records):
        yield _plot("Answered and refused", _matrix(records))
    risk = risk_coverage(records)
    if len(risk) > 1:
        chart = charts.curves({"risk": risk}, "risk by coverage", "share of questions answered, surest first", "risk")
        note = "Risk is what completeness lacks; a question that should be refused counts as 1."
        yield _plot("Risk and coverage", chart, note)
    retrieval = _retrieval(records)
    if retrieval:
        chart = charts.curves(
            {"documents": retrieval},
            "recall by depth",
            "documents looked at",
            "recall",
            furthest=_DEEPEST,
            percent=False,
        )
        yield _plot("Retrieval", chart)
    totals = [record.seconds * 1000 for record in records]
    marks = {"median": percentile(totals, 0.5), "95 %": percentile(totals, 0.95)}
    stages = "; ".join(f"{n} {of['median']:.0f} / {of['p95']:.0f}" for n, of in summary["latency_ms"].items())
    note = f"By stage, median / 95th percentile in ms: {stages}" if stages else ""
    yield _plot("Latency", charts.histogram(totals, marks, "questions by time taken", "milliseconds a question"), note)


def _plot(title: str, chart: str, note: str = "") -> str:
    caption = f"<figcaption>{escape(note)}</figcaption>" if note else ""
    return f"<figure><h3>{escape(title)}</h3>{chart}{caption}</figure>"


def _matrix(records: Sequence[EvaluationRecord]) -> str:
    counted = verdicts(records)
    cells = [
        ("can be answered", counted.right_answers, counted.false_refusals, True),
        ("cannot", counted.false_answers, counted.right_refusals, False),
    ]
    rows = "".join(
        f'<div class="head">{label}</div>'
        f'<div class="{"right" if good else "wrong"}"><b>{answered}</b>{"rightly" if good else "false answers"}</div>'
        f'<div class="{"wrong" if good else "right"}"><b>{refused}</b>{"false refusals" if good else "rightly"}</div>'
        for label, answered, refused, good in cells
    )
    heads = '<div class="head"></div><div class="head">answered</div><div class="head">refused</div>'
    return f'<div class="matrix">{heads}{rows}</div>'


def _retrieval(records: Sequence[EvaluationRecord]) -> list[tuple[float, float]]:
    rankings = [(ranked_documents(record.answer), record.question.relevant) for record in records]
    labelled = [(ranked, relevant) for ranked, relevant in rankings if relevant]
    points = []
    for k in range(1, _DEEPEST + 1) if labelled else ():
        values = [recall(ranked, relevant, k) or 0.0 for ranked, relevant in labelled]
        points.append((float(k), sum(values) / len(values)))
    return points


def _changes(diff: Diff) -> str:
    named = "".join(f"<br>{escape(line)}" for line in diff.named)
    metrics = "\n".join(metric_line(metric, 22) for metric in diff.metrics if metric.change)
    ordered = sorted(diff.changes, key=lambda change: not change.worse)
    items = "".join(
        f'<li class="{"bad" if change.worse else ""}"><pre>{escape(chr(10).join(change_lines(change)))}</pre></li>'
        for change in ordered
    )
    means = f"<li><pre>{escape(metrics)}</pre></li>" if metrics else ""
    across = f'<p class="soft">Compared across:{named}</p>' if named else ""
    return f'<h2 id="changes">Changes against the baseline</h2>{across}<ul class="changes">{means}{items}</ul>'


def _questions(place: str, title: str, records: Sequence[EvaluationRecord], *, unfolded: bool) -> str:
    shown = "".join(question_html(record, unfolded=unfolded) for record in records)
    return f'<h2 id="{place}">{title} ({len(records)})</h2>{shown or "<p>None.</p>"}'
