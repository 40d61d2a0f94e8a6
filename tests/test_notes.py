"""assistant/notes.py: what Casebook says beside an answer, and when it says nothing."""

from dataclasses import replace

import pytest

from assistant.answerer import Span
from assistant.notes import dated, notes_on
from assistant.question import understand
from assistant.schema import Metadata, Source
from tests import answer_samples as sample

DOCUMENT = sample.document()
SPAN = Span(DOCUMENT, sample.hit(), 0, 5)


def _noted(question: str, *spans: Span) -> tuple[str, ...]:
    return notes_on([(understand(question), spans or (SPAN,))], [])


def test_a_part_and_a_body_without_an_answer_are_named() -> None:
    said = notes_on([(understand("How many beds?"), [SPAN])], ["by itself: “who paid?”", "about Beta."])
    assert said == ("No passage found answers this by itself: “who paid?”", "No passage found answers this about Beta.")


def test_differing_figures_are_dated() -> None:
    differing = Span(DOCUMENT, sample.hit(), 0, 5, differs=True)
    (said,) = _noted("How many beds?", differing, differing, SPAN)
    assert said == "The sources give different figures, the newest first: 2021; 2021."
    assert _noted("How many beds?", differing, SPAN) == (), "one figure differs from none"


def test_a_document_without_sources_has_its_own_date() -> None:
    document = replace(DOCUMENT, metadata=Metadata(date="2025-03-01"))
    assert dated(Span(document, sample.hit(), 0, 5)) == "2025-03-01"
    assert dated(Span(replace(DOCUMENT, metadata=Metadata()), sample.hit(), 0, 5)) == "undated"


@pytest.mark.parametrize(
    "question",
    ["Who chairs Alpha?", "Who is Alpha's chief executive?", "who's in charge of Alpha", "Who currently leads it?"],
    ids=str,
)
def test_of_a_post_the_date_is_given(question: str) -> None:
    assert _noted(question) == ("Posts change hands. The source of this is dated 2021.",)


def test_of_a_post_whose_source_is_undated_that_is_said() -> None:
    undated = Span(replace(DOCUMENT, metadata=Metadata()), sample.hit(), 0, 5)
    assert _noted("Who chairs Alpha?", undated) == ("Posts change hands. The source of this is undated.",)


def test_the_date_is_that_of_the_post_s_own_sentence() -> None:
    old = replace(DOCUMENT, metadata=Metadata(sources=(Source(key="A1", date="July 2016"),)))
    parts = [
        (understand("When was Alpha set up?"), [Span(old, sample.hit(), 0, 5)]),
        (understand("who chairs it?"), [SPAN]),
    ]
    assert notes_on(parts, []) == ("Posts change hands. The source of this is dated 2021.",)


@pytest.mark.parametrize(
    "question",
    [
        "Who was the first chair of Alpha?",
        "Who chairs Alpha in 2019?",
        "Who set up Alpha?",
        "How many beds are there?",
        "Who are the members of Alpha?",
        "Who appointed the chief executive?",
        "Who wrote the foreword by the chair?",
    ],
    ids=str,
)
def test_elsewhere_nothing_is_noted(question: str) -> None:
    assert _noted(question) == ()
