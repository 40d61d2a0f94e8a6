"""assistant/evaluation/metrics.py and what it rests on: pure figures, None where one does not apply, never zero."""

import math
import random
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import QuestionSetError
from assistant.evaluation import metrics, squad
from assistant.evaluation.case import Answered
from assistant.evaluation.metrics import METRICS, score, states
from assistant.evaluation.questions import BenchmarkQuestion
from assistant.evaluation.ranking import ndcg, precision, recall, reciprocal_rank
from assistant.evaluation.spans import Span, found_in_order, locate, meets, shared
from assistant.schema import Question, Turn
from tests.evaluation_samples import BASE, TEXTS, answered, case, evidence

# --- Rankings, by hand ---

THIRD = 1 / math.log2(4)


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "value"),
    [
        pytest.param("abc", "a", 10, 1.0, id="first of one"),
        pytest.param("xxa", "a", 10, THIRD, id="third of one"),
        pytest.param("xxa", "a", 2, 0.0, id="behind the cut"),
        pytest.param("abc", "ab", 10, 1.0, id="both in front"),
        pytest.param("axb", "ab", 10, (1 + THIRD) / (1 + 1 / math.log2(3)), id="first and third of two"),
        pytest.param("abc", "abcdef", 3, 1.0, id="more relevant than fit"),
        pytest.param("", "a", 10, 0.0, id="nothing found is zero"),
        pytest.param("abc", "", 10, None, id="nothing relevant is not applicable"),
        pytest.param("xa", "aa", 10, 1 / math.log2(3), id="a label given twice counts once"),
    ],
)
def test_ndcg(ranked: str, relevant: str, k: int, value: float | None) -> None:
    assert ndcg(list(ranked), list(relevant), k) == (value if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("ranked", "relevant", "k", "share", "exact", "first"),
    [
        pytest.param("abc", "ac", 2, 0.5, 0.5, 1.0, id="one of two"),
        pytest.param("abc", "ac", 5, 1.0, 0.4, 1.0, id="both"),
        pytest.param("abc", "cz", 5, 0.5, 0.2, 1 / 3, id="the third"),
        pytest.param("abc", "z", 5, 0.0, 0.0, 0.0, id="none"),
        pytest.param("abc", "", 5, None, None, None, id="nothing relevant is not applicable"),
    ],
)
def test_recall_precision_and_reciprocal_rank(
    ranked: str, relevant: str, k: int, share: float | None, exact: float | None, first: float | None
) -> None:
    assert recall(list(ranked), list(relevant), k) == share
    assert precision(list(ranked), list(relevant), k) == exact
    assert reciprocal_rank(list(ranked), list(relevant)) == first


@pytest.mark.parametrize("seed", range(20))
def test_rankings_agree_with_ir_measures(seed: int) -> None:
    import ir_measures
    from ir_measures import RR, P, R, nDCG

    dice = random.Random(seed)
    documents = [f"d{number}" for number in range(30)]
    ranked = dice.sample(documents, dice.randint(1, 30))
    relevant = dice.sample(documents, dice.randint(1, 12))
    qrels = [ir_measures.Qrel("q", document, 1) for document in relevant]
    scored = [ir_measures.ScoredDoc("q", document, 100.0 - rank) for rank, document in enumerate(ranked)]
    theirs = ir_measures.calc_aggregate([nDCG @ 10, R @ 2, R @ 5, R @ 10, P @ 5, RR], qrels, scored)
    assert ndcg(ranked, relevant, 10) == pytest.approx(theirs[nDCG @ 10], abs=1e-6)
    assert precision(ranked, relevant, 5) == pytest.approx(theirs[P @ 5], abs=1e-6)
    assert reciprocal_rank(ranked, relevant) == pytest.approx(theirs[RR], abs=1e-6)
    for k in (2, 5, 10):
        assert recall(ranked, relevant, k) == pytest.approx(theirs[R @ k], abs=1e-6)


names = st.lists(st.sampled_from("abcdefghij"), max_size=8, unique=True)


@given(names, names.filter(bool), st.integers(1, 10))
def test_ndcg_is_between_nothing_and_all_and_best_when_the_relevant_come_first(
    ranked: list[str], relevant: list[str], k: int
) -> None:
    value = ndcg(ranked, relevant, k)
    assert value is not None
    assert 0.0 <= value <= 1.0 + 1e-12
    best = ndcg(relevant, relevant, k)
    assert best == pytest.approx(1.0)


