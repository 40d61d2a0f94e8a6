"""assistant/readings.py: what the reader says raises passages, is asked once, and falls on the right sentences."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.reader import Reader, Reading
from assistant.readings import FIRST_READ, READ_PASSAGES, Readings, chance_of, logit_of, sentences_of
from assistant.schema import Heading, Hit
from assistant.sentences import Span
from tests import answer_samples as sample

TEXT = "Alpha\n\nAlpha began in 2020. It has four trusts. Ann Lee chairs it."
DOCUMENT = replace(sample.document(text=TEXT), headings=(Heading(start=0, end=5, level=1, title="Alpha"),))


class Fake(Reader):
    """Takes a passage for an answer where it holds a word, and counts what it reads."""

    def __init__(self, word: str) -> None:
        self.word, self.seen = word, 0

    def read(self, asked: Sequence[tuple[str, str, str, Sequence[Span]]]) -> list[Reading]:
        self.seen += len(asked)
        return [
            Reading(
                answers=4.0 if self.word in text else -4.0,
                sentences=tuple(3.0 if self.word in text[start:end] else -3.0 for start, end in spans),
            )
            for _, _, text, spans in asked
        ]


def hit(number: int, score: float, text: str = TEXT) -> Hit:
    passage = replace(sample.hit().passage, id=f"alpha.md#{number}-{number + 9}", start=0, end=len(text), text=text)
    return replace(sample.hit(), passage=passage, score=score, rank=number)


def test_headings_are_no_sentences() -> None:
    texts = [TEXT[start:end] for start, end in sentences_of(DOCUMENT, hit(1, 1.0).passage)]
    assert texts == ["Alpha began in 2020.", "It has four trusts.", "Ann Lee chairs it."]


def test_the_word_on_a_sentence_falls_on_that_sentence() -> None:
    told = Readings(Fake("chairs")).told("Who chairs it?", [hit(1, 1.0)], lambda _: DOCUMENT)
    best = max(told, key=lambda key: told[key][0])
    assert TEXT[best[1] :] == "Ann Lee chairs it."
    assert told[best] == (chance_of(3.0), chance_of(4.0))
    assert len(told) == 3


def test_a_passage_that_answers_is_raised_and_what_was_not_read_keeps_its_score() -> None:
    other = DOCUMENT.text.replace("chairs", "leads ")
    hits = [hit(number, 1 - number / 100, TEXT if number == 5 else other) for number in range(1, READ_PASSAGES + 4)]
    ranked = Readings(Fake("chairs")).ranked("Who chairs it?", hits, lambda _: DOCUMENT)
    assert ranked[0].passage.id == "alpha.md#5-14"
    assert [one.rank for one in ranked] == list(range(1, len(hits) + 1))
    assert sorted(one.passage.id for one in ranked) == sorted(one.passage.id for one in hits)
    unread = {one.passage.id: one.score for one in hits[READ_PASSAGES:]}
    assert {one.passage.id: one.score for one in ranked if "reader" not in one.why} == unread


@pytest.mark.parametrize(
    ("answering", "thorough", "read"),
    [
        pytest.param(FIRST_READ, False, FIRST_READ, id="an answer among the first"),
        pytest.param(FIRST_READ + 1, False, READ_PASSAGES, id="none among them"),
        pytest.param(1, True, READ_PASSAGES, id="thorough"),
    ],
)
def test_reading_ends_where_an_answer_is_found(answering: int, thorough: bool, read: int) -> None:
    other = DOCUMENT.text.replace("chairs", "leads ")
    hits = [hit(n, 1 - n / 100, TEXT if n == answering else other) for n in range(1, READ_PASSAGES + 4)]
    reader = Fake("chairs")
    readings = Readings(reader)
    ranked = readings.ranked("Who chairs it?", hits, lambda _: DOCUMENT)
    first = reader.seen
    told = readings.told("Who chairs it?", ranked, lambda _: DOCUMENT, thorough=thorough)
    assert (first, reader.seen) == (READ_PASSAGES if answering > FIRST_READ else FIRST_READ, read)
    assert len({passage for passage, _ in told}) == read


def test_a_passage_is_read_once_for_a_question() -> None:
    reader = Fake("chairs")
    readings = Readings(reader)
    for _ in range(2):
        readings.ranked("Who chairs it?", [hit(1, 1.0), hit(2, 0.9)], lambda _: DOCUMENT)
        readings.told("Who chairs it?", [hit(2, 0.9)], lambda _: DOCUMENT)
    assert reader.seen == 2
    readings.told("When did it begin?", [hit(2, 0.9)], lambda _: DOCUMENT)
    assert reader.seen == 3


def test_several_questions_are_read_at_once_each_for_its_own_passage() -> None:
    reader = Fake("chairs")
    readings = Readings(reader)
    asked = [("Who chairs it?", hit(1, 1.0)), ("When did it begin?", hit(2, 0.9)), ("Who chairs it?", hit(1, 1.0))]
    first, second, again = readings.read(asked, lambda _: DOCUMENT)
    assert first is again
    assert second.sentences == first.sentences
    assert reader.seen == 2
    assert readings.read(asked[:1], lambda _: DOCUMENT) == [first]
    assert reader.seen == 2


@pytest.mark.parametrize("chance", [0.0, 0.001, 0.3, 0.999, 1.0])
def test_logit_and_chance_undo_each_other_and_no_end_is_endless(chance: float) -> None:
    assert chance_of(logit_of(chance)) == pytest.approx(min(max(chance, 0.001), 0.999), abs=1e-6)
