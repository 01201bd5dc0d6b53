"""Can a published decoder learn to fill blanks when its mask is opened? SmolLM2, after fifty steps of practice.

Its weights stay as they are; an adapter beside every linear layer of its blocks, and a vector for the blank, learn on
our stories: 10 to 50 % of a row are hidden, and a hidden token is predicted one position early, as the next token
always was. The learning rate is constant after the warm-up, so the adapter after n steps is that of a run of n steps.

Is it the mask, or the practice alone? The same rows, steps and adapters are also trained under the causal mask, and
every model is judged by sentences that only the right side decides, and by the plain sentences, which mostly the left
side decides: practice should help them under either mask. An answer is right if it fits between both sides, also that
of a model which has not read the right one.

Steps and seeds were fixed before anything was judged: 50 steps, three seeds; one run goes on to 400, for the curve. The
difference that decides is between "square" and "triangle" after 50 steps on the sentences that the right side decides,
each averaged over the seeds, sentences resampled in pairs. Two runs of 280 steps, one under each mask, were added when
those results were known: "slowing", because their rate falls to zero at the end, as is usual.

What could come out:

- square no better than triangle: practice is all, and opening the mask is of no use to this model;
- square better, but no better than the square without practice: the mask alone is enough;
- square better than both: what can be seen is one thing, what to do with it another, and learned.

Controls that could say no:

- "blank's vector": only the vector for the blank learns. If that is enough, no layer had to change.
- "shuffled": the tokens of each row in random order. If that is enough, the adapter has learned where to
  look (one position ahead) and the style of an answer, but nothing about text.
- "at the blank": the hidden token is predicted where the blank is, as BERT does. If it is as good, the
  one early position is of no help.

Why does the opened model get worse? One guess: layers hand on averages of a kind that no later layer knows. Then
opening a single layer should hurt, the less the fewer layers follow it. So some layers are opened alone, without
practice.

What it costs: the next-token loss under the causal mask, with the adapter on, of held-out stories, of *Persuasion*, and
of the model's own greedy answers to twenty questions. The adapter that ships is also judged cut to smaller ranks, and
under the causal mask, where it did not practise. It is one of those of the square's seed 0, slowing or not: the one
with the lowest loss at the blanks of held-out stories. The sentences that judge it do not choose it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from statistics import fmean

import cloze_answers
import torch
import torch.nn.functional as F
from experiments import Row, adapter_fingerprint, fingerprint, main, percentage, written
from ship import filled
from torch import Tensor

from bertgpt.assets import ASSETS, CONTENTS
from bertgpt.inference.decoding import generate
from bertgpt.model.masks import causal_mask
from bertgpt.model.modern import Decoder, OpenDecoder, rotary_angles
from bertgpt.text.batching import IGNORED, generator_for, length_sorted_batches, pad
from bertgpt.text.corpora import NOVELS, STORIES, novels, sentences, stories
from bertgpt.text.data import LMBatches, encode_documents
from bertgpt.training.adapters import Adapter, load_adapter
from bertgpt.training.loop import train
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.hub import SMOLLM2, WHEELS
from bertgpt.weights.loading import FILLERS, load_model
from bertgpt.weights.modern import load_modern, share_weights
from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.records import load_results
from bertgpt_book.tasks.labelled import plain_sentences, right_side_sentences

NAME = "open_a_real_mask"
RUNS = Path("runs") / NAME  # checkpoints, and the adapters after EVALUATED steps
BLANK = "<reponame>"  # a token of its vocabulary that texts do not hold stands for [MASK]
LENGTH, ROWS, RATES = 48, 8, (0.1, 0.5)  # tokens of a row, rows of a step, hidden share
RANK, ALPHA = 8, 16.0
LAYERS = (1, 2, 5, 10, 30)  # opened alone, without practice
CUTS = (1, 2)  # ranks of the shipped adapter, which was practised at RANK
SETTINGS = TrainingSettings(
    steps=400, learning_rate=1e-3, warmup=10, weight_decay=0.0, schedule="constant", save_every=10
)
SLOWING = replace(SETTINGS, steps=280, schedule="trapezoid")  # the same for 226 steps, then down to zero in a line
EVALUATED = (10, 25, 50, 100, 200, 280, 400)


@dataclass(frozen=True)
class Arm:
    """Say how one arm practises."""

    kind: type[Decoder] | type[OpenDecoder]  # the mask
    low_rank: bool = True  # False: only the blank's vector learns
    shuffled: bool = False
    early: int = 1  # how many positions before the blank its token is predicted
    settings: TrainingSettings = SETTINGS


ARMS = {
    "square": Arm(OpenDecoder),
    "triangle": Arm(Decoder),
    "square, shuffled": Arm(OpenDecoder, shuffled=True),
    "square, at the blank": Arm(OpenDecoder, early=0),
    "square, blank's vector": Arm(OpenDecoder, low_rank=False),
    "square, slowing": Arm(OpenDecoder, settings=SLOWING),
    "triangle, slowing": Arm(Decoder, settings=SLOWING),
}
# Arm -> seeds, steps and the steps at which it is judged; the first come first.
PLANNED = [
    *((arm, 0, (10, 25, 50)) for arm in ("square", "triangle")),
    *((arm, seed, (50,)) for seed in (1, 2) for arm in ("square", "triangle")),
    *((arm, 0, (50,)) for arm in ("square, shuffled", "square, at the blank", "square, blank's vector")),
    ("square", 0, (100, 200, 400)),
    ("square, slowing", 0, (280,)),
    ("triangle, slowing", 0, (280,)),
    *(("square, at the blank", seed, (50,)) for seed in (1, 2)),
    *((arm, seed, (50,)) for arm in ("square, shuffled", "square, blank's vector") for seed in (1, 2)),
]

FILES = ["labelled/right_side.tsv", "labelled/plain_sentences.tsv", *(f"corpora/{file}" for file in STORIES.values())]
DATA = {file: CONTENTS[file] for file in [*FILES, "corpora/" + NOVELS["Persuasion"]]}
SENTENCES = {"right": right_side_sentences(), "plain": plain_sentences()}
PROMPT, QUESTION = "Today, I went to", "How many legs does a spider have?"  # of chapter 21
WRITER = "b"  # of the sentences that it asks
ANSWER = 40  # tokens of an answer, at most
QUESTIONS = """What is the capital of France?
How do I boil an egg?
Why is the sky blue?
Tell me a fact about whales.
What should I pack for a week at the sea?
How many days are there in a year?
Who wrote Romeo and Juliet?
Explain what a magnet does.
Give me three ideas for dinner.
What is the difference between a frog and a toad?
How can I sleep better?
Write a sentence about autumn.
What do bees make?
How does a bicycle stay upright?
What is the largest planet?
Why do we have leap years?
How do I remove a coffee stain?
What is a noun?
Suggest a name for a black cat.
What happens when water freezes?""".splitlines()


@cache
def tokenizer():
    return (vocabulary := load_tokenizer(SMOLLM2)).with_mask(vocabulary.special_id(BLANK))


@cache
def decoder() -> Decoder:
    return load_modern(SMOLLM2)


def model_of(arm: Arm) -> Decoder | OpenDecoder:
    """Give the one set of weights the arm's mask."""
    return decoder() if arm.kind is Decoder else share_weights(decoder(), OpenDecoder)