# --- SQuAD's normalisation ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("The  Cat!", "cat", id="article, case, mark, space"),
        pytest.param("an a the", "", id="nothing but articles"),
        pytest.param("U.S.A.", "usa", id="marks are taken out, not split at"),
        pytest.param("theatre", "theatre", id="an article within a word stays"),
        pytest.param("“the”", "“ ”", id="marks beyond ASCII stay"),
        pytest.param("a-level", "alevel", id="marks go before articles"),
    ],
)
def test_normalised(text: str, value: str) -> None:
    assert squad.normalised(text) == value


@pytest.mark.parametrize(
    ("text", "answers", "exact", "shared_words"),
    [
        pytest.param("The cat", ("a cat",), 1.0, 1.0, id="the same but for the article"),
        pytest.param("black cat", ("cat",), 0.0, 2 / 3, id="a word more"),
        pytest.param("cat cat dog", ("cat dog dog",), 0.0, 2 / 3, id="words count as often as they stand"),
        pytest.param("dog", ("cat", "the dog"), 1.0, 1.0, id="the best of the answers"),
        pytest.param("", ("cat",), 0.0, 0.0, id="nothing said"),
        pytest.param("the", ("a",), 1.0, 1.0, id="nothing left of either"),
    ],
)
def test_exact_match_and_f1(text: str, answers: tuple[str, ...], exact: float, shared_words: float) -> None:
    assert squad.exact_match(text, answers) == exact
    assert squad.f1(text, answers) == pytest.approx(shared_words)


words = st.text("aAtheTHE an.,-'“é 12", max_size=20)


@given(words, words)
def test_the_laws_of_short_answers(text: str, answer: str) -> None:
    assert squad.normalised(squad.normalised(text)) == squad.normalised(text)
    assert squad.f1(text, [answer]) == squad.f1(answer, [text])
    assert 0.0 <= squad.f1(text, [answer]) <= 1.0
    if squad.exact_match(text, [answer]):
        assert squad.f1(text, [answer]) == 1.0
    assert squad.exact_match(f"The {text.upper()}!", [text]) == 1.0


# --- Spans ---


@pytest.mark.parametrize(
    ("quote", "places"),
    [
        pytest.param("beds", [(3, 7)], id="once"),
        pytest.param("20  beds\nopened", [(0, 14)], id="white space of the label differs"),
        pytest.param("in", [(15, 17), (34, 36)], id="twice"),
        pytest.param("30 beds", [], id="lost"),
        pytest.param("£2m.", [(53, 57)], id="no pattern: the dot is a dot"),
        pytest.param(" ", [], id="nothing is nowhere"),
    ],
)
def test_a_quote_is_located(quote: str, places: list[tuple[int, int]]) -> None:
    assert locate(evidence("a.md", quote), TEXTS.get) == tuple(Span("a.md", *place) for place in places)


def test_a_quote_of_a_document_that_is_gone_is_lost() -> None:
    assert locate(evidence("z.md", "beds"), TEXTS.get) == ()


@pytest.mark.parametrize(
    ("one", "other", "common", "met"),
    [
        pytest.param((0, 10), (5, 20), 5, True, id="half of the shorter"),
        pytest.param((0, 10), (6, 20), 4, False, id="less than half"),
        pytest.param((0, 100), (40, 50), 10, True, id="one within the other"),
        pytest.param((0, 10), (10, 20), 0, False, id="side by side"),
    ],
)
def test_spans_meet(one: tuple[int, int], other: tuple[int, int], common: int, met: bool) -> None:
    assert shared(Span("a", *one), Span("a", *other)) == common == shared(Span("a", *other), Span("a", *one))
    assert meets(Span("a", *one), [Span("a", *other)]) is met
    assert not meets(Span("a", *one), [Span("b", *other)])


def test_hits_stand_for_the_quotes_that_they_are_the_first_to_hold() -> None:
    hits = [Span("x", 0, 50), Span("a", 0, 50), Span("a", 0, 90)]
    wanted = [(Span("a", 10, 20),), (Span("a", 60, 70),), (Span("z", 0, 5),)]
    assert found_in_order(hits, wanted) == ["hit 0", "0", "1"]


# --- Each metric, by hand ---

QUOTE = evidence("a.md", "20 beds opened in May.")
HUB = evidence("a.md", "The hub is in Rowley.")
CHAIR = evidence("b.md", "The chair is Ann Other.")
GONE = evidence("a.md", "Never said.")
TWO = answered(("a.md", "20 beds opened"), ("b.md", "Other words."))
REFUSED = answered()
CITES = replace(BASE, must_cite=(QUOTE,))
NOT_ANSWERABLE = replace(BASE, must_cite=(QUOTE,), must_state=("20 beds",), relevant=("a.md",), answerable=False)
PUBLIC = BenchmarkQuestion(id="q", text="How?", answers=("20 beds opened", "May"))
FOLLOWING = replace(BASE, history=(Turn(role="user", text="Who?"),), relevant=("b.md",))
ONLY_A = answered(("a.md", "It cost £2m."), documents=("a.md",))
LENGTH = len(TEXTS["a.md"])


