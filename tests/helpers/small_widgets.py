"""A small one of each widget that holds a model's answers, for the tests of what they have in common."""

import numpy as np
from reference import seeded
from torch import nn

from bertgpt import load_tokenizer
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.model.heads import POOLINGS
from bertgpt_book import widgets

WORDS = load_tokenizer()
TEXTS = [" She went slowly to the sea", " Anne could not sleep."]
MODELS = ("BERT", "GPT")
QUESTIONS = [
    {
        "question": "What does `mask.tril()` keep?",
        "options": ["the past", "the future"],
        "answer": 0,
        "explanation": "Row t keeps columns 0 to t.",
    },
    {"question": "2 + 3?", "options": ["4", "5", "6"], "answer": 1, "explanation": "Count on."},
]
PROMPTS = [
    *({"name": text, "text": text, "notes": {"BERT": "Nothing."}} for text in TEXTS),
    {"name": "blank", "text": TEXTS[0], "blank": " She went to the[MASK]."},
    {"name": "answer", "text": TEXTS[0], "candidates": [" sea.", " shore, slowly."]},
]


def head_switcher(bert, gpt, both, place):
    """Make heads that are drawn from a seed; place(layer) puts each on the device of the models."""

    def layers(n):
        return place(seeded(lambda: nn.Linear(bert.config.d_model, n)))

    mood = dict.fromkeys(MODELS, dict.fromkeys(POOLINGS, layers(2)))
    tags = (["O", "B", "I"], dict.fromkeys(MODELS, layers(3)), {"BERT": "first", "GPT": "last"})
    texts = [text.strip() for text in TEXTS]
    return widgets.HeadSwitcher({"BERT": bert, "GPT": gpt}, WORDS, texts, {"mood": (["a", "b"], mood)}, tags)


MAKERS = {
    "cloze game": lambda bert, gpt, both: widgets.ClozeGame(bert, gpt, WORDS, [" He took her {hand} here."], top=5),
    "hybrid": lambda bert, gpt, both: widgets.Hybrid(both, WORDS, " She had a[MASK] in[MASK] hand.", count=3, prefix=3),
    "pair": lambda bert, gpt, both: widgets.Pair(bert, gpt, WORDS),
    "mask explorer": lambda bert, gpt, both: widgets.LiveMaskExplorer(bert, gpt, WORDS, " we {missed} the bus"),
    "minimal pair": lambda bert, gpt, both: widgets.MinimalPair(bert, gpt, WORDS, {"Both": ["She walks/walk."]}),
    "mask rate": lambda bert, gpt, both: widgets.MaskRate(bert, WORDS, TEXTS),
    "prompt desk": lambda bert, gpt, both: widgets.PromptDesk(bert, gpt, WORDS, PROMPTS, n_new=3, top=5),
    "sampling playground": lambda bert, gpt, both: widgets.SamplingPlayground(gpt, WORDS, TEXTS, 2, top=5),
    "seven hacks": lambda bert, gpt, both: widgets.SevenHacks(
        bert, gpt, WORDS, Unigram(WORDS.vocab_size).fit(np.arange(400)), TEXTS, length=3, sweeps=1, top=3
    ),
}


def make_widget(name, bert, gpt, both, place=lambda layer: layer):
    return head_switcher(bert, gpt, both, place) if name == "head switcher" else MAKERS[name](bert, gpt, both)
