"""Trains the evidence reader: python -m assistant.training POOL.jsonl.gz … --out reader.safetensors.

The loss of a question is threefold: whether each passage answers (binary), which sentence of all its passages does
(a softmax over the sentences and "none"), and whether each sentence does (binary). Word embeddings stay as they are.
"""

import argparse
import random
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.bert import Bert
from assistant.embedder import has_bf16, locate_model
from assistant.errors import CasebookError
from assistant.reader import KINDS, Pairs, pooled, weights_of
from assistant.settings import PACKAGED_MODEL
from assistant.training.data import Example, Group, batches, group_of, rows, with_follow_ups, with_other_figures

# The share of questions that are turned into follow-ups of another one on the same passage.
FOLLOW_UPS = 0.12


def plain_attention(query: Any, key: Any, value: Any, attn_mask: Any) -> Any:
    """Return what torch's own attention does; in training on a processor with bf16 it is half as dear."""
    import torch

    rows, heads, width, size = query.shape
    flat = (rows * heads, width, size)
    scores = torch.bmm(query.reshape(flat) * size**-0.5, key.reshape(flat).transpose(1, 2))
    unseen = torch.where(attn_mask, 0.0, -1e4).to(scores.dtype)
    shares = torch.softmax(scores.view(rows, heads, width, width) + unseen, -1)
    return torch.bmm(shares.view(rows * heads, width, width), value.reshape(flat)).view(rows, heads, width, size)