def _unmarked() -> Answered:
    """Return an answer whose second sentence has lost its mark."""
    said = answered(("a.md", "20 beds opened"), ("a.md", "It cost £2m."))
    said["sentences"][1]["citations"] = []
    return said


TABLE: list[tuple[str, str, Question, Answered, float | None]] = [
    ("nDCG@10", "by the best passage of a document", replace(BASE, relevant=("b.md",)), REFUSED, 0.63093),
    ("RR", "second of three", replace(BASE, relevant=("b.md",)), REFUSED, 0.5),
    ("recall@2", "of two, one among them", replace(BASE, relevant=("b.md", "c.md")), REFUSED, 0.5),
    ("recall@5", "nothing relevant is named", BASE, REFUSED, None),
    ("recall@10", "both", replace(BASE, relevant=("b.md", "c.md")), REFUSED, 1.0),
    ("precision@5", "one of five places", replace(BASE, relevant=("b.md",)), REFUSED, 0.2),
    ("span nDCG@10", "the quote is in the second passage", replace(BASE, must_cite=(CHAIR,)), REFUSED, 0.63093),
    ("span nDCG@10", "both quotes in the first passage", replace(BASE, must_cite=(QUOTE, HUB)), REFUSED, 1.0),
    ("span nDCG@10", "the label is lost", replace(BASE, must_cite=(GONE,)), REFUSED, None),
    ("span RR", "the second passage", replace(BASE, must_cite=(CHAIR,)), REFUSED, 0.5),
    ("span recall@10", "one of two", replace(BASE, must_cite=(QUOTE, CHAIR)), ONLY_A, 0.5),
    ("span precision@5", "one of five", CITES, ONLY_A, 0.2),
    ("span recall", "all of its characters", CITES, ONLY_A, 1.0),
    ("span recall", "none of them", replace(BASE, must_cite=(CHAIR,)), ONLY_A, 0.0),
    ("span precision", "of the passage, the quote", CITES, ONLY_A, 22 / LENGTH),
    ("span IoU", "the passage holds the quote", CITES, ONLY_A, 22 / LENGTH),
    ("span IoU", "nothing labelled", BASE, ONLY_A, None),
    ("carry-over", "the first document is another", FOLLOWING, REFUSED, 0.0),
    ("carry-over", "the first document is the one", FOLLOWING, answered(documents=("b.md", "a.md")), 1.0),
    ("carry-over", "no follow-up", replace(BASE, relevant=("b.md",)), REFUSED, None),
    ("citation recall", "the quote is cited in part", CITES, TWO, 1.0),
    ("citation recall", "another sentence of its document", replace(BASE, must_cite=(HUB,)), TWO, 0.0),
    ("citation recall", "one of two quotes", replace(BASE, must_cite=(QUOTE, CHAIR)), TWO, 0.5),
    ("citation recall", "refused", CITES, REFUSED, 0.0),
    ("citation recall", "no quote is named", BASE, TWO, None),
    ("citation recall", "should be refused", NOT_ANSWERABLE, TWO, None),
    ("citation recall", "the label is lost", replace(BASE, must_cite=(GONE,)), TWO, None),
    ("citation recall", "one label of two is lost", replace(BASE, must_cite=(GONE, QUOTE)), TWO, 1.0),
    ("citation precision", "one citation of two", CITES, TWO, 0.5),
    ("citation precision", "refused", CITES, REFUSED, None),
    ("right document", "one citation of two", replace(BASE, relevant=("a.md",)), TWO, 0.5),
    ("right document", "refused", replace(BASE, relevant=("a.md",)), REFUSED, None),
    ("attribution errors", "one citation of two", replace(BASE, relevant=("a.md",)), TWO, 1.0),
    ("attribution errors", "refused", replace(BASE, relevant=("a.md",)), REFUSED, None),
    ("forbidden citations", "cited", replace(BASE, must_not_cite=(QUOTE, CHAIR)), TWO, 1.0),
    ("forbidden citations", "the label is lost", replace(BASE, must_not_cite=(GONE,)), TWO, None),
    ("citation faults", "none", BASE, TWO, 0.0),
    ("citation faults", "a mark is lost, and a citation unused", BASE, _unmarked(), 2.0),
    ("labels lost", "one of two", replace(BASE, must_cite=(GONE,), must_not_cite=(QUOTE,)), TWO, 1.0),
    ("labels lost", "nothing labelled", BASE, TWO, None),
    ("completeness", "one figure of two", replace(BASE, must_state=("20 beds", "£2m")), TWO, 0.5),
    ("completeness", "a refusal states nothing", replace(BASE, must_state=("do not say",)), REFUSED, 0.0),
    ("completeness", "nothing to state", BASE, TWO, None),
    ("completeness", "should be refused", NOT_ANSWERABLE, TWO, None),
    ("forbidden statements", "one is stated", replace(BASE, must_not_state=("20 beds", "cake")), TWO, 1.0),
    ("forbidden statements", "none is named", BASE, TWO, None),
    ("exact match (sentence)", "a sentence is an answer", PUBLIC, TWO, 1.0),
    ("exact match (sentence)", "refused", PUBLIC, REFUSED, 0.0),
    ("exact match (sentence)", "no short answers", BASE, TWO, None),
    ("F1 (sentence)", "the best sentence", replace(PUBLIC, answers=("20 beds",)), TWO, 0.8),
    ("exact match", "the answer says more", PUBLIC, TWO, 0.0),
    ("F1", "of the whole answer", replace(PUBLIC, answers=("20 beds",)), TWO, 4 / 7),
    ("F1", "should be refused", replace(PUBLIC, answerable=False), TWO, None),
    ("false answer", "answered", replace(BASE, answerable=False), TWO, 1.0),
    ("false answer", "refused", replace(BASE, answerable=False), REFUSED, 0.0),
    ("false answer", "can be answered", replace(BASE, answerable=True), REFUSED, None),
    ("false answer", "nobody says", BASE, REFUSED, None),
    ("false refusal", "refused", replace(BASE, answerable=True), REFUSED, 1.0),
    ("false refusal", "answered", replace(BASE, answerable=True), TWO, 0.0),
    ("false refusal", "cannot be answered", replace(BASE, answerable=False), REFUSED, None),
    ("right reason", "as labelled", replace(BASE, reason="not_in_corpus"), REFUSED, 1.0),
    ("right reason", "another", replace(BASE, reason="clinical_advice"), REFUSED, 0.0),
    ("right reason", "answered", replace(BASE, reason="not_in_corpus"), TWO, None),
    ("sentences", "of an answer", BASE, TWO, 2.0),
    ("sentences", "a refusal has none", BASE, REFUSED, None),
]


