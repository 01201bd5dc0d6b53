"""What people ask about BERT and GPT, and no chapter measures: a row per question of the page `questions.md`.

In the rows "finite mask" a loss in one pass that is lower than the loss one letter at a time is cheating. The texts of
"first place" have been read by no model, and nothing is trained for "SmolLM2's vector". Templates, cuts and seeds were
fixed before anything was measured, and nothing was chosen by what is reported.
"""

import random
import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from encoders import load_encoder, load_opened
from experiments import Row, fingerprint, main, spread
from first_lines import line_tasks
from prompting import ANSWERS, TEMPLATE, in_context, shares, snippets
from rankers import bi_encoder_scores, ranking_metrics

from bertgpt import GPT, Tokenizer, TransformerConfig, load_bert, load_both, load_modern, load_tokenizer
from bertgpt.inference.probes import attention_maps, masked_by
from bertgpt.model.attention import MultiHeadAttention, attention_scores
from bertgpt.model.masks import prefix_mask
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import novels, stories
from bertgpt.text.data import LMBatches
from bertgpt.training.framing import framing_of
from bertgpt.training.loop import evaluate, train
from bertgpt.training.objectives import lm_objective
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.hub import MINILM, SMOLLM2
from bertgpt.weights.loading import load_model
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.tasks.ranking import RankingTask

NAME = "questions"


# A causal mask made of a finite number


class Finite(MultiHeadAttention):
    """Write a number over the scores that the mask closes: hidden (B, T, D), mask (T, T) -> (B, T, D)."""

    number = -torch.inf

    def forward(self, hidden, mask=None, cache=None):
        q, k, v = self.project(hidden)
        scores = attention_scores(q, k).masked_fill(~mask, self.number)  # (B, H, T, S)
        self.seen = scores.softmax(dim=-1).masked_fill(mask, 0.0).sum(dim=-1)  # (B, H, T): of what is closed
        return self.merge_heads(scores.softmax(dim=-1) @ v)


STEPS = 400
# The number, the learning rate and the seed of each run; the two ends also at a rate at which little is learned.
RUNS = [(-10.0, 1e-2, 0), (-10.0, 1e-2, 1), (-100.0, 1e-2, 0)]
RUNS += [(number, rate, 0) for rate in (1e-2, 5e-2) for number in (-1e4, -torch.inf)]


def finite_mask(number: float, rate: float, seed: int) -> dict:
    """Train a small GPT under a mask with this number, and look whether it reads what the mask closes."""
    emma, persuasion = novels("train")["Emma"], novels("test")["Persuasion"]
    letters = Tokenizer.train_char([emma])
    ids = torch.tensor(letters.encode(persuasion)[: 40 * 101]).view(-1, 40)  # (B, T)
    sizes = dict(vocab_size=letters.vocab_size, max_len=40, d_model=64, n_layers=2, n_heads=2, d_ff=256, dropout=0.0)
    torch.manual_seed(seed)
    model = GPT(TransformerConfig.gpt(**sizes))
    for block in model.blocks:
        block.attention.__class__, block.attention.number = Finite, number
    batches = LMBatches([torch.tensor(letters.encode(emma))], 40, 32, seed=seed)
    train(model, lm_objective, batches, TrainingSettings(STEPS, learning_rate=rate, warmup=30))
    one_pass = evaluate(model, lm_objective, [{"input_ids": ids}])["loss"]
    closed = max(float(block.attention.seen[:, :, :-1].mean()) for block in model.blocks)
    with torch.inference_mode():
        alone = [model(ids[:, :n])[:, -1] for n in range(1, 40)]  # (B, V) each: nothing to the right
    one_at_a_time = F.cross_entropy(torch.stack(alone, dim=2), ids[:, 1:]).item()
    return {"one_pass": one_pass, "one_at_a_time": one_at_a_time, "closed": closed}


# Who looks at the first place

LENGTH, LATER, TEXTS = 60, 40, 20  # tokens of a text; the queries from here on are counted; texts