class Network:
    """The tensors in training: the encoder's layers, the kinds' embedding, two heads.

    It computes in bf16 where the processor has it, else in fp32. The lowest ``frozen`` layers, and with them the
    kinds' embedding below, stay as they are: with two of six frozen a step takes two thirds of the time.
    """

    def __init__(self, folder: Path, start: Path | None = None, *, frozen: int = 0) -> None:
        import torch

        torch.manual_seed(0)
        self.bert = Bert(folder, bf16=has_bf16())
        if has_bf16():
            self.bert.attention = plain_attention
        size = 384
        self.tensors: dict[str, Any] = {
            **{name: tensor.float() for name, tensor in self.bert.layers.items()},
            "kinds": torch.randn(KINDS, size) * 0.01,
            "answers.weight": torch.randn(size) * 0.02,
            "answers.bias": torch.zeros(1),
            "sentence.weight": torch.randn(size) * 0.02,
            "sentence.bias": torch.zeros(1),
        }
        if start is not None:
            self.tensors = weights_of(start)
        for name, tensor in self.tensors.items():
            below = int(name.split(".")[0]) < frozen if name[0].isdigit() else bool(frozen) and name == "kinds"
            tensor.requires_grad_(not below)

    def logits(self, examples: list[Example]) -> tuple[Any, Any]:
        """Return the logits of passages, shape [examples], and of sentences, shape [examples, most]."""
        import torch

        width = -(-max(len(example.pair.ids) for example in examples) // 8) * 8
        count = max(example.count for example in examples)
        ids = torch.zeros((len(examples), width), dtype=torch.long)
        kinds = torch.zeros_like(ids)
        mask = torch.zeros((len(examples), width))
        sentences = torch.full_like(ids, -1)
        for index, example in enumerate(examples):
            length = len(example.pair.ids)
            ids[index, :length] = torch.tensor(example.pair.ids)
            kinds[index, :length] = torch.tensor(example.pair.kinds)
            sentences[index, :length] = torch.tensor(example.pair.sentences)
            mask[index, :length] = 1
        self.bert.replace_layers({name: tensor for name, tensor in self.tensors.items() if name[0].isdigit()})
        hidden = self.bert.hidden(ids, mask, self.tensors["kinds"].to(self.bert.dtype)[kinds]).float()
        answers = hidden[:, 0] @ self.tensors["answers.weight"] + self.tensors["answers.bias"]
        states = pooled(torch, hidden, sentences, count)
        return answers, states @ self.tensors["sentence.weight"] + self.tensors["sentence.bias"]


def loss_of(network: Network, batch: list[Group]) -> Any:
    """Return the mean loss of a batch's questions."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits

    examples = [example for group in batch for example in group.examples]
    answers, sentences = network.logits(examples)
    wanted = torch.tensor([float(example.answers) for example in examples])
    total = binary_cross_entropy_with_logits(answers, wanted)
    none = torch.zeros(1)
    ranked, begin, binary = [], 0, []
    for group in batch:
        scores, gold = [none], [not any(example.gold for example in group.examples)]
        for offset, example in enumerate(group.examples):
            own = sentences[begin + offset, : example.count]
            is_gold = [index in example.gold for index in range(example.count)]
            scores.append(own)
            gold.extend(is_gold)
            if example.gold or not example.answers:
                binary.append(binary_cross_entropy_with_logits(own, torch.tensor(is_gold, dtype=torch.float)))
        begin += len(group.examples)
        line = torch.cat(scores)
        if gold[0] and any(example.answers for example in group.examples):
            continue  # it answers, nobody knows where
        ranked.append(torch.logsumexp(line, 0) - torch.logsumexp(line[torch.tensor(gold)], 0))
    if ranked:
        total = total + torch.stack(ranked).mean()
    if binary:
        total = total + torch.stack(binary).mean()
    return total


def groups_of(paths: list[Path], leave_out: frozenset[str], pairs: Pairs, passages: int, seed: int) -> list[Group]:
    """Read and tokenise the training questions, and those made from them by another figure."""
    chance = random.Random(seed)
    groups = []
    for row in with_follow_ups(rows(paths, leave_out), FOLLOW_UPS, chance):
        groups.append(group_of(row, pairs, passages))
        if (other := with_other_figures(row, chance)) is not None:
            groups.append(group_of(other, pairs, 1))
    return groups


def save(tensors: Mapping[str, Any], path: Path) -> None:
    """Write weights, matrices in eight bits with a scale a row."""
    import torch
    from safetensors.torch import save_file

    stored = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        if tensor.dim() == 2 and name[0].isdigit():
            scale = tensor.abs().amax(1, keepdim=True) / 127
            stored[name] = torch.round(tensor / scale).to(torch.int8)
            stored[f"{name}.scale"] = scale
        else:
            stored[name] = tensor.clone()
    save_file(stored, str(path.with_suffix(".tmp")))
    path.with_suffix(".tmp").replace(path)


def train(options: argparse.Namespace) -> None:
    """Train for the time given, the rate falling to nothing at its end."""
    import torch

    folder = locate_model(PACKAGED_MODEL)
    pairs = Pairs(folder)
    leave_out = frozenset(options.without)
    network = Network(folder, options.start, frozen=options.frozen)
    torch.set_num_threads(options.threads)
    moved = [tensor for tensor in network.tensors.values() if tensor.requires_grad]
    optimiser = torch.optim.AdamW(moved, lr=options.rate, weight_decay=0.01, fused=True)
    groups = groups_of(options.data, leave_out, pairs, options.passages, 0)
    late = groups_of(options.late, leave_out, pairs, 6, 1)
    if options.sample:
        groups = random.Random(0).sample(groups, options.sample)
    print(f"{len(groups)} questions, {sum(len(g.examples) for g in groups)} pairs", file=sys.stderr)
    chance = random.Random(0)
    begun, step, seen, recent, done = time.monotonic(), 0, 0, 0.0, 0.0
    saved = begun
    while done < 1:
        if late and done >= options.late_from:
            groups = groups + late * options.late_times
            print(f"from now on {len(late)} late questions, each {options.late_times} times", file=sys.stderr)
            late = []
        for batch in batches(groups, options.batch, chance):
            done = (time.monotonic() - begun) / (options.minutes * 60)
            if done >= 1 or (late and done >= options.late_from):
                break
            rate = options.rate * min(1.0, (step + 1) / 200) * (1 - done)
            for setting in optimiser.param_groups:
                setting["lr"] = rate
            loss = loss_of(network, batch)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(moved, 1.0)
            optimiser.step()
            step, seen = step + 1, seen + sum(len(group.examples) for group in batch)
            recent += float(loss.detach())
            if step % 50 == 0:
                pace = seen / (time.monotonic() - begun)
                print(
                    f"step {step}  {done:.0%}  loss {recent / 50:.3f}  {pace:.1f} pairs/s", file=sys.stderr, flush=True
                )
                recent = 0.0
            if time.monotonic() - saved > options.save_every * 60:
                save(network.tensors, options.out)
                saved = time.monotonic()
    save(network.tensors, options.out)
    print(f"{step} steps, {seen} pairs, {options.out}", file=sys.stderr)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m assistant.training", description="Train the evidence reader.")
    parser.add_argument("data", type=Path, nargs="+", help="question rows, JSON lines, packed as .gz or .xz or not")
    parser.add_argument("--late", type=Path, nargs="*", default=[], help="rows that come in later and more often")
    parser.add_argument("--late-from", type=float, default=0.5, help="share of the time after which they do")
    parser.add_argument("--late-times", type=int, default=3, help="how often each comes in a pass")
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--sample", type=int, default=0, help="only so many of the questions, chosen by the seed")
    parser.add_argument("--without", nargs="*", default=[], help="sources to leave out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=32, help="pairs a step")
    parser.add_argument("--passages", type=int, default=2, help="passages a question")
    parser.add_argument("--frozen", type=int, default=0, help="layers from below that stay as they are")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=8, help="minutes")
    options = parser.parse_args()
    try:
        train(options)
    except CasebookError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
