"""How fast an ingest is, beside the bare embedding model and beside LlamaIndex's default pipeline, in one run.

    python -m tests.bench.ingest_speed [--rounds N] [--documents N] [--threads N]

Three things are timed over the same documents (SQuAD 2.0's development half from ../shared, else made-up text), the
libraries loaded and the models warm; of several rounds, taken in turn, each one's best counts:

bare        SentenceTransformer.encode over the very texts that our ingest embeds, in our precision; once as it comes
            (batches of 32 sorted by length, padded to the longest) and once in our batches (8 rows of one width in
            steps of 16 tokens). The faster of the two is what we are measured against.
casebook    Ingest.run: read in a child process, cut, embed, commit each document to SQLite, build Chroma and
            the keyword indexes, check them in a child process, publish.
llamaindex  IngestionPipeline as its documentation has it: SentenceSplitter, the same model in fp32 in batches of
            10 (what HuggingFaceEmbedding does), ChromaVectorStore on disk. Nothing is checked or flushed.
"""

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from assistant.bert import ROWS, WIDTH_STEP
from assistant.catalogue import Catalogue
from assistant.embedder import BertEmbedder, locate_model, open_embedder
from assistant.settings import PACKAGED_MODEL
from ingest.chunker import chunk
from ingest.pipeline import RECORD, Ingest
from ingest.readers.jsonl import read_jsonl
from ingest.sandbox import Limits

SQUAD = Path(__file__).resolve().parents[3] / "shared" / "bench" / "squad2-dev" / "corpus.jsonl"
TARGETS = {"bare": 0.85, "llamaindex": 1.5}


def corpus(folder: Path, most: int) -> Path:
    """Write the documents to measure with to a file of JSON lines, and return it."""
    path = folder / "corpus.jsonl"
    if SQUAD.is_file():
        lines = SQUAD.read_text(encoding="utf-8").splitlines()
    else:
        chance = random.Random(0)
        words = ["".join(chance.choices("aeiounrstlm", k=chance.randint(2, 9))) for _ in range(4000)]
        texts = (". ".join(" ".join(chance.choices(words, k=12)).capitalize() for _ in range(9)) for _ in range(1200))
        lines = [json.dumps({"_id": str(n), "title": "", "text": text}) for n, text in enumerate(texts)]
    path.write_text("\n".join(lines[:most] if most else lines), encoding="utf-8")
    return path


def bare(model: Any, texts: Sequence[str], widths: Sequence[int] | None) -> None:
    """Encode texts with sentence_transformers alone, in our batches where widths are given."""
    if widths is None:
        model.encode(list(texts), show_progress_bar=False)
        return
    for width in sorted(set(widths)):
        same = [text for text, own in zip(texts, widths, strict=True) if own == width]
        model.encode(same, batch_size=ROWS, show_progress_bar=False)


def casebook(embedder: BertEmbedder, path: Path) -> None:
    """Ingest a file into a new index, from its bytes to the published generation."""
    with tempfile.TemporaryDirectory() as folder, Catalogue(Path(folder) / RECORD) as record:
        ingest = Ingest(Path(folder), record, embedder, model=PACKAGED_MODEL, progress=lambda *_: None)
        report = ingest.run([str(path)], check=False, yes=False, limits=Limits(seconds=300))
        assert report.published and not report.refused


def llamaindex(model: Any, path: Path) -> None:
    """Ingest the same file as LlamaIndex's documentation does."""
    import chromadb
    from llama_index.core import Document
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.ingestion import IngestionPipeline
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    class Embedding(BaseEmbedding):
        """The model as HuggingFaceEmbedding wraps it."""

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            vectors = model.encode(texts, batch_size=10, normalize_embeddings=True, show_progress_bar=False)
            return [[float(number) for number in vector] for vector in vectors]

        def _get_text_embedding(self, text: str) -> list[float]:
            return self._get_text_embeddings([text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_text_embedding(query)

    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    documents = [Document(text=row["text"], id_=row["_id"], metadata={"title": row["title"]}) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        client = chromadb.PersistentClient(folder)
        store = ChromaVectorStore(chroma_collection=client.create_collection("passages", embedding_function=None))
        pipeline = IngestionPipeline(transformations=[SentenceSplitter(), Embedding()], vector_store=store)
        pipeline.run(documents=documents)
        client.close()


def best(tasks: dict[str, Callable[[], None]], rounds: int, cores: int) -> dict[str, float]:
    """Return the best seconds of each task, the tasks taken in turn, each with all cores to use."""
    import torch

    seconds = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            torch.set_num_threads(cores)  # ours has made it one: its passes run side by side
            begun = time.perf_counter()
            task()
            seconds[name] = min(seconds[name], time.perf_counter() - begun)
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the ingest beside the bare model and LlamaIndex.")
    parser.add_argument("--rounds", type=int, default=2, help="rounds, of which the best counts (default: 2)")
    parser.add_argument("--documents", type=int, default=0, help="only so many documents (default: all)")
    parser.add_argument("--threads", type=int, default=0, help="processor threads (default: all)")
    options = parser.parse_args()
    import torch
    from sentence_transformers import SentenceTransformer

    cores = options.threads or torch.get_num_threads()
    folder = str(locate_model(PACKAGED_MODEL))
    ours = open_embedder(PACKAGED_MODEL, "auto", options.threads)
    assert isinstance(ours, BertEmbedder)
    precise = SentenceTransformer(folder, device="cpu", local_files_only=True)
    same = SentenceTransformer(folder, device="cpu", local_files_only=True)
    same.to(torch.bfloat16 if ours.precision == "bf16" else torch.float32)
    with tempfile.TemporaryDirectory() as place:
        path = corpus(Path(place), options.documents)
        documents = read_jsonl(path.read_bytes(), path.name).documents
        chunks = [chunk(document, ours.count_tokens, ours.max_tokens) for document in documents]
        texts = [text for parts in chunks for _, text in parts]
        widths = [-(-tokens // WIDTH_STEP) * WIDTH_STEP for tokens in ours.count_tokens(texts)]
        ours.encode_passages(texts[:ROWS])  # loads the weights, and with them the wished number of threads
        small = Path(place) / "few.jsonl"
        small.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:20]), encoding="utf-8")
        tasks: dict[str, Callable[[Path], None]] = {
            "bare, as it comes": lambda _: bare(same, texts, None),
            "bare, our batches": lambda _: bare(same, texts, widths),
            "casebook": lambda file: casebook(ours, file),
            "llamaindex": lambda file: llamaindex(precise, file),
        }
        tasks["casebook"](small)  # loads Chroma and LlamaIndex
        tasks["llamaindex"](small)
        seconds = best({name: (lambda task=task: task(path)) for name, task in tasks.items()}, options.rounds, cores)
    report(len(documents), len(texts), ours.precision, cores, seconds)


def report(documents: int, passages: int, precision: str, threads: int, seconds: dict[str, float]) -> None:
    """Print the speeds and the two ratios."""
    print(f"{documents} documents, {passages} passages; {threads} threads; bare and casebook in {precision}")
    for name, taken in seconds.items():
        print(f"{name:<18} {taken:7.1f} s  {passages / taken:7.1f} passages/s")
    against = {
        "bare": min(seconds["bare, as it comes"], seconds["bare, our batches"]),
        "llamaindex": seconds["llamaindex"],
    }
    for name, target in TARGETS.items():
        ratio = against[name] / seconds["casebook"]
        print(f"casebook / {name:<11} {ratio:.2f}  (at least {target}: {'yes' if ratio >= target else 'NO'})")


if __name__ == "__main__":
    main()
