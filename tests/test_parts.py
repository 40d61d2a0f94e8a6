"""assistant/parts.py: a question taken into the parts that it joins, and put to one of several bodies."""

import pytest

from assistant.attribution import Mention
from assistant.parts import parts_of, put_to
from assistant.question import understand


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


def test_a_question_on_two_bodies_is_put_to_each_without_the_other() -> None:
    mentions = (Mention(text="WYAAT", documents=("a.md",)), Mention(text="CMAST", documents=("b.md",)))
    asked = understand("Compare the fees of WYAAT and CMAST")
    assert put_to(asked, 0, mentions).text == "the fees of WYAAT"
    assert put_to(asked, 1, mentions).text == "the fees of CMAST"
