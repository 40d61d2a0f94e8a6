"""assistant/comparison.py: whom a question sets side by side, whom it leaves out, and how it is put to each."""

import time

import pytest

from assistant.attribution import Bodies, Mention
from assistant.comparison import compared, excluding, put_to
from assistant.question import understand
from tests import answer_samples as sample
from tests import corpus_check as check


def _put(question: str, *names: str) -> list[str]:
    mentions = [Mention(text=name, documents=(f"{name}.md",)) for name in names]
    return [put_to(understand(question), index, mentions).text for index in range(len(names))]


@pytest.mark.parametrize(
    ("question", "names", "put"),
    [
        pytest.param(
            "Compare the fees of Alfa and Bravo",
            ["Alfa", "Bravo"],
            ["Alfa: the fees of Alfa", "Bravo: the fees of Bravo"],
            id="compare Alfa and Bravo",
        ),
        pytest.param(
            "Compare Alfa with Bravo on fees",
            ["Alfa", "Bravo"],
            ["Alfa: Alfa on fees", "Bravo: Bravo on fees"],
            id="compare Alfa with Bravo",
        ),
        pytest.param(
            "How do Alfa, Bravo or Charlie share staff?",
            ["Alfa", "Bravo", "Charlie"],
            [
                "Alfa: How do Alfa share staff?",
                "Bravo: How do Bravo share staff?",
                "Charlie: How do Charlie share staff?",
            ],
            id="three",
        ),
        pytest.param(
            "Which is bigger, Alfa or Bravo?",
            ["Alfa", "Bravo"],
            ["Alfa: Which is bigger, Alfa?", "Bravo: Which is bigger, Bravo?"],
            id="or",
        ),
        pytest.param(
            "Staff: Alfa/Bravo?", ["Alfa", "Bravo"], ["Alfa: Staff: Alfa?", "Bravo: Staff: Bravo?"], id="a stroke"
        ),
        pytest.param(
            "Ops a year at the Maidstone bone centre vs the Winchester hub?",
            ["Maidstone", "Winchester"],
            [
                "Maidstone: Ops a year at the Maidstone bone centre hub?",
                "Winchester: Ops a year at the Winchester hub?",
            ],
            id="with what is named, not the name alone",
        ),
        pytest.param(
            "What do the eye hub in Alfa and the new CDCs in Bravo cost?",
            ["Alfa", "Bravo"],
            ["Alfa: What do the eye hub in Alfa cost?", "Bravo: What do the eye hub in the new CDCs in Bravo cost?"],
            id="a thing of each",
        ),
        pytest.param(
            "Compare Alfa's robots and Bravo's robots",
            ["Alfa", "Bravo"],
            ["Alfa: Alfa's robots", "Bravo: Bravo's robots"],
            id="a genitive",
        ),
        pytest.param(
            "Compare Alfa (the old one) and Bravo",
            ["Alfa", "Bravo"],
            ["Alfa: Alfa (the old one)", "Bravo: What is Bravo?"],
            id="a bracket",
        ),
        pytest.param(
            "Is Alfa bigger than Bravo?",
            ["Alfa", "Bravo"],
            ["Alfa: Is Alfa bigger?", "Bravo: Is Bravo bigger?"],
            id="than, with the verb",
        ),
        pytest.param(
            "Did more people wait in Alfa than in the Bravo area?",
            ["Alfa", "Bravo"],
            ["Alfa: Did more people wait in Alfa area?", "Bravo: Did more people wait in the Bravo area?"],
            id="than, behind the name",
        ),
        pytest.param(
            "How does Alfa differ from Bravo in its fees?",
            ["Alfa", "Bravo"],
            [
                "Alfa: How does Alfa differ from Bravo in its fees?",
                "Bravo: How does Alfa differ from Bravo in its fees?",
            ],
            id="differ from stays",
        ),
        pytest.param(
            "What did Alfa do that helped Bravo?",
            ["Alfa", "Bravo"],
            ["Alfa: What did Alfa do that helped Bravo?", "Bravo: What did Alfa do that helped Bravo?"],
            id="not in one row: as it is",
        ),
        pytest.param(
            "When was Alfa founded and when was Bravo founded?",
            ["Alfa", "Bravo"],
            [
                "Alfa: When was Alfa founded and when was Bravo founded?",
                "Bravo: When was Alfa founded and when was Bravo founded?",
            ],
            id="two questions are no row",
        ),
        pytest.param(
            "How many has Alfa?",
            ["Alfa", "Bravo"],
            ["Alfa: How many has Alfa?", "Bravo: How many has Bravo?"],
            id="asked of another",
        ),
        pytest.param("Who pays?", ["Alfa", "Bravo"], ["Alfa: Who pays?", "Bravo: Who pays?"], id="neither is there"),
        pytest.param(
            "What is B+ (of Alfa)?",
            ["Alfa", "B+"],
            ["Alfa: What is B+ (of Alfa)?", "B+: What is B+ (of Alfa)?"],
            id="signs",
        ),
        pytest.param(
            "Which began with Covid - compare Alfa and Bravo",
            ["Alfa", "Bravo"],
            ["Alfa: Which began with Covid Alfa", "Bravo: Which began with Covid Bravo"],
            id="an order at the end",
        ),
        pytest.param(
            "Please compare and contrast Alfa and Bravo",
            ["Alfa", "Bravo"],
            ["Alfa: What is Alfa?", "Bravo: What is Bravo?"],
            id="no more",
        ),
    ],
)
def test_a_question_on_several_bodies_is_put_to_each_by_name(question: str, names: list[str], put: list[str]) -> None:
    assert _put(question, *names) == put


