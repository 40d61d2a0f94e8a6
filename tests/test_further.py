"""assistant/further.py: which sentences stand beside the best one."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.evidence import Candidate
from assistant.further import LIMIT, taken
from assistant.schema import Heading
from tests import answer_samples as sample

TEXT = (
    "Trusts meet weekly. They share staff. A fee pays for it. A board decides. Eyes come next. Knees came first. Ann."
)
DOCUMENT = sample.document(text=TEXT)


def _stems(text: str) -> Sequence[str]:
    return text.lower().split()


def _candidate(sentence: str, score: float, reads: float | None, passage: str = "p1", chance: float = 0.5) -> Candidate:
    hit = sample.hit()
    own = replace(hit, passage=replace(hit.passage, id=passage))
    return sample.candidate(DOCUMENT, sentence, score, hit=own, chance=chance, reads=reads, answers=reads)


BEST = _candidate("Trusts meet weekly.", 0.8, 0.9)


def _beside(kind: str, *candidates: Candidate, most: int = 6) -> list[str]:
    chosen, _ = taken([BEST, *candidates], kind, most, _stems)
    assert chosen[0] is BEST
    return [candidate.text for candidate in chosen[1:]]


@pytest.mark.parametrize("kind", ["how", "list"])
@pytest.mark.parametrize(
    ("score", "reads", "passage", "belongs"),
    [
        pytest.param(0.6, 0.3, "p1", True, id="of the best one's passage, likely"),
        pytest.param(0.6, 0.97, "p2", True, id="of another passage, all but sure"),
        pytest.param(0.6, 0.02, "p2", False, id="of another passage, unlikely"),
        pytest.param(0.6, 0.001, "p1", False, id="of the best one's passage, most unlikely"),
        pytest.param(0.6, None, "p1", False, id="not read, though the best one is"),
        pytest.param(0.79, 0.2, "p2", True, id="as good as the best one by its score"),
    ],
)
def test_more_of_how_and_of_a_list_stands_where_it_says_more_of_what_is_asked(
    kind: str, score: float, reads: float | None, passage: str, belongs: bool
) -> None:
    assert bool(_beside(kind, _candidate("They share staff.", score, reads, passage))) is belongs


@pytest.mark.parametrize("kind", ["how", "list", "plain", "fact"])
def test_without_the_reader_the_score_alone_decides(kind: str) -> None:
    unread = replace(BEST, reads=None)
    for score, is_taken in ((0.7, True), (0.2, False)):
        other = _candidate("A fee pays for it.", score, None)
        chosen, _ = taken([unread, other], kind, 6, _stems)
        assert (other in chosen) is is_taken


@pytest.mark.parametrize("kind", list(LIMIT))
def test_no_more_are_taken_than_the_kind_of_answer_holds_or_than_are_asked_for(kind: str) -> None:
    texts = [
        "They share staff.",
        "A fee pays for it.",
        "A board decides.",
        "Eyes come next.",
        "Knees came first.",
        "Ann.",
    ]
    others = [_candidate(text, 0.79, 0.9) for text in texts]
    assert len(_beside(kind, *others)) == LIMIT[kind] - 1
    assert len(_beside(kind, *others, most=2)) == 1


def test_what_is_unlikely_to_answer_at_all_is_left_out() -> None:
    assert _beside("how", _candidate("They share staff.", 0.79, 0.9, chance=0.01)) == []


@pytest.mark.parametrize(
    ("kind", "reads", "chance", "belongs"),
    [
        pytest.param("how", 0.16, 0.5, True, id="how, and the reader does not deny it"),
        pytest.param("how", 0.14, 0.5, False, id="how, and the reader does"),
        pytest.param("fact", 0.14, 0.21, True, id="a fact, half as likely"),
        pytest.param("fact", 0.14, 0.19, False, id="a fact, far less likely"),
        pytest.param("plain", 0.14, 0.19, True, id="plain: its score decides"),
    ],
)
def test_what_is_far_less_likely_than_the_best_does_not_stand_beside_a_fact_or_a_how(
    kind: str, reads: float, chance: float, belongs: bool
) -> None:
    assert bool(_beside(kind, _candidate("They share staff.", 0.79, reads, chance=chance))) is belongs


@pytest.mark.parametrize(
    ("kind", "score", "same_section", "elsewhere"),
    [
        pytest.param("fact", 0.62, True, False, id="a fact"),
        pytest.param("fact", 0.7, True, True, id="a fact, nearly as good"),
        pytest.param("how", 0.7, True, False, id="how"),
        pytest.param("how", 0.75, True, True, id="how, nearly as good"),
        pytest.param("plain", 0.65, True, True, id="plain: wherever it stands"),
        pytest.param("list", 0.6, True, True, id="a list: wherever it stands"),
    ],
)
def test_what_another_section_says_of_a_fact_or_of_how_must_be_nearly_as_good(
    kind: str, score: float, same_section: bool, elsewhere: bool
) -> None:
    other = _candidate("Knees came first.", score, 0.9)
    headings = (Heading(start=TEXT.index("Eyes"), end=TEXT.index("Eyes"), level=2, title="Costs"),)
    apart = replace(other, document=replace(DOCUMENT, headings=headings))
    assert [bool(_beside(kind, one)) for one in (other, apart)] == [same_section, elsewhere]
