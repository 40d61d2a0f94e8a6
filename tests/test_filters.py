"""assistant/filters.py: a filter leaves nothing else, and one that names nothing is an error."""

from collections.abc import Mapping, Sequence

import pytest

from assistant.errors import CasebookError
from assistant.pipeline import Assistant
from tests.answer_laws import keeps_the_laws

BACKLOG = "How did the Black Country reduce its elective backlog?"


@pytest.mark.parametrize(
    ("only", "documents"),
    [
        pytest.param({"collaborative": ["wyaat"]}, {"west-yorkshire-wyaat.md"}, id="an alias in small letters"),
        pytest.param({"document": ["cmast.md"]}, {"cmast.md"}, id="a document"),
        pytest.param({"document": ["cmast.md", "ncel-camhs.md"]}, {"cmast.md", "ncel-camhs.md"}, id="either of two"),
        pytest.param({"topic": ["robotic surgery"]}, {"black-country.md"}, id="a topic"),
        pytest.param(
            {"document": ["cmast.md", "black-country.md"], "topic": ["robotic surgery"]},
            {"black-country.md"},
            id="both filters",
        ),
    ],
)
def test_a_filter_leaves_nothing_else(
    casebook: Assistant, only: Mapping[str, Sequence[str]], documents: set[str]
) -> None:
    for question in ("How were waiting lists cut?", "Who chairs it?"):
        answer = casebook.ask(question, only=only)
        assert {hit.passage.document_id for hit in answer.hits} <= documents
        assert {citation.document_id for citation in answer.citations} <= documents
        assert answer.hits
        keeps_the_laws(casebook, answer)


def test_filters_that_exclude_each_other_leave_nothing(casebook: Assistant) -> None:
    only = {"document": ["cmast.md"], "topic": ["robotic surgery"]}
    answer = casebook.ask("How were waiting lists cut?", only=only)
    assert (answer.reason, answer.hits) == ("nothing_retrieved", ())
    assert casebook.search("waiting lists", only=only) == ()


def test_a_filter_beats_the_body_that_a_question_names(casebook: Assistant) -> None:
    answer = casebook.ask(BACKLOG, only={"document": ["cmast.md"]})
    assert {hit.passage.document_id for hit in answer.hits} <= {"cmast.md"}
    assert answer.abstained
    keeps_the_laws(casebook, answer)


@pytest.mark.parametrize(
    ("only", "words"),
    [
        pytest.param({"colour": ["red"]}, ["'colour' is no filter", "collaborative", "topic"], id="no such filter"),
        pytest.param(
            {"collaborative": ["Atlantis"]}, ["No document has collaborative 'Atlantis'", "Known: "], id="no body"
        ),
        pytest.param({"document": ["cmast"]}, ["No document has document 'cmast'", "cmast.md"], id="an id cut short"),
    ],
)
def test_a_filter_that_names_nothing_is_an_error(
    casebook: Assistant, only: Mapping[str, Sequence[str]], words: Sequence[str]
) -> None:
    with pytest.raises(CasebookError) as refusal:
        casebook.ask("How?", only=only)
    assert all(word in str(refusal.value) for word in words)
