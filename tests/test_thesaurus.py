"""assistant/thesaurus.py: users' words and papers' words for one thing."""

import pytest

from assistant.thesaurus import OTHERS, synonyms, with_plurals


@pytest.mark.parametrize(
    ("text", "word", "also"),
    [
        pytest.param("How many surgeries joined?", "surgeries", "practices", id="a lay word"),
        pytest.param("How many Surgeries joined?", "surgeries", "practices", id="capitals"),
        pytest.param("Is back-office work shared?", "back office", "corporate services", id="a hyphen"),
        pytest.param("Is back office work shared?", "back office", "corporate services", id="none"),
        pytest.param("Which kidneys service?", "kidneys", "renal", id="plural"),
        pytest.param("Who is the trust's boss?", "boss", "chief executive", id="two words for one"),
        pytest.param("Who is its chief executive?", "chief executive", "boss", id="and one for two"),
        pytest.param("How long is A&E's queue?", "a e", "emergency", id="signs"),
    ],
)
def test_a_word_is_also_called(text: str, word: str, also: str) -> None:
    assert also in dict(synonyms(text))[word]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("The feet of Labrador", id="words inside others"),
        pytest.param("Who chairs it?", id="no word of the field"),
    ],
)
def test_other_words_stay_what_they_are(text: str) -> None:
    assert synonyms(text) == ()


def test_every_word_leads_to_every_other_of_its_group_and_back() -> None:
    for phrase, others in OTHERS.items():
        for other in others:
            found = dict(synonyms(f"the {other}?"))
            back = [also for alsos in found.values() for also in alsos]
            assert any(synonyms(also) and phrase in dict(synonyms(also)) for also in back), (phrase, other)
            assert other not in OTHERS.get(other.lower(), ()), f"{other} is another word for itself"


def test_plurals_are_plain_ones() -> None:
    assert with_plurals(["hub", "a year", "surgery", "premises"]) == (
        "hub",
        "hubs",
        "a year",
        "a years",
        "surgery",
        "premises",
    )
