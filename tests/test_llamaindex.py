"""The published collection and the retriever, used as a LlamaIndex program would."""

from pathlib import Path

import pytest
from llama_index.core import VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
from llama_index.vector_stores.chroma import ChromaVectorStore

from assistant.embedder import Embedder, open_embedder
from assistant.generations import current_folder
from assistant.index import COLLECTION, Generation, open_chroma
from assistant.llamaindex import CasebookRetriever
from assistant.pipeline import Assistant
from ingest.__main__ import main as ingest

QUESTION = "How did the town shorten its waiting lists?"
PAGES = {
    "alpha.md": '---\ntitle: Alpha\ncollaborative: Alpha\ntopics: ["theatres", "waiting lists"]\n---\n\n# Alpha\n\n'
    "Alpha shortened its waiting lists with a shared theatre in the town.\n",
    "beta.md": '---\ntitle: Beta\ncollaborative: Beta\ntopics: ["payroll"]\n---\n\n# Beta\n\n'
    "Beta moved its payroll to one office.\n",
}


class Ours(BaseEmbedding):
    """Our embedder in LlamaIndex's own interface."""

    _embedder: Embedder

    def __init__(self, embedder: Embedder) -> None:
        super().__init__(model_name="casebook")
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedder.encode_query(query).tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embedder.encode_passages([text])[0].tolist()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, text in PAGES.items():
        (folder / name).write_text(text, encoding="utf-8")
    index = tmp_path_factory.mktemp("index")
    assert ingest([str(folder), "--index", str(index)]) == 0
    return index


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("all-MiniLM-L6-v2")


def test_plain_llamaindex_finds_the_same_passages(root: Path, embedder: Embedder) -> None:
    folder = current_folder(root)
    generation = Generation(folder)
    expected = generation.dense(embedder.encode_query(QUESTION), 2)
    generation.close()
    client = open_chroma(folder / "chroma")
    store = ChromaVectorStore(chroma_collection=client.get_collection(COLLECTION, embedding_function=None))
    index = VectorStoreIndex.from_vector_store(store, embed_model=Ours(embedder))
    found = index.as_retriever(similarity_top_k=2).retrieve(QUESTION)
    assert [node.node.node_id for node in found] == list(expected)
    assert (
        found[0].node.get_content() == "Alpha\n\nAlpha shortened its waiting lists with a shared theatre in the town."
    )
    assert found[0].node.ref_doc_id == "alpha.md"
    client.close()


def test_a_topic_is_a_key_of_its_own(root: Path, embedder: Embedder) -> None:
    client = open_chroma(current_folder(root) / "chroma")
    store = ChromaVectorStore(chroma_collection=client.get_collection(COLLECTION, embedding_function=None))
    index = VectorStoreIndex.from_vector_store(store, embed_model=Ours(embedder))
    only = MetadataFilters(filters=[MetadataFilter(key="topic:payroll", value=1)])
    found = index.as_retriever(similarity_top_k=5, filters=only).retrieve(QUESTION)
    assert [node.node.ref_doc_id for node in found] == ["beta.md"]
    client.close()


def test_the_retriever_gives_our_ranking_as_nodes(root: Path, embedder: Embedder) -> None:
    with Assistant(root, embedder) as assistant:
        nodes = CasebookRetriever(assistant, limit=2).retrieve(QUESTION)
        hits = assistant.search(QUESTION, limit=2)
    assert [(n.node.node_id, n.score) for n in nodes] == [(h.passage.id, h.score) for h in hits]
    assert nodes[0].node.get_content() == hits[0].passage.text


def test_the_retriever_filters(root: Path, embedder: Embedder) -> None:
    with Assistant(root, embedder) as assistant:
        nodes = CasebookRetriever(assistant, only={"collaborative": ["Beta"]}).retrieve(QUESTION)
    assert {n.node.ref_doc_id for n in nodes} == {"beta.md"}
