"""assistant/notes.py: what Casebook says beside an answer, and when it says nothing."""

import pytest

from assistant.answerer import Span
from assistant.notes import notes_on
from assistant.question import understand
from tests import answer_samples as sample

DOCUMENT = sample.document()
SPAN = Span(DOCUMENT, sample.hit(), 0, 5)


def test_a_part_and_a_body_without_an_answer_are_named() -> None:
    said = notes_on(understand("How many beds, and who paid?"), [SPAN], ["who paid?"], ["Beta"])
    assert said == ("No passage found answers this part: “who paid?”", "No passage found answers this about Beta.")


def test_differing_figures_are_dated() -> None:
    differing = Span(DOCUMENT, sample.hit(), 0, 5, differs=True)
    (said,) = notes_on(understand("How many beds?"), [differing, differing, SPAN], [], [])
    assert said == "The sources give different figures, the newest first: 2021; 2021."


@pytest.mark.parametrize(
    "question",
    ["Who chairs Alpha?", "Who is Alpha's chief executive?", "who's in charge of Alpha", "Who currently leads it?"],
    ids=str,
)
def test_of_a_post_the_date_is_given(question: str) -> None:
    assert notes_on(understand(question), [SPAN], [], []) == (
        "Posts change hands. This is as its source had it: 2021.",
    )


@pytest.mark.parametrize(
    "question",
    [
        "Who was the first chair of Alpha?",
        "Who chaired Alpha in 2019?",
        "Who set up Alpha?",
        "How many beds are there?",
        "Who are the members of Alpha?",
    ],
    ids=str,
)
def test_elsewhere_nothing_is_noted(question: str) -> None:
    assert notes_on(understand(question), [SPAN], [], []) == ()