@torch.inference_mode()
def first_place(source: str, opening: bool = True) -> dict:
    """Measure the share of attention that goes to the first token: by layer, in all, and the largest head.

    opening: with the special token before the text; without it the first word is first
    """
    model, tokenizer = load_model(source), load_tokenizer(source)
    framing, first = framing_of(model), []
    n_closing = len(framing.closing)
    for text in [*stories("test").values()][:TEXTS]:
        ids = tokenizer.encode_plain(text)[: LENGTH - opening - n_closing]
        row = framing.frame([ids], tokenizer.special_id)[0][1 - opening :]
        maps = attention_maps(model, torch.tensor([row]))[:, 0]  # (L, H, T, T)
        first.append(maps[:, :, LATER : LENGTH - n_closing, 0].mean(dim=2))  # (L, H)
    share = torch.stack(first).mean(dim=0)  # (L, H)
    return {"mean": share.mean(dim=1).tolist(), "of_all": float(share.mean()), "largest": float(share.max())}


# One vector of a decoder

CUT, BLOCKS, POOLINGS = 32, 1, ("first", "last", "mean of all", "mean without the first")


@torch.inference_mode()
def vectors(model, texts: list[str], twice: bool = False) -> dict[str, torch.Tensor]:
    """Pool the last hidden states of each text: -> pooling -> (n, D), of length 1.

    twice: the text is read twice, and only the second reading is pooled
    """
    tokenizer, found = load_tokenizer(SMOLLM2), {pooling: [] for pooling in POOLINGS}
    for text in texts:
        ids = tokenizer.encode_plain(text)[:CUT]
        row = torch.tensor([[tokenizer.eos_id, *ids, *(ids if twice else [])]])  # (1, T)
        hidden = model.encode(row)[0]  # (T, D)
        inside = hidden[-len(ids) :]
        for pooling, vector in zip(POOLINGS, (hidden[0], hidden[-1], hidden.mean(dim=0), inside.mean(dim=0))):
            found[pooling].append(F.normalize(vector, dim=0))
    return {pooling: torch.stack(rows) for pooling, rows in found.items()}


def decoders_vector(mask: str) -> dict:
    """Rank first lines by the vectors of SmolLM2, under one mask: -> pooling -> ranking_metrics."""
    model = (load_opened if mask == "square" else load_modern)(SMOLLM2)
    tasks, scores = line_tasks(BLOCKS), {pooling: [] for pooling in POOLINGS}
    for task in tasks:
        asked, lines = (vectors(model, texts, "twice" in mask) for texts in (task.questions, task.candidates))
        for pooling in POOLINGS:
            scores[pooling].append((asked[pooling] @ lines[pooling].T).numpy())
    return {pooling: ranking_metrics(tasks, found) for pooling, found in scores.items()}


def minilms_vector() -> dict:
    """Rank the same lines by MiniLM, its texts cut as short."""
    model, tokenizer = load_encoder("MiniLM")

    def cut(texts: list[str]) -> list[str]:
        return [tokenizer.decode(tokenizer.encode(text)[:CUT]) for text in texts]

    tasks = [RankingTask(cut(task.questions), cut(task.candidates), task.right) for task in line_tasks(BLOCKS)]
    return {"mean of all": ranking_metrics(tasks, [bi_encoder_scores(model, tokenizer, task) for task in tasks])}


# Fine-tune, or ask? And examples in front of the question

ASSISTANT = "Is this sentence from a film review positive or negative? Answer with one word.\n\n{}"
TIMED = 20  # snippets, read one by one


@torch.inference_mode()
def differences(model, prompts: list[list[int]], words: list[int]) -> np.ndarray:
    """Compute log p of one next token minus log p of another: -> (n,)."""
    logits = [model(torch.tensor([prompt]))[0, -1] for prompt in prompts]
    return np.array([float(row[words[0]] - row[words[1]]) for row in logits])


