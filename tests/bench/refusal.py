"""What is answered and refused at each threshold of the chance to answer, over a question set.

    python -m tests.bench.refusal SET --index INDEX [--tags dev]

Everything else is as shipped: the rules of refusal stay, only ``assistant.refusal.WEAK`` is moved. Risk is what an
answer lacks of what must be stated; 1 where an unanswerable question is answered.
"""

import argparse
from pathlib import Path
from statistics import fmean

from assistant import readings, refusal
from assistant.evaluation import read_questions
from assistant.evaluation.case import case_of
from assistant.evaluation.metrics import completeness
from assistant.pipeline import Assistant, open_assistant
from assistant.schema import Question
from assistant.settings import load_settings

THRESHOLDS = (0.2, 0.3, 0.36, 0.4, 0.45, 0.5, 0.6)


def row(assistant: Assistant, questions: list[Question], threshold: float) -> str:
    """Return a line of the table."""
    refusal.WEAK = threshold
    texts = {document.id: document.text for document in assistant.documents()}
    risks, false_answers, false_refusals = [], [], []
    for question in questions:
        answer = assistant.ask(question.text, question.history)
        if question.answerable:
            false_refusals.append(float(answer.abstained))
        else:
            false_answers.append(float(not answer.abstained))
        if not answer.abstained:
            share = completeness(case_of(question, answer.to_json(), texts.get)) if question.answerable else 0.0
            risks.append(1 - share if share is not None else 0.0)
    shares = (len(risks) / len(questions), fmean(risks), fmean(false_answers), fmean(false_refusals))
    return f"| {threshold:g} | " + " | ".join(f"{share:.3f}" for share in shares) + " |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure refusal at several thresholds.")
    parser.add_argument("set", type=Path)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--tags", nargs="*", default=[])
    options = parser.parse_args()
    questions = [each for each in read_questions(options.set) if set(options.tags) <= set(each.tags)]
    readings.KEPT_READINGS = 100_000  # every question is asked at each threshold, and read once
    print("| threshold | answered | risk | false answers | false refusals |\n|---|---|---|---|---|")
    with open_assistant(load_settings(index=options.index)) as assistant:
        for threshold in THRESHOLDS:
            print(row(assistant, questions, threshold), flush=True)


if __name__ == "__main__":
    main()
