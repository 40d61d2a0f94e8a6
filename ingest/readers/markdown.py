"""Markdown (CommonMark and tables) with front matter and source marks such as ``[^B1]``.

The page is rendered to HTML and read as a web page is, so that raw HTML in it, hidden parts included, is
treated alike: tags go, text stays. Link targets and pictures are left out.
"""

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import DocumentRefused
from ingest.readers.canonical import Block, compose, make_document, visible
from ingest.readers.front_matter import FrontMatter, read_front_matter, split_front_matter
from ingest.readers.html import hidden_warning, parse
from ingest.readers.html_visibility import is_hidden, is_not_text
from ingest.readers.html_walk import MARK_TAG, Walk
from ingest.readers.registry import Reading, reader
from ingest.readers.text import decode
from ingest.readers.titles import file_stem

if TYPE_CHECKING:
    from lxml.etree import _Element as Element
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_MARK = re.compile(r"\[\^([^\s\[\]]{1,64})\]")
# At its limit markdown-it drops what lies deeper, so the limit is set and meeting it is an error.
_DEEPEST = 60


@reader(".md", ".markdown")
def read_markdown(data: bytes, document_id: str) -> Reading:
    """Read a Markdown page; its title is the front matter's, its first main heading or the file's name."""
    front, body = split_front_matter(visible(decode(data)))
    about = read_front_matter(front) if front is not None else FrontMatter()
    hidden: list[Element] = []

    def is_left_out(element: "Element") -> bool:
        if is_not_text(element):
            return True
        if is_hidden(element):
            hidden.append(element)
            return True
        return False

    walk = Walk(is_left_out)
    blocks = walk.walk(parse(_to_html(body)))
    known, unknown = _known_marks(blocks, {source.key for source in about.metadata.sources})
    first = next((block.text for block in blocks if block.level == 1), "")
    title = about.title or first or file_stem(document_id)
    document = make_document(document_id, title, compose(known), about.metadata)
    warnings = (*about.warnings, *_mark_warnings(walk.inside, unknown), *hidden_warning(hidden))
    return Reading((document,), warnings)


def _to_html(markdown: str) -> str:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table")
    # Before "link", so that a definition "[^B1]: http…" cannot turn marks into links.
    parser.inline.ruler.before("link", "source_mark", _source_mark)
    parser.add_render_rule("source_mark", _render_mark)
    tokens = parser.parse(markdown)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        raise DocumentRefused(f"is nested deeper than {_DEEPEST} levels of lists and quotations")
    return str(parser.renderer.render(tokens, parser.options, {}))


def _source_mark(state: "StateInline", silent: bool) -> bool:
    mark = _MARK.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if not silent:
        state.push("source_mark", "", 0).content = mark[1]
    state.pos = mark.end()
    return True


def _render_mark(_self: object, tokens: "list[Token]", index: int, _options: object, _env: object) -> str:
    return f'<{MARK_TAG} key="{html.escape(tokens[index].content)}"></{MARK_TAG}>'


def _known_marks(blocks: list[Block], keys: set[str]) -> tuple[list[Block], list[str]]:
    """Return the blocks with only the marks of listed sources, and the keys of the others."""
    unknown = dict.fromkeys(key for block in blocks for key in block.keys if key not in keys)
    kept = [replace(block, keys=tuple(key for key in block.keys if key in keys)) for block in blocks]
    return kept, list(unknown)


def _mark_warnings(inside: list[str], unknown: list[str]) -> list[str]:
    warnings = []
    if unknown:
        warnings.append(f"marks name sources that the front matter does not list: {', '.join(unknown[:10])}")
    if inside:
        warnings.append(
            f"{len(inside)} source marks stand within a sentence and count for the whole block "
            f"(the first in {inside[0]!r}): put marks at the block's end"
        )
    return warnings
