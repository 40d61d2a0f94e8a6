"""assistant/answerer.py: candidates → verbatim sentences, lists whole, each bound to its span."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answerer import MAX_LIST_ITEMS, Span, choose, manner
from assistant.citing import cite
from assistant.evidence import Candidate
from assistant.further import MAX_SENTENCES
from assistant.listings import listing_at
from assistant.question import understand
from assistant.schema import Document, Heading
from assistant.sentences import split_sentences
from tests import answer_samples as sample

TEXT = """Alpha

Alpha began in 2020. It has three aims:

The first aim is to share theatres.
The second aim is to share staff. That takes time.
The third aim is to buy together.

Costs

Alpha spent £2m in 2021. Ann Lee chairs it. One hub treats knees and hips.

The Beta network was set up in 2022. It treats eyes.

Gamma runs a hub. The hub is in Selly. The hub at Selly opened in 2023.

The 2024 summit met in Quinton. Besides staff, the summit drew carers."""
DOCUMENT = replace(
    sample.document(text=TEXT),
    headings=(
        Heading(start=0, end=5, level=1, title="Alpha"),
        Heading(start=TEXT.index("Costs"), end=TEXT.index("Costs") + 5, level=2, title="Costs"),
    ),
)
HIT = replace(sample.hit(), passage=replace(sample.hit().passage, start=0, end=len(TEXT), text=TEXT))


def _stems(text: str) -> Sequence[str]:
    return text.lower().split()


def _candidate(sentence: str, score: float, *, fits: bool = True, gap: bool = False) -> Candidate:
    return sample.candidate(DOCUMENT, sentence, score, hit=HIT, fits=fits, is_gap=gap)


def _chosen(question: str, *candidates: Candidate, limit: int = MAX_SENTENCES) -> list[str]:
    return [span.text for span in choose(understand(question), candidates, _stems, limit=limit)]


INTRO = "It has three aims:"
AIMS = ["The first aim is to share theatres.", "The second aim is to share staff.", "The third aim is to buy together."]
BEGAN, SPENT, CHAIRS, HUB = (
    "Alpha began in 2020.",
    "Alpha spent £2m in 2021.",
    "Ann Lee chairs it.",
    "One hub treats knees and hips.",
)


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What are the aims?", "list"),
        ("Who chairs it?", "fact"),
        ("How many knees?", "fact"),
        ("How did it work?", "how"),
        ("Tell me about Alpha.", "plain"),
    ],
    ids=lambda value: str(value),
)
def test_the_manner_of_an_answer(question: str, kind: str) -> None:
    assert manner(understand(question)) == kind


def test_a_question_for_a_list_gets_it_whole_and_in_order() -> None:
    shown = _chosen("What are the aims?", _candidate(INTRO, 0.9), _candidate(AIMS[2], 0.5))
    assert shown == [INTRO, AIMS[0], AIMS[1], "That takes time.", AIMS[2]]


NETWORK, EYES = "The Beta network was set up in 2022.", "It treats eyes."


def test_a_sentence_that_begins_with_it_comes_with_the_one_that_says_what_it_is() -> None:
    assert _chosen("What treats eyes?", _candidate(EYES, 0.9)) == [NETWORK, EYES]
    assert _chosen("How did it treat eyes?", _candidate(EYES, 0.9), _candidate(NETWORK, 0.8)) == [NETWORK, EYES]
    assert _chosen("Who treats knees?", _candidate(HUB, 0.9)) == [HUB]


def test_a_sentence_on_the_hub_comes_with_the_one_that_says_which() -> None:
    assert _chosen("Where is it?", _candidate("The hub is in Selly.", 0.9)) == [
        "Gamma runs a hub.",
        "The hub is in Selly.",
    ]
    assert _chosen("Whom did the summit draw?", _candidate("Besides staff, the summit drew carers.", 0.9)) == [
        "The 2024 summit met in Quinton.",
        "Besides staff, the summit drew carers.",
    ]
    named = "The hub at Selly opened in 2023."
    assert _chosen("When did it open?", _candidate(named, 0.9)) == [named], "it says so itself"


def test_an_introduction_is_never_shown_without_its_list() -> None:
    items = [_candidate(aim, 0.85) for aim in AIMS]
    shown = _chosen("How did it share?", _candidate(INTRO, 0.9), *items)
    assert shown[0] == INTRO
    assert "".join(shown).count("aim is") == 3


def test_an_introduction_whose_list_is_about_something_else_gives_way() -> None:
    shown = _chosen("Who chairs it?", _candidate(INTRO, 0.9), _candidate(CHAIRS, 0.85))
    assert shown[0] == CHAIRS


def test_a_fact_leads_and_how_it_came_is_told_as_it_stands_in_the_document() -> None:
    assert _chosen("Who chairs it?", _candidate(HUB, 0.9), _candidate(CHAIRS, 0.85)) == [HUB, CHAIRS]
    assert _chosen("How did it work?", _candidate(HUB, 0.9), _candidate(CHAIRS, 0.85)) == [CHAIRS, HUB]


def test_what_was_asked_leads_unless_it_leans_on_another_sentence_or_stands_in_a_list() -> None:
    assert _chosen("Tell me about hubs.", _candidate(HUB, 0.9), _candidate(CHAIRS, 0.85)) == [HUB, CHAIRS]
    assert _chosen("Tell me about eyes.", _candidate(EYES, 0.9), _candidate(NETWORK, 0.85)) == [NETWORK, EYES]
    items = [_candidate(aim, score) for aim, score in ((AIMS[2], 0.9), (AIMS[0], 0.85))]
    assert _chosen("Tell me about buying.", *items) == [AIMS[0], AIMS[2]]


def test_of_nearly_equal_sentences_one_that_holds_the_fact_comes_first() -> None:
    shown = _chosen("How much was spent?", _candidate(HUB, 0.9, fits=False), _candidate(SPENT, 0.86))
    assert shown[0] == SPENT


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        pytest.param("It set five priorities in May.", True, id="the number alone"),
        pytest.param("Ann Lee, its chair, set out five lessons.", True, id="commas before it"),
        pytest.param("Its two priorities are a, b, and c.", False, id="it names them"),
        pytest.param("It has five sites.", False, id="no announcement"),
    ],
)
def test_what_a_sentence_announces_follows_it(sentence: str, shown: bool) -> None:
    text = f"{sentence}\n\nThey are eyes and ears. They are new."
    document = sample.document(text=text)
    candidate = replace(_candidate(BEGAN, 0.9), document=document, start=0, end=len(sentence))
    chosen = [span.text for span in choose(understand("What did it set out?"), [candidate], _stems)]
    assert chosen == [sentence, *(["They are eyes and ears."] if shown else [])]


def test_a_gap_is_never_quoted() -> None:
    assert _chosen("Who chairs it?", _candidate(HUB, 0.99, gap=True), _candidate(CHAIRS, 0.6)) == [CHAIRS]


def test_a_sentence_that_says_the_same_is_left_out() -> None:
    text = "Ann Lee chairs Alpha now. Ann Lee chairs Alpha now indeed."
    document = sample.document(text=text)
    pair = [
        replace(_candidate(CHAIRS, score), document=document, start=start, end=end)
        for score, (start, end) in zip((0.9, 0.89), split_sentences(text), strict=True)
    ]
    assert [span.text for span in choose(understand("Tell me."), pair, _stems)] == ["Ann Lee chairs Alpha now."]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_than_asked_for(limit: int) -> None:
    found = [_candidate(one, 0.9) for one in (BEGAN, SPENT, CHAIRS, HUB)]
    assert len(_chosen("How did it work?", *found, limit=limit)) == limit


sentences = [TEXT[start:end] for start, end in split_sentences(TEXT) if TEXT[start:end] not in {"Alpha", "Costs"}]
candidates = st.lists(
    st.tuples(st.sampled_from(sentences), st.floats(0.1, 1.0), st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
).filter(lambda rows: any(not row[3] for row in rows))


@given(candidates, st.sampled_from(["What are the aims?", "Who chairs it?", "How did it work?", "Tell me."]))
def test_whatever_is_chosen_is_verbatim_once_and_cited(
    rows: list[tuple[str, float, bool, bool]], question: str
) -> None:
    given_ = sorted((_candidate(t, round(s, 6), fits=f, gap=g) for t, s, f, g in rows), key=lambda c: -c.score)
    spans = choose(understand(question), given_, _stems)
    assert len({(span.start, span.end) for span in spans}) == len(spans)
    shown, citations = cite(spans)
    assert [citation.number for citation in citations] == list(range(1, len(citations) + 1))
    for sentence in shown:
        cited = [citations[number - 1] for number in sentence.citations]
        assert all(TEXT[citation.start : citation.end] == citation.quote for citation in cited)
        assert cited[0].quote == sentence.text
    # What a paragraph's sentence leans on stands under the same heading, and so is no gap where that one is none.
    gaps = {row[0] for row in rows if row[3]} - {NETWORK, "Gamma runs a hub.", "The 2024 summit met in Quinton."}
    listed = {TEXT[slice(*item)] for item in _items()} | {INTRO, AIMS[1], "That takes time."}
    assert not (gaps - listed) & {sentence.text for sentence in shown}


def _items() -> Sequence[tuple[int, int]]:
    listing = listing_at(DOCUMENT, TEXT.index(INTRO))
    assert listing is not None
    return listing.items


def test_a_long_list_is_cut() -> None:
    text = "It has many aims:\n\n" + "\n".join(f"Aim {number} is set." for number in range(40))
    document = sample.document(text=text)
    best = replace(_candidate(INTRO, 0.9), document=document, start=0, end=len("It has many aims:"))
    spans = choose(understand("What are the aims?"), [best], _stems)
    assert len(spans) == 1 + MAX_LIST_ITEMS


# --- Citations ---


def _span(sentence: str, document: Document = DOCUMENT) -> Span:
    start = document.text.index(sentence)
    return Span(document, HIT, start, start + len(sentence))


def test_the_same_span_twice_has_one_number() -> None:
    shown, citations = cite([_span(SPENT), _span(CHAIRS), _span(SPENT)])
    assert [sentence.citations for sentence in shown] == [(1,), (2,), (1,)]
    assert len(citations) == 2


def test_a_citation_carries_heading_sources_and_hash() -> None:
    (citation,) = cite([_span(SPENT)])[1]
    assert citation.heading == ("Alpha", "Costs")
    assert citation.sources == DOCUMENT.metadata.sources
    assert citation.source_url == DOCUMENT.metadata.sources[0].url
    assert citation.sha256 == DOCUMENT.sha256


def test_nothing_cites_nothing() -> None:
    assert cite([]) == ((), ())


def test_of_another_document_only_what_is_nearly_as_good_is_quoted() -> None:
    other = replace(_candidate(HUB, 0.8), document=replace(DOCUMENT, id="beta.md"))
    assert _chosen("How did it work?", _candidate(SPENT, 0.9), other) == [SPENT]
    assert _chosen("How did it work?", _candidate(SPENT, 0.9), replace(other, score=0.89)) == [SPENT, HUB]


def test_a_further_sentence_that_hardly_answers_is_left_out() -> None:
    first, second = _candidate(SPENT, 0.9), _candidate(HUB, 0.85)
    assert _chosen("How did it work?", first, replace(second, chance=0.5)) == [SPENT, HUB]
    assert _chosen("How did it work?", first, replace(second, chance=0.01)) == [SPENT]
    assert _chosen("Who chairs it?", replace(first, chance=0.01)) == [SPENT]


LIKELY = {"most items, as likely as the rest": (0.4, 0.5, True), "most items, far less likely": (0.1, 0.5, False)}


@pytest.mark.parametrize(("inside", "beside", "whole"), LIKELY.values(), ids=LIKELY)
def test_a_list_of_which_most_is_chosen_is_shown_whole(inside: float, beside: float, whole: bool) -> None:
    items = [replace(_candidate(aim, 0.8 - place / 100), chance=inside) for place, aim in enumerate(AIMS[:2])]
    best = replace(_candidate(HUB, 0.9), chance=beside, words=2.0)
    shown = _chosen("What are the aims?", best, *items)
    assert shown == ([INTRO, *_sentences_of_aims()] if whole else [HUB, *AIMS[:2]])


def _sentences_of_aims() -> list[str]:
    return [AIMS[0], AIMS[1], "That takes time.", AIMS[2]]