@pytest.fixture(scope="module")
def bodies() -> Bodies:
    text = "Alpha\n\nAlpha runs hubs in Ayton, Beeton and the Long Hill Hospital. NHS England pays in May 2021."
    beta = "Beta works with NHS England, CDCs and Chelwood and Westmere in Ceeton."
    pages = [sample.document(text=text), sample.document("beta.md", "Beta", beta)]
    pages[1] = sample.named(pages[1], trusts=("Chelwood and Westmere NHS Trust",))
    generic = [sample.document(f"{n}.md", f"Body{n}", "NHS England pays.") for n in range(3)]
    glossary = sample.named(sample.document("g.md", "", "Deeton: a town."), type="glossary")
    return Bodies([*pages, *generic, glossary])


@pytest.mark.parametrize(
    ("question", "names"),
    [
        pytest.param("Compare Ayton and the hub in Beeton", ["Ayton", "Beeton"], id="two towns"),
        pytest.param("How do Ayton and Beeton differ?", ["Ayton", "Beeton"], id="joined like one name"),
        pytest.param("Waits in Ayton vs Beeton?", ["Ayton", "Beeton"], id="vs"),
        pytest.param("Compare Ayton's and Beeton's waits", ["Ayton", "Beeton"], id="genitives"),
        pytest.param("What do Long Hill Hospital and Beta each cost?", ["Long Hill Hospital", "Beta"], id="and a body"),
        pytest.param(
            "Compare Chelwood and Westmere and Ayton", ["Chelwood and Westmere", "Ayton"], id="a trust with an and"
        ),
        pytest.param("Compare Beta and Alpha", ["Beta", "Alpha"], id="in their order"),
        pytest.param("Who runs Ayton and Beeton?", ["Ayton"], id="not side by side: one thing, of the page with most"),
        pytest.param("What happens in Beeton?", ["Beeton"], id="a thing alone"),
        pytest.param("Who runs Deeton?", ["Deeton"], id="a thing that only a page on no body holds"),
        pytest.param("Which hubs are like Beeton's?", ["Beeton"], id="a thing among many"),
        pytest.param("What do collaboratives do in Beeton?", [], id="asked of all"),
        pytest.param("Who pays for CDCs?", [], id="an abbreviation alone"),
        pytest.param("What does NHS England pay?", [], id="what is everywhere"),
        pytest.param("Compare Ayton and Eeton", [], id="one that is nowhere"),
        pytest.param("Compare Ayton and Deeton", [], id="one that only the glossary has"),
        pytest.param("Compare how Alpha and Beta use NHS England", ["Alpha", "Beta"], id="one that is everywhere"),
        pytest.param("How does Alpha differ from what was said by people in Ceeton?", ["Alpha"], id="not joined"),
        pytest.param("Compare Alpha and CDCs", ["Alpha"], id="an abbreviation"),
        pytest.param("Were more seen at Alpha in May 2021 than in Ayton?", ["Alpha"], id="a month"),
        pytest.param("What do Alpha and the Alpha collaborative each do?", ["Alpha"], id="one body under two names"),
    ],
)
def test_what_a_question_sets_side_by_side(bodies: Bodies, question: str, names: list[str]) -> None:
    found = compared(understand(question), bodies)
    assert [mention.text for mention in found] == names
    assert all(mention.documents for mention in found)
    assert [mention.is_body for mention in found] == [name in {"Alpha", "Beta"} for name in names]


def test_a_thing_is_looked_for_on_the_pages_that_hold_most_of_what_is_named(bodies: Bodies) -> None:
    (thing,) = compared(understand("Does Ayton work with the Long Hill Hospital or Ceeton?"), bodies)
    assert (thing.documents, thing.is_body) == (("alpha.md",), False)
    assert compared(understand("Who runs Ayton?"), Bodies([sample.document(text="Ayton is a town.")])) == ()


@pytest.mark.parametrize(
    ("question", "asked", "out"),
    [
        pytest.param("Who other than Alpha pays?", "Who pays?", {"alpha.md"}, id="other than"),
        pytest.param("Apart from Alpha and the Beta, who pays?", "who pays?", {"alpha.md", "beta.md"}, id="two"),
        pytest.param("Who pays, other than Alpha, what Beta pays?", "Who pays what Beta pays?", {"alpha.md"}, id="one"),
        pytest.param("Unlike Alpha, how is Beta paid?", "how is Beta paid?", {"alpha.md"}, id="unlike"),
        pytest.param("Who pays Alpha?", "Who pays Alpha?", set(), id="nobody"),
        pytest.param("Who other than Ayton pays?", "Who other than Ayton pays?", set(), id="what is no body"),
        pytest.param("Except Alpha?", "Except Alpha?", set(), id="nothing else is asked"),
    ],
)
def test_whom_a_question_leaves_out(bodies: Bodies, question: str, asked: str, out: set[str]) -> None:
    rest, documents = excluding(understand(question), bodies)
    assert (rest.text, documents) == (asked, out)


def test_no_more_are_asked_than_is_worth_a_search_each() -> None:
    corpus = Bodies(check.page(slug).documents[0] for slug in check.slugs())
    names = [corpus.short_name(f"{slug}.md") for slug in check.slugs()]
    asked = understand(f"Compare {', '.join(names)}")
    assert 1 < len(compared(asked, corpus)) <= 8


@pytest.mark.parametrize("piece", ["A, ", "Ayton and ", "and who ", "the ", "Ayton/", "(", "Alpha's "])
def test_a_long_question_is_taken_apart_at_once(bodies: Bodies, piece: str) -> None:
    asked = understand("Compare Alpha and Beta " + piece * (2_000 // len(piece)))
    began = time.process_time()
    mentions = compared(asked, bodies)
    for index in range(len(mentions)):
        put_to(asked, index, mentions)
    excluding(asked, bodies)
    assert time.process_time() - began < 2
