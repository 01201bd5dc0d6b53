"""The commands `eval`, `generate` and `fill`: what a finished model is used for."""

import logging
import math
import sys
from pathlib import Path
from typing import Any

import torch

from ..device import device_of, get_device
from ..inference.decoding import generate
from ..inference.filling import fill_mask
from ..inference.scoring import bits_per_character, token_surprisal
from ..model.bert import BERT
from ..text.corpora import CORPORA
from ..text.tokenizer import EOS, GPT2_EOS, SEP, UNK, Tokenizer
from ..training.loop import evaluate
from ..training.recipes import HELD_OUT_BATCHES, encode_texts, make_batches, read_texts
from ..weights.loading import as_filler, load_model
from ..weights.pretrained import load_tokenizer
from .run import read_record, sha256_of
from .train import KINDS

MODEL = "a folder that train wrote, littlebert, littlegpt, littleboth, smollm2, a GGUF file, or a name on the hub"


def add_eval(p) -> None:
    p.set_defaults(run=run_eval)
    p.add_argument("directory", help=MODEL)
    texts = f"a UTF-8 file (the last tenth if it was trained on it), or the held-out part of {', '.join(CORPORA)}"
    p.add_argument("--text", required=True, help=texts)


def add_generate(p) -> None:
    p.set_defaults(run=run_generate)
    p.add_argument("directory", help=MODEL)
    p.add_argument("prompt", help='plain text: "[MASK]" in it is characters; "--" goes before one that begins so')
    p.add_argument("--tokens", type=int, help="maximum number of new tokens (default: 60, or what fits)")
    p.add_argument("--temperature", type=float, default=0.8, help="0: always the most probable token (default: 0.8)")
    p.add_argument("--top-k", type=int, help="top-k sampling: keep the k most probable tokens")
    p.add_argument("--top-p", type=float, help="nucleus sampling: keep the smallest set with this total probability")
    p.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")


def add_fill(p) -> None:
    p.set_defaults(run=run_fill)
    p.add_argument("directory", help=MODEL)
    p.add_argument("text", help=f"a text with [MASK] where a token is missing; {SEP} and {EOS} are special tokens, too")
    p.add_argument("--top-k", type=int, default=5, help="number of candidates to print (default: 5)")


def load(args) -> tuple[Any, Tokenizer]:
    device, folder = get_device(args.device), Path(args.directory)
    if (folder / "run.json").exists() and not (folder / "config.json").exists():
        raise ValueError(f"{folder} is unfinished: train it to the end with --resume")
    logging.basicConfig(format="bertgpt: %(message)s")
    logging.getLogger("bertgpt_book").setLevel("INFO")  # which names what it fetches before it comes
    model, tokenizer = load_model(args.directory).to(device), load_tokenizer(args.directory)
    if (vars(args).get("top_k") or 1) > tokenizer.vocab_size:
        raise ValueError(f"--top-k must be at most {tokenizer.vocab_size:,}, the size of the vocabulary")
    return model, tokenizer


def run_eval(args) -> None:
    """Print a GPT's mean surprisal, a BERT's loss at masked tokens, or the two of a `Both` model."""
    model, tokenizer = load(args)
    kind = next((kind for kind in KINDS if type(model) is KINDS[kind].model), None)
    if kind is None:
        why = "has no masked-LM head" if isinstance(model, BERT) else f"is a {type(model).__name__}"
        raise ValueError(f"{args.directory} {why}: eval measures a BERT with its masked-LM head, a GPT or a Both")
    unseen, n_characters = read_unseen(args)
    corpus = encode_texts(args.text, {"train": {}, "test": unseen}, tokenizer)
    ids = torch.cat(corpus.documents["test"]).long()  # (n,)
    unk_id = tokenizer.find(UNK)  # None: this vocabulary can spell everything
    share = 0 if unk_id is None else (ids == unk_id).double().mean().item()
    unknown = f"; {100 * share:.1f} % of the tokens are unknown to its vocabulary" if share else ""
    if kind != "bert":
        nats = token_surprisal(model, ids).mean().item()
        measured = f"{nats:.3f} nats a token, perplexity {math.exp(nats):.1f}"
        bits = bits_per_character(nats, len(ids), n_characters)
        print(f"{len(ids):,} tokens: {measured}, {bits:.3f} bits a character{unknown}")
    if kind != "gpt":
        # 15 % of the tokens of a few batches are masked; a `Both` model's causal loss is measured above, on all tokens.
        batches = make_batches(kind, corpus, "test", tokenizer, model.config.max_len, seed=1, blanks=1.0)
        losses = evaluate(model, KINDS[kind].objective, [batches.sample(step) for step in range(HELD_OUT_BATCHES)])
        named = [f"{name} {nats:.3f} nats" for name, nats in losses.items() if name not in ("loss", "lm_loss")]
        about = "15 % of the tokens masked, with both sides in view: not comparable with a GPT's loss"
        print(f"{', '.join(named)} ({about}){unknown}")


def read_unseen(args) -> tuple[dict[str, str], int]:
    """Read what the model has not learned from: -> title -> text, and the number of characters.

    Of a shipped corpus that is the held-out part. Of the reader's own file it is all, but the last tenth
    where run.json says that the model was trained on this very text.
    """
    texts, folder = read_texts(args.text), Path(args.directory)
    if args.text not in CORPORA:
        parts = [part for split in texts.values() for part in split.values()]
        if (folder / "run.json").exists() and sha256_of(parts) in read_record(folder)["texts"]:
            print(f"the last tenth of {args.text} alone: the model was trained on the rest")
        else:
            texts["test"] = {args.text: "".join(parts)}
    return texts["test"], sum(map(len, texts["test"].values()))


def run_generate(args) -> None:
    """Print the prompt and what the model writes after it."""
    if not 0 <= args.seed < 2**32:
        raise ValueError(f"--seed must be at least 0 and below 2**32, not {args.seed}")
    model, tokenizer = load(args)
    prompt = tokenizer.encode_plain(args.prompt)
    ids = torch.tensor([prompt or [tokenizer.eos_id]], device=device_of(model))
    n_tokens = max(1, min(60, model.config.max_len - ids.size(1))) if args.tokens is None else args.tokens
    rules: dict = dict(temperature=args.temperature, top_k=args.top_k, top_p=args.top_p)
    generator, eos_id = torch.Generator().manual_seed(args.seed), tokenizer.find(EOS, GPT2_EOS)
    end, context = ids.size(1) + n_tokens, model.config.max_len
    if end > context:
        print(f"bertgpt: beyond its {context} tokens the model reads only the latest of them", file=sys.stderr)
    out = generate(model, ids, n_tokens, **rules) if n_tokens < 1 else ids  # which refuses
    while out.size(1) < end and (out is ids or out[0, -1] != eos_id):
        window = out[:, -(context if end <= context else max(1, context // 2)) :]  # half stays, half is new
        n_new = min(end - out.size(1), context - window.size(1))
        new = generate(model, window, n_new, **rules, eos_id=eos_id, generator=generator)
        out = torch.cat([out, new[:, window.size(1) :]], dim=1)
    print(tokenizer.decode(out[0] if prompt else out[0, 1:]))


def run_fill(args) -> None:
    """Print the most probable tokens for each [MASK], one line per [MASK]."""
    model, tokenizer = load(args)
    model, tokenizer = as_filler(args.directory, model, tokenizer)
    for number, guesses in enumerate(fill_mask(model, tokenizer, args.text, args.top_k), start=1):
        print(f"[MASK] {number}: " + ", ".join(f"{token.strip() or repr(token)} {p:.3f}" for token, p in guesses))
