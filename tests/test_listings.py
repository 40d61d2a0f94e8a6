"""assistant/listings.py: the list that an offset stands in or introduces."""

from dataclasses import replace

import pytest

from assistant.listings import listing_at, sentence_behind
from assistant.schema import Heading
from tests import answer_samples as sample
from tests.test_answerer import AIMS, BEGAN, DOCUMENT, HUB, INTRO, SPENT, TEXT


@pytest.mark.parametrize(
    ("sentence", "introduced", "items"),
    [
        pytest.param(INTRO, INTRO, 3, id="from its introduction"),
        pytest.param(AIMS[0], INTRO, 3, id="from its first item"),
        pytest.param("That takes time.", INTRO, 3, id="from within an item"),
    ],
)
def test_a_list_is_found(sentence: str, introduced: str, items: int) -> None:
    listing = listing_at(DOCUMENT, TEXT.index(sentence))
    assert listing is not None
    assert listing.intro is not None
    assert TEXT[slice(*listing.intro)] == introduced
    assert len(listing.items) == items
    assert TEXT[slice(*listing.items[1])] == "The second aim is to share staff. That takes time."


@pytest.mark.parametrize("sentence", [BEGAN, SPENT, HUB, "Costs", "Alpha"])
def test_elsewhere_there_is_no_list(sentence: str) -> None:
    assert listing_at(DOCUMENT, TEXT.index(sentence)) is None


def test_an_introduction_with_a_heading_behind_it_introduces_nothing() -> None:
    text = "It has aims:\n\nCosts\n\nNone."
    document = replace(sample.document(text=text), headings=(Heading(start=14, end=19, level=2, title="Costs"),))
    assert listing_at(document, 0) is None
    assert listing_at(sample.document(text="It has aims:"), 0) is None


@pytest.mark.parametrize(
    ("sentence", "behind"),
    [
        pytest.param(SPENT, "Ann Lee chairs it.", id="in the same paragraph"),
        pytest.param(HUB, "The Beta network was set up in 2022.", id="in the next one"),
        pytest.param("The third aim is to buy together.", None, id="a heading ends it"),
        pytest.param("Besides staff, the summit drew carers.", None, id="the end of the text"),
    ],
)
def test_the_sentence_behind_another_stands_under_the_same_heading(sentence: str, behind: str | None) -> None:
    found = sentence_behind(DOCUMENT, TEXT.index(sentence) + len(sentence))
    assert (found and TEXT[slice(*found)]) == behind
