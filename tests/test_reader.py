"""The evidence reader: what goes into it, what comes out, and that nothing but question and passage decides it."""

from pathlib import Path

import pytest

from assistant.embedder import locate_model
from assistant.errors import ModelUnavailable
from assistant.reader import MOST_TOKENS, WEIGHTS, Pairs, Reader, open_reader, prefix
from assistant.sentences import Span, split_sentences
from assistant.settings import PACKAGED_MODEL

QUESTION = "When was the teledermatology service set up?"
FRONT = "The Example Collaborative. Dermatology"
TEXT = (
    "Dermatology waits were long in every trust. The Example teledermatology service was launched in May 2021. "
    "Its clinical lead is a consultant from the north site."
)
OTHER = "The board meets four times a year. Its papers are public."


def passage(text: str, front: str = FRONT) -> tuple[str, str, str, tuple[Span, ...]]:
    return QUESTION, front, text, split_sentences(text)


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return Pairs(locate_model(PACKAGED_MODEL))


@pytest.fixture(scope="module")
def reader() -> Reader:
    return open_reader(bf16=False)


def test_each_token_of_a_passage_belongs_to_the_sentence_it_stands_in(pairs: Pairs) -> None:
    pair = pairs.pair(QUESTION, FRONT, TEXT, split_sentences(TEXT))
    assert len(pair.ids) == len(pair.kinds) == len(pair.sentences)
    inside = [index for index in pair.sentences if index >= 0]
    assert inside == sorted(inside) and set(inside) == {0, 1, 2}
    assert pair.sentences[0] == pair.sentences[-1] == -1


def test_tokens_outside_every_sentence_belong_to_none(pairs: Pairs) -> None:
    heading = "Dermatology\n\n"
    spans = [(start + len(heading), end + len(heading)) for start, end in split_sentences(TEXT)]
    pair = pairs.pair(QUESTION, "", heading + TEXT, spans)
    assert pair.sentences.count(-1) > pairs.pair(QUESTION, "", TEXT, split_sentences(TEXT)).sentences.count(-1)


def test_words_that_both_sides_hold_are_marked_but_for_empty_ones(pairs: Pairs) -> None:
    pair = pairs.pair("Was the board new?", "", "The board was old.", [(0, 18)])
    marked = [kind for kind in pair.kinds if kind in (1, 3)]
    assert marked == [1, 3]


@pytest.mark.parametrize(
    ("question", "text", "marked"),
    [
        pytest.param("How many surgeries?", "Some 250 practices did.", ["surgeries", "practices"], id="another word"),
        pytest.param("Who is its boss?", "The chief executive.", ["boss", "chief", "executive"], id="two for one"),
        pytest.param("Which surgeries?", "The chief did.", [], id="half of the other word"),
    ],
)
def test_words_for_the_same_are_marked_on_both_sides(pairs: Pairs, question: str, text: str, marked: list[str]) -> None:
    pair = pairs.pair(question, "", text, [(0, len(text))])
    told = [token for token, kind in zip(pair.ids, pair.kinds, strict=True) if kind in (1, 3)]
    assert told == pairs._ids(" ".join(marked), MOST_TOKENS)


def test_a_long_passage_is_cut_and_a_long_question_leaves_room_for_it(pairs: Pairs) -> None:
    pair = pairs.pair("why " * 500, "title " * 500, TEXT * 50, split_sentences(TEXT * 50))
    assert len(pair.ids) == MOST_TOKENS
    assert max(pair.sentences) > 3


@pytest.mark.parametrize(
    ("title", "headings", "front"),
    [
        pytest.param("A", ("A", "B"), "A. B", id="the title once"),
        pytest.param("A", (), "A", id="no headings"),
        pytest.param("A", ("B", "C"), "A. B. C", id="headings in order"),
    ],
)
def test_what_stands_in_front_of_a_passage(title: str, headings: tuple[str, ...], front: str) -> None:
    assert prefix(title, headings) == front


def test_the_sentence_that_answers_is_found_and_the_passage_that_does_not_is_told_apart(reader: Reader) -> None:
    right, wrong = reader.read([passage(TEXT), passage(OTHER)])
    assert max(range(3), key=right.sentences.__getitem__) == 1
    assert right.answers > wrong.answers
    assert len(wrong.sentences) == 2


def test_a_reading_depends_on_nothing_but_question_and_passage(reader: Reader) -> None:
    texts = [TEXT, OTHER, TEXT + " " + OTHER, OTHER * 6]
    alone = [reader.read([passage(text)])[0] for text in texts]
    assert reader.read([passage(text) for text in texts]) == alone
    assert reader.read([passage(text) for text in reversed(texts)]) == alone[::-1]


def test_nothing_to_read_is_nothing_read(reader: Reader) -> None:
    assert reader.read([]) == []
    assert reader.read([(QUESTION, "", "", ())])[0].sentences == ()


def test_other_weights_are_refused_by_name_with_the_way_out(tmp_path: Path) -> None:
    changed = tmp_path / "reader.safetensors"
    changed.write_bytes(WEIGHTS.read_bytes()[:-1] + b"x")
    for path in (changed, tmp_path / "none.safetensors"):
        with pytest.raises(ModelUnavailable, match=r"evidence reader.*CASEBOOK_READER=off"):
            Reader(bf16=False, weights=path)


def test_the_weights_are_small_enough_to_ship() -> None:
    assert WEIGHTS.stat().st_size < 25_000_000
