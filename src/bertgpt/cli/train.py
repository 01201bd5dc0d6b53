"""The command `train`: from arguments to a finished model in a folder, stopped and resumed at any time."""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from tqdm import tqdm

from ..assets import write_atomically
from ..device import supports_bfloat16
from ..model.both import Both
from ..model.config import TransformerConfig
from ..model.gpt import GPT
from ..model.pretraining import BERTForPreTraining
from ..text.corpora import CORPORA
from ..text.tokenizer import Tokenizer
from ..training import distributed, recipes
from ..training.checkpoint import steps_done
from ..training.loop import estimate_steps, train
from ..training.objectives import both_objective, lm_objective, masked_lm_objective
from ..training.optimisers import OPTIMISERS
from ..training.settings import SCHEDULES, TrainingSettings
from ..training.unigram import unigram_baseline
from ..weights.loading import load_model
from ..weights.pretrained import load_tokenizer, save_pretrained
from .run import check_new, check_same, flag, read_record, sha256_of


class Kind(NamedTuple):
    """Say what makes a kind of model: its class, the preset of its configuration, and how it is trained."""

    model: type
    preset: Callable[..., TransformerConfig]
    objective: Callable
    losses: list[str]  # that are shown


KINDS = {
    "bert": Kind(BERTForPreTraining, TransformerConfig.bert, masked_lm_objective, ["mlm_loss"]),
    "gpt": Kind(GPT, TransformerConfig.gpt, lm_objective, ["lm_loss"]),
    "both": Kind(Both, TransformerConfig.gpt, both_objective, ["lm_loss", "mlm_loss"]),
}
MAY_DIFFER_ON_RESUME = ("command", "run", "out", "resume", "device")
DEFAULTS = vars(TrainingSettings(steps=1, learning_rate=3e-3)) | dict(d_model=128, layers=2, heads=4, dropout=0.1)
DEFAULTS |= dict(context=64, batch_size=32, rate=0.15, blanks=0.5, tokenizer="bpe")
HELP = {
    "d_model": "size of the hidden states",
    "layers": "number of blocks",
    "heads": "attention heads per block",
    "context": "sequence length in tokens",
    "batch_size": "sequences per batch",
    "dropout": "dropout rate",
    "rate": "share of tokens that BERT has to predict",
    "blanks": "for both: share of batches that are masked; the others are causal",
    "learning_rate": "peak learning rate",
    "muon_factor": "Muon's peak learning rate, in units of --learning-rate",
    "warmup": "warm-up steps",
    "weight_decay": "weight decay of matrices",
    "accumulate": "gradient accumulation steps, to save memory",
    "eval_every": "steps between evaluations on held-out text",
    "save_every": "steps between checkpoints",
    "seed": "seed of weights, batches and dropout",
    "optimiser": "muon is for the matrices of the blocks",
    "schedule": "learning rate schedule after the warm-up",
}

# The options of a model that have a default of their own: each is a flag. The others follow from the kind and the text.
SWITCHES = [
    f
    for f in fields(TransformerConfig)
    if f.default is not MISSING and f.name not in ("dropout", "n_segments", "norm_first", "pad_id")
]


def add_train(p) -> None:
    choices = {"optimiser": OPTIMISERS, "schedule": SCHEDULES}
    vocabularies = "bpe (the course's), own (BPE of these texts), char, or a tokenizer.json (default: bpe)"
    p.set_defaults(run=run_train)
    p.add_argument("model", choices=KINDS)
    p.add_argument("--text", nargs="+", required=True, help=f"texts to train on: {', '.join(CORPORA)} or UTF-8 files")
    p.add_argument("--weights", nargs="+", type=float, default=[], help="weight of each text (default: its length)")
    p.add_argument("--tokenizer", default=DEFAULTS["tokenizer"], help=vocabularies)
    p.add_argument("--init-from", help="begin with a trained model, its vocabulary and sizes: a folder, or littlegpt")
    p.add_argument("--out", required=True, help="output folder, a new one; its weights are float16")
    p.add_argument("--resume", action="store_true", help="resume the training in --out, with the same arguments")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int, help="training steps")
    length.add_argument("--minutes", type=float, help="train for about this long instead: a timed trial sets the steps")
    for name, text in HELP.items():
        how: dict = {"type": type(DEFAULTS[name]), "default": DEFAULTS[name], "choices": choices.get(name)}
        p.add_argument(flag(name), **how, help=f"{text} (default: {DEFAULTS[name]})")
    for switch in SWITCHES:
        how = {"action": argparse.BooleanOptionalAction} if switch.type is bool else {"type": switch.type}
        p.add_argument(flag(switch.name), **how, help=f"TransformerConfig.{switch.name} (default: the model's own)")
    p.add_argument("--bfloat16", action="store_true", help="mixed precision, on a device that has bfloat16")


