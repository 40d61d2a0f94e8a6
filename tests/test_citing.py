"""assistant/citing.py: what an answer shows, each sentence bound to its span, and the table of a comparison."""

from dataclasses import replace

import pytest

from assistant.answerer import Span
from assistant.citing import cite, extend, table_of, with_cited
from tests import answer_samples as sample

ALPHA = sample.document()
BETA = sample.document("beta.md", "Beta")


def span(quote: str, held: object = None) -> Span:
    document = BETA if held == "beta" else ALPHA
    start = document.text.index(quote)
    return Span(document, sample.hit(), start, start + len(quote))


FIRST, SECOND = span("Alpha opened"), span("20 beds")
INTRODUCTION = Span(replace(ALPHA, text="It has two aims:\nMore. Its parts are:\nBeds."), sample.hit(), 0, 16)
ANOTHER = replace(INTRODUCTION, start=23, end=37)


def test_the_same_span_has_one_number() -> None:
    sentences, citations = cite([FIRST, SECOND, FIRST])
    assert [sentence.citations for sentence in sentences] == [(1,), (2,), (1,)]
    assert [citation.quote for citation in citations] == [FIRST.text, SECOND.text]


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        pytest.param([SECOND, FIRST], ["Alpha opened", "20 beds"], id="nothing twice"),
        pytest.param([FIRST, SECOND, SECOND], ["Alpha opened", "20 beds"], id="nor in what is added"),
        pytest.param([INTRODUCTION, ANOTHER, SECOND], ["Alpha opened", "It has two aims:"], id="one list is enough"),
        pytest.param([], ["Alpha opened"], id="nothing more"),
    ],
)
def test_sentences_are_added_once(more: list[Span], kept: list[str]) -> None:
    spans = [FIRST]
    extend(spans, more[:1])
    extend(spans, more[1:])
    assert [one.text for one in spans] == kept


def test_a_comparison_has_a_row_for_each_body_also_for_one_without_an_answer() -> None:
    _, citations = cite([FIRST, span("20 beds", "beta"), SECOND])
    assert table_of(citations, ["Gamma"]) == {
        "rows": [
            {"collaborative": "Alpha", "citations": [1, 3]},
            {"collaborative": "Beta", "citations": [2]},
            {"collaborative": "Gamma", "citations": []},
        ]
    }


def test_what_only_a_part_of_the_question_found_comes_last_in_the_ranking() -> None:
    best = sample.hit()
    other = replace(best, passage=replace(best.passage, id="beta.md#0-9", document_id="beta.md"), score=0.9)
    ranked = with_cited([best], [FIRST, replace(FIRST, hit=other)])
    assert [(hit.passage.id, hit.rank) for hit in ranked] == [(best.passage.id, 1), ("beta.md#0-9", 2)]
    assert ranked[1].score == best.score
