"""Why is a probable text a loop, and what breaks one: drawing, or a penalty on what was said?

*Again*: a sentence stands one to six times in a row, and our GPT says how much its tokens surprise it each time. The
sentences are of *Persuasion*, which it has not read, and chosen by length alone; the control is as many different
sentences in a row, each at every place once, so that neither the sentence nor the place decides. *Own loops*: the same
in its own greedy texts that end in a loop, counted from the first time that the phrase stands there.

*Cures*: 48 tokens after the same beginnings from all over *Persuasion*: greedy, drawn at some temperatures, and greedy
with a repetition penalty (Keskar et al. 2019, section 4.1; a logit is divided where it is positive, multiplied where it
is not). Per text: the share of runs of four that were there before, the share of different tokens, and the mean
surprise, in nats per token.
"""

from functools import cache, partial

import torch
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import generate, load_gpt, load_tokenizer
from bertgpt.text.corpora import novels, sentences
from bertgpt_book.statistics.metrics import distinct

NAME = "loops"
TIMES, SHORTEST, LONGEST, GROUPS = 6, 8, 16, 60
BEGINNINGS, GIVEN, NEW = 200, 16, 48
OWN_NEW = 111  # max_len 128: a beginning of 16, and as many new tokens as fit
SEEDS = range(5)
DRAWN = {"drawn": {}, "drawn, 0.8": {"temperature": 0.8}, "drawn, 0.5": {"temperature": 0.5}, "nucleus": {"top_p": 0.9}}
PENALTIES = (1.1, 1.2, 1.5)
novel, tokenizer, gpt = (
    cache(f) for f in (lambda: novels("test")["Persuasion"], load_tokenizer, lambda: load_gpt("littlegpt"))
)


@torch.inference_mode()
def surprises(ids: Tensor) -> Tensor:
    """Compute -ln p of each token after the first: (B, T) -> (B, T - 1), in nats."""
    logits = torch.cat([gpt()(part)[:, :-1] for part in ids.split(32)])  # (B, T - 1, V)
    return -logits.log_softmax(dim=-1).gather(2, ids[:, 1:, None]).squeeze(2)


def groups(n: int) -> list[list[list[int]]]:
    """Take n groups of TIMES sentences of one length each, from all over the novel, in ids."""
    by_length: dict[int, list[list[int]]] = {}
    for sentence in sentences(novel()):
        text = " " + " ".join(sentence.split())
        if '"' not in text and text.endswith("."):
            ids = tokenizer().encode(text)
            if SHORTEST <= len(ids) <= LONGEST:
                by_length.setdefault(len(ids), []).append(ids)
    cut = [
        rows[at : at + TIMES] for _, rows in sorted(by_length.items()) for at in range(0, len(rows) - TIMES + 1, TIMES)
    ]
    return [cut[i] for i in torch.linspace(0, len(cut) - 1, n).long()]


def again(n: int = GROUPS) -> dict:
    """Read each sentence again and again, and other ones in its place: -> a mean per group and time, in nats."""
    repeated, others = [], []
    eos = [tokenizer().eos_id]
    for group in groups(n):
        size = len(group[0])
        same = surprises(torch.tensor([eos + TIMES * sentence for sentence in group]))  # (TIMES, TIMES * size)
        turned = [group[i:] + group[:i] for i in range(TIMES)]
        each = surprises(torch.tensor([eos + sum(sentences_, []) for sentences_ in turned]))
        for kept, found in ((repeated, same), (others, each)):
            kept.append([round(x, 3) for x in found.view(TIMES, TIMES, size).mean(dim=(0, 2)).tolist()])
    return {"again": repeated, "other sentences": others}


def beginnings(n: int, more: int) -> Tensor:
    ids = torch.tensor(tokenizer().encode(novel()))
    starts = torch.linspace(0, len(ids) - GIVEN - more, n).long()
    return ids[starts[:, None] + torch.arange(GIVEN + more)]  # (n, GIVEN + more)


def loop_of(row: list[int]) -> tuple[int, int] | None:
    """Find the phrase that a text ends by repeating, at least four times: -> (where it first stands, its length)."""
    for period in range(4, 25):
        start = len(row) - period
        while start > 0 and row[start - 1] == row[start - 1 + period]:
            start -= 1
        if len(row) - start >= 4 * period:
            return start, period
    return None


def own_loops(n: int = BEGINNINGS) -> dict:
    """Let it loop by itself: -> of each greedy text with a loop, the mean surprise at the first four times."""
    texts = generate(gpt(), beginnings(n, 0), OWN_NEW, temperature=0)
    found, phrases, nats = [], [], surprises(texts)
    for row, each in zip(texts.tolist(), nats):
        loop = loop_of(row[GIVEN:])
        if loop:
            start, period = GIVEN + loop[0], loop[1]
            times = each[start - 1 : start - 1 + 4 * period].view(4, period).mean(dim=1)
            found.append([round(x, 3) for x in times.tolist()])
            phrases.append(tokenizer().decode(row[start : start + period]))
    return {"texts": n, "times": found, "phrases": phrases}


def measure(texts: Tensor) -> dict:
    """Measure the new tokens of each text: (n, GIVEN + NEW) -> lists of n."""
    new = texts[:, GIVEN:].tolist()
    return {
        "repeated": [round(1 - distinct(row, 4), 4) for row in new],
        "different": [round(distinct(row, 1), 4) for row in new],
        "nats": [round(x, 3) for x in surprises(texts)[:, GIVEN - 1 :].mean(dim=1).tolist()],
    }


@torch.inference_mode()
def penalised(ids: Tensor, n: int, theta: float) -> Tensor:
    """Continue greedily; what stands in the text has its logit divided by theta, multiplied where it is negative."""
    for _ in range(n):
        logits = gpt()(ids)[:, -1]  # (B, V)
        said = logits.gather(1, ids)  # (B, T)
        logits = logits.scatter(1, ids, torch.where(said > 0, said / theta, said * theta))
        ids = torch.cat([ids, logits.argmax(dim=-1, keepdim=True)], dim=1)
    return ids


def cure(way: str, seed: int | None, n: int = BEGINNINGS) -> dict:
    given = beginnings(n, NEW)
    if way == "Austen":
        return measure(given)
    if way.startswith("penalty"):
        return measure(penalised(given[:, :GIVEN], NEW, float(way.split()[1])))
    rule = DRAWN.get(way, {"temperature": 0})
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    return measure(generate(gpt(), given[:, :GIVEN], NEW, **rule, generator=generator))


def rows() -> list[Row]:
    data = (fingerprint(novel(), f"{TIMES} {SHORTEST} {LONGEST} {GROUPS} {BEGINNINGS} {GIVEN} {NEW} {OWN_NEW}"),)

    def row(name: str, make) -> Row:
        return Row(name, make, data, ("littlegpt",), 20)

    fixed = ["Austen", "greedy", *(f"penalty {theta}" for theta in PENALTIES)]
    return [
        row("again", again),
        row("own loops", own_loops),
        *(row(way, partial(cure, way, None)) for way in fixed),
        *(row(f"{way}, seed {seed}", partial(cure, way, seed)) for way in DRAWN for seed in SEEDS),
    ]


if __name__ == "__main__":
    main(__doc__, NAME, {"beginnings": BEGINNINGS, "new tokens": NEW, "times": TIMES, "groups": GROUPS}, rows)
