"""The evidence reader: a small cross-encoder that reads a question and a passage together.

It is the packaged model's own BERT with layers trained further (``assistant/training``), an embedding that marks the
words that question and passage share, and two heads: does the passage answer, and which sentence does. The weights
are in ``reader.safetensors``, eight bits each with a scale a row; ``reader.md`` is their model card.
Source of the form: Nogueira and Cho 2019, arXiv:1901.04085.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from assistant.bert import WIDTH_STEP, Bert
from assistant.embedder import file_sha256, locate_model
from assistant.errors import CasebookError, ModelUnavailable
from assistant.question import EMPTY_WORDS
from assistant.sentences import Span
from assistant.settings import PACKAGED_MODEL
from assistant.thesaurus import synonyms, with_plurals

WEIGHTS = Path(__file__).parent / "reader.safetensors"
WEIGHTS_SHA256 = "d7d2ea2979bec86ac1f592c901e2fa7a1bf511529f9493035606ca88f76ddc8c"
MOST_TOKENS = 352
_QUESTION_TOKENS = 48
_PREFIX_TOKENS = 40
# What a token is: of the question or of the passage, and whether the other side has it, or a word for the same, too.
KINDS = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage as the network takes them: a list each, of one length.

    ``sentences`` gives the index of the sentence that a token belongs to, or -1.
    """

    ids: list[int]
    kinds: list[int]
    sentences: list[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader makes of a passage: logits that it answers, and that each of its sentences does."""

    answers: float
    sentences: tuple[float, ...]


def prefix(title: str, heading_path: Sequence[str]) -> str:
    """Return what is read in front of a passage: whose it is and what it stands under."""
    return ". ".join([title, *(heading for heading in heading_path if heading != title)])


class Pairs:
    """Turns texts into pairs; training and serving share it."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._first, self._between = self._tokenizer.encode("").ids  # [CLS] and [SEP]
        empty = self._tokenizer.encode(" ".join(sorted(EMPTY_WORDS)) + " .,?!:;'\"()-", add_special_tokens=False).ids
        self._empty = frozenset(empty)
        self._phrases: dict[str, frozenset[int]] = {}

    def _ids(self, text: str, most: int) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids[:most]

    def _telling(self, phrase: str) -> frozenset[int]:
        """Return the tokens of a phrase that carry meaning."""
        if phrase not in self._phrases:
            self._phrases[phrase] = frozenset(self._ids(phrase, _QUESTION_TOKENS)) - self._empty
        return self._phrases[phrase]

    def pair(self, question: str, front: str, text: str, spans: Sequence[Span], most: int = MOST_TOKENS) -> Pair:
        """Return a pair; of a passage that is too long its beginning."""
        asked = self._ids(question, _QUESTION_TOKENS)
        before = self._ids(front, _PREFIX_TOKENS)
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        room = most - len(asked) - len(before) - 3
        passage, offsets = encoded.ids[:room], encoded.offsets[:room]
        sentences, at = [], 0
        for start, end in offsets:
            while at < len(spans) and start >= spans[at][1]:
                at += 1
            sentences.append(at if at < len(spans) and spans[at][0] < end else -1)
        there = {*before, *passage} - self._empty
        told = {*asked} - self._empty, set(there)
        for phrase, others in synonyms(question):
            if held := [ids for other in with_plurals(others) if (ids := self._telling(other)) and ids <= there]:
                told[0].update(*held)
                told[1].update(self._telling(phrase))
        return Pair(
            ids=[self._first, *asked, self._between, *before, *passage, self._between],
            kinds=[0, *(int(i in told[1]) for i in asked), 0, *(2 + int(i in told[0]) for i in (*before, *passage)), 2],
            sentences=[-1] * (len(asked) + len(before) + 2) + sentences + [-1],
        )


def pooled(torch: Any, hidden: Any, sentences: Any, count: int) -> Any:
    """Return the mean state of the tokens of each sentence: shape [rows, count, dimension].

    ``sentences`` has shape [rows, width]; a sentence without tokens has zeros.
    """
    places = torch.nn.functional.one_hot(sentences + 1, count + 1)[:, :, 1:].to(hidden.dtype)
    totals = places.sum(1).clamp(min=1)
    return torch.einsum("rws,rwd->rsd", places, hidden) / totals[:, :, None]


class Reader:
    """The trained network. Raises ModelUnavailable where its weights are not the ones they should be."""

    def __init__(self, *, bf16: bool, threads: int = 0, weights: Path = WEIGHTS, sha256: str = WEIGHTS_SHA256) -> None:
        import torch

        found = file_sha256(weights) if weights.is_file() else "none: the file is missing"
        if found != sha256:
            raise ModelUnavailable(
                f"The weights of the evidence reader, {weights.name}, are not the ones they should be (SHA-256 "
                f"{found}, expected {sha256}). Get the file again, or switch the reader off with CASEBOOK_READER=off."
            )
        folder = locate_model(PACKAGED_MODEL)
        self._torch = torch
        self._bert = Bert(folder, bf16=bf16, threads=threads)
        self._pairs = Pairs(folder)
        tensors = weights_of(weights)
        self._bert.replace_layers({name: tensor for name, tensor in tensors.items() if name[0].isdigit()})
        self._kinds = tensors["kinds"].to(self._bert.dtype)
        self._heads = {
            name: tensors[name] for name in ("answers.weight", "answers.bias", "sentence.weight", "sentence.bias")
        }

    def read(self, asked: Sequence[tuple[str, str, str, Sequence[Span]]]) -> list[Reading]:
        """Read (question, front, text, sentence spans), each in a pass of its own, so that none depends on another."""
        pairs = [self._pairs.pair(*one) for one in asked]
        counts = [len(spans) for *_, spans in asked]
        return self._bert.side_by_side(self._read_one, list(zip(pairs, counts, strict=True)))

    def _read_one(self, task: tuple[Pair, int]) -> Reading:
        torch = self._torch
        pair, count = task
        width = min(-(-len(pair.ids) // WIDTH_STEP) * WIDTH_STEP, 512)
        ids = torch.zeros((1, width), dtype=torch.long)
        kinds = torch.zeros((1, width), dtype=torch.long)
        mask = torch.zeros((1, width))
        sentences = torch.full((1, width), -1, dtype=torch.long)
        length = len(pair.ids)
        for tensor, values in ((ids, pair.ids), (kinds, pair.kinds), (sentences, pair.sentences)):
            tensor[0, :length] = torch.tensor(values)
        mask[0, :length] = 1
        with torch.inference_mode():
            hidden = self._bert.hidden(ids, mask, self._kinds[kinds]).float()
            answers = hidden[:, 0] @ self._heads["answers.weight"] + self._heads["answers.bias"]
            states = pooled(torch, hidden, sentences, count)
            scores = states @ self._heads["sentence.weight"] + self._heads["sentence.bias"]
        return Reading(
            answers=round(float(answers[0]), 4),
            sentences=tuple(round(float(score), 4) for score in scores[0]),
        )


def weights_of(path: Path) -> dict[str, Any]:
    """Read weights in full precision: what is stored in eight bits has a scale for each row beside it.

    Raises CasebookError for a file that is missing or holds none.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = load_file(str(path))
    except (OSError, SafetensorError) as error:
        raise CasebookError(f"{path} holds no weights that can be read ({error}); give a .safetensors file.") from error
    return {
        name: tensor.float() * stored[f"{name}.scale"] if f"{name}.scale" in stored else tensor.float()
        for name, tensor in stored.items()
        if not name.endswith(".scale")
    }


@cache
def open_reader(bf16: bool, threads: int = 0) -> Reader:
    """Open the reader; one process shares one."""
    return Reader(bf16=bf16, threads=threads)