class StoryRows:
    """Draw rows that begin with a sentence of a story, and hide a share of each.

    `sample(step)` -> input_ids, labels (B, T): the hidden token, `early` positions before its blank
    """

    def __init__(self, texts: dict[str, str], seed: int, n_rows: int = ROWS, arm: Arm = ARMS["square"]):
        self.stories = [cut for text in texts.values() if len(cut := sentences(text)) > 1]
        self.seed, self.n_rows, self.arm = seed, n_rows, arm

    def row(self, generator: torch.Generator) -> list[int]:
        """Draw the ids of a row: the end token, then a story from one of its sentences on."""
        while True:
            story = self.stories[int(torch.randint(len(self.stories), (), generator=generator))]
            start = int(torch.randint(len(story), (), generator=generator))
            ids = tokenizer().encode_plain("".join(story[start:]).strip())[: LENGTH - 1]
            if len(ids) == LENGTH - 1:
                return [tokenizer().eos_id, *ids]

    def sample(self, step: int) -> dict[str, Tensor]:
        generator = generator_for(self.seed, step)
        ids = torch.tensor([self.row(generator) for _ in range(self.n_rows)])  # (B, T)
        generator = generator_for(self.seed, step, "blanks")
        if self.arm.shuffled:
            order = torch.rand(ids[:, 1:].shape, generator=generator).argsort(dim=1)  # (B, T - 1)
            ids[:, 1:] = ids[:, 1:].gather(1, order)
        low, high = RATES
        rate = low + (high - low) * torch.rand(len(ids), 1, generator=generator)  # (B, 1)
        hidden = torch.rand(ids.shape, generator=generator) < rate  # (B, T)
        hidden[:, 0] = False
        labels = ids.masked_fill(~hidden, IGNORED).roll(-self.arm.early, dims=1)  # (B, T)
        return {"input_ids": ids.masked_fill(hidden, tokenizer().mask_id), "labels": labels}


