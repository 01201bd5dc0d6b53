"""How fast does a small GPT learn Shakespeare's characters, beside a plain loop in nanoGPT's manner?

    python benchmarks/training_speed.py                  # both questions: about three times a plain run
    python benchmarks/training_speed.py --steps 20 --turns 1      # a rehearsal

First, training tokens a second: the same sizes, batch and context, float32, turn about, so that a noisy machine
hits both alike. Then the held-out loss a character after the same seconds of training, evaluation not counted: the
plain loop with the settings that nanoGPT publishes for a CPU, ours with its own (OURS), in bfloat16 where that has
just proved faster. The plain loop trains first; ours gets as many steps as fit into the same time by the speeds just
measured. Both are asked the same questions.
"""

import argparse
import math
import statistics
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bertgpt import GPT, Tokenizer, TransformerConfig
from bertgpt.text import corpora
from bertgpt.text.data import LMBatches, encode_documents
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.training.objectives import lm_objective

SIZES = dict(d_model=128, n_layers=4, n_heads=4, d_ff=512, max_len=64)
SWITCHES = dict(dropout=0.0, activation="gelu")  # as in the plain model; GPT-2's tanh would cost ours a tenth
ROWS, CONTEXT = 12, SIZES["max_len"]
TOKENS = ROWS * CONTEXT                          # of one step
PLAIN = dict(steps=2000, peak=1e-3, floor=1e-4, warmup=100, betas=(0.9, 0.99), weight_decay=0.1, clip=1.0)
OURS = dict(learning_rate=4e-3, warmup=100, betas=(0.9, 0.98), weight_decay=0.1)
CHUNK = 20                                       # steps of a turn in the first question


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
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)                        # (B, H, T, K)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, D))
        return x + self.mlp(self.ln2(x))


class PlainGPT(nn.Module):
    """The model of a plain loop: ids (B, T) -> logits (B, T, V), all of them, the head tied."""

    def __init__(self, vocab_size: int, d_model: int, n_layers: int, n_heads: int, d_ff: int, max_len: int):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        self.blocks = nn.ModuleList([PlainBlock(d_model, n_heads, d_ff) for _ in range(n_layers)])
        self.ln = nn.LayerNorm(d_model, bias=False)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.tokens.weight
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                last = name.endswith(("proj.weight", "mlp.2.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * n_layers) if last else 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.places(torch.arange(ids.size(1)))                      # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x))                                                       # (B, T, V)


class PlainLoop:
    """Training as one writes it in a script: draw, schedule, forward, backward, clip, step."""

    def __init__(self, model: nn.Module, stream: Tensor, steps: int):
        self.model, self.stream, self.steps, self.done = model, stream, steps, 0
        matrices = [p for p in model.parameters() if p.dim() >= 2]
        vectors = [p for p in model.parameters() if p.dim() < 2]
        self.optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": PLAIN["weight_decay"]},
                                            {"params": vectors, "weight_decay": 0.0}],
                                           lr=PLAIN["peak"], betas=PLAIN["betas"])

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
            x = torch.stack([self.stream[i:i + CONTEXT] for i in starts])                  # (B, T)
            y = torch.stack([self.stream[i + 1:i + 1 + CONTEXT] for i in starts])          # (B, T)
            for group in self.optimiser.param_groups:
                group["lr"] = self.learning_rate()
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
    starts = torch.linspace(0, len(stream) - CONTEXT - 1, n_windows).long()                # (n,)
    windows = stream[starts[:, None] + torch.arange(CONTEXT + 1)]                          # (n, T + 1)
    losses = [F.cross_entropy(model(part[:, :-1]).flatten(0, 1), part[:, 1:].flatten()) for part in windows.split(100)]
    return statistics.fmean(map(float, losses))


def our_seconds(model: GPT, batches: LMBatches, steps: int, **settings) -> float:
    """Train ours for some steps; give the seconds."""
    return train(model, lm_objective, batches, TrainingSettings(steps=steps, **settings))[-1]["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=PLAIN["steps"], help="steps of the plain loop")
    parser.add_argument("--turns", type=int, default=9, help="turns of each in the first question")
    parser.add_argument("--windows", type=int, default=4000, help="held-out windows that are asked")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    plays, unseen = corpora.plays("train"), corpora.plays("test")
    tokenizer = Tokenizer.train_char(plays.values())
    documents = encode_documents(plays, tokenizer)
    stream, held_out = torch.cat(documents), torch.cat(encode_documents(unseen, tokenizer))
    batches = LMBatches(documents, CONTEXT, ROWS, seed=args.seed)

    def fresh():
        torch.manual_seed(args.seed)
        return (GPT(TransformerConfig.gpt(vocab_size=tokenizer.vocab_size, **SIZES, **SWITCHES)),
                PlainLoop(PlainGPT(tokenizer.vocab_size, **SIZES), stream, args.steps))

    model, loop = fresh()
    turns = {"ours": lambda: our_seconds(model, batches, CHUNK), "plain": lambda: loop.run(CHUNK),
             "ours, bfloat16": lambda: our_seconds(model, batches, CHUNK, bfloat16=True)}
    seconds = {name: [] for name in turns}
    for _ in range(args.turns + 1):
        for name, turn in turns.items():
            seconds[name].append(turn())
    step = {name: statistics.median(times[1:]) / CHUNK for name, times in seconds.items()}
    print(f"{ROWS} x {CONTEXT} characters a step, {torch.get_num_threads()} threads, torch {torch.__version__}")
    for name, median in step.items():
        print(f"{name:15} {TOKENS / median:8,.0f} characters a second")
    print(f"ratio {step['plain'] / step['ours']:.2f}, in bfloat16 {step['plain'] / step['ours, bfloat16']:.2f}\n")

    model, loop = fresh()
    spent = loop.run(args.steps)
    recipe = OURS | {"bfloat16": step["ours, bfloat16"] < step["ours"]}
    steps = round(args.steps * step["plain"] / min(step["ours"], step["ours, bfloat16"]))
    ours_spent = our_seconds(model, batches, steps, **recipe)
    print(f"recipe: {recipe}")
    losses = {name: held_out_loss(trained.eval(), held_out, args.windows)
              for name, trained in (("plain", loop.model), ("ours", model))}
    print(f"plain: {args.steps} steps, {spent:.0f} s, {losses['plain']:.3f} nats a character")
    print(f"ours:  {steps} steps, {ours_spent:.0f} s, {losses['ours']:.3f} nats a character")
    print(f"ours is lower by {losses['plain'] - losses['ours']:.3f}")


if __name__ == "__main__":
    main()
