"""Ship a trained `Both` model: copy its files into the package, measure it beside the pair, write its card.

    python -m bertgpt train both ... --out RUN      # the command that the card will name
    python benchmarks/ship_both.py RUN              # about four minutes of a quiet core
    python benchmarks/ship_both.py RUN --n 20 --out DIR         # a rehearsal
    python benchmarks/ship_both.py RUN --arm        # of a run that does not ship: only its figures are kept

Writes config.json, model.safetensors and README.md into src/bertgpt/assets/tinyboth. Each of its
figures is beside that of the specialist on the same tokens: TinyGPT's for the next token,
TinyBERT's for hidden tokens in rows of 126, each row with the special tokens that the model knows.
An arm's figures go to assets/results/both_arm.json, beside those of the shipped models.
"""

import argparse
import hashlib
import json
import shlex
import shutil
from pathlib import Path

import torch
import torch.nn.functional as F
from experiments import fingerprint, read_run, save_results
from torch import Tensor

from bertgpt import load_bert, load_both, load_gpt, load_tokenizer
from bertgpt.assets import ASSETS
from bertgpt.book.records import RESULTS
from bertgpt.cli.main import parser as command_line
from bertgpt.cli.train import MAY_DIFFER_ON_RESUME
from bertgpt.inference.filling import blank_logits
from bertgpt.inference.scoring import bits_per_character, blank_surprisal, token_surprisal
from bertgpt.model.both import Both
from bertgpt.model.framing import framing_of
from bertgpt.text import corpora, data
from bertgpt.text.batching import draw_blanks, generator_for

LENGTH = 126                                     # of the rows with blanks: 128 in BERT's frame
UNCHANGED = (*MAY_DIFFER_ON_RESUME, "model", "minutes")      # left out of the card's command
CARD = """\
# TinyBoth

The course's third model, one set of weights that is both: GPT's body, its mask chosen at the call. 4 layers, d_model
256, 4 heads, d_ff 1,024, context 128, vocabulary 8,192, {parameters:,} parameters. `load_both("tinyboth")` opens it; to
`transformers.AutoModelForPreTraining.from_pretrained` this folder is a GPT-2, which it is under the causal mask.
Weights are stored as float16 and computed with in float32. Its relatives are `../tinybert` and `../tinygpt`; all three
share the tokenizer in `../tokenizer.json`.

## How it was made

    python -m bertgpt {command}

The texts, their shares and the number of steps are the pair's. Half of the batches, drawn by lot, are causal: name the
next token. In the others each row hides a share of its tokens behind [MASK], drawn evenly from none to all, every token
sees the whole row, and each hidden token is named one place early, at the token before it (Charpentier and Samuel
2024). So the state at a token always names the next one, and one head serves both games.

| run | |
|---|---|
| steps | {steps:,} |
| tokens seen, in millions | {millions:.1f} |
| seed | {seed} |
| seconds, on one thread of a busy two-core machine | {seconds:,.0f} |

## What it reached

On *Persuasion*, which it has never read. As a GPT, each token with at least 64 before it where there are as many; with
blanks, in {rows:,} rows of 126 tokens spread over the novel, all hidden tokens behind [MASK], none forged or shown:

| held out | TinyBoth | the specialist |
|---|---|---|
{figures}

*Any number* hides from one token to all of a row, each number equally often: this mean bounds -log p of a token from
above, and may be set beside a GPT's loss. Chapter 15 asks it all three questions;
`python -m bertgpt eval tinyboth --text austen` measures the whole novel.

## What it is for

For looking inside, on a laptop, and for seeing that a mask can be chosen at the call. It knows the words of dead
authors and what they took for granted about women, servants and foreigners. It knows nothing else.

sha256 of model.safetensors: {sha256}
"""


def spread_rows(ids: Tensor, n_rows: int) -> Tensor:
    """Cut rows spread evenly over a text: (n,) -> (B, T)."""
    starts = torch.linspace(0, len(ids) - LENGTH, n_rows).long()
    return ids[starts[:, None] + torch.arange(LENGTH)]


