"""assistant/inquiry.py: how a question on several bodies is put to each of them."""

import pytest

from assistant.attribution import Mention
from assistant.inquiry import _put_to
from assistant.question import understand


@pytest.mark.parametrize(
    ("question", "names", "put"),
    [
        pytest.param(
            "Compare the annual fee of Alpha and the Beta Group",
            ["Alpha", "Beta Group"],
            ["the annual fee of Alpha", "the annual fee of the Beta Group"],
            id="compare A and B",
        ),
        pytest.param(
            "How do Alpha, Beta and Gamma pay for staff?",
            ["Alpha", "Beta", "Gamma"],
            ["How do Alpha pay for staff?", "How do Beta pay for staff?", "How do Gamma pay for staff?"],
            id="three in a row",
        ),
        pytest.param(
            "Which is bigger, Alpha or Beta?",
            ["Alpha", "Beta"],
            ["Which is bigger, Alpha?", "Which is bigger, Beta?"],
            id="A or B",
        ),
        pytest.param(
            "How does Alpha's fee differ from Beta's?",
            ["Alpha", "Beta"],
            ["How does Alpha's fee differ from Beta's?"] * 2,
            id="names apart stay",
        ),
        pytest.param("What is B+ (of A)?", ["A", "B+"], ["What is B+ (of A)?"] * 2, id="signs in a name"),
    ],
)
def test_a_question_on_several_bodies_is_put_to_each_without_the_others(
    question: str, names: list[str], put: list[str]
) -> None:
    mentions = [Mention(text=name, documents=(f"{name}.md",)) for name in names]
    assert [_put_to(understand(question), index, mentions).text for index in range(len(names))] == put
