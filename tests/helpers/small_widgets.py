"""A small one of each widget that holds a model's answers, for the tests of what they have in common, and of each."""

from itertools import count

import numpy as np
from reference import seeded
from torch import nn

from bertgpt import load_tokenizer
from bertgpt.model.heads import POOLINGS
from bertgpt.training.unigram import Unigram
from bertgpt_book import widgets

WORDS = load_tokenizer()
TEXTS = [" She went slowly to the sea", " Anne could not sleep."]
BLANKS = [" He took her {hand}, and kissed it.", " She opened the {letter} and read it."]
ENDS = [" She could not {help} it."]
QUESTIONS = [
    {
        "question": "What does `mask.tril()` keep?",
        "options": ["the past", "the future"],
        "answer": 0,
        "explanation": "Row t keeps columns 0 to t.",
    },
    {"question": "2 + 3?", "options": ["4", "5", "6"], "answer": 1, "explanation": "Count on."},
]
PROMPTS = STORY, BLANK, REPLY = [
    {"name": "story", "text": " She walked to the", "notes": {"BERT": "It cannot."}},
    {"name": "blank", "text": " She walked to the", "blank": " She walked to the [MASK]."},
    {"name": "reply", "text": "How now?\n\n", "candidates": ["Well, sir.", "Ay."], "first": "How now?"},
]
JUDGE = Unigram(WORDS.vocab_size).fit(np.arange(400))
TAGS = ["O", "B", "I"]


def head_switcher(bert, gpt, place, texts=(), senseless=(), twin=False):
    """Make heads that are drawn from seeds; place(layer) puts each on the device of the models; twin: a third model."""
    models, seeds = {"BERT": bert, "GPT": gpt} | ({"untrained twin": bert} if twin else {}), count()

    def layer(n):
        return place(seeded(lambda: nn.Linear(bert.config.d_model, n), next(seeds)))

    def layers(n):
        return {name: {pooling: layer(n) for pooling in POOLINGS} for name in models}

    classes = {"mood": (["low", "high"], layers(2)), "genre": (["a", "b"], layers(2))}
    tags = (TAGS, {name: layer(3) for name in ("BERT", "GPT")})
    texts = texts or [text.strip() for text in TEXTS]
    return widgets.HeadSwitcher(models, WORDS, texts, classes, tags, senseless)


# name -> the class, its models, and what else it is made of
MAKERS = {
    "cloze game": (widgets.ClozeGame, "bert gpt", dict(blanks=BLANKS, ends=ENDS, top=50)),
    "hybrid": (widgets.Hybrid, "both", dict(text=" She had a [MASK] in her [MASK], and hid it.", count=4, prefix=3)),
    "pair": (widgets.Pair, "bert gpt", {}),
    "mask explorer": (widgets.LiveMaskExplorer, "bert gpt", dict(text=" we {missed} the bus")),
    "minimal pair": (widgets.MinimalPair, "bert gpt", dict(pairs=["She walks/walk."])),
    "mask rate": (widgets.MaskRate, "bert", dict(texts=TEXTS)),
    "prompt desk": (widgets.PromptDesk, "bert gpt", dict(prompts=PROMPTS, n_new=8)),
    "sampling playground": (widgets.SamplingPlayground, "gpt", dict(texts=TEXTS, places=3, top=12)),
    "seven hacks": (widgets.SevenHacks, "bert gpt", dict(judge=JUDGE, prompts=TEXTS, length=4, sweeps=2, top=3)),
}


def make_widget(name, bert, gpt, both, place=lambda layer: layer, **how):
    """Make a widget as the tables above say, but for what is given by name."""
    if name == "head switcher":
        return head_switcher(bert, gpt, place, **how)
    widget, needed, usual = MAKERS[name]
    models = {"bert": bert, "gpt": gpt, "both": both}
    return widget(*(models[each] for each in needed.split()), tokenizer=WORDS, **usual | how)
