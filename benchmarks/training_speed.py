"""How fast does a small GPT learn Shakespeare's characters, beside a plain loop in nanoGPT's manner and transformers?

First, seconds a step, from the same weights. Then the held-out loss a character after the same seconds of training: the
plain loop with the settings that nanoGPT publishes for a CPU, ours with its own (OURS), in bfloat16 where that has just
proved faster, and with as many steps as fit into the plain loop's time by the speed of a few.
"""

import math
import statistics
import time
from functools import cache, partial

import torch
import torch.nn.functional as F
import turns
from experiments import fingerprint
from torch import Tensor, nn
from transformers import GPT2LMHeadModel

from bertgpt import GPT, Tokenizer, TransformerConfig
from bertgpt.text import corpora
from bertgpt.text.data import LMBatches, encode_documents
from bertgpt.training.loop import TrainingSettings, estimate_steps, train
from bertgpt.training.objectives import lm_objective

SIZES = dict(d_model=128, n_layers=4, n_heads=4, d_ff=512, max_len=64)
SWITCHES = dict(dropout=0.0, activation="gelu")  # as in the plain model; GPT-2's tanh would cost ours a tenth
ROWS, CONTEXT = 12, SIZES["max_len"]
PLAIN = dict(steps=2000, peak=1e-3, floor=1e-4, warmup=100, betas=(0.9, 0.99), weight_decay=0.1, clip=1.0)
OURS = dict(
    optimiser="muon",
    muon_factor=2.0,
    learning_rate=4e-3,
    schedule="linear",
    warmup=100,
    betas=(0.9, 0.98),
    weight_decay=0.1,
)
CHUNK = 20  # steps of a turn in the first question
WINDOWS = 4000  # held-out windows of the test
# Setting, peer, its precision, goal of the ratio; the plain loop's recipe is float32 on a CPU.
COMPARISONS = [
    ("float32", "plain loop", "float32", 1.0),
    ("bfloat16 beside float32", "plain loop", "float32", 1.25),
    ("bfloat16", "plain loop", "bfloat16", None),
    ("float32", "transformers", "float32", 1.3),
    ("bfloat16", "transformers", "bfloat16", None),
]


