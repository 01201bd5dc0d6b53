"""The command `bertgpt train`: from arguments to a finished model in a folder, stopped and resumed at any time."""

import json
import os
from dataclasses import fields, replace

import torch
from safetensors import SafetensorError
from tqdm import tqdm

from ..evaluation.ngrams import unigram_baseline
from ..model.bert import BERTForPreTraining
from ..model.both import Both
from ..model.config import TransformerConfig
from ..model.gpt import GPT
from ..text.tokenizer import Tokenizer
from ..training import distributed
from ..training.loop import steps_in, train
from ..training.objectives import both_objective, lm_objective, masked_lm_objective
from ..training.optimisers import OPTIMISERS
from ..training.recipes import (
    HELD_OUT_BATCHES,
    Corpus,
    choose_tokenizer,
    encode_texts,
    make_batches,
    mix_batches,
    read_texts,
)
from ..training.settings import TrainingSettings
from ..weights.pretrained import save_pretrained
from .run import Run, sha256_of

ELSEWHERE = ("command", "out", "resume", "device")               # arguments that another session may give otherwise


def run_train(args) -> None:
    run, device, first = Run(args.out), distributed.own_device(args.device), distributed.rank() == 0
    record = {"arguments": {name: value for name, value in vars(args).items() if name not in ELSEWHERE}}
    begun = run.read() if args.resume else None
    if begun:
        run.check_same(begun, **record)
    elif first:
        run.check_new()
    tokenizer, corpora, hashes = read_corpora(args, run, begun)
    model, objective = make_model(args, tokenizer)
    batches, held_out = make_data(args, tokenizer, corpora)
    model = model.to(device)
    settings = make_settings(args)
    OPTIMISERS[settings.optimiser](model, settings)            # refused, where it is, before anything is written
    if begun:
        settings = replace(settings, steps=begun["steps"])
    elif args.minutes is not None:
        settings = replace(settings, steps=steps_in(args.minutes, model, objective, batches, settings))
    documents = [ids for corpus in corpora for ids in corpus.documents["train"]]
    unigram = unigram_baseline(documents, tokenizer.vocab_size, held_out)

    distributed.wait_for_all()                   # they have read what the first now writes
    if not first:
        train(model, objective, batches, settings, held_out=held_out, checkpoint=run.checkpoint)
        return
    with run.claimed() as metrics:
        if not begun:
            run.check_new()                      # another process may have been here since
        if not run.checkpoint.exists():
            run.write({**record, **hashes, "steps": settings.steps}, tokenizer)
        print(f"{args.model}: {sum(p.numel() for p in model.parameters()):,} parameters, {settings.steps} steps of "
              f"{args.batch_size} x {args.context} tokens; held-out unigram baseline {unigram:.2f} nats", flush=True)
        history = train_with_bar(args.model, model, objective, batches, settings, held_out, run, metrics, unigram)
        # What was appended while a run was stopped and resumed may hold a step twice: the history does not.
        metrics.truncate(0)
        metrics.write("".join(json.dumps(row) + "\n" for row in history))
        save_pretrained(model, args.out, dtype=torch.float16)
    print(f"wrote {args.out}")


def read_corpora(args, run: Run, begun: dict | None) -> tuple[Tokenizer, list[Corpus], dict]:
    """Read and encode the texts once: -> the vocabulary, the texts, and the hashes of both for run.json.

    Raises ValueError when a run that was begun would go on with others.
    """
    texts = [read_texts(name) for name in args.text]
    hashes: dict = {"texts": [sha256_of(text for group in splits.values() for text in group.values())
                              for splits in texts]}
    if begun:
        run.check_same(begun, **hashes)
    half_way = begun and run.checkpoint.exists()
    tokenizer = run.tokenizer() if half_way else choose_tokenizer(args.tokenizer, texts)
    hashes["tokenizer"] = tokenizer.sha256()
    if begun:
        run.check_same(begun, **hashes)
    # Each text is let go of as soon as it is encoded.
    return tokenizer, [encode_texts(name, texts.pop(0), tokenizer) for name in args.text], hashes


