"""A BERT sentence encoder in plain torch: the arithmetic of sentence-transformers without its start-up.

Loading sentence_transformers takes seconds; the forward pass of a small BERT with mean pooling is a page.
A test holds both to the same vectors. Source of the architecture: Devlin et al. 2019, arXiv:1810.04805;
of the pooling: Reimers and Gurevych 2019, arXiv:1908.10084.

Every forward pass of a given width has the same shape, [ROWS, width], missing rows filled: a row's bits
then cannot depend on how many companions it has (measured in bf16: batches under four rows differ).
Measured on two cores, texts of 150 tokens: 8 rows in steps of 16 are a quarter faster than 16 rows in steps of 32.
Passes run side by side, each on one processor: as fast as one pass shared by all on a quiet machine, and two to
four times as fast where other programs are busy too, for no pass waits for the slowest processor at every layer.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

ROWS = 8
WIDTH_STEP = 16

Task = TypeVar("Task")
Done = TypeVar("Done")
Vectors = npt.NDArray[np.float32]


def describes_bert(folder: Path) -> bool:
    """Whether a sentence-transformers folder is a BERT with mean pooling that Bert can run."""

    def read(name: str) -> Any:
        path = folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    config, limits = read("config.json"), read("sentence_bert_config.json")
    modules = [module["type"].rsplit(".", 1)[-1] for module in read("modules.json")]
    pooling = {name for name, is_on in read("1_Pooling/config.json").items() if name.startswith("pooling_") and is_on}
    return (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and modules in (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling"])
        and pooling == {"pooling_mode_mean_tokens"}
        and isinstance(limits.get("max_seq_length"), int)
        and not limits.get("do_lower_case")
        # A prompt in front of queries or passages is sentence_transformers' to put there.
        and not any(read("config_sentence_transformers.json").get("prompts", {}).values())
        and all((folder / name).is_file() for name in ("model.safetensors", "tokenizer.json"))
    )


@cache
def _processors() -> int:
    """Return how many processors torch would share a pass over, and have it use one from now on."""
    import torch

    count = torch.get_num_threads()
    torch.set_num_threads(1)
    return count


class Bert:
    """The encoder's weights in one precision, and the pass through them."""

    def __init__(self, folder: Path, *, bf16: bool, threads: int = 0) -> None:
        import torch
        from safetensors.torch import load_file

        self._torch = torch
        most = _processors()
        self._workers = ThreadPoolExecutor(threads or most, "bert", torch.set_num_threads, (1,))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._heads: int = config["num_attention_heads"]
        self._epsilon: float = config["layer_norm_eps"]
        self.dtype = torch.bfloat16 if bf16 else torch.float32
        self.attention: Callable[..., Any] = torch.nn.functional.scaled_dot_product_attention
        weights = {
            name.removeprefix("bert."): tensor.to(self.dtype)
            for name, tensor in load_file(str(folder / "model.safetensors")).items()
            if tensor.is_floating_point()
        }
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = weights["embeddings.position_embeddings.weight"]
        self._kind = weights["embeddings.token_type_embeddings.weight"][0]
        self._first = self._pair(weights, "embeddings.LayerNorm.")
        self._layers = [self._layer(weights, index) for index in range(config["num_hidden_layers"])]

    @staticmethod
    def _pair(weights: dict[str, Any], prefix: str) -> tuple[Any, Any]:
        return weights[prefix + "weight"], weights[prefix + "bias"]

    def _layer(self, weights: dict[str, Any], index: int) -> tuple[tuple[Any, Any], ...]:
        at = f"encoder.layer.{index}."
        three = [self._pair(weights, f"{at}attention.self.{name}.") for name in ("query", "key", "value")]
        together = tuple(self._torch.cat([pair[side] for pair in three]) for side in (0, 1))
        return (
            (together[0], together[1]),
            self._pair(weights, at + "attention.output.dense."),
            self._pair(weights, at + "attention.output.LayerNorm."),
            self._pair(weights, at + "intermediate.dense."),
            self._pair(weights, at + "output.dense."),
            self._pair(weights, at + "output.LayerNorm."),
        )

    def hidden(self, ids: Any, mask: Any, extra: Any = None) -> Any:
        """Return the last layer's state of each token: shape [rows, width, dimension].

        ``ids`` and ``mask`` have shape [rows, width]; ``extra``, of the states' shape, is added to the embeddings.
        """
        functional = self._torch.nn.functional
        rows, width = ids.shape
        size = self._words.shape[1]
        x = self._words[ids] + self._places[:width] + self._kind
        if extra is not None:
            x = x + extra
        x = functional.layer_norm(x, (size,), *self._first, self._epsilon)
        seen = mask[:, None, None, :].bool()
        for attend, gather, first_norm, widen, narrow, second_norm in self._layers:
            parts = functional.linear(x, *attend).view(rows, width, 3, self._heads, size // self._heads)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            mixed = self.attention(query, key, value, attn_mask=seen)
            mixed = mixed.transpose(1, 2).reshape(rows, width, size)
            x = functional.layer_norm(x + functional.linear(mixed, *gather), (size,), *first_norm, self._epsilon)
            inner = functional.gelu(functional.linear(x, *widen))
            x = functional.layer_norm(x + functional.linear(inner, *narrow), (size,), *second_norm, self._epsilon)
        return x

    def _pool(self, batch: Sequence[Sequence[int]], rows: int, width: int) -> Vectors:
        torch = self._torch
        ids = torch.zeros((rows, width), dtype=torch.long)
        mask = torch.zeros((rows, width))
        mask[:, 0] = 1
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        with torch.inference_mode():
            hidden = self.hidden(ids, mask).float()
            mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
            unit = torch.nn.functional.normalize(mean, dim=1)
        vectors: Vectors = unit[: len(batch)].numpy()
        return vectors

    @property
    def layers(self) -> dict[str, Any]:
        """The tensors of the layers by name: what a training moves."""
        return {
            f"{index}.{part}.{side}": tensor
            for index, layer in enumerate(self._layers)
            for part, pair in enumerate(layer)
            for side, tensor in zip(("weight", "bias"), pair, strict=True)
        }

    def replace_layers(self, tensors: Mapping[str, Any]) -> None:
        """Put other tensors, named as ``layers`` names them, in the place of the layers'."""
        self._layers = [
            tuple(
                (
                    tensors[f"{index}.{part}.weight"].to(self.dtype),
                    tensors[f"{index}.{part}.bias"].to(self.dtype),
                )
                for part in range(len(layer))
            )
            for index, layer in enumerate(self._layers)
        ]

    def side_by_side(self, run: Callable[[Task], Done], tasks: Sequence[Task]) -> list[Done]:
        """Run tasks on as many processors as there are, each on one; return what they give in order."""
        return list(self._workers.map(run, tasks))

    def encode_one(self, tokens: Sequence[int]) -> Vectors:
        """Return the unit vector of one text, in a pass of its own width: shape [dimension]."""
        one: Vectors = self._pool([tokens], 1, len(tokens))[0]
        return one

    def encode(self, texts: Sequence[Sequence[int]]) -> Vectors:
        """Return unit vectors of token sequences: shape [texts, dimension], in the order given."""
        most = self._places.shape[0]  # where it is no multiple of the step, the widest pass is narrower
        widths = [min(-(-len(tokens) // WIDTH_STEP) * WIDTH_STEP, most) for tokens in texts]
        batches: list[tuple[int, list[int]]] = []
        for width in sorted(set(widths)):
            same = [index for index, own in enumerate(widths) if own == width]
            batches.extend((width, same[begin : begin + ROWS]) for begin in range(0, len(same), ROWS))

        def run(batch: tuple[int, list[int]]) -> Vectors:
            return self._pool([texts[index] for index in batch[1]], ROWS, batch[0])

        vectors = np.empty((len(texts), self._words.shape[1]), dtype=np.float32)
        for (_, chosen), found in zip(batches, self.side_by_side(run, batches), strict=True):
            vectors[chosen] = found
        return vectors
