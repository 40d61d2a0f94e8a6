"""assistant/evidence.py: the sentences of passages and how well each answers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.evidence import Candidate, EvidenceScorer, is_gap_heading
from assistant.pipeline import Assistant, open_assistant
from assistant.question import understand
from assistant.settings import Settings
from assistant.verification import verify

BACKLOG = "How did the Black Country reduce its elective backlog?"


@pytest.mark.parametrize(
    ("path", "gap"),
    [
        (("Alpha", "What the sources do not say"), True),
        (("Alpha", "Not found"), True),
        (("Alpha", "Gaps"), True),
        (("Alpha", "What the pages do not tell"), True),
        (("Alpha", "Where the sources disagree"), False),
        (("Alpha", "What the collaborative did"), False),
        (("Alpha", "Not only theatres"), False),
        ((), False),
    ],
    ids=lambda value: " > ".join(value) if isinstance(value, tuple) else "",
)
def test_a_heading_that_names_gaps(path: tuple[str, ...], gap: bool) -> None:
    assert is_gap_heading(path) is gap


def _candidates(casebook: Assistant, question: str) -> list[Candidate]:
    """Return the sentences that the assistant would choose from."""
    opened = casebook._current()  # the parts as they are put together, and no others
    hits = opened.retriever.retrieve(question, distinct=1)
    return opened.scorer.score(understand(question), hits, casebook.document, frozenset())


@pytest.mark.parametrize("question", [BACKLOG, "Who chairs the Joint Provider Committee?", "the of and", "🦆"])
def test_candidates_are_whole_sentences_best_first(casebook: Assistant, question: str) -> None:
    found = _candidates(casebook, question)
    assert found
    keys = [(-one.score, one.document.id, one.start) for one in found]
    assert keys == sorted(keys)
    headings = {(document.id, heading.start) for document in casebook.documents() for heading in document.headings}
    for one in found:
        assert one.text == one.document.text[one.start : one.end] == one.text.strip()
        assert one.hit.passage.start <= one.start < one.end <= one.hit.passage.end
        assert (one.document.id, one.start) not in headings
        assert one.is_gap == is_gap_heading(one.hit.passage.heading_path)
        assert 0.0 <= one.words <= 1.0
        assert -1.0 <= one.meaning <= 1.0
        assert one.score == round(one.score, 6)


def test_scores_do_not_depend_on_what_was_asked_before(casebook: Assistant, corpus_index: Path) -> None:
    first = _candidates(casebook, BACKLOG)
    _candidates(casebook, "What are the lessons from WYAAT?")
    assert _candidates(casebook, BACKLOG) == first
    with open_assistant(Settings(index=corpus_index)) as fresh:
        again = _candidates(fresh, BACKLOG)
    assert [(one.document.id, one.start, one.score) for one in again] == [
        (one.document.id, one.start, one.score) for one in first
    ]


def test_without_an_embedder_words_alone_count(casebook: Assistant) -> None:
    opened = casebook._current()
    generation = opened.generation
    scorer = EvidenceScorer(
        None, generation.terms, generation.term_frequency, generation.manifest.passages, lambda _: ()
    )
    hits = opened.retriever.retrieve(BACKLOG, distinct=1)
    found = scorer.score(understand(BACKLOG), hits, casebook.document, frozenset())
    assert {one.meaning for one in found} == {0.0}
    assert found[0].words > 0.5


def test_a_rare_word_weighs_more_than_a_common_one(casebook: Assistant) -> None:
    scorer = casebook._current().scorer
    stems = casebook._current().generation.terms
    (rare,), (common,) = stems("cystectomies"), stems("collaborative")
    assert scorer.rarity(rare) > scorer.rarity(common) >= 0.0
    assert np.isfinite(scorer.rarity("neverseen"))


# --- Documents that are not like ours ---

ODD = {
    "long-heading.md": "# "
    + "A very long heading " * 150
    + "\n\nThe zebra crossing opened in May 2021 with 20 beds.\n",
    "no-stops.md": "# 医院\n\n" + "医院合作减少等待名单并共享手术室以及员工" * 35 + "\n",
    "one-word.md": "# Word\n\n" + "x" * 5000 + " waits fell.\n",
    "no-title.txt": "Waiting lists fell by 12% after theatres were shared.\n",
}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    from ingest.__main__ import main as ingest

    folder, index = tmp_path_factory.mktemp("odd"), tmp_path_factory.mktemp("odd-index")
    for name, text in ODD.items():
        (folder / name).write_text(text, encoding="utf-8")
    assert ingest([str(folder), "--index", str(index)]) == 0
    with open_assistant(Settings(index=index)) as assistant:
        yield assistant


@pytest.mark.parametrize(
    "question", ["When did the zebra crossing open?", "Did waiting lists fall?", "医院 名单", "x" * 300]
)
def test_odd_documents_are_asked_without_harm(odd: Assistant, question: str) -> None:
    texts = {document.id: document.text for document in odd.documents()}
    assert verify(odd.ask(question).to_json(), texts.get) == []


def test_odd_documents_can_be_warmed_and_are_then_scored_alike(odd: Assistant) -> None:
    cold = odd.ask("Did waiting lists fall?").to_json()
    odd.warm()
    warm = odd.ask("Did waiting lists fall?").to_json()
    assert (warm["answer"], warm["citations"], warm["hits"]) == (cold["answer"], cold["citations"], cold["hits"])
