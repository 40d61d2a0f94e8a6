"""assistant/schema.py: the laws of the values that flow between the stages."""

import dataclasses
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.schema import (
    REASONS,
    Answer,
    Citation,
    Document,
    Evidence,
    Heading,
    Hit,
    Metadata,
    Passage,
    Question,
    Sentence,
    Source,
    SourceMark,
    Turn,
    sha256_of,
)

TEXT = "x" * 200
KEYS = ("B0", "B1", "B2")


def _document(**parts: Any) -> Document:
    return Document(id="d.md", sha256=sha256_of(TEXT), title="D", text=TEXT, **parts)


headings = st.lists(st.tuples(st.integers(0, 180), st.integers(1, 6)), max_size=8, unique_by=lambda pair: pair[0]).map(
    lambda pairs: tuple(
        Heading(start=start, end=start + 1, level=level, title=f"{start}/{level}") for start, level in sorted(pairs)
    )
)
offsets = st.integers(0, len(TEXT) - 1)


@given(headings, offsets)
def test_a_heading_path_is_what_stands_above_in_falling_rank(titles: tuple[Heading, ...], offset: int) -> None:
    by_title = {heading.title: heading for heading in titles}
    path = [by_title[title] for title in _document(headings=titles).heading_path(offset)]
    assert all(heading.start <= offset for heading in path)
    assert [heading.level for heading in path] == sorted({heading.level for heading in path})
    # Nothing of its own or a higher rank stands between a heading of the path and the offset.
    for heading in path:
        between = [other for other in titles if heading.start < other.start <= offset]
        assert all(other.level > heading.level for other in between)
    # The nearest heading above is always the last of the path.
    above = [heading for heading in titles if heading.start <= offset]
    assert path[-1:] == above[-1:]


@given(st.lists(st.integers(0, 199), max_size=6).map(lambda starts: (0, *sorted(starts))), offsets)
def test_the_page_of_an_offset_is_the_last_that_has_begun(starts: tuple[int, ...], offset: int) -> None:
    page = _document(page_starts=starts).page_at(offset)
    assert page is not None
    assert starts[page - 1] <= offset
    assert page == len(starts) or offset < starts[page]


def test_without_pages_there_is_no_page_number() -> None:
    assert _document().page_at(5) is None


marks = st.lists(
    st.tuples(st.integers(0, 190), st.integers(1, 10), st.lists(st.sampled_from(KEYS), min_size=1, unique=True)),
    min_size=1,
    max_size=6,
).map(lambda rows: tuple(SourceMark(start=a, end=a + n, keys=tuple(keys)) for a, n, keys in rows))


@given(marks, offsets, st.integers(1, 40))
def test_the_sources_of_a_span_are_those_of_the_blocks_that_it_touches(
    marked: tuple[SourceMark, ...], start: int, length: int
) -> None:
    sources = tuple(Source(key=key) for key in KEYS)
    found = _document(marks=marked, metadata=Metadata(sources=sources)).sources_at(start, start + length)
    span = set(range(start, start + length))
    touched = {key for mark in marked if span & set(range(mark.start, mark.end)) for key in mark.keys}
    assert {source.key for source in found} == touched
    assert list(found) == [source for source in sources if source in found]


def test_a_document_without_marks_rests_on_all_its_sources() -> None:
    sources = (Source(key="B0"), Source(key="B1"))
    assert _document(metadata=Metadata(sources=sources)).sources_at(3, 9) == sources


def test_a_mark_of_a_source_that_is_not_listed_adds_none() -> None:
    document = _document(
        marks=(SourceMark(start=0, end=9, keys=("B9",)),), metadata=Metadata(sources=(Source(key="A"),))
    )
    assert document.sources_at(0, 9) == ()


# --- The published contract ---

ANSWER_KEYS = (
    "schema question searched_for carried answer abstained reason sentences citations notes hits table timings_ms "
    "generation"
).split()
CITATION_KEYS = (
    "number document_id sha256 title collaborative sources source_url heading page start end quote"
).split()


def an_answer(**changes: Any) -> Answer:
    """Return an answer of one sentence."""
    citation = Citation(
        number=1,
        document_id="d.md",
        sha256=sha256_of(TEXT),
        title="D",
        collaborative="The D",
        sources=(Source(key="B0", title="T", publisher="P", url="https://x.org/a", date="2023"),),
        source_url="https://x.org/a",
        heading=("D", "Results"),
        page=None,
        start=3,
        end=6,
        quote="xxx",
    )
    passage = Passage(id="d.md#0-9", document_id="d.md", start=0, end=9, heading_path=("D",), page=None, text="x" * 9)
    parts: dict[str, Any] = {
        "question": "How?",
        "searched_for": "How?",
        "text": "xxx",
        "sentences": (Sentence(text="xxx", citations=(1,)),),
        "citations": (citation,),
        "hits": (Hit(passage=passage, score=0.5, rank=1, why={"dense": 0.5}),),
        "timings_ms": {"total": 1.0},
        "generation": "abc",
    }
    return Answer(**{**parts, **changes})


