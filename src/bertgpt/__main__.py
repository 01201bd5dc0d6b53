"""The command line: train a model, measure it, let it write or fill blanks.

    python -m bertgpt train gpt --text austen --out runs/gpt --minutes 2
    python -m bertgpt eval runs/gpt --text austen
    python -m bertgpt generate runs/gpt "Today, I went to"
    python -m bertgpt fill runs/bert "The [MASK] sat down to dinner."
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
from tqdm import tqdm

from .decoding import fill_mask, generate
from .device import NAMES, device_of, get_device
from .hub import find_weights
from .model.bert import BERTForPreTraining
from .model.config import TransformerConfig
from .model.gpt import GPT
from .ngrams import unigram_baseline
from .pretrained import load_bert, load_gpt, load_tokenizer, save_pretrained
from .scoring import bits_per_character, perplexity, token_surprisal
from .text.corpora import CORPORA
from .text.data import MLMBatches, encode_documents
from .text.tokenizer import Tokenizer
from .training.loop import TrainingSettings, evaluate, steps_in, train
from .training.objectives import lm_objective, masked_lm_objective
from .training.recipes import choose_tokenizer, make_batches, mix_batches, read_texts
from .training.run import Run, sha256_of

HELD_OUT_BATCHES = 8        # how many batches each look at the held-out text takes
ELSEWHERE = ("run", "out", "resume", "device")               # arguments that another session may give otherwise


def run_train(args) -> None:
    run = Run(args.out)
    arguments = {name: value for name, value in vars(args).items() if name not in ELSEWHERE}
    begun = run.read() if args.resume else None
    if begun:
        run.check_same(begun, arguments=arguments)
    else:
        run.check_new()
    if args.context < 3 or args.batch_size < 1:
        raise ValueError("--context must be at least 3 and --batch-size at least 1, or there is nothing to guess")

    texts = [read_texts(name) for name in args.text]
    hashes = [sha256_of([*training.values(), *held_out.values()]) for training, held_out in texts]
    if begun:
        run.check_same(begun, texts=hashes)
    half_way = begun and run.checkpoint.exists()
    tokenizer = run.tokenizer() if half_way else choose_tokenizer(args.tokenizer, [training for training, _ in texts])
    record = {"arguments": arguments, "steps": args.steps, "texts": hashes, "tokenizer": tokenizer.sha256()}
    if begun:
        run.check_same(begun, tokenizer=record["tokenizer"])

    model, objective = make_model(args, tokenizer)
    batches, held_out = make_data(args, tokenizer, [training for training, _ in texts])
    settings = TrainingSettings(steps=1 if args.steps is None else args.steps, learning_rate=args.learning_rate,
                                warmup=args.warmup, seed=args.seed, bfloat16=args.bfloat16)
    if begun:
        record["steps"] = begun["steps"]
    elif args.minutes is not None:
        record["steps"] = steps_in(args.minutes, model, objective, batches, settings)
    settings = replace(settings, steps=record["steps"])
    unigram = unigram_baseline([training for training, _ in texts], tokenizer, held_out)

    with run.claimed() as metrics:
        if not begun:
            run.check_new()                      # another process may have been here since
        if not half_way:
            run.write(record, tokenizer)
        print(f"{args.model}: {sum(p.numel() for p in model.parameters()):,} parameters, {settings.steps} steps of "
              f"{args.batch_size} x {args.context} tokens; held-out unigram baseline {unigram:.2f} nats")
        history = train_with_bar(model, objective, batches, settings, held_out, run, metrics, unigram)
        # What was appended while a run was stopped and resumed may hold a step twice: the history does not.
        metrics.truncate(0)
        metrics.write("".join(json.dumps(row) + "\n" for row in history))
        save_pretrained(model, args.out, dtype=torch.float16)
    print(f"wrote {args.out}")


def make_model(args, tokenizer: Tokenizer):
    """Build the model that the arguments describe, and choose its objective."""
    sizes = dict(vocab_size=tokenizer.vocab_size, max_len=args.context, d_model=args.d_model,
                 n_layers=args.layers, n_heads=args.heads, d_ff=4 * args.d_model,
                 dropout=args.dropout, pad_id=tokenizer.pad_id)
    torch.manual_seed(args.seed)                 # drawn on the CPU: the same on every device
    if args.model == "bert":
        model, objective = BERTForPreTraining(TransformerConfig.bert(**sizes)), masked_lm_objective
    else:
        model, objective = GPT(TransformerConfig.gpt(**sizes)), lm_objective
    return model.to(get_device(args.device)), objective


def make_data(args, tokenizer: Tokenizer, texts: list[dict[str, str]]):
    """Cut the texts into batches to learn from, and into a few of the first text's held-out part."""
    weights = args.weights or [sum(map(len, group.values())) for group in texts]
    if len(weights) != len(texts):
        raise ValueError(f"--weights has {len(weights)} numbers for {len(texts)} texts: give one for each --text")
    shape = dict(length=args.context, batch_size=args.batch_size, rate=args.rate)
    batches = mix_batches(args.model, args.text, weights, tokenizer, **shape, seed=args.seed,
                          short_steps=args.short_steps)
    unseen = make_batches(args.model, args.text[0], "test", tokenizer, **shape, seed=1)
    return batches, [unseen.sample(step) for step in range(HELD_OUT_BATCHES)]


