"""The trainer against PyTorch: gradients, fifty steps, and what it measures."""

import math

import pytest
import torch
import torch.nn.functional as F

from bertgpt import GPT, TransformerConfig
from bertgpt.inference import probes
from bertgpt.model.masks import bidirectional_mask, causal_mask
from bertgpt.text import corpora
from bertgpt.training import optimisers
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.records import recorded
from bertgpt_book.widgets.engine import files

FILES = (
    "engine/training/network.js",
    "engine/training/trainer.js",
    "engine/training/text.js",
    "masks.js",
    "sampling.js",
)
START = """const { makeNetwork, makeTrainer, T, readText, buildMask, continueMask, makeRandom } = page;
const wasm = read("engine/training/kernels.wasm");
const numbers = ({ store }, of) => Object.fromEntries(store.parameters.map((p) => [p.name, [p.shape, of(p).data]]));
"""


@pytest.fixture
def train(in_node):
    """train(script, given) runs a script with the trainer's modules: -> what it returns."""
    return lambda script, given=None: in_node(FILES, START + script, given)


def as_tensors(numbers, dtype=torch.float32):
    return {name: torch.tensor(data, dtype=dtype).view(shape) for name, (shape, data) in numbers.items()}


def in_torch(sizes, numbers, dtype=torch.float32):
    """Build the package's model of the same sizes and numbers."""
    letters = {"vocab_size": "V", "max_len": "T", "d_model": "D", "n_layers": "L", "n_heads": "H", "d_ff": "F"}
    fields = {name: sizes[letter] for name, letter in letters.items()}
    model = GPT(TransformerConfig.gpt(**fields, n_segments=0, activation="gelu", dropout=0.0)).to(dtype)
    missing, unexpected = model.load_state_dict(as_tensors(numbers, dtype), strict=False)
    assert missing == ["lm_head.decoder.weight"] and not unexpected  # it is tied
    return model


def loss_in_torch(model, mask, ids, places, labels):
    with probes.masked_by(model, mask):
        logits = model(torch.tensor(ids).view(-1, len(mask)))  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1)[torch.tensor(places)], torch.tensor(labels))


# ---- gradients and steps

GRADIENTS = """return given.map(({ sizes, mask }) => {
  const random = makeRandom(7), { V, B, T } = sizes;
  const network = makeNetwork({ sizes, spread: 0.3, random, wasm });
  for (const { shape, data } of network.store.parameters) if (shape.length === 1)
    for (let i = 0; i < data.length; i++) data[i] += 0.3 * (random() - 0.5); // no bias is 0, no norm's weight 1
  const ids = Int32Array.from({ length: B * T }, () => Math.floor(random() * V));
  const places = [...ids.keys()].filter(() => random() < 0.6), labels = places.map(() => Math.floor(random() * V));
  network.forward(ids, mask, places);
  const loss = network.loss(labels, true);
  network.backward();
  return { ids, places, labels, loss, weights: numbers(network, (p) => p), slopes: numbers(network, (p) => p.grad) };
});"""


def test_gradients_are_pytorchs(train):
    """Odd sizes, three masks, one with a row that may attend nowhere; PyTorch computes in float64."""
    painted = torch.rand(7, 7) < 0.5
    painted[2] = False
    masks = {"square": bidirectional_mask(7), "triangle": causal_mask(7), "painted": painted}
    all_sizes = [dict(V=11, T=7, D=12, L=2, H=3, F=20, B=3), dict(V=61, T=7, D=40, L=3, H=5, F=72, B=5)]
    cases = [dict(sizes=sizes, mask=mask.tolist()) for sizes in all_sizes for mask in masks.values()]
    for case, found in zip(cases, train(GRADIENTS, cases), strict=True):
        model = in_torch(case["sizes"], found["weights"], torch.float64)
        loss = loss_in_torch(model, torch.tensor(case["mask"]), found["ids"], found["places"], found["labels"])
        loss.backward()
        assert found["loss"] == pytest.approx(loss.item(), rel=1e-5)
        parameters, slopes = dict(model.named_parameters()), as_tensors(found["slopes"], torch.float64)
        for name, slope in slopes.items():
            true = parameters[name].grad
            # A bias of all keys alike moves no weight: its gradient is 0, but for rounding.
            largest = 0.01 if name.endswith("k_proj.bias") else true.abs().max()
            assert (slope - true).abs().max() <= 1e-4 * largest, name


STEPS = """return given.map(({ question, order, text }) => {
  const trainer = makeTrainer({ text, question, mask: buildMask(order, T), width: 32, wasm });
  const weights = numbers(trainer.network, (p) => ({ data: p.data.slice() }));
  const steps = Array.from({ length: 50 }, () => trainer.step());
  return { sizes: trainer.network.sizes, weights, steps: steps.map(({ loss, batch }) => [loss, batch]) };
});"""


@pytest.fixture(scope="module")
def novel():
    return corpora.novels("test")["Persuasion"][1000:31_000]


