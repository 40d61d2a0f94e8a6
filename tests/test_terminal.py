"""assistant/terminal.py: answers, passages and documents as plain text."""

import re

import pytest

from assistant.schema import REASONS, Sentence, Source
from assistant.terminal import citation_lines, show_answer, show_document, show_hits, source_line
from tests import answer_samples as sample

BEDS, LISTS = "Alpha opened 20 beds in May 2021.", "Waiting lists fell by 12%."


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_an_answer_shows_each_sentence_with_its_mark_and_each_source_once() -> None:
    shown = show_answer(sample.answer(BEDS, LISTS))
    assert f"{BEDS} [1]\n{LISTS} [2]\n" in shown
    assert shown.count("Sources") == 1
    assert re.findall(r"^\[(\d)\] ", shown, re.M) == ["1", "2"]
    assert "News: beds, Alpha NHS Trust, 2021," in shown


def test_a_sentence_with_two_citations_shows_both_marks() -> None:
    answer = sample.answer(BEDS, LISTS, sentences=(Sentence(text=BEDS, citations=(1, 2)),))
    assert f"{BEDS} [1][2]" in show_answer(answer)


def test_what_was_searched_for_is_said_only_where_it_differs() -> None:
    assert "Searched for" not in show_answer(sample.answer(BEDS))
    assert "Searched for" not in show_answer(sample.answer(BEDS, question=" How many beds? \n"))
    answer = sample.answer(BEDS, searched_for="How many beds? (Alpha)")
    assert show_answer(answer).startswith("Searched for: How many beds? (Alpha)\n\n")


def test_a_note_stands_between_the_answer_and_its_sources() -> None:
    shown = show_answer(sample.answer(BEDS, notes=("No passage found answers this by itself: “why?”",)))
    assert f"{BEDS} [1]\n\nNote: No passage found answers this by itself: “why?”\n\nSources\n" in shown


def test_sentences_from_several_documents_stand_under_their_names() -> None:
    beta = sample.document("beta.md", "Beta")
    answer = sample.answer(
        citations=(sample.citation(BEDS), sample.citation(LISTS, 2, beta), sample.citation("20 beds", 3)),
        sentences=tuple(Sentence(text=text, citations=(n,)) for n, text in enumerate((BEDS, LISTS, "20 beds"), 1)),
    )
    assert show_answer(answer).startswith(f"Alpha:\n{BEDS} [1]\n\nBeta:\n{LISTS} [2]\n\nAlpha:\n20 beds [3]\n")


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_shows_its_words_and_no_mark(reason: str) -> None:
    shown = show_answer(sample.refusal(reason, REASONS[reason]))
    assert shown.startswith(REASONS[reason])
    assert not re.search(r"\[\d+\]", shown)
    assert "Sources" not in shown
    assert ("Nearest passages, not an answer:" in shown) == (reason not in {"clinical_advice", "personal_data"})


def test_a_refusal_without_hits_is_its_words_alone() -> None:
    answer = sample.refusal("empty_question", REASONS["empty_question"], hits=(), question="", searched_for="")
    assert show_answer(answer) == REASONS["empty_question"]


def test_a_refusal_shows_three_passages_at_most() -> None:
    shown = show_answer(sample.refusal("weak_evidence", "No.", hits=tuple(sample.hit(rank) for rank in range(1, 9))))
    assert shown.count("  - ") == 3


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (Source(key="A", title="T", publisher="P", url="https://x.org/a", date="2023"), "T, P, 2023, https://x.org/a"),
        (Source(key="A", title="T", publisher="P"), "T, P, undated"),
        (Source(key="A"), "undated"),
    ],
    ids=["all of it", "no date, no address", "a key only"],
)
def test_a_source_in_words(source: Source, line: str) -> None:
    assert source_line(source) == line


def test_a_citation_without_sources_is_undated() -> None:
    assert "undated" in "\n".join(citation_lines(sample.citation(BEDS, sources=())))


def test_a_citation_names_heading_page_and_place() -> None:
    lines = "\n".join(citation_lines(sample.citation(BEDS, heading=("Alpha", "Results", "Beds"), page=4)))
    assert "[1] Alpha: Results > Beds, page 4" in lines
    assert "alpha.md, characters 7 to 40" in lines


def test_lines_fit_but_an_address_is_never_cut() -> None:
    url = "https://www.alpha-nhs-trust.example/news-and-events/" + "a-very-long-name-of-a-page-" * 5
    cited = sample.citation(BEDS, sources=(Source(key="A", title="T " * 60, publisher="P", url=url),))
    shown = show_answer(sample.answer(BEDS, citations=(cited,)))
    assert url in shown
    assert all(len(line) <= 80 or url in line for line in shown.splitlines())


def test_passages_show_rank_score_and_place() -> None:
    shown = show_hits([sample.hit()])
    assert shown.startswith("1. 0.500  alpha.md#7-67  Alpha\n")
    assert BEDS in shown
    assert show_hits([]) == "Nothing matches."


def test_a_part_of_a_document_stands_as_it_is_behind_one_line() -> None:
    document = sample.document()
    head, empty, *rest = show_document(document, 7, 40).split("\n")
    assert (empty, rest) == ("", [BEDS])
    assert document.sha256 in head
    assert "characters 7 to 40" in head