def check_arguments(args) -> None:
    """Raise ValueError, naming the flag, for what neither settings nor configuration would refuse."""
    whole = not args.weights or len(args.weights) == len(args.text)
    longest = 10**9 if args.steps is None else args.steps
    allowed = {
        "steps": (args.steps is None or args.steps <= 10**9, "at most 1,000,000,000"),
        "text": (len(set(args.text)) == len(args.text), "different texts (--weights says how often each is drawn)"),
        "warmup": (args.warmup <= max(longest, DEFAULTS["warmup"]), f"at most the {longest:,} steps"),
        "context": (args.context >= 3, "at least 3"),
        "batch_size": (args.batch_size >= 1, "at least 1"),
        "rate": (0.01 <= args.rate < 1, "at least 0.01 and below 1"),
        "blanks": (0 < args.blanks < 1, "above 0 and below 1"),
        "weights": (whole and all(0 < weight < math.inf for weight in args.weights), "above 0, one for each text"),
    }
    sizes = ["tokenizer", "d_model", "layers", "heads", "dropout", *(f.name for f in SWITCHES)]
    idle = dict.fromkeys(sizes, "--init-from brings its own") if args.init_from else {}
    idle |= {"rate": "a gpt masks nothing"} if args.model == "gpt" else {}
    idle |= {"blanks": f"a {args.model} has no choice"} if args.model != "both" else {}
    idle |= {"muon_factor": f"{args.optimiser} has none"} if args.optimiser != "muon" else {}
    for name, why in idle.items():
        if getattr(args, name) != DEFAULTS.get(name):
            raise ValueError(f"{flag(name)}: {why}: leave that out")
    for name, (fits, bounds) in allowed.items():
        if not fits:
            raise ValueError(f"{flag(name)} must be {bounds}, not {getattr(args, name)}")


def check_memory(args, vocab_size: int, device: torch.device) -> None:
    """Raise ValueError where one step would need more memory than there is: hidden states and logits, at the least."""
    if device.type == "cuda":
        there = torch.cuda.get_device_properties(device).total_memory
    elif hasattr(os, "sysconf"):
        there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    else:  # Windows does not say
        return
    share = args.rate if args.model == "bert" else 1
    rows = args.batch_size / max(args.accumulate, 1) / distributed.size()
    need = rows * args.context * (10 * args.layers * args.d_model + 2 * share * vocab_size) * 4
    if need > there:
        sizes = f"at least {need / 2**30:,.0f} GB a step, and {device.type} has {there / 2**30:,.0f}"
        raise ValueError(f"--batch-size {args.batch_size}: not enough memory: {sizes}: make it smaller")


def make_model(args, tokenizer: Tokenizer) -> GPT | BERTForPreTraining:
    """Draw the model's first weights, on the CPU: they are the same for every device; or read them from --init-from."""
    kind = KINDS[args.model]
    torch.manual_seed(args.seed)
    untold = {"next_sentence": False} if args.model == "bert" and not {*args.text} & {*recipes.PROSE} else {}
    if args.init_from:
        model = load_model(args.init_from)
        if type(model).__name__ != kind.model.__name__:
            raise ValueError(f"--init-from {args.init_from} is a {type(model).__name__}: it is no {args.model}")
        if args.context > model.config.max_len:
            raise ValueError(f"--context must be at most {model.config.max_len}, as long as that of {args.init_from}")
        if untold:  # nothing here trains that head, and what is not trained is not saved
            model.nsp_head = model.pooler = None
        return model.train()
    config = kind.preset(
        vocab_size=tokenizer.vocab_size,
        max_len=args.context,
        d_model=args.d_model,
        n_layers=args.layers,
        n_heads=args.heads,
        d_ff=4 * args.d_model,
        dropout=args.dropout,
        pad_id=tokenizer.pad_id,
        **{f.name: getattr(args, f.name) for f in SWITCHES if getattr(args, f.name) is not None},
    )
    return kind.model(config, **untold)


def make_data(args, tokenizer: Tokenizer, corpora: list[recipes.Corpus]):
    """Cut the texts into training batches, and into a few batches of the first text's held-out part."""
    weights = args.weights or [corpus.n_characters for corpus in corpora]
    shape: dict = dict(length=args.context, batch_size=args.batch_size, rate=args.rate)
    try:
        batches = recipes.mix_batches(
            args.model, corpora, weights, tokenizer, **shape, seed=args.seed, blanks=args.blanks
        )
        unseen = recipes.make_batches(args.model, corpora[0], "test", tokenizer, **shape, seed=1)
    except ValueError as error:
        raise ValueError(f"--context {args.context}: {error}") from None
    return batches, [unseen.sample(step) for step in range(recipes.HELD_OUT_BATCHES)]


