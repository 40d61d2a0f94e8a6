"""assistant/agreement.py: what says the same is cited once more, and not shown again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.agreement import adds_no_figure, alike, bears_out
from assistant.answerer import choose
from assistant.citing import cite
from assistant.evidence import Candidate
from assistant.pipeline import Assistant
from assistant.question import understand
from assistant.schema import Metadata, Source, SourceMark
from tests import answer_samples as sample


def _stems(text: str) -> Sequence[str]:
    return text.lower().strip(".").split()


def _candidates(*sentences: str, reads: float = 0.9) -> list[Candidate]:
    """Return candidates in one document, the first the best."""
    document = sample.document(text=" ".join(sentences))
    return [
        sample.candidate(document, sentence, 1 - place / 100, meaning=0.5, words=0.5, reads=reads)
        for place, sentence in enumerate(sentences)
    ]


FORMED = "Alpha was formed in September 2020."
WHEN = "When was Alpha formed?"


@pytest.mark.parametrize(
    ("question", "shown", "other", "adds_none"),
    [
        pytest.param(WHEN, FORMED, "It was set up in September 2020 to share work.", True, id="the same date"),
        pytest.param(WHEN, FORMED, "Alpha was set up in 2020.", True, id="a rougher date"),
        pytest.param(WHEN, "Alpha was set up in 2020.", FORMED, False, id="a finer date"),
        pytest.param(WHEN, FORMED, "Alpha was formed in October 2020.", False, id="another month"),
        pytest.param(WHEN, FORMED, "Alpha was to be formed in September 2020.", False, id="planned only"),
        pytest.param(WHEN, FORMED, "Alpha was formed in about September 2020.", False, id="not exact"),
        pytest.param(WHEN, FORMED, "Alpha was formed after long talks.", False, id="no date at all"),
        pytest.param(
            "How much did it cost?", "It cost £2m.", "Costs came to £2 million.", True, id="spelled otherwise"
        ),
        pytest.param("How much did it cost?", "It cost £2m.", "It cost £2m, and £3m later.", False, id="one sum more"),
        pytest.param("Who chairs it?", "Ann Lee chairs it.", "Ann Lee is its chair.", False, id="names are no figures"),
    ],
)
def test_a_sentence_that_gives_no_further_figure(question: str, shown: str, other: str, adds_none: bool) -> None:
    best, second = _candidates(shown, other)
    assert adds_no_figure(second, best, understand(question)) is adds_none


def test_only_what_answers_bears_out_a_figure() -> None:
    best, second = _candidates(FORMED, "In 2020 Alpha bought two robots.", reads=0.4)
    assert not adds_no_figure(second, best, understand(WHEN)), "it has the year, and says something else"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param("Money from the cancer board paid for leads.", True, id="all its words"),
        pytest.param("Money from the cancer board paid for 12 leads.", False, id="a figure more"),
        pytest.param("Money from the cancer board never paid for leads.", False, id="the contrary"),
        pytest.param("Leads of the board.", False, id="too short to tell"),
    ],
)
def test_a_sentence_bears_out_another_by_its_words(other: str, same: bool) -> None:
    shown, second = _candidates("Money from the cancer board paid for the clinical leads of the networks.", other)
    assert bears_out(second, shown, _stems) is same


def test_words_that_agree_are_alike() -> None:
    assert alike("It has three aims", "It has three aims in all", _stems)
    assert not alike("It has three aims", "", _stems)


def test_what_says_the_same_is_cited_with_the_sentence_that_is_shown() -> None:
    candidates = _candidates(FORMED, "Alpha was set up in 2020.", "The members made it anew in 2022.")
    sentences, citations = cite(choose(understand(WHEN), candidates, _stems))
    assert [(sentence.text, sentence.citations) for sentence in sentences] == [
        (FORMED, (1, 2)),
        ("The members made it anew in 2022.", (3,)),
    ]
    assert [citation.quote for citation in citations][1] == "Alpha was set up in 2020."


def test_in_a_real_answer_one_sentence_rests_on_all_that_say_it(casebook: Assistant) -> None:
    answer = casebook.ask("When was the Black Country Provider Collaborative formed?")
    assert len(answer.sentences) == 1 and len(answer.citations) >= 2
    assert answer.sentences[0].citations == tuple(citation.number for citation in answer.citations)
    assert all("2020" in citation.quote for citation in answer.citations)


SIX, SEVEN, FIVE = "Alpha has six trusts.", "Alpha has 7 trusts by now.", "There are five trusts in the group."
NINE, ELSE, SAME = "Alpha's trusts serve 9 towns.", "Alpha spent on 9 trusts elsewhere.", "6 trusts make up Alpha now."
HISTORY = "\n\n".join((SIX, SEVEN, FIVE, NINE, ELSE, SAME))
DATES = {SIX: "July 2018", SEVEN: "September 2025", FIVE: ""}


def _dated(sentence: str, *, reads: float = 0.9, source: str = "") -> Candidate:
    """Return a sentence of a page, each of whose sentences rests on a source of its own; or on that of another."""
    dated = [(text, date) for text, date in [*DATES.items(), (NINE, "2025"), (ELSE, "2025"), (SAME, "2025")]]
    sources = tuple(Source(key=text, date=date) for text, date in dated)
    marks = tuple(
        SourceMark(start=HISTORY.index(text), end=HISTORY.index(text) + len(text), keys=(source or text,))
        for text, _ in dated
    )
    document = replace(sample.document(text=HISTORY), marks=marks, metadata=Metadata(sources=sources))
    start = HISTORY.index(sentence)
    (candidate,) = _candidates(sentence, reads=reads)
    return replace(candidate, document=document, start=start, end=start + len(sentence), score=0.9)


def test_figures_that_differ_are_shown_together_the_newest_first() -> None:
    rows = [_dated(SIX), _dated(SEVEN), _dated(FIVE)]
    spans = choose(understand("How many trusts are there?"), rows, _stems)
    assert [(span.text, span.differs) for span in spans] == [(SEVEN, True), (SIX, True), (FIVE, True)]


@pytest.mark.parametrize(
    ("question", "second"),
    [
        pytest.param("How many trusts are there?", _dated(SAME), id="the same figure"),
        pytest.param("How many trusts are there?", _dated(NINE), id="a figure of something else"),
        pytest.param("How many trusts are there?", _dated(ELSE, reads=0.7), id="a figure that the reader doubts"),
        pytest.param("How many trusts are there?", _dated(SEVEN, source=SIX), id="a figure of the same source"),
        pytest.param("How many trusts were there in 2018?", _dated(SEVEN), id="a year is asked for"),
        pytest.param(
            "How many trusts are there?",
            replace(_dated(SEVEN), document=replace(_dated(SEVEN).document, id="beta.md")),
            id="another body's figure",
        ),
    ],
)
def test_where_no_figure_differs_the_best_sentence_stays_first(question: str, second: Candidate) -> None:
    first = _dated(SIX, source=SIX if second.document.marks[1].keys == (SIX,) else "")
    if second.document.id == "alpha.md":
        first = replace(first, document=second.document)
    spans = choose(understand(question), [first, replace(second, score=0.89)], _stems)
    assert spans[0].text == SIX
    assert not any(span.differs for span in spans)
