"""assistant/conversation.py: a follow-up and its history → a question that stands by itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.attribution import Bodies
from assistant.conversation import standalone
from assistant.schema import Metadata, Turn
from tests.answer_samples import document

NORFOLK = replace(document("norfolk.md", "Gamma"), metadata=Metadata(region="East of England - Norfolk"))
BODIES = Bodies([document("alpha.md", "Alpha Alliance"), document("beta.md", "Beta Group"), NORFOLK])


def _turns(*texts: str) -> list[Turn]:
    """Return what a user said, with an answer between."""
    return [turn for text in texts for turn in (Turn(role="user", text=text), Turn(role="assistant", text="So it is."))]


@pytest.mark.parametrize(
    ("earlier", "question", "carried"),
    [
        pytest.param(["What is the Alpha Alliance?"], "Who leads it?", "Alpha Alliance", id="it"),
        pytest.param(
            ["What is the Alpha Alliance?", "Is it big?"], "And how old is it?", "Alpha Alliance", id="two back"
        ),
        pytest.param(
            ["The Alpha Alliance?", "The Beta Group?"], "What do they spend on beds?", "Beta Group", id="last"
        ),
        pytest.param(
            ["How many beds has the Alpha Alliance?"], "Why?", "beds", id="why alone keeps the question's words"
        ),
        pytest.param(
            ["How many beds has the Alpha Alliance?"], "What about the Beta Group?", "beds", id="another body"
        ),
        pytest.param(
            ["How many beds has the Alpha Alliance?"],
            "How does that compare with the Beta Group?",
            "Alpha Alliance",
            id="a comparison with another body",
        ),
        pytest.param(["How many beds has Alpha?", "What of Norfolk?"], "Who leads it?", "Norfolk", id="a place"),
        pytest.param(["What is One LSC?"], "When was it set up?", "One LSC", id="a name whole"),
        pytest.param(["Which beds closed?"], "How do other collaboratives do this?", "beds", id="of all, and no topic"),
    ],
)
def test_what_a_follow_up_carries_over(earlier: Sequence[str], question: str, carried: str) -> None:
    found = standalone(question, _turns(*earlier), BODIES)
    assert found.text.startswith(question)
    assert carried in found.text
    assert carried in found.carried


def test_a_follow_up_on_another_body_leaves_the_first_one_behind() -> None:
    found = standalone("What about the Beta Group?", _turns("How many beds has the Alpha Alliance?"), BODIES)
    assert "Alpha" not in found.text


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        pytest.param([], "Who leads it?", id="no history"),
        pytest.param(["What is the Alpha Alliance?"], "How many beds does the Beta Group have?", id="its own body"),
        pytest.param(
            ["What is the Alpha Alliance?"], "Which hospitals opened surgical hubs?", id="points nowhere back"
        ),
        pytest.param(
            ["What is the Alpha Alliance?"],
            "Are there any collaboratives with a shared chief executive?",
            id="of all",
        ),
        pytest.param(["What is the Alpha Alliance?"], "", id="nothing"),
        pytest.param(["", "  "], "Who leads it?", id="a history of nothing"),
    ],
)
def test_what_stands_by_itself_stays_as_it_is(earlier: Sequence[str], question: str) -> None:
    assert standalone(question, _turns(*earlier), BODIES).text == question


def test_only_what_the_user_said_counts() -> None:
    turns = [
        Turn(role="user", text="What is the Alpha Alliance?"),
        Turn(role="assistant", text="The Beta Group is near."),
    ]
    assert "Beta" not in standalone("Who leads it?", turns, BODIES).text


turns = st.lists(st.builds(Turn, role=st.sampled_from(["user", "assistant"]), text=st.text(max_size=40)), max_size=4)


@given(st.text(max_size=60), turns)
def test_the_question_itself_is_never_changed(question: str, history: list[Turn]) -> None:
    found = standalone(question, history, BODIES)
    assert found.text.startswith(question.strip())
    assert bool(found.carried) == (found.text != question.strip())
    assert found == standalone(question, history, BODIES)


@pytest.mark.parametrize(
    ("earlier", "question", "has_context"),
    [
        pytest.param("What is the Alpha Alliance?", "What were the first priorities?", True, id="goes on"),
        pytest.param("What is the Alpha Alliance?", "How many beds has the Alpha Alliance?", True, id="the same body"),
        pytest.param("What is the Alpha Alliance?", "How many beds has the Beta Group?", False, id="another body"),
    ],
)
def test_the_exchange_before_is_searched_with_unless_the_topic_is_another(
    earlier: str, question: str, has_context: bool
) -> None:
    context = standalone(question, _turns(earlier), BODIES).context
    assert context == (f"{earlier} So it is." if has_context else "")


def test_a_thin_follow_up_to_a_thin_follow_up_still_knows_the_topic() -> None:
    earlier = _turns("What did the Alpha Alliance learn about surgical robots?", "So how many did it buy?")
    assert {"surgical", "robots", "buy"} <= set(standalone("What is that costing?", earlier, BODIES).carried)
