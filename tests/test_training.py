"""assistant/training: questions become groups that lose no label, and a step moves the network the right way."""

import gzip
import json
import lzma
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.embedder import locate_model
from assistant.errors import CasebookError
from assistant.reader import WEIGHTS, Pairs, Reader, weights_of
from assistant.settings import PACKAGED_MODEL
from assistant.training import data
from assistant.training.__main__ import Network, loss_of, main, plain_attention, save
from assistant.training.mean import main as main_of_mean
from assistant.training.mean import mean

SENTENCES = ["The hub opened in May 2021.", "It has twenty beds.", "Ann Lee chairs the board."]


def passage(sentences: list[str], gold: list[int]) -> dict[str, Any]:
    spans, at = [], 0
    for sentence in sentences:
        spans.append([at, at + len(sentence)])
        at += len(sentence) + 1
    return {
        "title": "The hub",
        "text": " ".join(sentences),
        "answers": bool(gold),
        "sentences": spans,
        "gold_sentences": gold,
        "span": None,
    }


def question(text: str, *passages: dict[str, Any], source: str = "made") -> dict[str, Any]:
    return {"source": source, "question": text, "passages": list(passages)}


WHO = question("Who chairs the board?", passage(SENTENCES, [2]), passage(["The canteen is shut."], []))


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return Pairs(locate_model(PACKAGED_MODEL))


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".jsonl", bytes), (".jsonl.gz", gzip.compress), (".jsonl.xz", lzma.compress)]
)
def test_rows_are_read_but_for_the_sources_left_out(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(pack("\n".join(map(json.dumps, [WHO, {**WHO, "source": "other"}])).encode()))
    assert [row["source"] for row in data.rows([path], frozenset({"other"}))] == ["made"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"{", "line 1 is no question", id="no JSON"),
        pytest.param(b'{"question": "Who?"}', "line 1 is no question with a source", id="no source"),
        pytest.param(b"\xff\xfe", "cannot be read", id="no UTF-8"),
        pytest.param(None, "cannot be read", id="no file"),
    ],
)
def test_a_wrong_file_is_named(
    tmp_path: Path, content: bytes | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CasebookError, match=f"rows.jsonl.*{words}"):
        list(data.rows([path], frozenset()))
    monkeypatch.setattr("sys.argv", ["training", str(path), "--out", str(tmp_path / "out.safetensors")])
    with pytest.raises(SystemExit, match=r"rows\.jsonl"):
        main()


def test_the_gold_sentence_of_a_long_passage_is_kept(pairs: Pairs) -> None:
    filler = [f"Filler number {number} says nothing of any use to anybody at all here." for number in range(60)]
    group = data.group_of(question("Who chairs the board?", passage([*filler, SENTENCES[2]], [60])), pairs, 1)
    (example,) = group.examples
    assert example.answers and len(example.gold) == 1
    assert group.width <= data.TRAINED_TOKENS


def test_a_figure_changed_makes_a_question_that_its_passage_does_not_answer() -> None:
    asked = question("What opened in May 2021?", passage(SENTENCES, [0]))
    made = [data.with_other_figures(asked, random.Random(seed)) for seed in range(20)]
    for other in made:
        assert other is not None
        assert other["question"] != asked["question"] and "2021" not in other["question"]
        assert other["passages"][0]["gold_sentences"] == [] and not other["passages"][0]["answers"]
    assert data.with_other_figures(WHO, random.Random(0)) is None


@pytest.mark.parametrize(
    ("own", "before", "turned"),
    [
        pytest.param(
            "When did the Anytown hub open?",
            "Who runs the Anytown hub?",
            "When did the it open? (runs, Anytown, hub)",
            id="what both name is it",
        ),
        pytest.param("How many beds?", "Who runs the hub?", "How many beds? (runs, hub)", id="nothing in common"),
        pytest.param("How many beds?", "And why?", "How many beds?", id="nothing said before"),
    ],
)
def test_a_question_becomes_a_follow_up_of_another(own: str, before: str, turned: str) -> None:
    row = question(own, passage(SENTENCES, [1]))
    assert data.as_follow_up(row, before) == {**row, "question": turned}


def test_follow_ups_are_of_the_same_passage_alone_and_no_row_is_lost() -> None:
    other = question("Where is the canteen?", passage(["The canteen is shut."], [0]))
    found = list(data.with_follow_ups([WHO, other, {**WHO, "question": "How many beds?"}], 1.0, random.Random(0)))
    assert [row["question"] for row in found] == [WHO["question"], other["question"], "How many beds? (chairs, board)"]
    assert list(data.with_follow_ups([WHO, WHO], 0.0, random.Random(0))) == [WHO, WHO]


