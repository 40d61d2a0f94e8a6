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


@pytest.mark.parametrize(
    ("question", "named", "later"),
    [
        pytest.param("When was the eye hub opened and who runs it?", (), "who runs it? (eye, hub, opened)", id="back"),
        pytest.param(
            "What did the hub win and what was the cash for?", (), "what was the cash for? (hub, win)", id="it"
        ),
        pytest.param("When did it open and what did WYAAT pay?", (), "what did WYAAT pay?", id="it names something"),
        pytest.param(
            "Compare what Alfa and Bravo cost, and when each opened",
            ("Alfa", "Bravo"),
            "when each opened (cost)",
            id="put to each of several: without their names",
        ),
        pytest.param(
            "What did the peer review find, and who led it?", (), "who led it? (peer, review)", id="words of every day"
        ),
        pytest.param("Compare Alfa and Bravo, and who pays?", ("Alfa", "Bravo"), "who pays?", id="no words but names"),
        pytest.param(
            "What does Alfa cost, and who pays?", ("Alfa",), "who pays? (Alfa, cost)", id="one: with its name"
        ),
    ],
)
def test_a_part_that_names_nothing_is_given_the_words_of_the_first(
    question: str, named: tuple[str, ...], later: str
) -> None:
    assert parts_of(understand(question), named)[-1][1].text == later


def test_a_question_put_to_all_stays_whole_and_one_that_compares_does_not() -> None:
    question = "Which collaboratives share a chair, and who is it?"
    assert [piece for piece, _ in parts_of(understand(question))] == [question]
    assert len(parts_of(understand("Compare Alfa and Bravo: who leads, and who pays?"), ("Alfa", "Bravo"))) == 2
