"""Casebook as a LlamaIndex retriever: for programs that are built with LlamaIndex.

Nothing here touches LlamaIndex's global Settings, and no default model can be resolved: a retriever needs none.
"""

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from assistant.pipeline import Assistant


class CasebookRetriever(BaseRetriever):
    """Ranks passages as Casebook does and gives them as nodes; ``only`` filters as in ``Assistant.ask``."""

    def __init__(self, assistant: Assistant, *, limit: int = 10, only: dict[str, list[str]] | None = None) -> None:
        self._assistant, self._limit, self._only = assistant, limit, only
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._assistant.search(query_bundle.query_str, limit=self._limit, only=self._only)
        nodes = []
        for hit in hits:
            passage = hit.passage
            document = self._assistant.document(passage.document_id)
            node = TextNode(
                id_=passage.id,
                text=passage.text,
                start_char_idx=passage.start,
                end_char_idx=passage.end,
                metadata={
                    "title": document.title,
                    "collaborative": document.metadata.collaborative,
                    "heading": " > ".join(passage.heading_path),
                    "sha256": document.sha256,
                },
                relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document.id)},
            )
            nodes.append(NodeWithScore(node=node, score=hit.score))
        return nodes
