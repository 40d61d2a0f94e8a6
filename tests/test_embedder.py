"""assistant/embedder.py and assistant/bert.py: a vector depends on its text and its model, and on nothing else."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.bert import ROWS, WIDTH_STEP, Bert
from assistant.embedder import (
    PACKAGED_SHA256,
    BertEmbedder,
    Embedder,
    SentenceTransformerEmbedder,
    locate_model,
    open_embedder,
)
from assistant.settings import PACKAGED_MODEL
from tests.tiny_model import POSITIONS, sentences

LENGTHS = [1, 2, 5, 13, 14, 15, 16, 29, 30, 31, 60, 61, 100, 1, 14, 14, 14, 30]


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def real(request: pytest.FixtureRequest) -> Embedder:
    return BertEmbedder(locate_model(PACKAGED_MODEL), precision=request.param)


def hold_batch_independence(embedder: Embedder, texts: list[str], again: Embedder) -> None:
    """Encode together, alone, shuffled and in two runs of which the second is another embedder's: equal bits."""
    together = embedder.encode_passages(texts)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = [embedder.encode_passages([text])[0] for text in texts]
    assert np.stack(alone).tobytes() == together.tobytes()
    order = list(range(len(texts)))
    random.Random(3).shuffle(order)
    assert embedder.encode_passages([texts[at] for at in order]).tobytes() == together[order].tobytes()
    stop = len(texts) // 3
    resumed = np.concatenate([embedder.encode_passages(texts[:stop]), again.encode_passages(texts[stop:])])
    assert resumed.tobytes() == together.tobytes()


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_batch(real: BertEmbedder) -> None:
    again = BertEmbedder(locate_model(PACKAGED_MODEL), precision=real.precision)
    hold_batch_independence(real, sentences(LENGTHS), again)


@pytest.mark.slow
@pytest.mark.parametrize("companions", [0, 1, ROWS - 2, ROWS - 1, ROWS, 2 * ROWS])
def test_a_vector_does_not_depend_on_how_many_of_its_width_there_are(companions: int, real: BertEmbedder) -> None:
    first, *others = sentences([WIDTH_STEP - 2] * (2 * ROWS + 1))
    batch = real.encode_passages([*others[:companions], first])
    assert batch[-1].tobytes() == real.encode_passages([first])[0].tobytes()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_model_of_ones_own_does_not_depend_on_the_batch_either(precision: Any, tiny: Path) -> None:
    texts = sentences([*range(POSITIONS - 1), 3, 3, 3])
    embedder, again = (BertEmbedder(tiny, precision=precision) for _ in range(2))
    hold_batch_independence(embedder, texts, again)


@pytest.mark.slow
def test_a_model_run_by_sentence_transformers_does_not_depend_on_the_batch_either(pooled_otherwise: Path) -> None:
    embedder, again = (SentenceTransformerEmbedder(pooled_otherwise) for _ in range(2))
    hold_batch_independence(embedder, sentences([1, 4, 14, 4, 9]), again)


def sentence_transformer(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True], ids=["the packaged model", "a tiny random one"])
def test_vectors_and_ranking_are_those_of_sentence_transformers(own: bool, tiny: Path) -> None:
    folder = tiny if own else locate_model(PACKAGED_MODEL)
    lengths = [1, 5, 9, 14, 17, 18] if own else LENGTHS
    texts = [*sentences(lengths), "" if own else "It cost £2.4m – Dr. “O’Neill”, café, 漢字 🏥."]
    embedder = BertEmbedder(folder, precision="fp32")
    theirs = sentence_transformer(folder).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    ours = embedder.encode_passages(texts)
    assert np.abs(ours - theirs).max() < 2e-6
    query = embedder.encode_query("nurse theatre list")
    assert np.abs(embedder.encode_query(texts[3]) - theirs[3]).max() < 2e-6
    assert np.argsort(-(ours @ query).round(5), kind="stable").tolist() == (
        np.argsort(-(theirs @ query).round(5), kind="stable").tolist()
    )


@pytest.mark.slow
def test_a_question_is_encoded_once_and_nobody_can_change_what_others_get(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = BertEmbedder(locate_model(PACKAGED_MODEL), precision="fp32")
    first = embedder.encode_query("Who runs the theatres?")
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0
    monkeypatch.setattr(Bert, "hidden", lambda *_: pytest.fail("encoded again"))
    assert embedder.encode_query("Who runs the theatres?") is first


@pytest.mark.slow
def test_bf16_is_near_fp32_and_queries_are_the_same_in_both() -> None:
    folder = locate_model(PACKAGED_MODEL)
    plain, short = BertEmbedder(folder, precision="fp32"), BertEmbedder(folder, precision="bf16")
    texts = sentences([5, 40, 90])
    cosines = (plain.encode_passages(texts) * short.encode_passages(texts)).sum(axis=1)
    assert cosines.min() > 0.999
    assert plain.encode_query(texts[0]).tobytes() == short.encode_query(texts[0]).tobytes()
    assert plain.identity == short.identity == f"bert:{PACKAGED_SHA256}:mean:unit:256"


def make_bert(folder: Path) -> Embedder:
    return BertEmbedder(folder, precision="fp32")


EITHER = pytest.mark.parametrize(
    ("model", "make", "room"),
    [
        pytest.param("tiny", make_bert, POSITIONS - 2, id="bert"),
        # "plan :" stands in front of every passage.
        pytest.param("pooled_otherwise", SentenceTransformerEmbedder, POSITIONS - 4, id="st", marks=pytest.mark.slow),
    ],
)


@EITHER
def test_a_text_over_the_limit_raises_where_it_would_be_cut(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    assert embedder.max_tokens == POSITIONS
    longest, over = sentences([room]), sentences([room + 1])
    assert embedder.count_tokens([*longest, *over]) == [POSITIONS, POSITIONS + 1]
    assert embedder.encode_passages(longest).shape == (1, 16)
    with pytest.raises(ValueError, match=f"a text of {POSITIONS + 1} tokens would be cut at {POSITIONS}"):
        embedder.encode_passages([*longest, *over])


@EITHER
def test_a_long_question_keeps_its_beginning(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    question = "nurse " * room
    cut = embedder.encode_query(question + "theatre list " * 50)
    assert cut.shape == (16,)
    assert np.allclose(cut, embedder.encode_query(question), atol=1e-6)


@EITHER
def test_no_texts_are_no_vectors_and_an_empty_question_is_a_unit_vector(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    assert embedder.count_tokens([]) == []
    assert len(embedder.encode_passages([])) == 0
    assert np.isclose(np.linalg.norm(embedder.encode_query("")), 1)


@pytest.mark.slow
def test_prompts_of_queries_and_passages_are_put_in_front(pooled_otherwise: Path) -> None:
    embedder = open_embedder(str(pooled_otherwise))
    assert isinstance(embedder, SentenceTransformerEmbedder)
    model = sentence_transformer(pooled_otherwise)
    for ours, prompted in (
        (embedder.encode_query("nurse"), "search : nurse"),
        (embedder.encode_passages(["nurse"])[0], "plan : nurse"),
    ):
        theirs = model.encode(prompted, prompt="", normalize_embeddings=True, show_progress_bar=False)
        assert np.abs(ours - theirs).max() < 2e-6
