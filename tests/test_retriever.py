"""assistant/retriever.py: fusing and ranking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.pipeline import Assistant
from assistant.retriever import fuse, min_max, place

scores = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(-10, 10).map(lambda x: round(x, 6)), max_size=8)


@pytest.mark.parametrize(
    ("raw", "scaled"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"a": 3.0}, {"a": 1.0}, id="one"),
        pytest.param({"a": 2.0, "b": 2.0}, {"a": 1.0, "b": 1.0}, id="all equal"),
        pytest.param({"a": 1.0, "b": 3.0, "c": 2.0}, {"a": 0.0, "b": 1.0, "c": 0.5}, id="three"),
        pytest.param({"a": -1.0, "b": 0.0}, {"a": 0.0, "b": 1.0}, id="below zero"),
    ],
)
def test_min_max(raw: dict[str, float], scaled: dict[str, float]) -> None:
    assert min_max(raw) == scaled


@given(scores)
def test_scaling_keeps_the_order_and_the_bounds(raw: dict[str, float]) -> None:
    scaled = min_max(raw)
    assert scaled.keys() == raw.keys()
    assert all(0.0 <= value <= 1.0 for value in scaled.values())
    assert all(scaled[a] <= scaled[b] for a in raw for b in raw if raw[a] <= raw[b])


def test_a_passage_that_a_part_does_not_know_has_nothing_there() -> None:
    fused = fuse({"dense": (0.75, {"a": 2.0, "b": 1.0}), "keyword": (0.25, {"b": 9.0, "c": 4.0})})
    assert fused == {
        "a": (0.75, {"dense": 1.0, "keyword": 0.0}),
        "b": (0.25, {"dense": 0.0, "keyword": 1.0}),
        "c": (0.0, {"dense": 0.0, "keyword": 0.0}),
    }


@given(scores, scores, st.floats(0.01, 1.0), st.floats(0.01, 1.0))
def test_a_fused_score_lies_between_its_parts(
    dense: dict[str, float], keyword: dict[str, float], w: float, v: float
) -> None:
    fused = fuse({"dense": (w, dense), "keyword": (v, keyword)})
    assert fused.keys() == dense.keys() | keyword.keys()
    for score, why in fused.values():
        assert min(why.values()) - 1e-6 <= score <= max(why.values()) + 1e-6
        assert score == round(score, 6)


def test_nothing_fused_is_nothing() -> None:
    assert fuse({"dense": (1.0, {}), "keyword": (1.0, {})}) == {}


@pytest.mark.parametrize(
    ("passage", "found"),
    [("a.md#0-9", ("a.md", 0)), ("b#2.md#120-130", ("b#2.md", 120))],
    ids=["plain", "a number sign in the document's id"],
)
def test_the_place_of_a_passage(passage: str, found: tuple[str, int]) -> None:
    assert place(passage) == found


@pytest.mark.parametrize("retrieve", ["hubs", "Who chairs the Joint Provider Committee?", "zzzzqqq", "the of and"])
def test_a_ranking_is_in_order_without_twins_and_explains_itself(casebook: Assistant, retrieve: str) -> None:
    hits = casebook.search(retrieve, limit=60)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    keys = [(-hit.score, hit.passage.document_id, hit.passage.start) for hit in hits]
    assert keys == sorted(keys)
    assert len({hit.passage.id for hit in hits}) == len(hits)
    for hit in hits:
        assert set(hit.why) - {"reader", "cosine"} == {"dense", "keyword", "sentence", "nearest"}
        assert hit.why["dense"] == 0 or -1 <= hit.why["cosine"] <= 1
        text = casebook.document(hit.passage.document_id).text
        assert text[hit.passage.start : hit.passage.end] == hit.passage.text
