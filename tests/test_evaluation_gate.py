"""The gate of this project: its own questions on its own corpus, against the blessed baseline.

After a change that is meant, look at the diff that this test prints, and then bless the run anew, by hand:

    python3 run.py evaluate tests/questions --out run.jsonl
    python3 run.py bless run.jsonl tests/baseline.jsonl
"""

from pathlib import Path

import pytest

from assistant.evaluation import read_questions, read_run, run
from assistant.evaluation.diff import Tolerance, compare, require_same_questions
from assistant.evaluation.diff_text import diff_text
from assistant.evaluation.lint import lint
from assistant.evaluation.provenance import provenance
from assistant.evaluation.records import Run
from assistant.evaluation.runs import first_line
from assistant.pipeline import Assistant
from assistant.schema import Question
from assistant.settings import Settings
from tests.stand_in import StandIn, build

TESTS = Path(__file__).resolve().parent
BASELINE = TESTS / "baseline.jsonl"
# Another processor rounds vectors in another way, which may turn a close call: so much is let pass, and no more.
TOLERANCE = Tolerance(flips=2, shares=0.01, named={"forbidden statements": 0.1})


def test_every_label_of_our_questions_stands_in_the_corpus(casebook: Assistant) -> None:
    faults = lint(TESTS / "questions", {document.id: document.text for document in casebook.documents()})
    assert faults == [], "\n".join(faults)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # two minutes without bf16, and more where other programs are busy
def test_our_questions_are_answered_as_well_as_in_the_baseline(casebook: Assistant, corpus_index: Path) -> None:
    questions, base = read_questions(TESTS / "questions"), read_run(BASELINE)
    require_same_questions(base, questions)
    made = first_line(casebook, questions, provenance(Settings(index=corpus_index), "questions", questions))
    whole = Run(provenance=made, records=tuple(run(casebook, questions, None, provenance=made)))
    diff = compare(base, whole, TOLERANCE)
    assert not diff.failures, f"{diff_text(diff)}\n\n{__doc__}"


PAGES = {
    "hub.md": "# Hub\n\nThe Rowley hub opened in May 2021 with twenty beds for orthopaedic surgery.\n",
    "chair.md": "# Chair\n\nAnn Other has chaired the committee of the trusts since 2019.\n",
}
ASKED = (
    Question(id="hub", text="When did the Rowley hub open?", answerable=True, relevant=("hub.md",)),
    Question(id="chair", text="Who has chaired the committee of the trusts?", answerable=True, relevant=("chair.md",)),
)


def _run_on(root: Path, pages: dict[str, str]) -> Run:
    build(root, pages)
    with Assistant(root, StandIn()) as assistant:
        records = run(assistant, ASKED, None, provenance={})
        return Run(provenance=first_line(assistant, ASKED, {}), records=tuple(records))


def test_what_is_missing_in_an_index_is_caught_and_named(tmp_path: Path) -> None:
    whole = _run_on(tmp_path / "whole", PAGES)
    assert [record.answer["abstained"] for record in whole.records] == [False, False]
    less = _run_on(tmp_path / "less", {**PAGES, "chair.md": "# Chair\n\nNothing is known about it.\n"})
    diff = compare(whole, less)
    assert any("flipped against the label" in failure for failure in diff.failures)
    assert all("chair" in failure and "hub" not in failure for failure in diff.failures)
    assert [line.split(":")[0] for line in diff.named] == ["corpus_sha256", "generation"]
