"""The questions of the HTML report: the answer with its marks, expected and found evidence side by side."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from assistant.evaluation.metrics import states
from assistant.evaluation.shortfalls import label_lost, shortfalls
from assistant.schema import REASONS, EvaluationRecord, Evidence

_NEAREST = 3


def chip(words: str, kind: str = "") -> str:
    """Return a word or two in a pill."""
    return f'<span class="chip {kind}">{escape(words)}</span>'


def question_html(record: EvaluationRecord, *, unfolded: bool) -> str:
    """Return a question, folded or not."""
    question, found = record.question, shortfalls(record)
    chips = [chip(words, "bad") for words in found] or [chip("as its labels say", "good")]
    if label_lost(record):
        chips.append(chip("label lost", "note"))
    chips += [chip(words) for words in (question.kind, *question.tags) if words]
    return (
        f'<details class="question"{" open" if unfolded else ""} id="q-{escape(question.id)}">'
        f"<summary><b>{escape(question.text)}</b><br>{chip(question.id)}{''.join(chips)}</summary>"
        f'<div class="body">{_history(record)}{_answer(record.answer)}'
        f'<div class="sides"><section><h3>Expected</h3><ul>{"".join(_expected(record))}</ul></section>'
        f"<section><h3>{'Nearest passages' if record.answer['abstained'] else 'Found'}</h3>"
        f"<ul>{''.join(_found(record))}</ul></section></div>{_scores(record)}</div></details>"
    )


def _history(record: EvaluationRecord) -> str:
    turns = "".join(f"<br>{escape(turn.role)}: {escape(turn.text)}" for turn in record.question.history)
    searched = record.answer.get("searched_for", "")
    read = f"<br>read as: {escape(searched)}" if searched and searched != record.question.text else ""
    return f'<p class="soft">{(turns + read).removeprefix("<br>")}</p>' if turns or read else ""


def _answer(answer: Mapping[str, Any]) -> str:
    if answer["abstained"]:
        reason = REASONS.get(answer["reason"], answer["reason"])
        return f'<p class="answer">{chip("refused", "note")} {escape(answer["answer"] or str(reason))}</p>'
    marked = (
        escape(s["text"]) + (f"<sup>{escape(''.join(f'[{n}]' for n in s['citations']))}</sup>")
        for s in answer["sentences"]
    )
    return f'<p class="answer">{" ".join(marked)}</p>'


def _expected(record: EvaluationRecord) -> Iterator[str]:
    question, answer = record.question, record.answer
    if question.answerable is False:
        reason = f", reason {question.reason}" if question.reason else ""
        yield _item("good" if answer["abstained"] else "bad", f"A refusal{reason}")
    elif question.answerable is True and answer["abstained"]:
        yield _item("bad", "An answer")
    for evidence in question.must_cite:
        yield _item("good" if _cited(evidence, answer) else "bad", f"“{evidence.quote}”", evidence.document)
    said = "" if answer["abstained"] else answer["answer"]
    for wanted in question.must_state:
        yield _item("good" if states(said, wanted) else "bad", wanted, "must be stated")
    for unwanted in question.must_not_state:
        yield _item("bad" if states(said, unwanted) else "good", unwanted, "must not be stated")
    for evidence in question.must_not_cite:
        kind = "bad" if _cited(evidence, answer) else "good"
        yield _item(kind, f"“{evidence.quote}”", f"{evidence.document}, must not be cited")
    if question.relevant:
        ranked = list(dict.fromkeys(hit["document_id"] for hit in answer["hits"]))
        for document in question.relevant:
            rank = ranked.index(document) + 1 if document in ranked else None
            yield _item("good" if rank == 1 else "", document, f"relevant; rank {rank or 'beyond all that was ranked'}")


def _found(record: EvaluationRecord) -> Iterator[str]:
    answer, relevant = record.answer, record.question.relevant
    if answer["abstained"]:
        for hit in answer["hits"][:_NEAREST]:
            yield _item("", hit["document_id"], f"characters {hit['start']} to {hit['end']}")
        return
    for citation in answer["citations"]:
        place = f"[{citation['number']}] {citation['document_id']}, {citation['start']} to {citation['end']}"
        wanted = any(_same_words(evidence, citation) for evidence in record.question.must_cite)
        kind = "good" if wanted else "bad" if relevant and citation["document_id"] not in relevant else ""
        yield _item(kind, f"“{citation.get('quote', '')}”", place)


def _cited(evidence: Evidence, answer: Mapping[str, Any]) -> bool:
    return any(_same_words(evidence, citation) for citation in answer["citations"])


def _same_words(evidence: Evidence, citation: Mapping[str, Any]) -> bool:
    """Whether a citation holds a quote, or a part of it; a baseline keeps no words, and so none are shown."""
    quote, cited = (" ".join(text.split()) for text in (evidence.quote, citation.get("quote", "")))
    return citation["document_id"] == evidence.document and bool(cited) and (quote in cited or cited in quote)


def _item(kind: str, words: str, small: str = "") -> str:
    mark = {"good": "✓ ", "bad": "✗ "}.get(kind, "")
    return f'<li class="{kind}">{mark}{escape(words)}{f"<small>{escape(small)}</small>" if small else ""}</li>'


def _scores(record: EvaluationRecord) -> str:
    values = ((name, value) for name, value in record.scores.items() if value is not None)
    said = " · ".join(f"{escape(name)} {value:.3g}" for name, value in values)
    return f'<p class="soft">{said} · {record.seconds * 1000:.0f} ms</p>'
