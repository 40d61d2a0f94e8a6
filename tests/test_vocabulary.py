"""assistant/vocabulary.py: the words of a corpus, which a question's slips, short forms and names are held against."""

import pytest

from assistant.attribution import Bodies
from assistant.pipeline import Assistant
from assistant.question import understand
from assistant.refusal import unknown_body, unknown_names
from assistant.vocabulary import Vocabulary
from tests import answer_samples as sample
from tests import corpus_check as check


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary(check.page(slug).documents[0] for slug in check.slugs())


@pytest.mark.parametrize(
    ("question", "name"),
    [
        pytest.param("How did Frimley cut its waits?", "Frimley", id="a place that is not here"),
        pytest.param("What does the Gloucestershire collaborative do?", "Gloucestershire", id="a county"),
        pytest.param("What did Barbara Plimsoll say about the hub?", "Barbara Plimsoll", id="a person"),
        pytest.param("What do Walsall and Frimley share?", "Frimley", id="one of two, and not the other"),
    ],
)
def test_a_name_that_the_corpus_does_not_hold_is_unknown(vocabulary: Vocabulary, question: str, name: str) -> None:
    assert name in unknown_names(understand(question), vocabulary)


@pytest.mark.parametrize(
    "question",
    [
        "How did Wolverhampton cut its waits?",
        "What did Diane Wake want?",
        "Who is Professor Mike Thomas?",
        "What is GIRFT?",
        "How did the NHS treat backlogs?",
        "What does Sandwell and West Birmingham do?",
        "Tell Me About The Lessons",
    ],
)
def test_a_name_that_it_holds_is_known(vocabulary: Vocabulary, question: str) -> None:
    assert unknown_names(understand(question), vocabulary) == ()


def test_a_word_of_the_language_that_no_document_has_is_no_slip() -> None:
    page = sample.document(text="Trusts were spending more on theatres and chose four sites.")
    known = {"sending", "choose"}.__contains__
    assert Vocabulary([page]).corrected("Who is sending them?") == "Who is spending them?"
    assert Vocabulary([page], known).corrected("Who is sending them?") == "Who is sending them?"
    assert Vocabulary([page], known).corrected("Who is spendng more?") == "Who is spending more?"


def test_a_word_two_letters_away_from_another_is_itself() -> None:
    page = sample.document(text="Its fragility will begin to fall, and endoscopy will grow at Wolverhampton.")
    vocabulary = Vocabulary([page])
    assert vocabulary.corrected("What of frailty and binge eating?") == "What of frailty and binge eating?"
    assert vocabulary.corrected("endsocopy at Wolverhamton") == "endoscopy at Wolverhampton"


def test_a_short_name_of_a_county_is_written_out_where_the_corpus_has_it(casebook: Assistant) -> None:
    vocabulary = casebook._current().vocabulary
    assert vocabulary.corrected("Who runs Lancs and Glos?") == "Who runs Lancashire and Glos?"


def test_only_a_rare_abbreviation_is_written_out_for_the_search() -> None:
    page = sample.document(text="A community diagnostic centre (CDC) opened. The CDC is busy.")
    words = Vocabulary([page])
    assert words.expanded("Is the CDC open?", lambda _: True) == "Is the CDC open? (community diagnostic centre)"
    assert words.expanded("Is the CDC open?", lambda _: False) == "Is the CDC open?"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        pytest.param("South West and South East London?", "South West London and South East London?", id="two"),
        pytest.param(
            "North West, South West & South East London",
            "North West London, South West London & South East London",
            id="3",
        ),
        pytest.param("NW London", "North West London", id="short"),
        pytest.param("nw and SE London", "North West London and South East London", id="two short ones"),
        pytest.param("NW of London", "NW of London", id="a direction"),
        pytest.param("South West and London", "South West and London", id="no part"),
        pytest.param("South East London", "South East London", id="one"),
    ],
)
def test_parts_of_london_share_its_name(text: str, whole: str) -> None:
    assert Vocabulary([sample.document(text="North South East West London.")]).corrected(text) == whole


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        pytest.param("How did they build trust?", "How did they build trusting relationships?", id="built"),
        pytest.param(
            "Lessons on trust before hard decisions", "Lessons on trusting relationships before hard decisions", id="on"
        ),
        pytest.param(
            "What made people trust each other?",
            "What made people have trusting relationships with each other?",
            id="a verb",
        ),
        pytest.param(
            "Once they trusted one another?", "Once they had trusting relationships with one another?", id="past"
        ),
        *(
            pytest.param(same, same, id=same)
            for same in (
                "Who chairs the board of each trust?",
                "How was the new trust formed?",
                "What is the split of ICB and trust money?",
                "What did the newly created trust and its board do?",
                "Who won trust headquarters?",
                "How did relationships and building trust help?",
            )
        ),
    ],
)
def test_trust_between_people_is_no_trust_that_runs_hospitals(text: str, meant: str) -> None:
    assert Vocabulary([]).corrected(text) == meant


@pytest.mark.parametrize(
    ("question", "name"),
    [
        pytest.param("Who leads the Preston and Lancaster alliance?", "Preston and Lancaster", id="of known words"),
        pytest.param("Who leads the Preston acute provider collaborative?", "Preston", id="words between"),
        pytest.param("Who leads the Preston hospital?", None, id="no body"),
        pytest.param("Who leads the Great North Healthcare alliance?", None, id="one that a page names"),
        pytest.param("Who leads the Leicestershire collaborative?", None, id="a place of a body here"),
        pytest.param("Who leads the BSol mental health collaborative?", None, id="an abbreviation"),
        pytest.param(
            "Which Preston hospitals did the Foundation Group alliance join?", None, id="and a body that is here"
        ),
    ],
)
def test_a_collaborative_that_no_page_names_is_unknown(question: str, name: str | None) -> None:
    bodies = Bodies(check.page(slug).documents[0] for slug in check.slugs())
    assert unknown_body(understand(question), bodies) == name