class PlainBlock(nn.Module):
    """One block as one writes it in a single file: a joint projection, the mask inside the kernel, no biases."""

    def __init__(self, d_model: int, n_heads: int, d_ff: int):
        super().__init__()
        self.n_heads = n_heads
        self.ln1, self.ln2 = nn.LayerNorm(d_model, bias=False), nn.LayerNorm(d_model, bias=False)
        self.qkv = nn.Linear(d_model, 3 * d_model, bias=False)
        self.proj = nn.Linear(d_model, d_model, bias=False)
        self.mlp = nn.Sequential(nn.Linear(d_model, d_ff, bias=False), nn.GELU(), nn.Linear(d_ff, d_model, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        B, T, D = x.shape
        q, k, v = (part.view(B, T, self.n_heads, -1).transpose(1, 2) for part in self.qkv(self.ln1(x)).chunk(3, dim=-1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, H, T, K)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, D))
        return x + self.mlp(self.ln2(x))


class PlainGPT(nn.Module):
    """The model of a plain loop: ids (B, T) -> logits (B, T, V), all of them, the head tied."""

    def __init__(self, vocab_size: int, d_model: int, n_layers: int, n_heads: int, d_ff: int, max_len: int):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        self.blocks = nn.ModuleList([PlainBlock(d_model, n_heads, d_ff) for _ in range(n_layers)])
        self.ln = nn.LayerNorm(d_model, bias=False)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                last = name.endswith(("proj.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * n_layers) if last else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.positions(torch.arange(ids.size(1)))  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x))  # (B, T, V)


def plain_twin(ours: GPT) -> PlainGPT:
    """Copy our weights into a plain model; ours has biases on top, which are zero while it is untrained."""
    config, theirs = ours.config, PlainGPT(ours.config.vocab_size, **SIZES)
    theirs.tokens.weight.data.copy_(ours.embeddings.token.weight)
    theirs.positions.weight.data.copy_(ours.embeddings.position.weight)
    for block, plain in zip(ours.blocks, theirs.blocks, strict=True):
        part = block.attention
        plain.qkv.weight.data.copy_(torch.cat([part.q_proj.weight, part.k_proj.weight, part.v_proj.weight]))
        plain.proj.weight.data.copy_(part.out_proj.weight)
        plain.mlp[0].weight.data.copy_(block.feedforward.up_proj.weight)
        plain.mlp[2].weight.data.copy_(block.feedforward.down_proj.weight)
    assert config.norm_eps == theirs.ln.eps
    return theirs


class TheirGPT(nn.Module):
    """transformers' GPT-2 with our weights: ids (B, T) -> logits (B, T, V)."""

    def __init__(self, ours: GPT):
        super().__init__()
        self.model = turns.twin(ours, GPT2LMHeadModel)

    def forward(self, ids: Tensor) -> Tensor:
        return self.model(ids, use_cache=False).logits  # (B, T, V)


class PlainLoop:
    """Training as one writes it in a script: draw, schedule, forward, backward, clip, step."""

    def __init__(self, model: nn.Module, stream: Tensor, steps: int, bfloat16: bool = False):
        self.model, self.stream, self.steps, self.done = model.train(), stream, steps, 0
        self.bfloat16 = bfloat16
        matrices = [p for p in model.parameters() if p.dim() >= 2]
        vectors = [p for p in model.parameters() if p.dim() < 2]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": PLAIN["weight_decay"]}, {"params": vectors, "weight_decay": 0.0}],
            lr=PLAIN["peak"],
            betas=PLAIN["betas"],
        )

    def learning_rate(self) -> float:
        warmup = min(PLAIN["warmup"], self.steps // 2)
        if self.done < warmup:
            return PLAIN["peak"] * (self.done + 1) / (warmup + 1)
        progress = (self.done - warmup) / max(self.steps - warmup, 1)
        return PLAIN["floor"] + 0.5 * (1 + math.cos(math.pi * min(progress, 1))) * (PLAIN["peak"] - PLAIN["floor"])

    def run(self, steps: int) -> float:
        """Take some steps; give their seconds."""
        began = time.perf_counter()
        for _ in range(steps):
            starts = torch.randint(len(self.stream) - CONTEXT, (ROWS,))
            x = torch.stack([self.stream[i : i + CONTEXT] for i in starts])  # (B, T)
            y = torch.stack([self.stream[i + 1 : i + 1 + CONTEXT] for i in starts])  # (B, T)
            for group in self.optimiser.param_groups:
                group["lr"] = self.learning_rate()
            with torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16):
                loss = F.cross_entropy(self.model(x).flatten(0, 1), y.flatten())
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), PLAIN["clip"])
            self.optimiser.step()
            loss.item()
            self.done += 1
        return time.perf_counter() - began


@torch.inference_mode()
def held_out_loss(model: nn.Module, stream: Tensor, n_windows: int) -> float:
    """Ask for every character of windows spread evenly over the held-out plays: -> nats a character."""
    starts = torch.linspace(0, len(stream) - CONTEXT - 1, n_windows).long()  # (n,)
    windows = stream[starts[:, None] + torch.arange(CONTEXT + 1)]  # (n, T + 1)
    losses = [F.cross_entropy(model(part[:, :-1]).flatten(0, 1), part[:, 1:].flatten()) for part in windows.split(100)]
    return statistics.fmean(map(float, losses))


def our_seconds(model: GPT, batches: LMBatches, steps: int, **settings) -> float:
    """Train ours for some steps; give the seconds."""
    return train(model, lm_objective, batches, TrainingSettings(steps=steps, **settings))[-1]["seconds"]