def framed(model, tokenizer, rows: Tensor) -> Tensor:
    """Put the special tokens that a model knows around rows of text: (B, T) -> (B, T + 1) or (B, T + 2)."""
    framing = framing_of(model)
    return torch.tensor([framing.frame([row], tokenizer.special_id)[0] for row in rows.tolist()])


def hidden_in(ids: Tensor, blanks: Tensor) -> Tensor:
    """Shift the blanks of rows to their positions in framed rows: (B, T) bool -> (B, length of ids) bool."""
    return F.pad(blanks, (1, ids.size(1) - blanks.size(1) - 1))


def at_blanks(model, tokenizer, rows: Tensor, blanks: Tensor) -> Tensor:
    """Compute the mean surprisal of each row's hidden tokens: -> nats (B,)."""
    ids = framed(model, tokenizer, rows)
    nats = blank_surprisal(model, ids, hidden_in(ids, blanks), tokenizer.mask_id)          # (N,)
    return torch.stack([part.mean() for part in nats.split(blanks.sum(dim=1).tolist())])


@torch.inference_mode()
def named(model, tokenizer, rows: Tensor) -> dict[str, float]:
    """Hide the token in the middle of each row: -> % predicted first, and among the top five."""
    ids = framed(model, tokenizer, rows)
    blanks = hidden_in(ids, torch.arange(rows.size(1)).expand_as(rows) == rows.size(1) // 2)
    holed = ids.masked_fill(blanks, tokenizer.mask_id)
    logits = torch.cat([blank_logits(model, part, where) for part, where in zip(holed.split(64), blanks.split(64))])
    hits = logits.topk(5).indices == ids[blanks][:, None]                                  # (B, 5)
    return {"first": 100 * hits[:, 0].float().mean().item(), "among five": 100 * hits.any(dim=1).float().mean().item()}


def draw_positions(tokenizer, rows: Tensor, rate: float | None) -> Tensor:
    """Hide a share of each row or, without a rate, a uniform number of its tokens: -> blanks (B, T)."""
    may, generator = ~torch.isin(rows, torch.tensor(sorted(tokenizer.special_ids))), generator_for(15, 0)
    shares = torch.full((len(rows),), rate) if rate else torch.rand(len(rows), generator=generator)    # (B,)
    number = shares * may.sum(dim=1)
    return draw_blanks(may, (number.round() if rate else number.ceil()).clamp(min=1), generator)


def measure(boths: dict[str, Both], bert, gpt, tokenizer, n_tokens: int = 20_000, n_rows: int = 500) -> dict[str, dict]:
    """Measure `Both` models and the pair on the same tokens: -> measure -> model -> figure, the specialist's last."""
    found: dict[str, dict] = {}
    unseen, read = corpora.novels("test") | corpora.tales("test"), corpora.novels("train")
    books = {"": unseen["Persuasion"], "A Christmas Carol: ": unseen["A Christmas Carol"],
             "Emma, which all have read: ": read["Emma"]}

    def note(what: str, whose: str, value: float) -> None:
        found.setdefault(book + what, {})[whose] = value

    for book, text in books.items():
        (ids,) = data.encode_documents({book: text}, tokenizer)
        beginning = ids[:n_tokens]
        for whose, model in {**boths, "TinyGPT": gpt}.items():
            nats = token_surprisal(model, beginning, context=64).mean().item()
            note("first 20,000 tokens, nats", whose, nats)
            characters = len(tokenizer.decode(beginning[1:]))
            note("bits a character", whose, bits_per_character(nats, len(beginning) - 1, characters))
        rows = spread_rows(ids, n_rows)
        for whose, model in {**boths, "TinyBERT": bert}.items():
            for what, rate in {"15 % hidden": 0.15, "30 % hidden": 0.30, "any number hidden": None}.items():
                nats = at_blanks(model, tokenizer, rows, draw_positions(tokenizer, rows, rate))
                note(f"{what}, nats", whose, nats.mean().item())
            for where, share in named(model, tokenizer, rows).items():
                note(f"one token missing, named {where}, %", whose, share)
    return found


def command_of(arguments: dict) -> str:
    """Write the command of a run: what differs from the defaults, in their order."""
    usual = vars(command_line().parse_args(["train", "both", "--text", "austen", "--out", "x", "--steps", "1"]))
    words = ["train", "both"]
    for name, value in arguments.items():
        if name in UNCHANGED or value == usual.get(name) and name not in ("text", "steps"):
            continue
        given = [] if value is True else value if isinstance(value, list) else [value]
        words += ["--" + name.replace("_", "-")]
        words += [f"{each:g}" if isinstance(each, float) else str(each) for each in given]
    return wrapped(words + ["--out", "DIR"])


def wrapped(words: list[str], width: int = 96) -> str:
    """Break a command into lines for a shell, each flag with its value."""
    lines, parts = [""], " ".join(map(shlex.quote, words)).replace(" --", "\n--").split("\n")
    for part in parts:
        lines = [*lines[:-1], f"{lines[-1]} {part}".strip()] if len(lines[-1]) + len(part) < width else [*lines, part]
    return " \\\n        ".join(lines)


def about(run: Path) -> dict:
    """Describe how a run was made: its command, its tokens, its seconds."""
    record = read_run(run)
    arguments = record["arguments"]
    history = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return {"command": command_of(arguments), "seed": arguments["seed"], "steps": record["steps"],
            "tokens": record["steps"] * arguments["batch_size"] * arguments["context"],
            "seconds": round(json.loads(history[-1])["seconds"])}


def card(run: Path, figures: dict[str, dict], rows: int, parameters: int) -> str:
    """Fill in the card; figures: what `measure` returns."""
    made = about(run)
    return CARD.format(**made, millions=made["tokens"] / 1e6, rows=rows, parameters=parameters,
                       figures="\n".join(line_of(*row) for row in figures.items()),
                       sha256=hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest())


def line_of(what: str, figures: dict[str, float]) -> str:
    """Write a row of the table: TinyBoth's figure, and the specialist's with its name."""
    (_, ours), (rival, theirs) = figures.items()
    return f"| {what} | {ours:.2f} | {theirs:.2f}, {rival} |"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("run", type=Path, help="a folder that train has written")
    arguments.add_argument("--n", type=int, help="rows, of a rehearsal; tokens: fifty times as many")
    arguments.add_argument("--arm", action="store_true", help="keep the figures alone")
    arguments.add_argument("--out", type=Path, help="a folder for what is written")
    args = arguments.parse_args()
    torch.set_num_threads(1)
    bert, gpt, tokenizer = load_bert("tinybert"), load_gpt("tinygpt"), load_tokenizer()
    few = {"n_tokens": 50 * args.n, "n_rows": args.n} if args.n else {}
    if args.arm:
        boths = {"TinyBoth": load_both("tinyboth"), "arm": load_both(args.run)}
        rows = [{"asked": what} | {whose: round(value, 4) for whose, value in figures.items()}
                for what, figures in measure(boths, bert, gpt, tokenizer, **few).items()]
        texts = {name: fingerprint(*text("train").values()) for name, text in corpora.CORPORA.items()}
        save_results("both_arm", {**about(args.run), "data": texts}, rows, args.out or RESULTS)
        return
    out = args.out or ASSETS / "tinyboth"
    out.mkdir(parents=True, exist_ok=True)
    for file in ("config.json", "model.safetensors"):
        shutil.copyfile(args.run / file, out / file)
    both = load_both(out)
    figures = measure({"TinyBoth": both}, bert, gpt, tokenizer, **few)
    text = card(args.run, figures, args.n or 500, sum(p.numel() for p in both.parameters()))
    (out / "README.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
