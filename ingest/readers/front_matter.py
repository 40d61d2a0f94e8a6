"""The front matter of a Markdown page: YAML between two lines of ``---``, strictly typed."""

import dataclasses
import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.errors import DocumentRefused
from assistant.schema import Metadata, Source
from ingest.readers.canonical import inline

_FENCE = re.compile(r"---[ \t]*\n(?P<yaml>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_WEB_ADDRESS = re.compile(r"https?://[^\s/<>\"'\\]+[^\s<>\"\\]*", re.IGNORECASE)
_KEY = re.compile(r"[^\s\[\]]{1,64}")
_SOURCE_TEXTS = ("key", "title", "publisher", "url", "date", "note")
_KNOWN = frozenset(each.name for each in dataclasses.fields(Metadata)) | {"title"}


@dataclass(frozen=True)
class FrontMatter:
    """What a page says of itself: its title, its metadata and what was odd in them."""

    title: str = ""
    metadata: Metadata = field(default_factory=Metadata)
    warnings: tuple[str, ...] = ()


def split_front_matter(text: str) -> tuple[str | None, str]:
    """Return the YAML at the top of a page (None where there is none) and the Markdown under it."""
    fence = _FENCE.match(text)
    return (fence["yaml"], text[fence.end() :]) if fence else (None, text)


def read_front_matter(source: str) -> FrontMatter:
    """Return the front matter that a piece of YAML holds, or refuse it by the name of the field."""
    import yaml

    try:
        fields = yaml.safe_load(source)
    except yaml.MarkedYAMLError as error:
        # The file's first line is the fence, and lines are counted from 1.
        line = f" (line {error.problem_mark.line + 2})" if error.problem_mark else ""
        raise DocumentRefused(f"its front matter is not YAML: {error.problem}{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DocumentRefused(f"its front matter is not YAML: {inline(str(error))[:200]}") from error
    if fields is None:
        return FrontMatter()
    if not isinstance(fields, dict):
        raise DocumentRefused(f"its front matter should be lines of 'name: value', not {_shown(fields)}")
    warnings = [_unknown(name) for name in fields if name not in _KNOWN]
    metadata = Metadata(
        collaborative=_text(fields, "collaborative"),
        aliases=_texts(fields, "aliases"),
        region=_text(fields, "region"),
        type=_text(fields, "type"),
        population=_text(fields, "population"),
        trusts=_texts(fields, "trusts"),
        topics=_texts(fields, "topics"),
        date=_text(fields, "date"),
        reviewed=_text(fields, "reviewed"),
        sources=_sources(fields.get("sources"), warnings),
        source_url=_kept_address(_text(fields, "source_url"), "source_url", warnings),
    )
    return FrontMatter(_text(fields, "title"), metadata, tuple(warnings))


def web_address(value: str) -> str:
    """Return an http or https address as it is, and anything else as nothing."""
    return value if len(value) <= 2000 and _WEB_ADDRESS.fullmatch(value) else ""


def _unknown(name: object) -> str:
    return f"front matter: the field {_shown(name)} is not known and left out"


def _kept_address(value: str, name: str, warnings: list[str]) -> str:
    address = web_address(value)
    if value and not address:
        warnings.append(f"front matter: {name} {_shown(value)} is not an http or https address and left out")
    return address


def _text(fields: Mapping[Any, Any], name: str, within: str = "") -> str:
    value = fields.get(name)
    if value is None:
        return ""
    return _as_text(value, f"{within}{name}", "a text")


def _as_text(value: object, name: str, expected: str) -> str:
    # YAML reads 2023-06-01 as a date and 1.3 as a number; the page's author wrote a text. True may have
    # been written "yes", "on" or "true": nobody can say which.
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return inline(str(value))
    hint = ' (write it in "quotes")' if isinstance(value, bool) else ""
    raise DocumentRefused(f"front matter: {name} should be {expected}, not {_shown(value)}{hint}")


def _texts(fields: Mapping[Any, Any], name: str) -> tuple[str, ...]:
    values = fields.get(name)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise DocumentRefused(f'front matter: {name} should be a list such as ["one", "two"], not {_shown(values)}')
    texts = (_as_text(value, f"each of {name}", "a text") for value in values)
    return tuple(text for text in texts if text)


def _sources(values: object, warnings: list[str]) -> tuple[Source, ...]:
    if values is None:
        return ()
    if not isinstance(values, list):
        raise DocumentRefused(
            f"front matter: sources should be a list of sources with a key each, not {_shown(values)}"
        )
    sources = [_source(value, f"sources[{place}].", warnings) for place, value in enumerate(values, 1)]
    keys = [source.key for source in sources]
    for key in keys:
        if keys.count(key) > 1:
            raise DocumentRefused(f"front matter: two sources have the key {_shown(key)}; give each its own")
    return tuple(sources)


def _source(value: object, within: str, warnings: list[str]) -> Source:
    if not isinstance(value, dict):
        raise DocumentRefused(
            f"front matter: {within[:-1]} should have a key, a title and so on, not be {_shown(value)}"
        )
    warnings += [_unknown(f"{within}{name}") for name in value if name not in _SOURCE_TEXTS]
    texts = {name: _text(value, name, within) for name in _SOURCE_TEXTS}
    if not _KEY.fullmatch(texts["key"]):
        raise DocumentRefused(
            f"front matter: {within}key should be a short word such as B1, without spaces or brackets, "
            f"not {_shown(value.get('key'))}"
        )
    note = texts.pop("note")
    title = f"{texts['title']} ({note})".strip() if note else texts["title"]
    url = _kept_address(texts["url"], f"{within}url", warnings)
    return Source(key=texts["key"], title=title, publisher=texts["publisher"], url=url, date=texts["date"])


def _shown(value: object) -> str:
    """Return a value for a message: short, on one line, and in quotes where it is a text."""
    shown = inline(repr(value))
    return shown if len(shown) <= 80 else shown[:79] + "…"
