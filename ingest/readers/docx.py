"""Word documents through python-docx: the body in order, as it stands with all changes accepted.

Left out: hidden text, deleted text, comments, headers, footers, footnotes and the codes of fields. Text boxes
come after the paragraph that they are anchored in.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from assistant.errors import DocumentRefused
from ingest.readers.canonical import Block, compose, inline, join_cells, join_parts, make_document
from ingest.readers.docx_package import check_package
from ingest.readers.docx_styles import Numbering, Styles, W, is_on, value
from ingest.readers.pieces import BREAK, Mark, assemble
from ingest.readers.registry import Reading, reader
from ingest.readers.titles import file_stem, sensible_title

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from lxml.etree import _Element as Element

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
# Fallback repeats the text of Choice for old programs; the others are deleted, or text about the text.
_SKIPPED = frozenset(
    (
        f"{W}del",
        f"{W}moveFrom",
        f"{W}pPr",
        f"{W}rPr",
        f"{W}sdtPr",
        f"{W}rt",
        f"{_MC}Fallback",
        f"{W}instrText",
    )
)
_WRAPPERS = frozenset(
    (
        *(f"{W}{name}" for name in ("sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag")),
        *(f"{_MC}{name}" for name in ("AlternateContent", "Choice")),
    )
)


@reader(".docx")
def read_docx(data: bytes, document_id: str) -> Reading:
    """Read a Word document: headings, paragraphs, lists, tables and text boxes of its body."""
    check_package(data)
    word = _open(data)
    body = _Body(word)
    blocks = list(body.blocks(word.element.body))
    composition = compose(blocks)
    if not composition.text:
        raise DocumentRefused("is empty")
    first = next((block.text for block in blocks if block.level == 1), "")
    title = sensible_title(_own_title(word)) or body.title or first or file_stem(document_id)
    warnings = ("hidden text was left out",) if body.hid_text else ()
    return Reading((make_document(document_id, title, composition),), warnings)


def _open(data: bytes) -> "WordDocument":
    import docx
    from lxml.etree import XMLSyntaxError

    try:
        return docx.Document(BytesIO(data))
    except (KeyError, ValueError) as error:
        raise DocumentRefused("is not a Word document that can be opened: save it anew as .docx") from error
    except XMLSyntaxError as error:
        detail = inline(str(error))[:120]
        raise DocumentRefused(f"is damaged, its XML cannot be read ({detail}): save it anew") from error


def _own_title(word: "WordDocument") -> str:
    """Return the title in the document's properties; python-docx would make up one where there are none."""
    from docx.opc.constants import RELATIONSHIP_TYPE

    kinds = (relation.reltype for relation in word.part.package.rels.values())
    return word.core_properties.title if RELATIONSHIP_TYPE.CORE_PROPERTIES in kinds else ""


def _numbering(word: "WordDocument") -> "Element | None":
    from docx.opc.constants import RELATIONSHIP_TYPE

    kinds = (relation.reltype for relation in word.part.rels.values())
    return word.part.numbering_part.element if RELATIONSHIP_TYPE.NUMBERING in kinds else None


