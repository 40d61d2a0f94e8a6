"""assistant/parts.py: a question taken into the parts that it joins, and put to one of several bodies."""

import pytest

from assistant.attribution import Bodies, Mention
from assistant.parts import compared, parts_of, put_to
from assistant.question import understand
from tests import answer_samples as sample


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        pytest.param("When was it set up?", ["When was it set up?"], id="one"),
        pytest.param("When was it set up, and who chairs it?", ["When was it set up", "who chairs it?"], id="two"),
        pytest.param("When and how was it set up?", ["When and how was it set up?"], id="two words that ask, one verb"),
        pytest.param(
            "Explain how and why it began.", ["Explain how and why it began."], id="an order of the same kind"
        ),
        pytest.param(
            "How do others save and what do they pay?", ["How do others save", "what do they pay?"], id="others"
        ),
        pytest.param("and who pays?", ["and who pays?"], id="nothing before"),
    ],
)
def test_the_parts_of_a_question(question: str, parts: list[str]) -> None:
    assert [piece for piece, _ in parts_of(understand(question))] == parts


def test_a_part_that_points_back_is_given_the_words_of_the_first() -> None:
    _, (piece, later) = parts_of(understand("When was the eye hub opened and who runs it?"))
    assert piece == "who runs it?"
    assert later.text == "who runs it? (eye, hub, opened)"


def test_a_part_that_points_back_and_names_nobody_is_given_them_however_long() -> None:
    _, (_, later) = parts_of(understand("When did the eye hub open and how many patients does it treat each year?"))
    assert later.text.endswith("(eye, hub, open)")
    _, (piece, named) = parts_of(understand("When did the eye hub open and which of its lists did WYAAT take over?"))
    assert named.text == piece


def _put(question: str, *names: str) -> list[str]:
    mentions = [Mention(text=name, documents=(f"{name}.md",)) for name in names]
    return [put_to(understand(question), index, mentions).text for index in range(len(names))]


@pytest.mark.parametrize(
    ("question", "names", "put"),
    [
        pytest.param(
            "Compare the fees of WYAAT and CMAST",
            ["WYAAT", "CMAST"],
            ["WYAAT: the fees of WYAAT", "CMAST: the fees of CMAST"],
            id="two",
        ),
        pytest.param(
            "How do WYAAT, CMAST or EMAP share staff?",
            ["WYAAT", "CMAST", "EMAP"],
            ["WYAAT: How do WYAAT share staff?", "CMAST: How do CMAST share staff?", "EMAP: How do EMAP share staff?"],
            id="three",
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
            "What did WYAAT do that helped CMAST?",
            ["WYAAT", "CMAST"],
            ["WYAAT: What did WYAAT do that helped CMAST?", "CMAST: What did WYAAT do that helped CMAST?"],
            id="not in one row: as it is",
        ),
        pytest.param(
            "Who chairs it?", ["WYAAT", "CMAST"], ["WYAAT: Who chairs it?", "CMAST: Who chairs it?"], id="none"
        ),
        pytest.param(
            "Which began with Covid - compare WYAAT and CMAST",
            ["WYAAT", "CMAST"],
            ["WYAAT: Which began with Covid WYAAT", "CMAST: Which began with Covid CMAST"],
            id="an order at the end",
        ),
    ],
)
def test_a_question_on_several_bodies_is_put_to_each_by_name(question: str, names: list[str], put: list[str]) -> None:
    assert _put(question, *names) == put


@pytest.fixture(scope="module")
def bodies() -> Bodies:
    text = "Alpha\n\nAlpha runs hubs in Ayton, Beeton and the Long Hill Hospital. NHS England pays."
    pages = [sample.document(text=text), sample.document("beta.md", "Beta", "Beta works with NHS England in Ceeton.")]
    generic = [sample.document(f"{n}.md", f"Body{n}", "NHS England pays.") for n in range(3)]
    return Bodies([*pages, *generic])


@pytest.mark.parametrize(
    ("question", "names"),
    [
        pytest.param("Compare Ayton and the hub in Beeton", ["Ayton", "Beeton"], id="two towns"),
        pytest.param("How do Ayton and Beeton differ?", ["Ayton", "Beeton"], id="joined like one name"),
        pytest.param("What do Long Hill Hospital and Beta each cost?", ["Long Hill Hospital", "Beta"], id="and a body"),
        pytest.param("Who runs Ayton and Beeton?", [], id="not side by side"),
        pytest.param("Compare Ayton and Deeton", [], id="one that is nowhere"),
        pytest.param(
            "Compare how Alpha and Beta work with NHS England", ["Alpha", "Beta"], id="one that is everywhere"
        ),
        pytest.param("How does Alpha differ from what was said by people in Ceeton?", ["Alpha"], id="not joined"),
        pytest.param("Compare Alpha and the CDCs", ["Alpha"], id="an abbreviation"),
    ],
)
def test_what_a_question_sets_side_by_side(bodies: Bodies, question: str, names: list[str]) -> None:
    found = compared(understand(question), bodies)
    assert [mention.text for mention in found] == names
    assert all(mention.documents for mention in found)
    assert [mention.is_body for mention in found] == [name in {"Alpha", "Beta"} for name in names]
