"""assistant/evaluation/: TREC, JUnit, CSV and HTML, each read back by a reader that is not ours."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from assistant.evaluation import charts
from assistant.evaluation.diff import compare
from assistant.evaluation.html_report import html_report
from assistant.evaluation.junit import junit_xml
from assistant.evaluation.metrics import METRICS
from assistant.evaluation.records import Run
from assistant.evaluation.shortfalls import label_lost, shortfalls
from assistant.evaluation.spreadsheet import csv_text
from assistant.evaluation.trec import trec_qrels, trec_run
from assistant.schema import EvaluationRecord, Turn
from tests.evaluation_samples import BASE, BEDS, CAKE, CHAIR, TEXTS, answered, evidence, good_run, record, run_of

SAYS_BEDS = ("a.md", "20 beds opened in May.")
LOST = replace(BEDS, id="lost", must_cite=(evidence("a.md", "Never said."),))


def _mixed() -> Run:
    """Return a run in which something is wrong with all but the last."""
    return run_of(
        record(BEDS, answered(), answerability=0.2),
        record(CHAIR, answered(SAYS_BEDS, ("a.md", "The hub is in Rowley.")), answerability=0.7),
        record(CAKE, answered(SAYS_BEDS), answerability=0.6),
        record(LOST, answered(("a.md", "20 beds opened")), answerability=0.9),
        generation="0123456789abcdef0123",
        index={"documents": 3, "passages": 3, "model": "m", "precision": "fp32"},
        settings={"retrieval": "hybrid"},
    )


# --- What an answer lacks ---


@pytest.mark.parametrize(
    ("place", "words"),
    [
        pytest.param(0, ["refused, and should be answered"], id="a refusal lacks one thing"),
        pytest.param(1, ["does not state all", "does not cite all", "states what it must not"], id="several things"),
        pytest.param(2, ["answered, and should be refused"], id="a false answer"),
        pytest.param(3, [], id="a label that is lost is no fault of the answer"),
    ],
)
def test_what_an_answer_lacks(place: int, words: Sequence[str]) -> None:
    found = shortfalls(_mixed().records[place])
    assert len(found) == len(words)
    assert all(one.startswith(word) for one, word in zip(found, words, strict=True)), found
    assert label_lost(_mixed().records[place]) is (place == 3)


# --- TREC ---


def test_trec_files_are_read_by_ir_measures_to_our_own_figures() -> None:
    import ir_measures
    from ir_measures import RR, R, nDCG

    spaced = replace(CHAIR, id="two words", relevant=("a page.md", "b.md"))
    hits = {
        **answered(),
        "hits": [{"document_id": name, "start": 0, "end": 5} for name in ("a.md", "a page.md", "b.md")],
    }
    records = [record(spaced, hits), *good_run().records]
    ranked = list(ir_measures.read_trec_run(io.StringIO(trec_run(records))))
    qrels = list(ir_measures.read_trec_qrels(io.StringIO(trec_qrels(records))))
    assert {row.query_id for row in ranked} == {"two%20words", "beds", "chair", "cake"}
    measures = {"nDCG@10": nDCG @ 10, "RR": RR, "recall@2": R @ 2}
    theirs = {
        (one.query_id, str(one.measure)): one.value for one in ir_measures.iter_calc(measures.values(), qrels, ranked)
    }
    for one in records[:3]:
        for name, measure in measures.items():
            value = theirs[one.question.id.replace(" ", "%20"), str(measure)]
            assert one.scores[name] == pytest.approx(value, abs=1e-6)


def test_trec_scores_fall_strictly_as_trec_eval_breaks_ties_by_id() -> None:
    rows = [line.split() for line in trec_run(good_run().records[:1]).splitlines()]
    assert [(row[2], row[3], row[4]) for row in rows] == [("a.md", "1", "3"), ("b.md", "2", "2"), ("c.md", "3", "1")]
    assert {(len(row), row[1], row[5]) for row in rows} == {(6, "Q0", "casebook")}


# --- JUnit ---


def _cases(xml: bytes) -> dict[str, ElementTree.Element]:
    suite = ElementTree.fromstring(xml)
    return {str(case.get("name")).split(":")[0]: case for case in suite.findall("testcase")}


def test_junit_by_labels() -> None:
    xml = junit_xml("set.jsonl", _mixed().records)
    suite, cases = ElementTree.fromstring(xml), _cases(xml)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "3", "1")
    assert cases["beds"].find("failure") is not None
    assert cases["lost"].find("failure") is None and cases["lost"].find("skipped") is not None
    assert cases["cake"].get("classname") == "set.jsonl.unanswerable"
    said = cases["chair"].find("failure")
    assert said is not None and "states what it must not" in str(said.text)


def test_junit_against_a_baseline_fails_what_got_worse_and_the_gate() -> None:
    base, worse = good_run(), list(good_run().records)
    worse[0] = record(BEDS, answered())
    cases = _cases(junit_xml("set", worse, compare(base, run_of(*worse))))
    assert [name for name, case in cases.items() if case.find("failure") is not None] == ["beds", "the gate"]
    fine = _cases(junit_xml("set", worse, compare(run_of(*worse), run_of(*worse))))
    assert [name for name, case in fine.items() if case.find("failure") is not None] == []
    assert fine["beds"].find("system-out") is not None  # it still falls short, and says so


def test_junit_holds_what_no_xml_may() -> None:
    odd = replace(BASE, id="odd", text="a\x00b\x1b]\ud800<&>\U0001f600\ufffe")
    cases = _cases(junit_xml("set", [record(odd, answered())]))
    assert cases["odd"].get("name") == "odd: a�b�]�<&>\U0001f600�"


# --- CSV ---


def test_csv_has_a_row_for_each_question() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(_mixed().records), newline="")))
    assert [row["id"] for row in rows] == ["beds", "chair", "cake", "lost"]
    assert set(METRICS) <= set(rows[0])
    assert (rows[0]["refused"], rows[0]["answerable"], rows[0]["completeness"]) == ("yes", "yes", "0.0")
    assert (rows[0]["false answer"], rows[2]["answerable"], rows[3]["label lost"]) == ("", "no", "yes")
    assert rows[1]["cited"] == "a.md 0–22\na.md 23–44"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_csv_runs_no_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text([record(replace(BASE, id=text, text=text), answered())]), newline=""))
    assert (row["id"], row["question"]) == (f"'{text}", f"'{text}")


# --- HTML ---


class Page(HTMLParser):
    """The elements of a page, and whether each is closed in its turn."""

    VOID = frozenset({"meta", "br", "line", "circle", "rect", "polyline"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def _page(run: Run, **options: Any) -> Page:
    page = Page(html_report(run, **options))
    assert page.open == []
    return page


def test_the_report_stands_alone() -> None:
    page = _page(_mixed())
    policy = [attrs for tag, attrs in page.elements if attrs.get("http-equiv")]
    assert policy[0]["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object"} == set()
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    targets = {value for _, attrs in page.elements for name in ("href", "src") if (value := attrs.get(name))}
    places = {f"#{attrs['id']}" for _, attrs in page.elements if attrs.get("id")}
    assert targets and targets <= places


def test_the_report_shows_failures_first_and_unfolded() -> None:
    page = _page(_mixed())
    shown = [(attrs["id"], "open" in attrs) for tag, attrs in page.elements if tag == "details"]
    assert shown == [("q-beds", True), ("q-chair", True), ("q-cake", True), ("q-lost", False)]
    for words in ("generation 0123456789abcdef ·", "refused, and should be answered", "label lost", "retrieval hybrid"):
        assert words in page.words


def test_the_report_lays_expected_and_found_side_by_side() -> None:
    words = _page(_mixed()).words
    assert "✗ “The chair is Ann Other.”" in words  # expected, and not cited
    assert "✗ “20 beds opened in May.”[1] a.md, 0 to 22" in words  # cited, of another document
    assert "✗ Rowleymust not be stated" in words
    assert "✗ b.mdrelevant" not in words and "b.mdrelevant; rank 2" in words


def test_the_report_shows_what_changed() -> None:
    worse = [record(BEDS, answered()), *good_run().records[1:]]
    page = _page(run_of(*worse), diff=compare(good_run(generation="x"), run_of(*worse, generation="y")))
    assert "Regression against the baseline" in page.words
    assert "answered → refused (not_in_corpus), against its label" in page.words
    assert "generation: x → y" in page.words
    same = _page(good_run(), diff=compare(good_run(), good_run()))
    assert "Same as the baseline, or better." in same.words


def test_nothing_of_a_question_or_a_document_becomes_markup() -> None:
    evil = "<script>alert(1)</script>\"'&<img src=x onerror=y>"
    said = answered(SAYS_BEDS)
    said["searched_for"] = evil
    said["citations"][0]["quote"] = said["sentences"][0]["text"] = said["answer"] = evil
    question = replace(
        BEDS, id=evil, text=evil, kind=evil, tags=(evil,), must_state=(evil,), history=(Turn(role="user", text=evil),)
    )
    bad = EvaluationRecord(question=question, answer=said, scores=record(BEDS, answered()).scores, seconds=0.1)
    other = run_of(record(BEDS, answered()))
    page = _page(run_of(bad, set=evil, generation=evil))
    assert {tag for tag, _ in page.elements} & {"script", "img"} == set()
    assert page.words.count("<script>alert(1)</script>") > 5
    diff = compare(run_of(bad), run_of(replace(bad, answer=answered(), scores=other.records[0].scores)))
    assert "script" not in {tag for tag, _ in _page(run_of(bad), diff=diff).elements}


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([record(BASE, answered())], id="nothing labelled"),
        pytest.param([record(BASE, answered(), seconds=0.0)], id="no time at all"),
        pytest.param([record(CAKE, answered())], id="a single refusal"),
        pytest.param([record(CHAIR, answered(SAYS_BEDS), texts={**TEXTS, "b.md": ""})], id="every label lost"),
    ],
)
def test_the_report_of_little(records: list[EvaluationRecord]) -> None:
    page = _page(run_of(*records))
    assert re.search(r"\bnan\b", html_report(run_of(*records))) is None
    assert "Latency" in page.words


def test_the_same_run_gives_the_same_page() -> None:
    assert html_report(_mixed()) == html_report(_mixed())


def test_charts_stay_within_their_frame() -> None:
    drawn = [
        charts.curves({"a": [(0.0, 0.0), (1.0, 1.0)]}, "x", "y", "z"),
        charts.bars({"a": {"x": 1.0, "y": None}, "b": {"x": 0.0}}, "x"),
        charts.histogram([1.0, 2.0, 300.0], {"median": 2.0}, "x", "y"),
        charts.whisker(0.5, 0.0, 1.0),
    ]
    for svg in drawn:
        wide, high = map(float, re.findall(r'viewBox="0 0 (\d+) (\d+)"', svg)[0])
        for x, y in re.findall(r'x[12]?="([\d.]+)" y[12]?="([\d.]+)"', svg):
            assert 0 <= float(x) <= wide and 0 <= float(y) <= high
        for points in re.findall(r'points="([^"]+)"', svg):
            assert all(
                0 <= float(x) <= wide and 0 <= float(y) <= high for x, y in (p.split(",") for p in points.split())
            )