def test_every_group_is_in_one_batch_of_a_pass(pairs: Pairs) -> None:
    groups = [data.group_of({**WHO, "source": str(number)}, pairs, 2) for number in range(45)]
    seen = [group.source for batch in data.batches(groups, 8, random.Random(0)) for group in batch]
    assert sorted(seen) == sorted(group.source for group in groups)


@pytest.mark.slow
def test_a_few_steps_learn_a_question_and_the_weights_survive_their_eight_bits(pairs: Pairs, tmp_path: Path) -> None:
    import torch

    from assistant.embedder import file_sha256

    folder = locate_model(PACKAGED_MODEL)
    network = Network(folder)
    batch = [data.group_of(WHO, pairs, 2)]
    optimiser = torch.optim.AdamW(network.tensors.values(), lr=2e-4)
    losses = []
    for _ in range(12):
        loss = loss_of(network, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] / 2

    path = tmp_path / "small.safetensors"
    save(network.tensors, path)
    for name, tensor in weights_of(path).items():
        exact = network.tensors[name].detach()
        step = exact.abs().max() / 127 if exact.dim() == 2 else 0.0
        assert (tensor - exact).abs().max() <= step / 2 + 1e-6, name
    trained = Reader(bf16=False, weights=path, sha256=file_sha256(path))
    spans = [tuple(span) for span in WHO["passages"][0]["sentences"]]
    right, wrong = trained.read(
        [
            (WHO["question"], "The hub", WHO["passages"][0]["text"], spans),
            (WHO["question"], "The hub", "The canteen is shut.", [(0, 20)]),
        ],
    )
    assert max(range(3), key=right.sentences.__getitem__) == 2
    assert right.answers > wrong.answers

    again = Network(folder, start=path)
    assert set(again.tensors) == set(network.tensors)


def test_frozen_layers_stay_as_they_are_and_all_above_moves(pairs: Pairs) -> None:
    network = Network(locate_model(PACKAGED_MODEL), start=WEIGHTS, frozen=2)
    loss_of(network, [data.group_of(WHO, pairs, 2)]).backward()
    moved = {name for name, tensor in network.tensors.items() if tensor.grad is not None}
    stay = {name for name in network.tensors if name == "kinds" or name[:2] in ("0.", "1.")}
    assert len(stay) > 2
    assert moved == set(network.tensors) - stay


def test_the_mean_of_states_is_that_of_each_tensor_and_of_one_network_only(tmp_path: Path) -> None:
    import torch

    one = {"kinds": torch.tensor([[1.0, 2.0]]), "answers.bias": torch.tensor([3.0])}
    other = {"kinds": torch.tensor([[4.0, 2.0]]), "answers.bias": torch.tensor([0.0])}
    found = mean([one, one, other])
    assert found["kinds"].tolist() == [[2.0, 2.0]] and found["answers.bias"].tolist() == [2.0]
    with pytest.raises(CasebookError, match="not of the same network"):
        mean([one, {"kinds": one["kinds"]}])
    main_of_mean([str(WEIGHTS), str(WEIGHTS), "--out", str(tmp_path / "mean.safetensors")])
    kept = weights_of(tmp_path / "mean.safetensors")
    for name, tensor in weights_of(WEIGHTS).items():
        torch.testing.assert_close(kept[name], tensor, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("content", [None, b"no weights"], ids=["missing", "something else"])
def test_weights_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "state.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SystemExit, match=r"Error: .*state\.safetensors holds no weights that can be read"):
        main_of_mean([str(path), "--out", str(tmp_path / "mean.safetensors")])
    assert not (tmp_path / "mean.safetensors").exists()


def test_late_rows_that_are_not_there_are_an_error_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps(WHO), encoding="utf-8")
    out = tmp_path / "reader.safetensors"
    arguments = ["train", str(rows), "--late", str(tmp_path / "none.jsonl"), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit, match=r"none\.jsonl cannot be read"):
        main()
    assert not out.exists()


def test_the_attention_of_training_is_torch_s_own() -> None:
    import torch

    query, key, value = torch.randn(3, 2, 12, 40, 32, generator=torch.Generator().manual_seed(0)).unbind(0)
    seen = torch.ones(2, 1, 1, 40, dtype=torch.bool)
    seen[1, ..., 30:] = False
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    torch.testing.assert_close(plain_attention(query, key, value, seen), expected)