@pytest.mark.parametrize(
    ("metric", "question", "answer", "value"),
    [pytest.param(row[0], *row[2:], id=f"{row[0]}: {row[1]}") for row in TABLE],
)
def test_a_metric(metric: str, question: Question, answer: Answered, value: float | None) -> None:
    found = score(case(question, answer))[metric]
    assert found == (value if value is None else pytest.approx(value, abs=1e-5))


def test_every_metric_has_its_rows_and_its_meaning() -> None:
    assert {row[0] for row in TABLE} == set(METRICS)
    assert [name for name, metric in METRICS.items() if not metric.meaning.endswith(".")] == []


def test_nothing_labelled_scores_nothing_but_faults_and_length() -> None:
    assert [name for name, value in score(case(BASE, TWO)).items() if value is not None] == [
        "citation faults",
        "sentences",
    ]


def test_a_quote_that_stands_twice_may_be_cited_at_either_place() -> None:
    texts = {"a.md": "May. 20 beds. May."}
    question = replace(BASE, must_cite=(evidence("a.md", "May."),))
    said = {**REFUSED, "hits": [{"document_id": "a.md", "start": 14, "end": 18}]}
    assert score(case(question, said, texts))["span recall"] == 1.0


@pytest.mark.parametrize(
    ("wanted", "held"),
    [
        pytest.param("20 Beds", True, id="words in any case"),
        pytest.param("beds  in\nmay", True, id="any white space"),
        pytest.param("/sept(ember)?|may/", True, id="a pattern"),
        pytest.param("/^beds/", False, id="a pattern that does not match"),
        pytest.param("30 beds", False, id="another figure"),
        pytest.param("//", False, id="two slashes are two slashes"),
    ],
)
def test_what_is_stated(wanted: str, held: bool) -> None:
    assert states("There were 20 beds in May.", wanted) is held


def test_a_pattern_that_backtracks_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "PATTERN_SECONDS", 0.2)
    with pytest.raises(QuestionSetError, match=r"takes over 0 seconds .* without a repetition inside a repetition"):
        states("a" * 60 + "b", r"/(?:a|aa)+$/")


def test_a_benchmark_question_is_a_question_with_answers() -> None:
    extra: Mapping[str, Any] = {field.name: field.type for field in fields(BenchmarkQuestion)}
    assert set(extra) - {field.name for field in fields(Question)} == {"answers"}
