"""The Evaluate view as HTML: a set to run, its figures, and a row for each question."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from assistant.schema import EvaluationRecord
from frontend.markup import Html, element, join
from frontend.render import counted

if TYPE_CHECKING:
    from assistant.evaluation.diff import Change, Diff

# What a question came to, in one word each.
_OUTCOMES = {
    (True, False): "answered",
    (True, True): "refused, though it has an answer",
    (False, False): "answered, though it has no answer",
    (False, True): "refused, rightly",
    (None, False): "answered",
    (None, True): "refused",
}
SHOWN = ("nDCG@10", "citation recall", "completeness")


def view(counts: Mapping[str, int], *parts: Html, is_open: bool) -> Html:
    """Return the view: the form, what a run came to, and the readers' verdicts."""
    title = element("h2", "Evaluate", class_="cb-view-title", tabindex="-1")
    if not is_open:
        closed = "Question sets are run here only where Casebook serves its own machine. In a terminal: "
        words = element("p", closed, element("code", "python3 run.py evaluate SET"), class_="cb-quiet")
        return element("div", title, words, class_="cb-evaluate")
    return element("div", title, form(), element("div", *parts, role="status"), feedback(counts), class_="cb-evaluate")


def form() -> Html:
    """Return the form that brings a question set."""
    note = (
        "A set is JSONL, YAML or CSV: a question with an id, and what a right answer must cite or state. "
        "It is asked question by question and scored without any judge."
    )
    return element(
        "form",
        element("label", "Question set", for_="cb-set"),
        element("input", id="cb-set", type="file", accept=".jsonl,.yaml,.yml,.csv", required=True),
        element("label", "Compare with an earlier run of it (its records, JSONL; optional)", for_="cb-base"),
        element("input", id="cb-base", type="file", accept=".jsonl"),
        element("button", "Run it", type="submit"),
        element("p", note, class_="cb-quiet"),
        element("p", class_="cb-carried-files", role="status"),
        class_="cb-try",
        data_act="try_run",
    )


def feedback(counts: Mapping[str, int]) -> Html:
    """Return how many verdicts readers gave, and the way to have them as a question set."""
    good, bad = counts.get("up", 0), counts.get("down", 0)
    said = f"{good:,} helpful, {bad:,} not helpful. As a question set they can be run here, or in a terminal."
    save = element(
        "button",
        "Save as a question set",
        type="button",
        class_="cb-plain-button",
        data_act="save",
        data_format="feedback",
    )
    heading = element("h3", "What readers said of answers")
    return element("section", heading, element("p", said), save if good + bad else Html(), class_="cb-verdicts")


def progress(done: int, of: int) -> Html:
    """Return how far a run is."""
    return element("div", element("p", f"Asked {done:,} of {counted(of, 'question')} …"), class_="cb-waiting")


def number(value: float | None) -> str:
    """Return a figure; a dash where it does not apply."""
    return "–" if value is None else f"{value:.3f}"


def figures(name: str, summary: Mapping[str, Any], links: Sequence[Html]) -> Html:
    """Return the figures of a run, and its files."""
    head = element("tr", *(element("th", words, scope="col") for words in ("Figure", "Mean", "Questions")))
    lines = [
        element(
            "tr",
            element("th", metric, scope="row"),
            element("td", number(said["mean"])),
            element("td", str(said["questions"])),
        )
        for metric, said in summary["scores"].items()
    ]
    seconds = summary["seconds"]["median"]
    asked = f"{counted(summary['questions'], 'question')}, {seconds * 1000:,.0f} ms each at the median. "
    return element(
        "section",
        element("h3", f"Figures of {name}"),
        element("p", asked, join(links, " · ")),
        table(element("thead", head), element("tbody", *lines), label=f"Figures of {name}"),
    )


def comparison(diff: "Diff") -> Html:
    """Return what changed since an earlier run, and why that is a regression, if it is one."""
    said = f"{counted(len(diff.changes), 'question')} changed since the earlier run. "
    said += "Nothing got worse." if not diff.failures else "Worse:"
    reasons = [element("ul", *(element("li", failure) for failure in diff.failures))] if diff.failures else []
    kind = "cb-problem" if diff.failures else "cb-report"
    return element("section", element("h3", "Compared"), element("div", element("p", said), *reasons, class_=kind))


def rows(records: Sequence[EvaluationRecord], diff: "Diff | None" = None) -> Html:
    """Return a row for each question: what it came to, its scores and, beside an earlier run, what changed."""
    names = [name for name in SHOWN if any(record.scores.get(name) is not None for record in records)]
    compared = ["Since the earlier run"] if diff else []
    titles = ("Question", "Outcome", *names, *compared)
    head = element("tr", *(element("th", words, scope="col") for words in titles))
    changes = {change.id: change for change in diff.changes} if diff else {}
    lines = []
    for record in records:
        asked = element("th", record.question.text, scope="row", dir="auto")
        outcome = _OUTCOMES[(record.question.answerable, bool(record.answer["abstained"]))]
        cells = [element("td", number(record.scores.get(name))) for name in names]
        cells += [changed(changes.get(record.question.id))] if diff else []
        lines.append(element("tr", asked, element("td", outcome), *cells))
    body = table(element("thead", head), element("tbody", *lines), label="Each question")
    return element("section", element("h3", "Each question"), body)


def changed(change: "Change | None") -> Html:
    """Return what changed at a question: better or worse in a word, and the sentences that went and came."""
    if change is None:
        return element("td", "as before")
    parts = [change.verdict, "worse" if change.worse else "changed"]
    lines = [element("p", f"− {text}", dir="auto") for text in change.removed]
    lines += [element("p", f"+ {text}", dir="auto") for text in change.added]
    return element("td", "; ".join(filter(None, parts)), *lines)


def table(*parts: Html, label: str) -> Html:
    """Return a table that scrolls by itself where the window is narrow, also by the keyboard."""
    return element("div", element("table", *parts), class_="cb-table", role="region", aria_label=label, tabindex="0")