def train_with_bar(model, objective, batches, settings, held_out, run: Run, metrics, unigram: float) -> list[dict]:
    """Train under a bar, adding each step's row to metrics: -> the history."""
    task = "mlm_loss" if objective is masked_lm_objective else "lm_loss"
    with tqdm(total=settings.steps, unit="step") as bar:
        def report(row: dict) -> None:
            metrics.write(json.dumps(row) + "\n")
            bar.update(row["step"] - bar.n)
            bar.set_postfix_str(f"loss {row[task]:.2f}", refresh=False)
            if "held_out" in row:
                metrics.flush()
                bar.write(f"step {row['step']}: training {row[task]:.3f}, held out {row['held_out'][task]:.3f}, "
                          f"unigram {unigram:.2f} nats a token")

        return train(model, objective, batches, settings, held_out=held_out, checkpoint=run.checkpoint, report=report)


def model_in(directory: str, device: str, kind: str | None = None):
    """Load a run, or one of the shipped pair, onto a device: -> its kind ("bert" or "gpt"), model and tokenizer."""
    folder = find_weights(directory)
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"].removesuffix("2")
    except (OSError, ValueError, KeyError):
        raise ValueError(f"{directory} holds no finished model: train one into it first") from None
    if kind and found != kind:
        raise ValueError(f"{directory} holds a {found}, and this needs a {kind}")
    model = (load_bert if found == "bert" else load_gpt)(folder)
    return found, model.to(get_device(device)), load_tokenizer(directory)


def run_eval(args) -> None:
    kind, model, tokenizer = model_in(args.directory, args.device)
    training, texts = read_texts(args.text)
    if args.text not in CORPORA:                 # a file of the reader's is measured whole
        texts = {args.text: training[args.text] + texts[args.text]}
    ids = torch.cat(encode_documents(texts, tokenizer))
    if kind == "gpt":
        nats = token_surprisal(model, ids).mean().item()
        characters = sum(len(text) for text in texts.values())
        print(f"{len(ids):,} tokens: {nats:.3f} nats a token, perplexity {perplexity(nats):.1f}, "
              f"{bits_per_character(nats, len(ids), characters):.3f} bits a character")
    else:
        length = model.config.max_len
        unseen = (make_batches("bert", args.text, "test", tokenizer, length, seed=1) if args.text in CORPORA
                  else MLMBatches([ids], tokenizer, length, batch_size=32, seed=1))
        held_out = [unseen.sample(step) for step in range(HELD_OUT_BATCHES)]
        measured = evaluate(model, masked_lm_objective, held_out)
        print(", ".join(f"{name} {value:.3f} nats" for name, value in measured.items() if name != "loss")
              + " (15 % of the tokens masked, with both sides in view: not comparable with a GPT's loss)")