def test_the_json_of_an_answer_has_exactly_the_keys_of_the_contract() -> None:
    said = an_answer().to_json()
    assert list(said) == ANSWER_KEYS
    assert list(said["sentences"][0]) == ["text", "citations"]
    assert list(said["citations"][0]) == CITATION_KEYS
    assert list(said["citations"][0]["sources"][0]) == ["key", "title", "publisher", "url", "date"]
    assert list(said["hits"][0]) == ["document_id", "start", "end", "score", "rank"]
    assert said["schema"] == 1
    assert said["table"] is None


@pytest.mark.parametrize(
    ("bodies", "groups"),
    [
        pytest.param("", [], id="a refusal"),
        pytest.param("AA", [("", "ab")], id="all of one, and no name"),
        pytest.param("AB", [("A", "a"), ("B", "b")], id="a name each"),
        pytest.param("AAB", [("A", "ab"), ("B", "c")], id="a run has its name once"),
        pytest.param("ABA", [("A", "a"), ("B", "b"), ("A", "c")], id="their order is kept"),
    ],
)
def test_the_sentences_of_several_bodies_stand_under_their_names(bodies: str, groups: list[tuple[str, str]]) -> None:
    one = an_answer().citations[0]
    answer = an_answer(
        citations=tuple(replace(one, number=n, collaborative=name) for n, name in enumerate(bodies, 1)),
        sentences=tuple(Sentence(text="abc"[n - 1], citations=(n,)) for n in range(1, len(bodies) + 1)),
    )
    assert [(name, "".join(sentence.text for sentence in run)) for name, run in answer.groups] == groups


def test_a_body_without_a_name_is_called_by_its_document() -> None:
    assert replace(an_answer().citations[0], collaborative="").whose == "D"


def test_the_json_of_an_answer_is_the_same_after_a_round_trip() -> None:
    said = an_answer().to_json()
    back = json.loads(json.dumps(said, ensure_ascii=False))
    assert back == json.loads(json.dumps(back))
    assert back["citations"][0]["heading"] == ["D", "Results"]
    assert back["sentences"] == [{"text": "xxx", "citations": [1]}]


@pytest.mark.parametrize("reason", REASONS)
def test_a_refusal_says_so_in_the_json(reason: str) -> None:
    said = an_answer(text=REASONS[reason], sentences=(), citations=(), reason=reason).to_json()
    assert (said["abstained"], said["reason"], said["sentences"], said["citations"]) == (True, reason, [], [])
    assert said["answer"] == REASONS[reason]
    assert said["hits"]


def test_an_answer_without_a_reason_has_not_abstained() -> None:
    assert not an_answer().abstained


def test_the_reasons_are_the_closed_list_of_the_contract() -> None:
    listed = "nothing_retrieved weak_evidence not_in_corpus ambiguous out_of_scope clinical_advice personal_data"
    assert set(REASONS) == {*listed.split(), "empty_question"}
    assert all(text.endswith(".") for text in REASONS.values())


# --- Values are values ---

texts = st.text(max_size=12)


@given(
    st.builds(
        Question,
        id=texts,
        text=texts,
        kind=texts,
        tags=st.tuples(texts),
        history=st.tuples(st.builds(Turn, role=st.sampled_from(["user", "assistant"]), text=texts)),
        answerable=st.sampled_from([True, False, None]),
        reason=st.none() | texts,
        must_cite=st.tuples(st.builds(Evidence, document=texts, quote=texts)),
        must_state=st.tuples(texts),
        relevant=st.tuples(texts),
    )
)
def test_a_question_of_a_record_comes_back_from_json(question: Question) -> None:
    row = json.loads(json.dumps(dataclasses.asdict(question)))
    back = Question(
        **{
            **row,
            "tags": tuple(row["tags"]),
            "history": tuple(Turn(**turn) for turn in row["history"]),
            "must_cite": tuple(Evidence(**one) for one in row["must_cite"]),
            "must_not_cite": tuple(Evidence(**one) for one in row["must_not_cite"]),
            "must_state": tuple(row["must_state"]),
            "must_not_state": tuple(row["must_not_state"]),
            "relevant": tuple(row["relevant"]),
        }
    )
    assert back == question


@pytest.mark.parametrize(
    "value", [an_answer(), Turn(role="user", text="x"), Source(key="A")], ids=lambda v: type(v).__name__
)
def test_values_are_frozen(value: Any) -> None:
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "changed")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_hash_is_of_the_utf8_bytes(text: str) -> None:
    import hashlib

    assert sha256_of(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()
