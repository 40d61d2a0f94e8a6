"""A conversation as a Word document, for board papers: headings, marks, quotes and references."""

from io import BytesIO
from typing import TYPE_CHECKING

from assistant.schema import Answer

if TYPE_CHECKING:
    from docx.document import Document

    from frontend.export import Pack


def writable(text: str) -> str:
    """Return a text without the control characters that XML cannot hold."""
    return "".join(
        c if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff") else "\ufffd"
        for c in text
    )


def docx(pack: "Pack") -> bytes:
    """Return a pack as the bytes of a Word document."""
    from docx import Document

    paper = Document()
    paper.core_properties.title = "Answers from Casebook"
    paper.core_properties.author = "Casebook"
    paper.core_properties.language = "en-GB"
    paper.add_heading("Answers from Casebook", 0)
    for answer in pack.answers:
        add_answer(paper, answer)
    lines = pack.reference_lines()
    if lines:
        paper.add_heading("References", 1)
    for line in lines:
        paper.add_paragraph(writable(line))
    paper.add_paragraph(writable(pack.note())).runs[0].italic = True
    kept = BytesIO()
    paper.save(kept)
    return kept.getvalue()


def add_answer(paper: "Document", answer: Answer) -> None:
    """Add a question with its answer or refusal, and where each quote stands."""
    from frontend.export import place_of, refusal_words

    paper.add_heading(writable(" ".join(answer.question.split())), 1)
    if answer.searched_for.strip() != answer.question.strip():
        paper.add_paragraph(writable(f"Searched for: {answer.searched_for}"))
    if answer.abstained:
        paper.add_paragraph().add_run("No answer. ").bold = True
        paper.paragraphs[-1].add_run(writable(refusal_words(answer)))
        return
    for name, sentences in answer.groups:
        if name:
            paper.add_heading(writable(name), 2)
        for sentence in sentences:
            line = paper.add_paragraph(writable(sentence.text))
            line.add_run("".join(f" [{number}]" for number in sentence.citations)).font.superscript = True
    for note in answer.notes:
        paper.add_paragraph(writable(f"Note: {note}")).runs[0].italic = True
    paper.add_heading("Where it stands", 2)
    for citation in answer.citations:
        paper.add_paragraph(writable(f"[{citation.number}] {place_of(citation)}"))
        paper.add_paragraph(writable(citation.quote), style="Quote")
