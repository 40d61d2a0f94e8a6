"""A run as JUnit XML, which continuous integration shows: a case for each question, by kind."""

from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from assistant.evaluation.diff import Change, Diff
from assistant.evaluation.diff_text import change_lines
from assistant.evaluation.shortfalls import label_lost, shortfalls
from assistant.schema import EvaluationRecord


def junit_xml(name: str, records: Sequence[EvaluationRecord], diff: Diff | None = None) -> bytes:
    """Return the XML. A question fails by its labels or, where there is a diff, where it made the gate close.

    What the gate says of the whole is a case of its own; a question whose label is lost is skipped.
    """
    suite = ElementTree.Element("testsuite", name=name)
    changes: Mapping[str, Change] = {change.id: change for change in diff.changes} if diff else {}
    for record in records:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            name=_clean(f"{record.question.id}: {record.question.text}"),
            classname=_clean(f"{name}.{record.question.kind or 'question'}"),
            time=f"{record.seconds:.4f}",
        )
        found = shortfalls(record)
        change = changes.get(record.question.id)
        if label_lost(record):
            _say(case, "skipped", "a labelled quote no longer stands in its document", ())
        if diff is None and found:
            _say(case, "failure", found[0], found)
        elif diff is not None and diff.failures and change is not None and change.worse:
            _say(case, "failure", change.verdict or "worse than the baseline", change_lines(change))
        elif found:
            ElementTree.SubElement(case, "system-out").text = _clean("\n".join(found))
    if diff is not None:
        gate = ElementTree.SubElement(suite, "testcase", name="the gate", classname=_clean(f"{name}.gate"))
        if diff.failures:
            _say(gate, "failure", diff.failures[0], diff.failures)
    for attribute, path in (("tests", "testcase"), ("failures", "testcase/failure"), ("skipped", "testcase/skipped")):
        suite.set(attribute, str(len(suite.findall(path))))
    suite.set("time", f"{sum(record.seconds for record in records):.4f}")
    ElementTree.indent(suite)
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _say(case: ElementTree.Element, kind: str, message: str, lines: Iterable[str]) -> None:
    ElementTree.SubElement(case, kind, message=_clean(message)).text = _clean("\n".join(lines))


def _clean(text: str) -> str:
    """Return a text without the characters that no XML may hold."""
    return "".join(
        character if character in "\t\n" or 0x20 <= ord(character) < 0xD800 or 0xE000 <= ord(character) < 0xFFFE
        or ord(character) > 0xFFFF else "�"
        for character in text
    )  # fmt: skip
