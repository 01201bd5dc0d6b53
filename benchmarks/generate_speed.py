"""How many tokens a second does greedy generation with a cache write, beside transformers' generate?

    python benchmarks/generate_speed.py
    python benchmarks/generate_speed.py --turns 1 --tokens 8 --out DIR     # a rehearsal

The tiny size with room for the text, the same weights in both, one prompt and eight, float32 and
bfloat16. In float32 the two must write the same text.
"""

import tempfile

import torch
import transformers
from turns import arguments, compared, record, turn_about

from bertgpt import GPT, TINY, TransformerConfig, generate, save_pretrained

PROMPT, BATCHES = 16, (1, 8)
GOALS = {("float32", 1): 1.2, ("float32", 8): 1.8, ("bfloat16", 1): 1.8, ("bfloat16", 8): 1.8}


def twins(max_len: int) -> tuple[GPT, transformers.GPT2LMHeadModel]:
    """Make two models with the same weights, ours and theirs, that do not say one word over and over."""
    torch.manual_seed(0)
    ours = GPT(TransformerConfig.gpt(**TINY | {"max_len": max_len})).eval()
    for parameter in ours.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(ours, folder)
        return ours, transformers.GPT2LMHeadModel.from_pretrained(folder).eval()


def measure(turns: int, tokens: int) -> list[dict]:
    """Time both in each setting: -> rows of the record."""
    rows = []
    for precision in ("float32", "bfloat16"):
        ours, theirs = (model.to(getattr(torch, precision)) for model in twins(PROMPT + tokens))
        for batch in BATCHES:
            prompt = torch.randint(5, TINY["vocab_size"], (batch, PROMPT))  # (B, T)
            texts = {}

            def write(name, act, texts=texts):
                texts[name] = act()

            def own(ours=ours, prompt=prompt):
                return generate(ours, prompt, tokens, temperature=0)

            def other(theirs=theirs, prompt=prompt):
                return theirs.generate(
                    prompt,
                    attention_mask=torch.ones_like(prompt),
                    do_sample=False,
                    max_new_tokens=tokens,
                    pad_token_id=0,
                    eos_token_id=None,
                )

            seconds = turn_about({"ours": lambda: write("ours", own), "theirs": lambda: write("theirs", other)}, turns)
            assert texts["ours"].shape == texts["theirs"].shape == (batch, PROMPT + tokens)
            assert precision == "bfloat16" or texts["ours"].equal(texts["theirs"]), "two texts of the same weights"
            rows.append(
                compared(
                    f"{precision}, batch {batch}",
                    "transformers",
                    seconds["ours"],
                    seconds["theirs"],
                    goal=GOALS[precision, batch],
                    work=batch * tokens,
                    unit="tokens a second",
                )
            )
    return rows


def main() -> None:
    parser = arguments(__doc__, turns=9)
    parser.add_argument("--tokens", type=int, default=256, help="how many to write")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    record(
        __file__,
        args,
        measure(args.turns, args.tokens),
        peers=("transformers",),
        sizes=TINY,
        prompt=PROMPT,
        tokens=args.tokens,
    )


if __name__ == "__main__":
    main()
