"""assistant/verification.py: every planted fault is named, and nothing else is needed than the standard library."""

import copy
import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.verification import verify
from tests import answer_samples as sample

ROOT = Path(__file__).resolve().parents[1]
BEDS, LISTS = "Alpha opened 20 beds in May 2021.", "Waiting lists fell by 12%."
Said = dict[str, Any]


def _said(*quotes: str) -> Said:
    said: Said = json.loads(json.dumps(sample.answer(*(quotes or (BEDS, LISTS))).to_json()))
    return said


def test_an_answer_that_holds_has_no_fault() -> None:
    assert verify(_said(), sample.text_of()) == []


def test_a_refusal_has_no_fault() -> None:
    said = sample.refusal("not_in_corpus", "The case studies do not say.").to_json()
    assert verify(said, sample.text_of()) == []


def _shift(said: Said) -> None:
    said["citations"][0]["start"] += 1
    said["citations"][0]["end"] += 1


def _change_quote_and_sentence(said: Said) -> None:
    said["citations"][0]["quote"] = "Alpha opened 30 beds in May 2021."
    said["sentences"][0]["text"] = "Alpha opened 30 beds in May 2021."
    said["answer"] = f"Alpha opened 30 beds in May 2021. {LISTS}"


def _change_sentence(said: Said) -> None:
    said["sentences"][0]["text"] = "Alpha opened 30 beds in May 2021."
    said["answer"] = f"Alpha opened 30 beds in May 2021. {LISTS}"


def _refuse_with_citations(said: Said) -> None:
    said.update(abstained=True, reason="not_in_corpus", sentences=[])


FAULTS: list[tuple[str, Callable[[Said], object], str]] = [
    ("shifted offsets", _shift, "citation 1: the quote is not characters"),
    ("changed quote and sentence", _change_quote_and_sentence, "citation 1: the quote is not characters"),
    ("longer quote", lambda s: s["citations"][0].update(quote=BEDS + " And more."), "citation 1: the quote is not"),
    ("negative start", lambda s: s["citations"][0].update(start=-5), "citation 1: "),
    ("changed sentence", _change_sentence, "sentence 1: its words are not in what it cites"),
    ("swapped marks", lambda s: s["sentences"][0].update(citations=[2]), "sentence 1: its words are not in what"),
    (
        "wrong hash",
        lambda s: s["citations"][1].update(sha256="0" * 64),
        "citation 2: the document alpha.md has changed",
    ),
    ("dropped mark", lambda s: s["sentences"][1].update(citations=[]), "sentence 2: it names no citation"),
    (
        "unknown number",
        lambda s: s["sentences"][1].update(citations=[2, 7]),
        "sentence 2: it names no citation, or one",
    ),
    ("other text", lambda s: s.update(answer="Alpha opened 300 beds."), "the text of the answer is not its sentences"),
    ("refusal with citations", _refuse_with_citations, "there are citations without sentences"),
    ("refusal with sentences", lambda s: s.update(abstained=True, reason="weak_evidence"), "a refusal a reason and no"),
    ("refusal without reason", lambda s: s.update(abstained=True), "a refusal a reason and no sentences"),
    ("reason without refusal", lambda s: s.update(reason="weak_evidence"), "an answer has sentences and no reason"),
    ("nothing at all", lambda s: s.update(sentences=[], citations=[], answer=""), "an answer has sentences"),
    ("citation never used", lambda s: s["sentences"].pop(), "citation 2: no sentence rests on it"),
    ("empty sentence", lambda s: s["sentences"][0].update(text=""), "sentence 1: "),
    ("empty quote", lambda s: s["citations"][0].update(quote="", end=s["citations"][0]["start"]), "citation 1: "),
    ("same number twice", lambda s: s["citations"][1].update(number=1), "citation 1: the number stands there 2 times"),
    (
        "withdrawn document",
        lambda s: s["citations"][0].update(document_id="gone.md"),
        "citation 1: the document gone.md",
    ),
    ("reason not in the list", lambda s: _invent_a_reason(s), "the reason 'tired' is not one of the contract's"),
]


def _invent_a_reason(said: Said) -> None:
    said.update(abstained=True, reason="tired", sentences=[], citations=[], answer="No.")


@pytest.mark.parametrize(("plant", "fault"), [pytest.param(*row[1:], id=row[0]) for row in FAULTS])
def test_a_planted_fault_is_named(plant: Callable[[Said], object], fault: str) -> None:
    said = _said()
    plant(said)
    found = verify(said, sample.text_of())
    assert any(one.startswith(fault) or fault in one for one in found), found


def test_a_document_that_changed_around_the_quote_is_said_to_hold_it_still() -> None:
    changed = sample.document(text=sample.TEXT + "\n\nA line was added.")
    faults = verify(_said(BEDS), sample.text_of(changed))
    assert faults == ["citation 1: the document alpha.md has changed (the quote still stands in it)"]


def test_a_document_whose_quote_changed_is_not() -> None:
    changed = sample.document(text=sample.TEXT.replace("20 beds", "25 beds"))
    assert verify(_said(BEDS), sample.text_of(changed)) == ["citation 1: the document alpha.md has changed"]


@given(st.integers(-20, 20), st.integers(-20, 20))
def test_any_other_span_is_found_out(start: int, end: int) -> None:
    said = _said(BEDS)
    said["citations"][0]["start"] += start
    said["citations"][0]["end"] += end
    assert bool(verify(said, sample.text_of())) == (start != 0 or end != 0)


@given(st.integers(0, len(BEDS) - 1), st.characters(exclude_categories=["Cs"]))
def test_any_other_letter_of_a_quote_is_found_out(place: int, letter: str) -> None:
    said = _said(BEDS)
    quote = BEDS[:place] + letter + BEDS[place + 1 :]
    said["citations"][0]["quote"] = said["sentences"][0]["text"] = said["answer"] = quote
    assert bool(verify(said, sample.text_of())) == (quote != BEDS)


def test_offsets_count_characters_not_bytes() -> None:
    held = sample.document(text="£2.4m 🙂 was spent. Café: 20 beds.")
    cited = sample.citation("Café: 20 beds.", source=held)
    said = sample.answer().to_json() | {
        "answer": cited.quote,
        "sentences": [{"text": cited.quote, "citations": [1]}],
        "citations": [dataclasses.asdict(cited)],
    }
    assert verify(said, sample.text_of(held)) == []


@pytest.mark.parametrize("said", [{}, [], "text", 3, {"citations": None}], ids=repr)
def test_what_is_no_answer_raises(said: Any) -> None:
    with pytest.raises((KeyError, TypeError, AttributeError)):
        verify(said, sample.text_of())


def test_a_document_id_that_is_no_text_raises() -> None:
    said = _said()
    said["citations"][0]["document_id"] = ["alpha.md"]
    with pytest.raises(TypeError, match="a document id is a text"):
        verify(said, sample.text_of())


def test_a_newer_schema_is_a_fault() -> None:
    assert verify(_said() | {"schema": 2}, sample.text_of()) == ["the schema is 2; this Casebook knows 1"]


def test_it_does_not_change_the_answer() -> None:
    said = _said()
    before = copy.deepcopy(said)
    verify(said, sample.text_of())
    assert said == before


_ALONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from assistant.verification import verify
said, text = json.loads(sys.stdin.read())
print(json.dumps(verify(said, {"alpha.md": text}.get)))
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps([file for file in files if "site-packages" in file]))
"""


def test_it_needs_the_standard_library_only() -> None:
    child = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _ALONE, str(ROOT)],
        input=json.dumps([_said(), sample.TEXT]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout.splitlines() == ["[]", "[]"]
