"""How many tokens a second does greedy generation with a cache write, beside transformers' generate?

    python benchmarks/generate_speed.py

One prompt, the tiny size with room for the text, the same weights in both, the same text asserted, turn about, so that
a noisy machine hits both alike. Medians; the first turn of each is not counted.
"""

import argparse
import statistics
import tempfile
import time

import torch
import transformers

from bertgpt import GPT, TINY, TransformerConfig, generate, save_pretrained

PROMPT, TURNS = 16, 9


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, default=256, help="how many to write")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.manual_seed(0)
    ours = GPT(TransformerConfig.gpt(**TINY | {"max_len": PROMPT + args.tokens})).eval()
    for parameter in ours.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)      # or its likeliest text is one word over and over
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(ours, folder)
        theirs = transformers.GPT2LMHeadModel.from_pretrained(folder).eval()
    prompt = torch.randint(5, TINY["vocab_size"], (1, PROMPT))                             # (1, T)
    turns = {
        "bertgpt": lambda: generate(ours, prompt, args.tokens, temperature=0),
        "transformers": lambda: theirs.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
                                                max_new_tokens=args.tokens, pad_token_id=0),
    }
    seconds, texts = {name: [] for name in turns}, {}
    for _ in range(TURNS + 1):
        for name, turn in turns.items():
            began = time.perf_counter()
            texts[name] = turn()
            seconds[name].append(time.perf_counter() - began)
    assert torch.equal(*texts.values()), "the two programs wrote different texts"
    medians = {name: statistics.median(times[1:]) for name, times in seconds.items()}
    print(f"{args.tokens} tokens, {len(texts['bertgpt'].unique())} different ones, {torch.get_num_threads()} threads, "
          f"torch {torch.__version__}, transformers {transformers.__version__}")
    for name, median in medians.items():
        print(f"{name:13} {args.tokens / median:6.0f} tokens a second")
    print(f"ratio {medians['transformers'] / medians['bertgpt']:.2f}")


if __name__ == "__main__":
    main()
