"""PDF through pypdfium2; where that finds the format damaged pypdf is asked, and the report says so.

The text of form fields, notes and attachments is left out. The outline's titles become headings where they
are found on their page.
"""

import contextlib
from collections import defaultdict
from io import BytesIO
from typing import TYPE_CHECKING

from assistant.errors import DocumentRefused
from ingest.readers.canonical import Block, compose, inline, make_document
from ingest.readers.pdf_lines import hyphenated_words, page_blocks, usual_spacing
from ingest.readers.pdf_page import lines_of
from ingest.readers.registry import Reading, reader
from ingest.readers.text import paragraphs
from ingest.readers.titles import file_stem, sensible_title

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

_FEWEST_CHARACTERS = 50
_NEEDS_PASSWORD = "needs a password: save a copy without one"
_NO_TEXT_LAYER = "has no text layer (a scan or pictures only): run OCR on it first"


@reader(".pdf")
def read_pdf(data: bytes, document_id: str) -> Reading:
    """Read a PDF page by page; a scan without a text layer is refused as such."""
    import pypdfium2
    import pypdfium2.raw

    warnings: list[str] = []
    try:
        pdf = pypdfium2.PdfDocument(data)
        with pdf:
            title, pages = _by_pdfium(pdf)
    except pypdfium2.PdfiumError as error:
        # pdfium's error number may be an older one of this process, so the file has to agree.
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD and b"/Encrypt" in data:
            raise DocumentRefused(_NEEDS_PASSWORD) from error
        title, pages = _by_pypdf(data)
        warnings.append("is damaged, and was read by the second reader (pypdf): look it over")
    composition = compose((block for blocks in pages for block in blocks), len(pages))
    if not composition.text:
        raise DocumentRefused(_NO_TEXT_LAYER)
    if len(composition.text) < _FEWEST_CHARACTERS:
        warnings.append(f"holds only {len(composition.text)} characters: is the rest of it a scan?")
    document = make_document(document_id, sensible_title(title) or file_stem(document_id), composition)
    return Reading((document,), tuple(warnings))


def _by_pdfium(pdf: "PdfDocument") -> tuple[str, list[list[Block]]]:
    """Return the title in the file's own data, and the blocks of each page."""
    pages = []
    for index in range(len(pdf)):
        page = pdf[index]
        text_page = page.get_textpage()
        pages.append(lines_of(text_page))
        text_page.close()
        page.close()
    titles = _outline(pdf)
    hyphenated = hyphenated_words(line.text for lines in pages for line in lines)
    spacing = usual_spacing([line for lines in pages for line in lines])
    blocks = [
        page_blocks(lines, number, titles[number - 1], spacing, hyphenated) for number, lines in enumerate(pages, 1)
    ]
    with contextlib.suppress(UnicodeDecodeError):
        return pdf.get_metadata_value("Title"), blocks
    return "", blocks


def _outline(pdf: "PdfDocument") -> dict[int, list[tuple[str, int]]]:
    """Return the titles of the outline and their levels, by the index of the page they point to."""
    titles: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for bookmark in pdf.get_toc():
        target = bookmark.get_dest()
        index = target.get_index() if target else None
        # A title may be broken UTF-16; it cannot be found on the page then.
        with contextlib.suppress(UnicodeDecodeError):
            if index is not None:
                titles[index].append((bookmark.get_title(), min(bookmark.level + 1, 6)))
    return titles


def _by_pypdf(data: bytes) -> tuple[str, list[list[Block]]]:
    """Return the title and each page's blocks as pypdf reads them, without the places of lines."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        pdf = PdfReader(BytesIO(data))
        if pdf.is_encrypted and not pdf.decrypt(""):
            raise DocumentRefused(_NEEDS_PASSWORD)
        blocks = [paragraphs(page.extract_text(), number) for number, page in enumerate(pdf.pages, 1)]
        title = pdf.metadata.title if pdf.metadata else None
    except (PyPdfError, RecursionError) as error:
        detail = inline(str(error))[:100]
        raise DocumentRefused(f"is damaged beyond reading ({detail}): open it elsewhere and save it anew") from error
    return title or "", blocks