def timed(read: Callable, texts: list) -> float:
    """Read some texts, one by one: -> seconds of the processor for one."""
    began = time.process_time()
    for text in texts[:TIMED]:
        read(text)
    return (time.process_time() - began) / TIMED


def asked(way: str) -> dict:
    """Let SmolLM2 answer by the next word, as chapter 14 asks TinyGPT, or as an assistant."""
    model, tokenizer = load_modern(SMOLLM2), load_tokenizer(SMOLLM2)
    texts, labels, others = snippets(50)

    def prompt(text: str) -> list[int]:
        if way == "as an assistant":
            return tokenizer.encode(tokenizer.chat([{"role": "user", "content": ASSISTANT.format(text)}]))
        return [tokenizer.eos_id, *tokenizer.encode_plain(text + TEMPLATE)]

    names = ("Positive", "Negative") if way == "as an assistant" else ANSWERS
    words = [tokenizer.encode_plain(name)[0] for name in names]
    seconds = timed(lambda text: differences(model, [prompt(text)], words), texts)
    margin, average = (differences(model, [prompt(text) for text in part], words) for part in (texts, others))
    rules = {"as it is": 0, "minus average": average.mean()}
    tokens = float(np.mean([len(prompt(text)) for text in texts]))
    return {name: shares(margin > at, labels) for name, at in rules.items()} | {"seconds": seconds, "tokens": tokens}


@torch.inference_mode()
def minilms_time() -> dict:
    """Time MiniLM on the same snippets: it reads each once."""
    model, tokenizer = load_encoder("MiniLM")
    rows = [torch.tensor([tokenizer.encode_pair(text)[0]]) for text in snippets(50)[0]]
    return {"seconds": timed(model.encode, rows), "tokens": float(np.mean([row.numel() for row in rows]))}


def tinyberts_examples() -> dict:
    """Let TinyBERT fill the blank behind solved examples, and average: -> with how many -> accuracy."""
    results = in_context("tinybert", n_others=50)["examples"]
    means = {n: float(np.mean([row["minus average"]["mean"] for row in draws])) for n, draws in results.items()}
    return {"examples": results, "mean": means}


# How many blanks

SIDE, WORDS = 20, 60  # tokens on each side; words of each length


def hidden_words(tokenizer) -> dict[int, list[tuple[list[int], list[int], list[int]]]]:
    """Draw words of one, two and three tokens from *Persuasion*: -> tokens -> left, word, right."""
    ids = tokenizer.encode(novels("test")["Persuasion"])
    spoken = tokenizer.tokens(ids)
    begins = [i for i, token in enumerate(spoken) if token[:1] == " " and token[1:].isalpha()]
    found: dict[int, list] = {1: [], 2: [], 3: []}
    for i in random.Random(0).sample(begins, len(begins)):
        n = 1
        while i + n < len(ids) and spoken[i + n].isalpha():
            n += 1
        if n in found and len(found[n]) < WORDS and SIDE <= i < len(ids) - n - SIDE:
            found[n].append((ids[i - SIDE : i], ids[i : i + n], ids[i + n : i + n + SIDE]))
    return found


@torch.inference_mode()
def how_many_blanks() -> dict:
    """Fill a hidden word with one, two and three blanks, and take the number whose answers score highest."""
    model, tokenizer = load_bert("tinybert"), load_tokenizer()
    chosen: dict[str, dict[str, list[int]]] = {}
    for n, items in hidden_words(tokenizer).items():
        picks = {"sum": [], "mean": []}
        for left, _, right in items:
            totals = np.zeros(3)
            for blanks in (1, 2, 3):
                row = torch.tensor([[tokenizer.cls_id, *left, *[tokenizer.mask_id] * blanks, *right, tokenizer.sep_id]])
                for at in range(1 + len(left), 1 + len(left) + blanks):
                    logs = model(row)[0][0, at].log_softmax(dim=-1)  # (V,)
                    row[0, at] = logs.argmax()
                    totals[blanks - 1] += float(logs.max())
            picks["sum"].append(1 + int(totals.argmax()))
            picks["mean"].append(1 + int((totals / (1, 2, 3)).argmax()))
        chosen[str(n)] = {rule: [found.count(k) for k in (1, 2, 3)] for rule, found in picks.items()}
    right = {rule: sum(row[rule][int(n) - 1] for n, row in chosen.items()) for rule in ("sum", "mean")}
    return {"chosen": chosen, "right": right}


