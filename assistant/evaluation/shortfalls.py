"""What an answer lacks, in words: the questions for which that is nothing have passed."""

from collections.abc import Mapping

from assistant.schema import EvaluationRecord

# A metric, the value that is right, and what another value means.
_WORDS: Mapping[str, tuple[float, str]] = {
    "false answer": (0.0, "answered, and should be refused"),
    "false refusal": (0.0, "refused, and should be answered"),
    "completeness": (1.0, "does not state all that it must"),
    "citation recall": (1.0, "does not cite all that it must"),
    "forbidden statements": (0.0, "states what it must not"),
    "forbidden citations": (0.0, "cites what it must not"),
    "citation faults": (0.0, "a citation does not hold"),
}


def shortfalls(record: EvaluationRecord) -> tuple[str, ...]:
    """Return what is wrong with an answer, by its labels, the verdict first."""
    found = [words for name, (right, words) in _WORDS.items() if record.scores.get(name) not in (None, right)]
    # A refusal states and cites nothing: to say so of each label would add nothing.
    return tuple(found[:1] if record.answer["abstained"] else found)


def label_lost(record: EvaluationRecord) -> bool:
    """Whether a labelled quote no longer stands in its document, so that its scores do not apply."""
    return bool(record.scores.get("labels lost"))
