"""A model as a page has it, its numbers as they are packed for the engine; and texts for the page's engines."""

import copy

import torch

from bertgpt.text import corpora
from bertgpt_book.widgets.engine.pack import quantise, step_of_each_row

ODD = [
    *("", " ", "\n\n\t ", "Anne", " Anne", "naïve café — “quoted”…", "日本語と🙂🙃 emoji", "don't, won't; I'LL"),
    *("1,234.56 + 7890", "\u00a0non\u2009breaking", "\u200bzero", "A" * 300, "ﬁ ﬂ Å Å", "\ud7ff\uffff", "__init__"),
    *("tab\tand\r\nreturn  two", "<script>alert(1)</script>", "<|endoftext|>a<|im_end|>", "[CLS][SEP]<eos>[PAD]"),
    *("She had a [MASK] in her hand", "a [MASK] , [MASK]"),
]


def held_out_sentences(tokenizer, n: int, before: str = " ") -> list[list[int]]:
    """Take every seventh sentence of more than 8 tokens from the held-out novel: -> ids, at most 24 of each."""
    found = [tokenizer.encode(before + text) for text in corpora.sentences(corpora.novels("test")["Persuasion"])]
    return [ids[:24] for ids in found if len(ids) > 8][::7][:n]


@torch.no_grad()
def as_packed(model):
    """Copy a model, with the numbers that are left of it when pack.py has rounded them."""
    twin = copy.deepcopy(model)
    for name, parameter in twin.named_parameters():
        numbers, steps = quantise(name, parameter.reshape(len(parameter), -1))
        parameter.copy_((numbers * step_of_each_row(steps, len(parameter))).view_as(parameter))
    return twin