# A prompt read both ways

PROMPT, ANSWER, ROWS = 32, 16, 60


@torch.inference_mode()
def both_ways(source: str) -> dict:
    """Measure what the tokens after a prompt cost, the prompt read left to right and both ways, in nats a token."""
    load = load_modern if source == SMOLLM2 else load_both  # any GPT of the course opens as a Both
    model, tokenizer = load(source), load_tokenizer(source)
    ids, n = tokenizer.encode(novels("test")["Persuasion"]), PROMPT + ANSWER - 1
    starts = np.linspace(0, len(ids) - n, ROWS, dtype=int)
    rows = torch.tensor([[tokenizer.eos_id, *ids[start : start + n]] for start in starts])  # (B, T)
    labels = rows[:, 1:].clone()  # (B, T - 1)
    labels[:, : PROMPT - 1] = IGNORED

    def cost() -> np.ndarray:  # (B,)
        logits = torch.cat([model(part) for part in rows.split(8)])[:, :-1]  # (B, T - 1, V)
        nats = F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none")
        return (nats.sum(dim=1) / ANSWER).numpy()

    left_to_right = cost()
    with masked_by(model, prefix_mask(rows.size(1), PROMPT)):
        prefix = cost()
    found = {"left to right": left_to_right, "both ways": prefix, "both ways, more": prefix - left_to_right}
    return {name: spread(values) for name, values in found.items()}


STORIES, PERSUASION = fingerprint(*stories("test").values()), fingerprint(*novels("test").values())
SNIPPETS = fingerprint(*movie_snippets("test").texts)
LINES = fingerprint(*(text for task in line_tasks(BLOCKS) for text in (*task.questions, *task.candidates)))
ABOUT = {"data": {"stories": STORIES, "Persuasion": PERSUASION, "snippets": SNIPPETS, "docstrings": LINES}}
MASKS = ("triangle", "triangle, read twice", "square")


def rows() -> Iterator[Row]:
    for run in RUNS:
        number, rate, seed = run
        name = f"finite mask {number:g}, rate {rate:g}, seed {seed}"
        yield Row(name, partial(finite_mask, *run), (PERSUASION, str(STEPS)), (), 40)
    for source in ("tinybert", "tinygpt", "tinyboth", MINILM):
        yield Row(f"first place, {source.split('/')[-1]}", partial(first_place, source), (STORIES,), (source,), 20)
    yield Row("first place, smollm2, no <eos>", partial(first_place, SMOLLM2, False), (STORIES,), (SMOLLM2,), 20)
    for mask in MASKS:
        yield Row(f"SmolLM2's vector, {mask}", partial(decoders_vector, mask), (LINES,), (SMOLLM2,), 120)
    yield Row("MiniLM's vector", minilms_vector, (LINES,), (MINILM,), 10)
    for way in ("by the next word", "as an assistant"):
        yield Row(f"asked, {way}", partial(asked, way), (SNIPPETS,), (SMOLLM2,), 120)
    yield Row("asked, MiniLM's time", minilms_time, (SNIPPETS,), (MINILM,), 2)
    yield Row("in context, TinyBERT", tinyberts_examples, (SNIPPETS,), ("tinybert",), 60)
    yield Row("how many blanks", how_many_blanks, (PERSUASION,), ("tinybert",), 20)
    for source in ("tinygpt", "tinyboth", SMOLLM2):
        yield Row(f"prompt read both ways, {source}", partial(both_ways, source), (PERSUASION,), (source,), 30)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
