"""A question set checked against the documents: whatever would make a figure mean less than it seems to."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.errors import QuestionSetError
from assistant.evaluation.formats import COLUMNS, Row, read_rows
from assistant.evaluation.metrics import states
from assistant.evaluation.questions import files_of, question_of
from assistant.evaluation.spans import locate
from assistant.schema import Question

# What public sets and exports carry besides, and nothing is read from.
_BESIDE = frozenset({"_id", "metadata", "title"})


def lint(path: Path, texts: Mapping[str, str]) -> list[str]:
    """Return every fault of a set, each with its place; ``texts`` are the documents by id.

    Raises QuestionSetError where there is no set.
    """
    faults: list[str] = []
    seen: dict[str, str] = {}
    for file in files_of(path):
        try:
            for row in read_rows(file):
                faults += [f"{row.place}: {fault}" for fault in _unknown(row)]
                try:
                    question = question_of(row, {})
                except QuestionSetError as error:
                    faults.append(str(error))
                    continue
                place = f"{row.place}, question {question.id!r}"
                faults += [f"{place}: {fault}" for fault in _faults(question, texts, seen)]
                seen[question.id] = row.place
        except QuestionSetError as error:  # of the file itself: what follows in it cannot be read
            faults.append(str(error))
    if not seen and not faults:
        faults.append(f"{path} holds no question.")
    return faults


def _unknown(row: Row) -> Iterator[str]:
    for name in row.fields:
        near = difflib.get_close_matches(str(name), COLUMNS, n=1)
        if name not in COLUMNS and name not in _BESIDE and near:
            yield f"the field {name!r} is not read; did you mean {near[0]!r}?"


def _faults(question: Question, texts: Mapping[str, str], seen: Mapping[str, str]) -> Iterator[str]:
    if question.id in seen:
        yield f"the id stands already at {seen[question.id]}; give each question its own"
    if not question.text.strip():
        yield "the text is empty"
    if question.answerable is False and (question.must_cite or question.must_state):
        yield "it is not answerable, and yet must_cite or must_state says what an answer holds"
    if question.answerable is True and question.reason is not None:
        yield f"it is answerable, and yet the reason for a refusal is {question.reason!r}"
    if question.answerable is True and not (question.must_cite or question.must_state or question.relevant):
        yield "it is answerable, and nothing says how: give must_cite, must_state or relevant"
    for name, labels in (("must_cite", question.must_cite), ("must_not_cite", question.must_not_cite)):
        for evidence in labels:
            if evidence.document not in texts:
                yield f"{name} names {_absent(evidence.document, texts)}"
            elif not locate(evidence, texts.get):
                yield f"{name}: label lost, as {evidence.document} does not hold {evidence.quote!r}"
    for document in question.relevant:
        if document not in texts:
            yield f"relevant names {_absent(document, texts)}"
    if question.answerable is not False:
        yield from _unstated(question, texts)


def _unstated(question: Question, texts: Mapping[str, str]) -> Iterator[str]:
    """Yield what must be stated, but stands in none of the documents that the question names."""
    named = [texts[name] for name in (*question.relevant, *(e.document for e in question.must_cite)) if name in texts]
    for wanted in question.must_state if named else ():
        if not any(states(text, wanted) for text in named):
            yield f"must_state asks for {wanted!r}, which no document that it names holds"


def _absent(name: str, texts: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, texts, n=1)
    return f"the document {name!r}, which is not there" + (f"; did you mean {near[0]!r}?" if near else "")