@pytest.mark.slow
@pytest.mark.parametrize("question, order", [("next", "causal"), ("blanks", "bidirectional")])
def test_fifty_steps_follow_pytorchs(train, novel, question, order):
    """From the same weights, on the same batches, by the package's own Muon and AdamW."""
    [found] = train(STEPS, [dict(question=question, order=order, text=novel)])
    model = in_torch(found["sizes"], found["weights"])
    mask = {"causal": causal_mask, "bidirectional": bidirectional_mask}[order](found["sizes"]["T"])
    settings = TrainingSettings(steps=50, learning_rate=0.02, betas=(0.9, 0.99), optimiser="muon")
    both = optimisers.muon(model, settings)
    for step, (loss, batch) in enumerate(found["steps"]):
        ours = loss_in_torch(model, mask, batch["ids"], batch["places"], batch["labels"])
        assert loss == pytest.approx(ours.item(), abs=0.05), step
        model.zero_grad()
        ours.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimiser in both:
            for group in optimiser.param_groups:
                group["lr"] = 0.02 * min(1, (step + 1) / 20)
            optimiser.step()
    assert found["steps"][-1][0] < found["steps"][0][0] - 0.8


# ---- what it measures

MEASURED = """const { question, order, text } = given;
const trainer = makeTrainer({ text, question, mask: buildMask(order, T), width: 32, wasm });
for (let i = 0; i < 10; i++) trainer.step();
return { sizes: trainer.network.sizes, weights: numbers(trainer.network, (p) => p), leak: trainer.leak(),
  ids: readText(text).ids, kinds: trainer.characters.length, ...trainer.evaluate(), heldOut: trainer.heldOut };"""


@pytest.mark.parametrize(
    "question, order", [("next", "causal"), ("next", "bidirectional"), ("blanks", "bidirectional")]
)
@torch.inference_mode()
def test_the_loss_asked_one_at_a_time_and_the_leak_are_pytorchs(train, novel, question, order):
    found = train(MEASURED, dict(question=question, order=order, text=novel))
    T = found["sizes"]["T"]
    model = in_torch(found["sizes"], found["weights"]).eval()
    build = {"causal": causal_mask, "bidirectional": bidirectional_mask}[order]
    held = found["ids"][math.floor(0.9 * len(found["ids"])) :]
    together, alone = [], []
    for batch in found["heldOut"]:
        ids, labels = torch.tensor(batch["ids"]).view(-1, T), batch["labels"]
        together.append(loss_in_torch(model, build(T), batch["ids"], batch["places"], labels))
        assert [held[i] for i in batch["at"]] == labels
        for n, (place, label) in enumerate(zip(batch["places"], labels)):
            row, t = ids[place // T].clone(), place % T
            if question == "next":
                alone.append(loss_in_torch(model, build(t + 1), row[: t + 1].tolist(), [t], [label]))
            elif n % 10 == 0:  # the first blank of a text; the others are filled
                here = range(n + 1, n + 10)
                row[[batch["places"][m] % T for m in here]] = torch.tensor([labels[m] for m in here], dtype=row.dtype)
                alone.append(loss_in_torch(model, build(T), row.tolist(), [t], [label]))
    assert found["loss"] == pytest.approx(torch.stack(together).mean().item(), abs=1e-4)
    assert found["alone"] == pytest.approx(torch.stack(alone).mean().item(), abs=1e-4)
    assert (found["alone"] == pytest.approx(found["loss"], abs=1e-6)) == (order == "causal")
    line = torch.tensor(held[:T])
    with probes.masked_by(model, build(T)):
        changed = torch.stack(
            [
                line,
                *(line.clone().index_fill_(0, torch.tensor(s), (int(line[s]) + 1) % found["kinds"]) for s in range(8)),
            ]
        )
        hidden = model.encode(changed)  # (1 + 8, T, D)
    moved = (hidden[1:, :8] - hidden[0, :8]).norm(dim=-1).T  # (8, 8)
    torch.testing.assert_close(torch.tensor(found["leak"]), moved, atol=1e-4, rtol=1e-3)
    assert torch.equal(torch.tensor(found["leak"]) == 0, ~build(8))


@pytest.mark.slow
def test_the_recorded_corners_begin_as_they_do_today(train):
    """Train your own pair reads them. Numbers may differ between versions of node in the last digits."""
    lines, curve = train(
        """const trainer = makeTrainer({ text: given, question: "next", mask: buildMask("bidirectional", T), wasm });
        const curve = [0, 25, 50].map((steps) => {
          while (trainer.steps < steps) trainer.step();
          const { loss, alone } = trainer.evaluate();
          return [steps, loss, alone];
        });
        return [trainer.baselines, curve];""",
        dict(files.trainer_files())["text.novel"],
    )
    kept = recorded("corners")["next, bidirectional"]
    assert dict(lines) == pytest.approx(kept["lines"], abs=5e-4)
    torch.testing.assert_close(torch.tensor(curve), torch.tensor(kept["curve"][:3]), atol=0.05, rtol=0)


# ---- masks


def test_a_painted_mask_goes_on_along_its_diagonals(train):
    grid = [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    rows = train("return continueMask(given, 5);", grid)
    assert ["".join(".#"[cell] for cell in row) for row in rows] == ["##...", ".#...", "#.#..", "##.#.", "###.#"]
    for build in (causal_mask, bidirectional_mask):
        assert train("return continueMask(given, 5);", build(3).int().tolist()) == build(5).tolist()
