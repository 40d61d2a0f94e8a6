"""assistant/parts.py: a question taken into the parts that it joins."""

import pytest

from assistant.parts import parts_of
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
        pytest.param(
            "How many trusts has it and how does that compare with CMAST?",
            ["How many trusts has it"],
            id="whom to set it beside is no question of its own",
        ),
        pytest.param("Who" + " and why" * 3 + "?", ["Who and why and why and why?"], id="nothing said in the first"),
        pytest.param("Who pays" + " and why" * 3, ["Who pays", "why", "why", "why"], id="four"),
        pytest.param("Who pays" + " and why" * 4, ["Who pays and why and why and why and why"], id="too many"),
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
