"""How many tokens a second does greedy generation with a cache write, beside transformers' generate?

The tiny size, the same weights in both, one prompt and eight. In float32 the two must write the same text.
"""

from functools import partial

import torch
import turns
from transformers import GPT2LMHeadModel

from bertgpt import GPT, TINY, TransformerConfig, generate

PROMPT, TOKENS = 16, 256
GOALS = {("float32", 1): 1.2, ("float32", 8): 1.8, ("bfloat16", 1): 1.8, ("bfloat16", 8): 1.8}


def measure(precision: str, batch: int, n_turns: int) -> list[dict]:
    """Time both in one precision, with one batch size: -> a row of the record."""
    torch.manual_seed(0)
    ours = GPT(TransformerConfig.gpt(**TINY | {"max_len": PROMPT + TOKENS})).eval()
    for parameter in ours.parameters():  # or the text would be one word over and over
        parameter.data += 0.1 * torch.randn_like(parameter)
    theirs = turns.twin(ours, GPT2LMHeadModel).to(getattr(torch, precision))
    ours.to(getattr(torch, precision))
    prompt, texts = torch.randint(5, TINY["vocab_size"], (batch, PROMPT)), {}  # (B, T)
    greedy = dict(do_sample=False, max_new_tokens=TOKENS, pad_token_id=0, eos_token_id=None)

    def write_ours():
        texts["ours"] = generate(ours, prompt, TOKENS, temperature=0)

    def write_theirs():
        texts["theirs"] = theirs.generate(prompt, attention_mask=torch.ones_like(prompt), **greedy)

    seconds = turns.turn_about({"ours": write_ours, "theirs": write_theirs}, n_turns)
    assert texts["ours"].shape == texts["theirs"].shape == (batch, PROMPT + TOKENS)
    assert precision == "bfloat16" or texts["ours"].equal(texts["theirs"]), "two texts of the same weights"
    aims = {"goal": GOALS[precision, batch], "work": batch * TOKENS, "unit": "tokens a second"}
    return [turns.compared(f"{precision}, batch {batch}", "transformers", seconds, **aims)]


if __name__ == "__main__":
    timings = {f"{precision}, batch {batch}": partial(measure, precision, batch) for precision, batch in GOALS}
    about = {"sizes": TINY, "prompt": PROMPT, "tokens": TOKENS}
    turns.main(__doc__, "generate_speed", timings, turns=9, peers=("transformers",), **about)
