"""Question sets for training → tokenised groups: a question with the passages that answer it and some that do not."""

import gzip
import json
import lzma
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import CasebookError
from assistant.question import content_words
from assistant.reader import Pair, Pairs

TRAINED_TOKENS = 256
_UNPACKED = {".gz": gzip.decompress, ".xz": lzma.decompress}
MOST_CARRIED = 6
_WORDS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")


@dataclass(frozen=True, slots=True)
class Example:
    """A pair with its labels: does the passage answer, which of its sentences do, where the answer's tokens are."""

    pair: Pair
    answers: bool
    gold: tuple[int, ...]
    count: int
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """The examples of one question."""

    source: str
    examples: tuple[Example, ...] = field(default=())

    @property
    def width(self) -> int:
        """The longest pair, in tokens."""
        return max(len(example.pair.ids) for example in self.examples)


def rows(paths: Iterable[Path], leave_out: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Read question rows from JSON lines, packed or not, without those of some sources. Raises CasebookError."""
    for path in paths:
        try:
            content = path.read_bytes()
            text = _UNPACKED.get(path.suffix, bytes)(content).decode("utf-8")
        except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
            raise CasebookError(
                f"{path} cannot be read ({error}); give JSON lines, packed as .gz or .xz or not."
            ) from error
        for number, line in enumerate(text.strip().split("\n"), start=1):
            try:
                row = json.loads(line)
                source = row["source"]
            except (ValueError, KeyError, TypeError) as error:
                raise CasebookError(f"{path}, line {number} is no question with a source ({error}).") from error
            if source not in leave_out:
                yield row


def _cropped(passage: Mapping[str, Any], most: int) -> tuple[str, list[tuple[int, int]], list[int]]:
    """Return a passage's text from its first useful sentence on, where it is longer than ``most`` characters."""
    text, spans, gold = passage["text"], [tuple(span) for span in passage["sentences"]], list(passage["gold_sentences"])
    first = 0
    while gold and first < gold[0] and spans[gold[0]][1] - spans[first][0] > most * 0.8:
        first += 1
    offset = spans[first][0] if spans else 0
    kept = [(start - offset, end - offset) for start, end in spans[first:]]
    return text[offset : offset + most + 400], kept, [index - first for index in gold]


def group_of(row: Mapping[str, Any], pairs: Pairs, most_passages: int) -> Group:
    """Tokenise a row."""
    examples = []
    for passage in row["passages"][:most_passages]:
        text, spans, gold = _cropped(passage, TRAINED_TOKENS * 4)
        prefix = passage.get("prefix", passage["title"])
        pair = pairs.pair(row["question"], prefix, text, spans, TRAINED_TOKENS)
        count = max(pair.sentences) + 1
        seen = tuple(index for index in gold if index < count)
        answers = bool(passage["answers"] and (seen or not gold))
        examples.append(Example(pair=pair, answers=answers, gold=seen, count=max(count, 1)))
    return Group(source=row["source"], examples=tuple(examples))


def with_other_figures(row: Mapping[str, Any], chance: random.Random) -> dict[str, Any] | None:
    """Return a question whose figure is another, which its passage then does not answer; None where it has none."""
    found = list(_NUMBER.finditer(row["question"]))
    if not found or not row["passages"][0]["answers"]:
        return None
    match = chance.choice(found)
    digits = match.group()
    other = "".join(str((int(d) + chance.randint(1, 8)) % 10) if d.isdigit() and i else d for i, d in enumerate(digits))
    if len(digits) == 1:
        other = str((int(digits) + chance.randint(1, 8)) % 10)
    passage = {**row["passages"][0], "answers": False, "gold_sentences": [], "span": None}
    question = row["question"][: match.start()] + other + row["question"][match.end() :]
    if other in passage["text"]:
        return None
    return {"source": row["source"] + "+figure", "question": question, "passages": [passage]}


def as_follow_up(row: Mapping[str, Any], before: str) -> dict[str, Any]:
    """Return a question as it is searched for behind another: what both name is "it", and stands in brackets."""
    own, words = row["question"], content_words(before)
    shared = {word.lower() for word in words} & {word.lower() for word in content_words(own)}
    pointing = re.sub(r"\bit(?:\s+it\b)+", "it", _WORDS.sub(lambda m: "it" if m[0].lower() in shared else m[0], own))
    return {**row, "question": f"{pointing} ({', '.join(words[:MOST_CARRIED])})" if words else own}


def with_follow_ups(found: Iterable[dict[str, Any]], share: float, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Yield rows, a share of them turned into follow-ups of another question on the same passage."""
    asked: dict[str, list[str]] = {}
    for row in found:
        others = asked.setdefault(row["passages"][0]["text"][:200], [])
        yield as_follow_up(row, chance.choice(others)) if others and chance.random() < share else row
        others.append(row["question"])


def batches(groups: Sequence[Group], pairs_a_batch: int, chance: random.Random) -> Iterator[list[Group]]:
    """Yield batches of groups of like width, in a random order: one pass over all of them."""
    order = list(groups)
    chance.shuffle(order)
    block = pairs_a_batch * 24
    found: list[list[Group]] = []
    for begin in range(0, len(order), block):
        near = sorted(order[begin : begin + block], key=lambda group: group.width)
        batch: list[Group] = []
        for group in near:
            batch.append(group)
            if sum(len(each.examples) for each in batch) >= pairs_a_batch:
                found.append(batch)
                batch = []
        if batch:
            found.append(batch)
    chance.shuffle(found)
    yield from found