@cache
def material() -> tuple[int, Tensor, Tensor, LMBatches]:
    """Encode the plays: -> size of the vocabulary, training and held-out characters (n,), our batches."""
    plays = corpora.plays("train")
    tokenizer = Tokenizer.train_char(plays.values())
    documents, unseen = (encode_documents(texts, tokenizer) for texts in (plays, corpora.plays("test")))
    return tokenizer.vocab_size, torch.cat(documents), torch.cat(unseen), LMBatches(documents, CONTEXT, ROWS)


def untrained() -> GPT:
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(vocab_size=material()[0], **SIZES, **SWITCHES))


@cache
def step_seconds(n_turns: int) -> dict[str, list[float]]:
    """Time a step of each model in each precision, all of them twins at first: -> name -> seconds a step."""
    _, stream, _, batches = material()
    acts, first = {}, stream[None, :CONTEXT]
    for precision in ("float32", "bfloat16"):
        ours, bfloat16 = untrained(), precision == "bfloat16"
        theirs = {"plain loop": plain_twin(ours), "transformers": TheirGPT(ours)}
        for name, model in theirs.items():
            torch.testing.assert_close(model.eval()(first), ours.eval()(first), atol=1e-4, rtol=0)
            acts[f"{name}, {precision}"] = PlainLoop(model, stream, n_turns * CHUNK, bfloat16).run
        acts[f"ours, {precision}"] = partial(our_seconds, ours, batches, bfloat16=bfloat16)
    seconds = turns.turn_about({name: partial(act, steps=CHUNK) for name, act in acts.items()}, n_turns)
    return {name: [taken / CHUNK for taken in times] for name, times in seconds.items()}


def step_rows(n_turns: int) -> list[dict]:
    """Compare a step of ours with each peer's in each precision."""
    step, rows = step_seconds(n_turns), []
    for setting, peer, precision, goal in COMPARISONS:
        seconds = {"ours": step[f"ours, {setting.split()[0]}"], "theirs": step[f"{peer}, {precision}"]}
        rows.append(turns.compared(f"a step, {setting}", peer, seconds, goal=goal, unit="s a step"))
    return rows


def loss_rows(n_turns: int) -> list[dict]:
    """Train the plain loop by its recipe and ours by its own for the same seconds: -> the row of their losses."""
    vocab_size, stream, held_out, batches = material()
    typical = {name: statistics.median(times) for name, times in step_seconds(n_turns).items()}
    torch.manual_seed(0)
    loop = PlainLoop(PlainGPT(vocab_size, **SIZES), stream, PLAIN["steps"])
    their_seconds = loop.run(PLAIN["steps"])
    how = OURS | {"bfloat16": typical["ours, bfloat16"] < typical["ours, float32"]}
    steps = estimate_steps(their_seconds / 60, untrained(), lm_objective, batches, TrainingSettings(1, **how))
    model = untrained()
    seconds = our_seconds(model, batches, steps, **how)
    ours, theirs = (held_out_loss(each.eval(), held_out, WINDOWS) for each in (model, loop.model))
    row = {
        "setting": f"held-out loss after {their_seconds:.0f} s",
        "peer": "plain loop",
        "unit": "nats a character",
        "ours": round(ours, 3),
        "theirs": round(theirs, 3),
        "lower": round(theirs - ours, 3),
        "goal": 0.15,
        "steps": [steps, PLAIN["steps"]],
        "seconds": [round(seconds, 1), round(their_seconds, 1)],
        "bfloat16": how["bfloat16"],
    }
    return [row]


def plays_fingerprint(split: str) -> str:
    return fingerprint(*corpora.plays(split).values())


if __name__ == "__main__":
    about = {
        "sizes": SIZES,
        "batch": [ROWS, CONTEXT],
        "ours": OURS,
        "plain": PLAIN,
        "data": {"plays": plays_fingerprint("train"), "unseen": plays_fingerprint("test")},
    }
    timings = {"a step": step_rows, "held-out loss": loss_rows}
    turns.main(__doc__, "training_speed", timings, turns=9, peers=("transformers",), **about)