class _Body:
    """A walk over a document's body that counts the items of its lists."""

    def __init__(self, word: "WordDocument") -> None:
        self._styles = Styles(word.styles.element)
        self._numbering = Numbering(_numbering(word))
        self._groups = 0
        self._in_list = False
        self.title = ""
        self.hid_text = False

    def blocks(self, container: "Element") -> Iterator[Block]:
        """Yield the blocks of the paragraphs and tables in a container, in order."""
        for child in _children(container):
            if child.tag == f"{W}p":
                yield from self._paragraph(child)
            elif child.tag == f"{W}tbl":
                self._in_list = False
                yield from self._table(child)
                self._in_list = False

    def _paragraph(self, paragraph: "Element") -> Iterator[Block]:
        pieces, boxes = self._pieces(paragraph)
        lines, _, _ = assemble(pieces)
        level = self._styles.heading_level(paragraph)
        place = None if level else self._styles.list_place(paragraph)
        if lines and level:
            self._in_list = False
            heading = " ".join(lines)
            self.title = self.title or (heading if self._styles.is_title(paragraph) else "")
            yield Block(heading, level=level)
        elif lines:
            if (place is None and len(lines) > 1) or (place is not None and not self._in_list):
                self._groups += 1
            self._in_list = place is not None
            group = self._groups if self._in_list or len(lines) > 1 else 0
            label = self._numbering.next_label(place) if place else ""
            yield from (Block(f"{'' if n else label}{line}", group=group) for n, line in enumerate(lines))
        for box in boxes:
            self._in_list = False
            yield from self.blocks(box)

    def _pieces(self, paragraph: "Element") -> "tuple[list[str | Mark], list[Element]]":
        """Return a paragraph's text and breaks as they come, and the text boxes anchored in it."""
        from lxml import etree

        pieces: list[str | Mark] = []
        boxes: list[Element] = []
        hides = self._styles.hides(self._styles.style_of(paragraph))
        walk = etree.iterwalk(paragraph, events=("start",))
        for _, element in walk:
            tag = element.tag
            if tag == f"{W}txbxContent":
                boxes.append(element)
                walk.skip_subtree()
            elif tag in _SKIPPED:
                walk.skip_subtree()
            elif tag == f"{W}r" and self._is_hidden(element, hides):
                self.hid_text = self.hid_text or element.find(f".//{W}t") is not None
                walk.skip_subtree()
            else:
                pieces.append(_text_of(element))
        return pieces, boxes

    def _is_hidden(self, run: "Element", hidden_by_style: bool) -> bool:
        vanish = run.find(f"{W}rPr/{W}vanish")
        if vanish is not None:
            return is_on(vanish.get(f"{W}val", "1"))
        return hidden_by_style or self._styles.hides(value(run, f"{W}rPr/{W}rStyle"))

    def _table(self, table: "Element") -> Iterator[Block]:
        """Yield a table's rows as lines; a table that only lays out the page gives what is in its cells."""
        rows = [
            [cell for cell in _children(row) if cell.tag == f"{W}tc"]
            for row in _children(table)
            if row.tag == f"{W}tr" and row.find(f"{W}trPr/{W}del") is None
        ]
        if self._lays_out(rows):
            for cell in (cell for row in rows for cell in row):
                self._in_list = False
                yield from self.blocks(cell)
            return
        self._groups += 1
        group = self._groups
        for row in rows:
            # A cell that only continues the one above it has been said there.
            cells = [[] if _continues(cell) else [block.text for block in self.blocks(cell)] for cell in row]
            line = join_cells([join_parts(parts) for parts in cells])
            if line:
                yield Block(line, group=group)

    def _lays_out(self, rows: "list[list[Element]]") -> bool:
        """Whether a table has one cell a row, or holds tables or headings."""
        if all(len(row) < 2 for row in rows):
            return True
        cells = [cell for row in rows for cell in row]
        if any(next(cell.iterdescendants(f"{W}tbl"), None) is not None for cell in cells):
            return True
        return any(self._styles.heading_level(p) for cell in cells for p in cell.iterdescendants(f"{W}p"))


def _children(container: "Element") -> "Iterator[Element]":
    """Yield an element's children, those in content controls and accepted changes as if they were its own."""
    for child in container.iterchildren("*"):
        if child.tag in _WRAPPERS:
            yield from _children(child)
        else:
            yield child


def _continues(cell: "Element") -> bool:
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") == "continue"


def _text_of(element: "Element") -> str:
    """Return what one element inside a run shows."""
    tag = element.tag
    if tag in (f"{W}t", _MATH_TEXT):
        return element.text or ""
    if tag == f"{W}noBreakHyphen":
        return "-"
    if tag in (f"{W}br", f"{W}cr"):
        return BREAK
    return " " if tag in (f"{W}tab", f"{W}ptab") else ""