def run_train(args) -> None:
    """Train, resume or refuse; whatever is refused is refused before anything is written."""
    check_arguments(args)
    folder, device, first = Path(args.out), distributed.local_device(args.device), distributed.rank() == 0
    arguments = {name: value for name, value in vars(args).items() if name not in MAY_DIFFER_ON_RESUME}
    given = {f.name: arguments[f.name] for f in fields(TrainingSettings) if f.name in arguments}
    given["steps"] = 1 if args.steps is None else args.steps  # --minutes: until they are counted
    settings = TrainingSettings(**given)
    if settings.bfloat16 and not supports_bfloat16(device):
        raise ValueError(f"--bfloat16: this {device.type} would only emulate it, slower than float32: leave it out")
    checkpoint = folder / "checkpoint.safetensors"
    begun = read_record(folder) if args.resume else None
    done = steps_done(checkpoint) if begun else 0
    if first and not begun:
        check_new(folder)

    texts = [recipes.read_texts(name) for name in args.text]
    tokenizer = load_tokenizer(args.init_from) if args.init_from else recipes.choose_tokenizer(args.tokenizer, texts)
    hashes = [sha256_of(text for split in text.values() for text in split.values()) for text in texts]
    record = {"arguments": arguments, "texts": hashes, "tokenizer": tokenizer.sha256()}
    if begun:
        check_same(folder, begun, record)
    check_memory(args, tokenizer.vocab_size, device)
    corpora = [recipes.encode_texts(name, texts.pop(0), tokenizer) for name in args.text]
    batches, held_out = make_data(args, tokenizer, corpora)
    distributed.micro_batches(batches.sample(0), settings.accumulate)  # are there enough rows?
    model, objective = make_model(args, tokenizer).to(device), KINDS[args.model].objective
    OPTIMISERS[settings.optimiser](model, settings)  # does it take this model?
    if begun:
        settings = replace(settings, steps=begun["steps"])
    elif args.minutes is not None:
        settings = replace(settings, steps=estimate_steps(args.minutes, model, objective, batches, settings))
    documents = [ids for corpus in corpora for ids in corpus.documents["train"]]
    unigram = unigram_baseline(documents, tokenizer.vocab_size, held_out)

    distributed.barrier()  # all processes have accepted the arguments
    learn = partial(train, model, objective, batches, settings, held_out=held_out, checkpoint=checkpoint)
    if not first:
        learn()
        return
    write_atomically(folder, {"run.json": json.dumps(record | {"steps": settings.steps}, indent=2) + "\n"})
    tokenizer.save(folder / "tokenizer.json")
    warn_of_texts(args.batch_size * args.context, corpora)
    if begun:
        print(f"{folder}: resumes from step {done}" if done else f"{folder}: has no checkpoint, begins at step 0")
    n_parameters = sum(p.numel() for p in model.parameters())
    length = f"{settings.steps} steps of {args.batch_size} x {args.context} tokens"
    baseline = f"held-out unigram baseline {unigram:.2f} nats"
    print(f"{args.model}: {n_parameters:,} parameters, {length}; {baseline}", flush=True)
    # At most one update of the bar a second, which keeps the output short in a file or a notebook.
    progress = tqdm(total=settings.steps, initial=done, unit="step", mininterval=1)
    with open(folder / "metrics.jsonl", "a", encoding="utf-8") as metrics, progress as bar:

        def report(row: dict) -> None:
            metrics.write(json.dumps(row) + "\n")
            show(row, bar, KINDS[args.model].losses, unigram)

        try:
            history = learn(report=report)
        except KeyboardInterrupt as stop:
            raise KeyboardInterrupt(f"{folder}: {str(stop) or 'stopped'}: continue with --resume") from None
    rows = "".join(json.dumps(row) + "\n" for row in history)  # after a resume the file has some twice
    write_atomically(folder, {"metrics.jsonl": rows})
    save_pretrained(model, folder, dtype=torch.float16, tokenizer=tokenizer)
    print(f"wrote {folder}")


def warn_of_texts(batch: int, corpora: list[recipes.Corpus]) -> None:
    """Print a line for a text shorter than one batch, and for one that the vocabulary cuts into single bytes."""
    for corpus in corpora:
        n_tokens = sum(map(len, corpus.documents["train"]))
        if n_tokens < batch:
            fact = f"a batch of {batch:,} tokens repeats those of {corpus.name}, which has {n_tokens:,}"
            print(f"bertgpt: {fact}: a smaller --batch-size is enough", file=sys.stderr)
        if n_tokens > 1.5 * corpus.n_characters:
            fact = f"this vocabulary needs {n_tokens / corpus.n_characters:.1f} tokens a character of {corpus.name}"
            print(f"bertgpt: {fact}: --tokenizer char takes one", file=sys.stderr)


def show(row: dict, bar: tqdm, losses: list[str], unigram: float) -> None:
    """Advance the bar to a row of the history, and print its evaluation where it has one."""
    bar.update()
    training = next(row[name] for name in losses if name in row)  # a step of `both` has one of its two
    bar.set_postfix_str(f"loss {training:.2f}", refresh=False)
    if "held_out" in row:
        unseen = " and ".join(f"{row['held_out'][loss]:.3f}" for loss in losses)
        line = f"step {row['step']}: training {training:.3f}, held out {unseen}"
        bar.write(f"{line}, unigram {unigram:.2f} nats a token")
