"""The command line: train a model, measure it, let it write or fill blanks; check a chapter's exercises.

    python -m bertgpt train gpt --text austen --out runs/gpt --minutes 2
    python -m bertgpt eval runs/gpt --text austen
    python -m bertgpt generate runs/gpt "Today, I went to"
    python -m bertgpt fill runs/bert "The [MASK] sat down to dinner."
    python -m bertgpt check 03_masks.ipynb
"""

import json
import os
import signal
import sys
from contextlib import chdir, contextmanager, suppress
from pathlib import Path

import matplotlib
import torch
from safetensors import SafetensorError
from torch import Tensor

from ..book.exercises import DONE, Score, run_to_exercises, verdict
from ..device import device_of, get_device
from ..inference.decoding import generate
from ..inference.filling import fill_mask
from ..inference.scoring import bits_per_character, perplexity, token_surprisal
from ..text.corpora import CORPORA
from ..text.data import encode_documents
from ..text.tokenizer import CLS, EOS, GPT2_EOS, MASK, SEP, UNK, Tokenizer
from ..training import distributed
from ..training.loop import evaluate
from ..training.objectives import both_objective, masked_lm_objective
from ..training.recipes import HELD_OUT_BATCHES, encode_texts, make_batches, read_texts
from ..weights.hub import find_weights
from ..weights.pretrained import BOTH_ORDERS, load_bert, load_both, load_gpt, load_tokenizer
from .arguments import parser
from .train import run_train

LOAD = {"bert": load_bert, "gpt": load_gpt, "both": load_both}
READS = {"bert": (CLS, SEP, MASK), "gpt": (), "both": (EOS, MASK)}        # special tokens that a kind cannot do without


def model_in(directory: str, device: str, kinds: tuple[str, ...] = tuple(LOAD)):
    """Load a run, or a shipped model, onto a device: -> its kind, one of those that will do, model and tokenizer."""
    folder = find_weights(directory)
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        found = "both" if config.get("orders") == BOTH_ORDERS else config["model_type"].removesuffix("2")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{directory} holds no finished model: train one into it first") from None
    if found not in kinds:
        raise ValueError(f"{directory} holds a {found}, and this needs a {' or a '.join(kinds)}")
    model = LOAD[found](folder)
    tokenizer = load_tokenizer(directory)
    largest = max(tokenizer.backend.get_vocab().values(), default=0)
    if largest >= model.config.vocab_size:
        raise ValueError(f"{directory}: tokenizer.json has ids up to {largest}, beyond the {model.config.vocab_size} "
                         "tokens of config.json: it belongs to another model")
    missing = [token for token in READS[found] if tokenizer.backend.token_to_id(token) is None]
    if missing:
        raise ValueError(f"{directory}: tokenizer.json has no {', '.join(missing)}, which a {found} reads: "
                         "it belongs to another model")
    return found, model.to(get_device(device)), tokenizer


def run_eval(args) -> None:
    kind, model, tokenizer = model_in(args.directory, args.device)
    texts = read_texts(args.text)
    if args.text not in CORPORA:                 # a file of the reader's is measured whole
        texts["test"] = {args.text: texts["train"][args.text] + texts["test"][args.text]}
    measure = {"gpt": eval_gpt, "bert": eval_bert, "both": eval_both}[kind]
    measure(model, tokenizer, args.text, texts["test"])


def eval_gpt(model, tokenizer: Tokenizer, name: str, texts: dict[str, str]) -> None:
    """Print how surprised a GPT is by every token of some texts."""
    ids = torch.cat(encode_documents(texts, tokenizer))                                    # (n,)
    nats = token_surprisal(model, ids).mean().item()
    characters = sum(len(text) for text in texts.values())
    print(f"{len(ids):,} tokens: {nats:.3f} nats a token, perplexity {perplexity(nats):.1f}, "
          f"{bits_per_character(nats, len(ids), characters):.3f} bits a character" + unknown_share(ids, tokenizer))


def eval_bert(model, tokenizer: Tokenizer, name: str, texts: dict[str, str]) -> None:
    """Print what a BERT makes of some texts with 15 % of their tokens masked."""
    if not hasattr(model, "mlm_head"):
        raise ValueError("this checkpoint has no masked-LM head: it gives hidden states, no guesses to measure")
    measure_blanks("bert", model, masked_lm_objective, tokenizer, name, texts)


def eval_both(model, tokenizer: Tokenizer, name: str, texts: dict[str, str]) -> None:
    """Print how surprised a both is as a GPT, and what it makes of the same texts as a BERT."""
    eval_gpt(model, tokenizer, name, texts)
    measure_blanks("both", model, both_objective, tokenizer, name, texts)


