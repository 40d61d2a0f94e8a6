"""A tiny random model in a folder, and texts of its words."""

import json
import random
from pathlib import Path
from typing import Any

WORDS = "board care clinic group hub list nurse plan staff theatre trust ward".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
POSITIONS = 20  # no multiple of the width step: the widest pass must not ask for places that are not there


def sentences(lengths: list[int]) -> list[str]:
    """Return texts of so many words each, the same at every call."""
    dice = random.Random(7)
    return [" ".join(dice.choices(WORDS, k=length)) for length in lengths]


def write_tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *WORDS, ":", "search"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def write_weights(folder: Path, size: int, inner: int, seed: int) -> None:
    import torch
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(seed)

    def linear(rows: int, columns: int) -> dict[str, Any]:
        return {"weight": torch.randn(rows, columns, generator=generator) * 0.3, "bias": torch.zeros(rows)}

    def norm() -> dict[str, Any]:
        return {"weight": torch.ones(size), "bias": torch.zeros(size)}

    at = "encoder.layer.0."
    parts = {
        "embeddings.LayerNorm": norm(),
        **{f"{at}attention.self.{name}": linear(size, size) for name in ("query", "key", "value")},
        f"{at}attention.output.dense": linear(size, size),
        f"{at}attention.output.LayerNorm": norm(),
        f"{at}intermediate.dense": linear(inner, size),
        f"{at}output.dense": linear(size, inner),
        f"{at}output.LayerNorm": norm(),
        "pooler.dense": linear(size, size),
    }
    tables = {"word": len(SPECIAL) + len(WORDS) + 2, "position": POSITIONS, "token_type": 2}
    weights = {f"{part}.{name}": value for part, pair in parts.items() for name, value in pair.items()}
    for name, rows in tables.items():
        weights[f"embeddings.{name}_embeddings.weight"] = torch.randn(rows, size, generator=generator)
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})


def write_model(folder: Path, *, pooling: str = "mean", prompts: dict[str, str] | None = None, seed: int = 1) -> Path:
    """Write a tiny random BERT as sentence-transformers lays one out."""
    size, inner = 16, 32
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modes = {"mean": "mean_tokens", "cls": "cls_token"}
    files: dict[str, Any] = {
        "config.json": {
            "model_type": "bert",
            "architectures": ["BertModel"],
            "hidden_act": "gelu",
            "hidden_size": size,
            "intermediate_size": inner,
            "num_attention_heads": 2,
            "num_hidden_layers": 1,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": POSITIONS,
            "type_vocab_size": 2,
            "vocab_size": len(SPECIAL) + len(WORDS) + 2,
            "pad_token_id": 0,
        },
        "sentence_bert_config.json": {"max_seq_length": POSITIONS, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts or {}, "default_prompt_name": None},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": POSITIONS,
            **{f"{token[1:-1].lower()}_token": token for token in SPECIAL},
        },
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{name}"}
            for index, (path, name) in enumerate(modules)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": size,
            **{f"pooling_mode_{name}": name == modes[pooling] for name in ("cls_token", "mean_tokens", "max_tokens")},
        },
        "2_Normalize/config.json": {},
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    write_tokenizer(folder)
    write_weights(folder, size, inner, seed)
    return folder
