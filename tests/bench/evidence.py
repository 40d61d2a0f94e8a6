"""How well passages are ranked and sentences picked on a question set, with the evidence reader and without.

    python -m tests.bench.evidence SET --index INDEX [--limit N] [--within]

A sentence is evidence where it touches a quote that is to be cited or, in a set that names short answers instead, where
it holds one of them and stands in a relevant document. ``--within`` looks into the relevant documents only, for
questions that name no body: tests/bench/invented.jsonl, on invented pages that no training has seen.
Both columns come from one run over the same questions, chosen by a fixed seed. AUROC is of the certainty that
something answers, over answerable and unanswerable questions; F1 of taking those under the least that is
answered for unanswerable. Rules of refusal are left out.
"""

import argparse
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from assistant.comparison import compared
from assistant.conversation import standalone
from assistant.evaluation import read_questions
from assistant.evaluation.questions import BenchmarkQuestion
from assistant.evaluation.ranking import ndcg, recall
from assistant.evaluation.spans import TextOf, locate
from assistant.evidence import Candidate
from assistant.inquiry import Inquiry
from assistant.opened import Opened
from assistant.pipeline import open_assistant
from assistant.question import understand
from assistant.refusal import certainty, least_certainty
from assistant.schema import Hit, Question
from assistant.settings import load_settings


def found_for(opened: Opened, question: Question, within: bool) -> tuple[tuple[Hit, ...], list[Candidate]]:
    """Return the ranked passages and sentences of a question, as Assistant.ask has them before it chooses."""
    searched = standalone(question.text, question.history, opened.bodies)
    asked = understand(opened.vocabulary.corrected(searched.text))
    mentions = compared(asked, opened.bodies)
    allowed = frozenset(question.relevant) if within else None
    inquiry = Inquiry(opened=opened, asked=asked, mentions=mentions, allowed=allowed, context=searched.context)
    hits = inquiry.retrieve(10)
    return hits, opened.scorer.score(asked, hits, opened.generation.document, frozenset())


def is_evidence(candidate: Candidate, question: Question, text_of: TextOf) -> bool:
    """Whether a sentence touches a quote that is to be cited, or holds an answer and stands in a relevant document."""
    if question.must_cite:
        spans = (span for evidence in question.must_cite for span in locate(evidence, text_of))
        own = (candidate.document.id, candidate.start, candidate.end)
        return any(span.document == own[0] and span.start < own[2] and own[1] < span.end for span in spans)
    answers = question.answers if isinstance(question, BenchmarkQuestion) else ()
    text = candidate.text.lower()
    return candidate.document.id in question.relevant and any(answer.lower() in text for answer in answers)


def measure(opened: Opened, questions: Sequence[Question], within: bool) -> Mapping[str, float]:
    """Return the figures of one column."""
    figures: dict[str, list[float]] = {}
    chances: dict[bool, list[float]] = {True: [], False: []}
    refused = {True: 0, False: 0}
    texts = {document.id: document.text for document in opened.generation.documents}
    for question in questions:
        hits, candidates = found_for(opened, question, within)
        ranked = list(dict.fromkeys(hit.passage.document_id for hit in hits))
        for name, value in (
            ("nDCG@10", ndcg(ranked, question.relevant, 10)),
            ("R@2", recall(ranked, question.relevant, 2)),
        ):
            if value is not None:
                figures.setdefault(name, []).append(value)
        if question.answerable is not None and candidates:
            chances[question.answerable].append(certainty(candidates))
            refused[question.answerable] += chances[question.answerable][-1] < least_certainty(candidates)
        short = isinstance(question, BenchmarkQuestion) and question.answers
        if question.answerable and (question.must_cite or short):
            held = [is_evidence(candidate, question, texts.get) for candidate in candidates[:3]]
            figures.setdefault("evidence hit@1", []).append(float(any(held[:1])))
            figures.setdefault("evidence hit@3", []).append(float(any(held)))
    said = {name: fmean(values) for name, values in figures.items()}
    if chances[True] and chances[False]:
        pairs = [(yes > no) + (yes == no) / 2 for yes in chances[True] for no in chances[False]]
        said["AUROC answerable"] = fmean(pairs)
        said["F1 unanswerable"] = 2 * refused[False] / (sum(refused.values()) + len(chances[False]))
    return said


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure ranking and evidence, with the reader and without.")
    parser.add_argument("set", type=Path, help="a question set, or a folder in BEIR layout")
    parser.add_argument("--index", type=Path, required=True, help="an index of its corpus")
    parser.add_argument("--limit", type=int, default=0, help="only so many questions, by a fixed seed")
    parser.add_argument("--within", action="store_true", help="look into the relevant documents only")
    options = parser.parse_args()
    questions = list(read_questions(options.set))
    if options.limit:
        questions = random.Random(0).sample(questions, min(options.limit, len(questions)))
    columns = {}
    for reader in ("on", "off"):
        with open_assistant(load_settings(index=options.index, reader=reader)) as assistant:
            columns[reader] = measure(assistant._current(), questions, options.within)
    print(f"{options.set.name}: {len(questions)} questions\n{'':<18}{'reader':>8}{'without':>9}")
    for name, value in columns["on"].items():
        print(f"{name:<18}{value:8.3f}{columns['off'][name]:9.3f}")


if __name__ == "__main__":
    main()