def make_settings(args) -> TrainingSettings:
    """Take from the arguments what says how to train: they have the names of the settings."""
    parts = args.accumulate * distributed.size()
    if parts > args.batch_size:
        raise ValueError(f"--batch-size {args.batch_size} is fewer rows than there are parts to read them in "
                         f"(--accumulate {args.accumulate} on {distributed.size()} processes): give a larger batch")
    given = {field.name: getattr(args, field.name) for field in fields(TrainingSettings) if hasattr(args, field.name)}
    return TrainingSettings(**given | {"steps": args.steps or 1})          # --minutes: until they are counted


def make_model(args, tokenizer: Tokenizer):
    """Build the model that the arguments describe, and choose its objective."""
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=args.context, d_model=args.d_model,
                 n_layers=args.layers, n_heads=args.heads, d_ff=4 * args.d_model,
                 dropout=args.dropout, pad_id=tokenizer.pad_id)
    needed = 16 * (12 * args.layers * args.d_model**2 + (tokenizer.vocab_size + args.context) * args.d_model)
    if needed > physical_memory():
        raise ValueError(f"--layers {args.layers} and --d-model {args.d_model} make a model that takes "
                         f"{needed / 2**30:,.0f} GiB to train, more than this computer has: take smaller ones")
    torch.manual_seed(args.seed)                 # drawn on the CPU: the same on every device
    if args.model == "bert":
        return BERTForPreTraining(TransformerConfig.bert(**sizes)), masked_lm_objective
    kind, objective = (GPT, lm_objective) if args.model == "gpt" else (Both, both_objective)
    return kind(TransformerConfig.gpt(**sizes)), objective


def physical_memory() -> float:
    """Tell how many bytes of memory this computer has; Windows does not say, and has no bound here."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else float("inf")


def make_data(args, tokenizer: Tokenizer, corpora: list[Corpus]):
    """Cut the texts into batches to learn from, and into a few of the first text's held-out part."""
    weights = args.weights or [corpus.n_characters for corpus in corpora]
    if len(weights) != len(corpora):
        raise ValueError(f"--weights has {len(weights)} numbers for {len(corpora)} texts: give one for each --text")
    shape = dict(length=args.context, batch_size=args.batch_size, rate=args.rate)
    batches = mix_batches(args.model, corpora, weights, tokenizer, **shape, seed=args.seed,
                          short_steps=args.short_steps, blanks=args.blanks)
    unseen = make_batches(args.model, corpora[0], "test", tokenizer, **shape, seed=1)
    return batches, [unseen.sample(step) for step in range(HELD_OUT_BATCHES)]


def train_with_bar(kind: str, model, objective, batches, settings, held_out, run: Run, metrics,
                   unigram: float) -> list[dict]:
    """Train under a bar, adding each step's row to metrics: -> the history."""
    tasks = {"bert": ["mlm_loss"], "gpt": ["lm_loss"], "both": ["lm_loss", "mlm_loss"]}[kind]
    # A second between two looks: a bar that goes to a file or a notebook stays short.
    with tqdm(total=settings.steps, unit="step", mininterval=1) as bar:
        def report(row: dict) -> None:
            metrics.write(json.dumps(row) + "\n")
            if not bar.n:                        # a training that goes on begins its bar where it left off
                bar.initial = bar.n = row["step"] - 1
            bar.update(row["step"] - bar.n)
            here = next(row[task] for task in tasks if task in row)              # a both plays one game a step
            bar.set_postfix_str(f"loss {here:.2f}", refresh=False)
            if "held_out" in row:
                metrics.flush()
                unseen = {name: " and ".join(f"{row[name][task]:.3f}" for task in tasks)
                          for name in ("held_out", "held_out_average") if name in row}
                averaged = f", with averaged weights {unseen['held_out_average']}" if settings.average else ""
                bar.write(f"step {row['step']}: training {here:.3f}, held out {unseen['held_out']}"
                          f"{averaged}, unigram {unigram:.2f} nats a token")

        try:
            return train(model, objective, batches, settings, held_out=held_out, checkpoint=run.checkpoint,
                         report=report)
        except (KeyboardInterrupt, OSError, SafetensorError) as stop:
            stop.add_note(f"{run.folder}: stopped {f'after step {bar.n}' if bar.n else 'before a step was taken'}: "
                          "go on with --resume")
            raise