def measure_blanks(kind: str, model, objective, tokenizer: Tokenizer, name: str, texts: dict[str, str]) -> None:
    """Print the means of an objective over some texts with 15 % of their tokens masked."""
    corpus = encode_texts(name, {"train": {}, "test": texts}, tokenizer)
    unseen = make_batches(kind, corpus, "test", tokenizer, model.config.max_len, seed=1, blanks=1.0)
    held_out = [unseen.sample(step) for step in range(HELD_OUT_BATCHES)]
    measured = evaluate(model, objective, held_out)
    print(", ".join(f"{name} {value:.3f} nats" for name, value in measured.items() if name not in ("loss", "lm_loss"))
          + " (15 % of the tokens masked, with both sides in view: not comparable with a GPT's loss)"
          + unknown_share(torch.cat(corpus.documents["test"]), tokenizer))


def unknown_share(ids: Tensor, tokenizer: Tokenizer) -> str:
    """Say how much of a text the vocabulary cannot spell, where there is such; ids: (n,)."""
    unknown = tokenizer.backend.token_to_id(UNK)
    share = 0 if unknown is None else (ids == unknown).double().mean().item()
    return f"; {100 * share:.1f} % of the tokens are unknown to its vocabulary" if share else ""


def run_generate(args) -> None:
    _, model, tokenizer = model_in(args.directory, args.device, ("gpt", "both"))
    ids = torch.tensor([tokenizer.encode(args.prompt) or [tokenizer.eos_id]], device=device_of(model))
    n_tokens = max(1, min(60, model.config.max_len - ids.size(1))) if args.tokens is None else args.tokens
    out = generate(model, ids, n_tokens, temperature=args.temperature, top_k=args.top_k, top_p=args.top_p,
                   eos_id=tokenizer.find(EOS, GPT2_EOS), generator=torch.Generator().manual_seed(args.seed))
    print(tokenizer.decode(out[0]))


def run_fill(args) -> None:
    _, model, tokenizer = model_in(args.directory, args.device, ("bert", "both"))
    for number, guesses in enumerate(fill_mask(model, tokenizer, args.text, args.top_k), start=1):
        print(f"[MASK] {number}: " + ", ".join(f"{token.strip()} {p:.3f}" for token, p in guesses))


def run_check(args) -> int:
    """Check the exercises of a notebook, a line each as they come, and print the score: -> 0 if all are done, or 1."""
    path, verdicts = Path(args.notebook).resolve(), []
    matplotlib.use("agg")                        # the chapter's figures are drawn, and not shown
    with chdir(path.parent if path.is_file() else "."):
        for exercise, namespace in run_to_exercises(path):
            name = f"{exercise.number} {exercise.title}"
            verdicts.append((name, verdict(exercise.source, namespace)))
            print(f"{name}: {verdicts[-1][1]}", flush=True)
    print(repr(Score(verdicts)).splitlines()[-1])
    return int(any(said != DONE for _, said in verdicts))


COMMANDS = {"train": run_train, "eval": run_eval, "generate": run_generate, "fill": run_fill, "check": run_check}


def main() -> int:
    """Do what the command line says: -> 0, 2 after an error, 130 after Ctrl-C, 143 after SIGTERM.

    `check` gives 1 while an exercise is not done. Whatever ends it is told in one line on standard error.
    """
    with stopped_by_signals():
        try:
            with distributed.processes():
                args = parser().parse_args()
                code = COMMANDS[args.command](args)
                sys.stdout.flush()               # a closed pipe shows here at the latest
            return code or 0
        except KeyboardInterrupt as stop:
            return tell(stop, "" if hasattr(stop, "__notes__") else "stopped", code=128 + (stop.args or [2])[0])
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())       # or Python's last flush fails again
            return tell(error, "nobody reads the output any more")
        except OSError as error:
            return tell(error, f"{error.filename}: {error.strerror}" if error.filename else str(error))
        except (ValueError, SafetensorError) as error:
            return tell(error, str(error))
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error):   # what PyTorch says when it lacks some
                raise
            return tell(error, f"not enough memory ({error}): take a smaller model, a smaller --batch-size, "
                               "a shorter --context or another --device")


def tell(error: BaseException, message: str, code: int = 2) -> int:
    """Print one line, with what was noted on the way: -> the exit code."""
    with suppress(OSError):                      # nobody may be reading that, either
        line = "; ".join(part for part in (message, *getattr(error, "__notes__", [])) if part)
        print("bertgpt:", " ".join(line.splitlines()), file=sys.stderr)
    return code


@contextmanager
def stopped_by_signals():
    """Let Ctrl-C, SIGTERM and a closed terminal end a command alike: the first one counts, more are passed over."""
    def stop(number, _):
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(number)

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.signal(getattr(signal, name), stop) for name in names}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

