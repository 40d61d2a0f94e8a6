"""frontend/examples.py: questions to start with, each with an answer."""

import frontend_fakes as fakes
import pytest
from frontend_seen import is_ours

from frontend import render
from frontend.chat import Desk
from frontend.examples import SHOWN, TRIED, candidates, example_questions, spoken_name


def test_examples_are_questions_that_get_an_answer() -> None:
    fake = fakes.FakeAssistant()
    assert example_questions(fake) == (fakes.LESSONS,)  # type: ignore[arg-type]
    assert len(fake.asked) <= TRIED
    welcome = is_ours(Desk(fake).start().log)  # type: ignore[arg-type]
    assert welcome.texts("cb-example") == [fakes.LESSONS]
    assert not is_ours(render.welcome(())).texts("cb-example")


def test_examples_take_turns_between_the_case_studies() -> None:
    blocks = [(1, "T"), (2, "Why it was formed"), (2, "Lessons"), (2, "Results")]
    pages = tuple(fakes.document(f"{n}.md", blocks, collaborative=f"Body {n}") for n in range(SHOWN))
    first = list(candidates(pages))[:SHOWN]
    assert [f"Body {n}" in question for n, question in enumerate(first)] == [True] * SHOWN
    assert len({question.split("Body")[0] for question in first}) == 3


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        pytest.param("Anytown Provider Collaborative", "the Anytown Provider Collaborative", id="common noun"),
        pytest.param("The Anytown Group", "The Anytown Group", id="has its article"),
        pytest.param("WYAAT", "WYAAT", id="letters"),
    ],
)
def test_names_take_an_article_where_english_wants_one(name: str, spoken: str) -> None:
    assert spoken_name(name) == spoken