def objective(adapter: Adapter, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict the hidden tokens: the vocabulary is scored where there is a label, and nowhere else."""
    labelled = batch["labels"] != IGNORED  # (B, T)
    logits = adapter(batch["input_ids"], positions=labelled)  # (N, V)
    return {"loss": F.cross_entropy(logits, batch["labels"][labelled])}


def new_adapter(arm: Arm, seed: int) -> Adapter:
    """Put a new adapter beside the model; the blank's vector starts as the mean of all vectors."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        adapter = Adapter(model_of(arm), RANK, ALPHA, token_id=tokenizer().mask_id)
    adapter.token.vector.data = adapter.embedding.weight.mean(dim=0)
    adapter.low_rank.requires_grad_(arm.low_rank)
    return adapter


class Enough(Exception):
    """Raised to end a run before its last step: all runs have the same settings, so that any can go on."""


def practise(name: str, seed: int, steps: int) -> None:
    """Practise, or go on practising, and save the adapters after EVALUATED steps."""

    def report(row: dict) -> None:
        print(f"{name}, seed {seed}: {row}", flush=True)
        if row["step"] in EVALUATED:
            adapter.save(adapter_file(name, seed, row["step"]))
        if row["step"] == steps < ARMS[name].settings.steps:
            raise Enough

    if not (last := adapter_file(name, seed, steps)).exists():
        adapter, batches = new_adapter(ARMS[name], seed), StoryRows(stories("train"), seed, arm=ARMS[name])
        with suppress(Enough):
            checkpoint = last.with_name("checkpoint.safetensors")
            train(adapter, objective, batches, ARMS[name].settings, checkpoint=checkpoint, report=report)
        adapter.detach()


def adapter_file(name: str, seed: int, steps: int | str) -> Path:
    folder = f"{name}, seed {seed}".translate(str.maketrans({",": None, " ": "_", "'": None}))
    return RUNS / folder / f"after_{steps}_steps.safetensors"


@torch.inference_mode()
def ask(model: Decoder | OpenDecoder, rows: list[list[int]], places: list[list[int]], read: Callable) -> list:
    """Score the vocabulary at some places of each row: -> what read(index of the row, logits (places, V)) gives."""
    answers = {}
    for chunk in length_sorted_batches(rows, 16):
        ids, mask = pad([rows[i] for i in chunk], tokenizer().eos_id)  # (B, T)
        positions = torch.zeros_like(ids, dtype=torch.bool)  # (B, T)
        for row, i in zip(positions, chunk):
            row[places[i]] = True
        logits = model(ids, attention_mask=mask, positions=positions)  # (N, V)
        for i, of_row in zip(chunk, logits.split([len(places[i]) for i in chunk])):
            answers[i] = read(i, of_row)
    return [answers[i] for i in range(len(rows))]


def blank_words(model: Decoder | OpenDecoder, early: int, items: list) -> list[list[str]]:
    """Fill the blank of each sentence with the five most probable tokens."""
    lefts = [[tokenizer().eos_id, *tokenizer().encode(item.left)] for item in items]
    rows = [[*left, tokenizer().mask_id, *tokenizer().encode(item.right)] for left, item in zip(lefts, items)]

    def best(_, logits: Tensor) -> list[str]:
        return [tokenizer().decode([token]).strip().lower() for token in logits[0].topk(5).indices.tolist()]

    return ask(model, rows, [[len(left) - early] for left in lefts], best)


def judge(fill) -> dict:
    """Judge fill(items) -> five words each: 2 where the first word fits, 1 where another does, 0 where none does."""
    judged = {}
    for kind, items in SENTENCES.items():
        answers = fill(items)
        fits = [{each.lower() for each in item.fits} for item in items]
        judged[kind] = [2 if a[0] in f else int(not f.isdisjoint(a)) for a, f in zip(answers, fits)]
        judged[f"{kind}: first answers"] = " ".join(a[0].replace(" ", "") or "_" for a in answers)
    return judged


def nats(model: Decoder | OpenDecoder, rows: list[list[int]], targets: list[dict[int, int]]) -> list[float]:
    """Average -log p of each row's targets, place -> token: -> nats a token, one number a row."""

    def loss(i: int, logits: Tensor) -> float:
        return round(F.cross_entropy(logits, torch.tensor([*targets[i].values()])).item(), 3)

    return ask(model, rows, [[*each] for each in targets], loss)


def hidden_nats(model: Decoder | OpenDecoder, arm: Arm) -> list[float]:
    """Measure the loss at the blanks of held-out stories, read as the arm reads them, but never shuffled."""
    batch = StoryRows(stories("test"), 9, 48, Arm(arm.kind, early=arm.early)).sample(0)
    labels = [{t: label for t, label in enumerate(row) if label != IGNORED} for row in batch["labels"].tolist()]
    return nats(model, batch["input_ids"].tolist(), labels)


@cache
def next_token_texts() -> dict[str, list[tuple[list[int], int]]]:
    """Take texts for the next-token loss: name -> ids, and how many of them are given."""
    plain = {"stories": stories("test"), "Persuasion": novels("test")}
    windows = {
        name: LMBatches(encode_documents(texts, tokenizer()), 64, 16, seed=9).sample(0)["input_ids"].tolist()
        for name, texts in plain.items()
    }
    texts = {name: [(row, 1) for row in rows] for name, rows in windows.items()}
    return texts | {"chat answers": [(prompt + answer, len(prompt)) for prompt, answer in chat_answers()]}


@cache
def chat_answers() -> list[tuple[list[int], list[int]]]:
    """Let the model answer QUESTIONS, without any adapter: -> ids of prompt and answer."""
    pairs = []
    for question in QUESTIONS:
        prompt = tokenizer().encode(as_chat(question))
        pairs.append((prompt, go_on(prompt, ANSWER)[len(prompt) :]))
    return pairs


def as_chat(question: str) -> str:
    return tokenizer().chat([{"role": "user", "content": question}])


def go_on(ids: list[int], n: int) -> list[int]:
    """Continue a text greedily, by n tokens at most: -> ids of the whole."""
    end = tokenizer().special_id("<|im_end|>")
    return generate(decoder(), torch.tensor([ids]), n, temperature=0, eos_id=end)[0].tolist()


def next_token_nats() -> dict[str, list[float]]:
    """Measure the decoder's next-token loss, with whatever is attached to it: name of the texts -> nats a row."""
    measured = {}
    for name, texts in next_token_texts().items():
        rows, targets = [ids for ids, _ in texts], [dict(enumerate(ids[n:], n - 1)) for ids, n in texts]
        measured[name] = nats(decoder(), rows, targets)
    return measured


def run(name: str, seed: int, judged: tuple[int, ...]) -> dict:
    """Practise, and judge the adapters after some of the steps."""
    arm, results = ARMS[name], {}
    practise(name, seed, max(judged))
    for steps in judged:
        results[str(steps)] = judge_adapter(load_adapter(model_of(arm), adapter_file(name, seed, steps)), arm)
    if seed == 0 and arm.low_rank:  # the blank's vector alone changes nothing where there is no blank
        adapter = load_adapter(decoder(), adapter_file(name, seed, max(judged)))
        results[str(max(judged))]["next token"] = next_token_nats()
        adapter.detach()
    return {"arm": name, "seed": seed, "steps": max(judged), "judged": results}


def judge_adapter(adapter: Adapter, arm: Arm) -> dict:
    """Judge an adapter by the sentences and by the blanks of held-out stories, and take it off its model."""
    judged = judge(partial(blank_words, adapter.model, arm.early))
    judged["held-out blanks"] = hidden_nats(adapter.model, arm)
    adapter.detach()
    return judged


def unpractised(name: str, results: dict) -> dict:
    """Make the row of a model that does not practise here."""
    return {"arm": name, "seed": None, "steps": 0, "judged": {"0": results}}


def untrained(name: str) -> dict:
    """Judge the model as it is, under an arm's mask; of the causal one also the next-token loss."""
    results = judge_adapter(new_adapter(ARMS[name], 0), ARMS[name])
    if ARMS[name].kind is Decoder:
        results["next token"] = next_token_nats()
        answers = [tokenizer().decode(answer) for _, answer in chat_answers()]
        results["chat answers"] = [list(pair) for pair in zip(QUESTIONS, answers)]
    return unpractised(name, results)


def as_it_is() -> dict:
    """Judge the opened model with the vector that the blank's token comes with, as chapter 21's cells do."""
    return unpractised("square, the token's own vector", judge(partial(blank_words, model_of(ARMS["square"]), 1)))


class OneLayerOpen(OpenDecoder):
    """Read under the triangle in all layers but one."""

    opened: int  # the first layer is 1

    def run_blocks(self, hidden: Tensor, mask: Tensor, position_ids: Tensor, cache: None) -> Tensor:
        closed = mask & causal_mask(hidden.size(1))  # (B, 1, T, S)
        rotation = rotary_angles(position_ids, self.config.heads[2], self.config.theta)
        for layer, block in enumerate(self.blocks, start=1):
            hidden = block(hidden, mask if layer == self.opened else closed, rotation)
        return hidden


def one_layer_open(layer: int) -> dict:
    """Judge the model with one layer opened, the blank's vector being the mean of all, as in `untrained`."""
    model = share_weights(decoder(), OneLayerOpen)
    model.opened = layer
    adapter = Adapter(model, RANK, ALPHA, token_id=tokenizer().mask_id)
    adapter.token.vector.data = adapter.embedding.weight.mean(dim=0)
    judged = judge(partial(blank_words, adapter.model, 1))
    adapter.detach()
    return unpractised(f"layer {layer} opened", judged)


def cut(A: Tensor, B: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Find the thin matrices of a smaller rank whose product is nearest: A (r, I), B (O, r) -> (rank, I), (O, rank)."""
    (left, tall), (right, wide) = torch.linalg.qr(B), torch.linalg.qr(A.T)  # (O, r), (r, r), (I, r), (r, r)
    u, sizes, v = torch.linalg.svd(tall @ wide.T)  # (r, r), (r,), (r, r)
    return v[:rank] @ right.T, left @ u[:, :rank] * sizes[:rank]


def shipped_as(name: str, mask: str = "square", rank: int = RANK) -> dict:
    """Judge the adapter that ships under an arm's mask, each pair of its matrices cut to a rank."""
    adapter = load_adapter(model_of(ARMS[mask]), FILLERS[SMOLLM2])
    if rank < RANK:
        for low in adapter.low_rank:
            low.A.data, low.B.data = cut(low.A.data, low.B.data, rank)
    return unpractised(name, judge_adapter(adapter, ARMS[mask]))


def on_the_page() -> dict:
    """Compute what chapter 21 shows: texts, and how many of one writer's sentences are filled.

    A blank is here the token itself, not the mean of all tokens as in `untrained`.
    """
    given = {"prompt": (PROMPT, 24), "question": (QUESTION, 30), "chat": (as_chat(QUESTION), 30)}
    texts = {name: tokenizer().decode(go_on(tokenizer().encode(text), n)) for name, (text, n) in given.items()}
    filled_in = {}
    items = [item for item in SENTENCES["right"] if item.writer == WRITER]

    def fill(name: str, model: Decoder | OpenDecoder) -> None:
        fits = [[each in item.fits for each in five] for five, item in zip(blank_words(model, 1, items), items)]
        filled_in[name] = [sum(five[0] for five in fits), sum(map(any, fits))]

    for name in ("triangle", "square"):
        fill(name, model_of(ARMS[name]))
    adapter = load_adapter(decoder(), FILLERS[SMOLLM2])
    fill("triangle, adapter", decoder())
    adapter.detach()
    return {"arm": "on the page", "seed": None, "steps": 0, "judged": {}, "texts": texts, "fits": filled_in}


def small_model(name: str) -> dict:
    """Judge a model of the course on the same sentences: at the blank or, GPT, by the next token."""
    model, words = load_model(name), load_tokenizer(name)

    def fill(items: list) -> list[list[str]]:
        if name != "tinygpt":
            return [cloze_answers.blank_words(model, words, item) for item in items]
        lefts = [torch.tensor([[words.eos_id, *words.encode(item.left)]]) for item in items]
        with torch.inference_mode():
            tops = [model(left)[0, -1].topk(5).indices.tolist() for left in lefts]
        return [[words.decode([token]).strip().lower() for token in top] for top in tops]

    return unpractised(name, judge(fill))


def rows() -> Iterator[Row]:
    data = (*DATA.values(), fingerprint(*QUESTIONS), str(SETTINGS), WHEELS[SMOLLM2].sha256)
    for name in ("square", "triangle"):
        yield Row(f"{name}, untrained", partial(untrained, name), data, (SMOLLM2,), 60)
    yield Row("square, the token's own vector", as_it_is, (DATA[FILES[0]], DATA[FILES[1]]), (SMOLLM2,), 30)
    for layer in LAYERS:
        yield Row(f"layer {layer} opened", partial(one_layer_open, layer), data[:2], (SMOLLM2,), 20)
    for name in ("tinybert", "tinyboth", "tinygpt"):
        yield Row(name, partial(small_model, name), data, (name,), 10)
    file = adapter_fingerprint(SMOLLM2)
    smaller = {f"shipped, cut to rank {rank}": {"rank": rank} for rank in CUTS}
    for name, how in {"shipped, under the triangle": {"mask": "triangle"}, **smaller}.items():
        yield Row(name, partial(shipped_as, name, **how), (*data, file), (SMOLLM2,), 30)
    yield Row("on the page", on_the_page, (fingerprint(PROMPT, QUESTION, WRITER), DATA[FILES[0]], file), (SMOLLM2,), 20)
    for name, seed, judged in PLANNED:
        title = f"{name}, seed {seed}, {max(judged)} steps"
        made = tuple(str(ARMS[name].settings) if each == str(SETTINGS) else each for each in data)
        yield Row(title, partial(run, name, seed, judged), made, (SMOLLM2,), 3.2 * max(judged) + 40 * len(judged))


def shipped() -> tuple[str, str]:
    """Choose the adapter that ships by the loss at the blanks of held-out stories: -> arm and steps."""
    losses = {}
    for row in load_results(NAME)["rows"]:
        if row["arm"] in ("square", "square, slowing") and row["seed"] == 0:
            for steps, judged in row["judged"].items():
                losses[row["arm"], steps] = fmean(judged["held-out blanks"])
    return min(losses, key=losses.__getitem__)


def card_figures() -> str:
    """Write the tables of the adapter's card from the record."""
    judged = {(row["arm"], steps): each for row in load_results(NAME)["rows"] for steps, each in row["judged"].items()}
    lines = {
        "SmolLM2 as it is, from the left": judged["triangle", "0"],
        "its mask opened, no adapter": judged["square", "0"],
        "its mask opened, this adapter": judged[shipped()],
        "TinyBERT": judged["tinybert", "0"],
    }
    table = [
        "| % of the sentences | right side: first | among five | plain: first | among five |",
        "|---|---|---|---|---|",
    ]
    for name, each in lines.items():
        right = [[mark >= least for mark in each[kind]] for kind in SENTENCES for least in (2, 1)]
        table.append(f"| {' | '.join([name, *(written(percentage(marks), 0) for marks in right)])} |")
    before, after = (each["next token"] for each in lines.values() if "next token" in each)
    table += ["", f"| next token, nats, from the left | {' | '.join(before)} |", "|---|---|---|---|"]
    for name, losses in {"without the adapter": before, "with it": after}.items():
        table.append(f"| {name} | {' | '.join(f'{fmean(nats):.2f}' for nats in losses.values())} |")
    return "\n".join(table)


def ship() -> None:
    """Write the adapter that ships, in float16, to where the package looks for it, and the figures on its card."""
    (arm, steps), folder = shipped(), ASSETS / "adapters"
    card = folder / "README.md"
    card.write_text(filled(card.read_text(encoding="utf-8"), "figures", card_figures()), encoding="utf-8")
    path = adapter_file(arm, 0, steps)
    if not path.exists():
        return print(f"The adapter stays as it is: there is no {path}")
    about = {"model": WHEELS[SMOLLM2].requirement, "arm": arm, "steps": steps, "seed": "0"}
    load_adapter(model_of(ARMS[arm]), path).save(folder / f"{FILLERS[SMOLLM2]}.safetensors", torch.float16, about)


GIVEN = {"rank": RANK, "alpha": ALPHA, "length": LENGTH, "rows": ROWS, "hidden": list(RATES)}
ABOUT = {
    "model": WHEELS[SMOLLM2].requirement,
    "training": GIVEN | asdict(SETTINGS),
    "judged by": {kind: len(items) for kind, items in SENTENCES.items()},
    "data": DATA,
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows, ship)