def run_generate(args) -> None:
    _, model, tokenizer = model_in(args.directory, args.device, "gpt")
    ids = torch.tensor([tokenizer.encode(args.prompt) or [tokenizer.eos_id]], device=device_of(model))
    n_tokens = max(1, min(60, model.config.max_len - ids.size(1))) if args.tokens is None else args.tokens
    out = generate(model, ids, n_tokens, temperature=args.temperature, top_k=args.top_k, top_p=args.top_p,
                   eos_id=tokenizer.eos_id, generator=torch.Generator().manual_seed(args.seed))
    print(tokenizer.decode(out[0]))


def run_fill(args) -> None:
    _, model, tokenizer = model_in(args.directory, args.device, "bert")
    for number, guesses in enumerate(fill_mask(model, tokenizer, args.text, args.top_k), start=1):
        print(f"[MASK] {number}: " + ", ".join(f"{token.strip()} {p:.3f}" for token, p in guesses))


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bertgpt", description=__doc__.splitlines()[0])
    commands = top.add_subparsers(required=True, metavar="command")
    p = commands.add_parser("train", help="train a model", formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    p.set_defaults(run=run_train)
    p.add_argument("model", choices=["bert", "gpt"])
    p.add_argument("--text", nargs="+", required=True, metavar="TEXT", help=f"{', '.join(CORPORA)} or UTF-8 files")
    p.add_argument("--weights", nargs="+", type=float, help="how often each text is drawn from (by length)")
    p.add_argument("--tokenizer", default="bpe", help="bpe (the course's), char, or a tokenizer.json")
    p.add_argument("--out", type=Path, required=True, help="a new folder for the model")
    p.add_argument("--resume", action="store_true", help="go on with the run in --out, given the same arguments")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=int)
    length.add_argument("--minutes", type=float, help="train about this long: 20 steps are timed, the rest is by steps")
    for flag, kind, default in [("--d-model", int, 128), ("--layers", int, 2), ("--heads", int, 4),
                                ("--context", int, 64), ("--batch-size", int, 32), ("--dropout", float, 0.1),
                                ("--rate", float, 0.15), ("--learning-rate", float, 3e-3),
                                ("--warmup", int, 100), ("--seed", int, 0)]:
        p.add_argument(flag, type=kind, default=default)
    p.add_argument("--short-steps", type=int, default=0,
                   help="learn so many steps from rows of a quarter of --context first, four times as many a step")
    p.add_argument("--bfloat16", action="store_true", help="multiply in 16 bits, on processors that are made for it")

    p = commands.add_parser("eval", help="measure a model on text it has not seen")
    p.set_defaults(run=run_eval)
    p.add_argument("directory", help="a folder that train wrote, tinybert, tinygpt, or a name on the hub")
    p.add_argument("--text", required=True, help=f"a UTF-8 file, or the held-out part of {', '.join(CORPORA)}")

    p = commands.add_parser("generate", help="let a GPT go on with a prompt")
    p.set_defaults(run=run_generate)
    p.add_argument("directory", help="a folder that train wrote, tinybert, tinygpt, or a name on the hub")
    p.add_argument("prompt")
    for flag, kind, default in [("--tokens", int, None), ("--temperature", float, 0.8), ("--top-k", int, None),
                                ("--top-p", float, None), ("--seed", int, 0)]:
        p.add_argument(flag, type=kind, default=default)

    p = commands.add_parser("fill", help="let a BERT fill every [MASK]")
    p.set_defaults(run=run_fill)
    p.add_argument("directory", help="a folder that train wrote, tinybert, tinygpt, or a name on the hub")
    p.add_argument("text")
    p.add_argument("--top-k", type=int, default=5)
    for p in commands.choices.values():
        p.add_argument("--device", default="auto", help=f"where to compute: {', '.join(NAMES)}")
    return top


def main() -> int:
    args = parser().parse_args()
    try:
        args.run(args)
    except (ValueError, OSError) as error:
        print(f"bertgpt: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
