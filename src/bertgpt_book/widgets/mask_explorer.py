"""The attention explorer: change the mask over fixed scores and watch the weights."""

import re

import torch
import traitlets
from torch import Tensor

from bertgpt.device import device_of
from bertgpt.inference.probes import attention_inputs, attention_maps, masked_by
from bertgpt.model.attention import attention_scores
from bertgpt.text.tokenizer import Tokenizer, with_leading_space

from .base import module, readable, rounded, style
from .live import PAIR, LiveWidget
from .pair import FLIPS, logits_under

MASKS = ("bidirectional", "causal", "padding", "prefix", "local", "own")


def framed(tokenizer: Tokenizer, text: str) -> dict[str, list[int]]:
    """Encode a text for both models: -> name -> input ids.

    text: a word in braces is [MASK] to BERT; GPT reads the word, and no special token before the text
    """
    text = with_leading_space(text)
    bert, _ = tokenizer.encode_pair(re.sub(r"{.*?}", "[MASK]", text))
    return {"BERT": bert, "GPT": tokenizer.encode(text.replace("{", "").replace("}", ""))}


@torch.inference_mode()
def first_layer_scores(model, input_ids: Tensor, **named) -> Tensor:
    """Return the first layer's raw scores, before mask and softmax; takes what `model.encode` takes.

    -> (B, H, T, T). Only here do scores not depend on the mask: later layers read what it let through.
    """
    attention = model.blocks[0].attention
    hidden, _ = attention_inputs(model, input_ids, **named)[0]  # (B, T, D)
    q, k, _ = attention.project(hidden)  # (B, H, T, K)
    return attention_scores(q, k)  # (B, H, T, T)


class LiveMaskExplorer(LiveWidget):
    """Explore a BERT and a GPT under any mask, layer by layer, on a sentence of the reader's own.

    text: as in `framed`; both models read it beforehand, under both masks. Any other mask or sentence is a
    forward pass in the reader's browser, which then fetches the models. Each row shows its top token, except
    those of [CLS] and [SEP], which BERT is not trained to predict at.
    """

    _esm = module("mask_explorer.js")
    _css = style("live.css", "mask_live.css")

    label = traitlets.Unicode("Attention explorer").tag(sync=True)
    scores = traitlets.Dict(help="{model: (H, T, T)}").tag(sync=True)
    weights = traitlets.Dict(help="{model: {mask: layers 2.. of (H, T, T)}}").tag(sync=True)
    mask = traitlets.Enum(MASKS, "bidirectional").tag(sync=True)
    model = traitlets.Unicode("BERT", help="whose scores are shown").tag(sync=True)
    head = traitlets.Int(0, min=0).tag(sync=True)
    layer = traitlets.Int(1, min=1, help="counted from 1").tag(sync=True)
    padding = traitlets.Int(2, min=0, help="how many tokens are padding").tag(sync=True)
    padding_side = traitlets.Enum(("right", "left"), "right").tag(sync=True)
    causal_too = traitlets.Bool(False, help="combine the padding or local mask with the causal one").tag(sync=True)
    prefix = traitlets.Int(3, min=0, help="how many tokens everyone may attend to").tag(sync=True)
    window = traitlets.Int(2, min=0, help="how far a token sees on each side").tag(sync=True)
    own = traitlets.List(traitlets.List(), help="the drawn mask: T rows of 0 and 1").tag(sync=True)
    naive = traitlets.Bool(False, help="let a row that may attend nowhere be NaN").tag(sync=True)
    reads = traitlets.Dict(help="model -> ids and tokens of the stored text").tag(sync=True)
    words = traitlets.Dict(help="model -> mask -> the most probable token of each row").tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, text: str, **traits):
        reads: dict[str, dict] = {}
        scores: dict[str, list] = {}
        weights: dict[str, dict] = {"BERT": {}, "GPT": {}}
        words: dict[str, dict] = {"BERT": {}, "GPT": {}}
        for name, ids in framed(tokenizer, text).items():
            model = {"BERT": bert, "GPT": gpt}[name]
            input_ids = torch.tensor([ids], device=device_of(model))  # (1, T)
            reads[name] = {"ids": ids, "tokens": [readable(token) for token in tokenizer.tokens(ids)]}
            scores[name] = rounded(first_layer_scores(model, input_ids)[0], decimals=4)  # (H, T, T)
            for kind, mask in FLIPS.items():
                with masked_by(model, mask(len(ids)).to(input_ids.device)):
                    maps = attention_maps(model, input_ids)[1:, 0]  # (L - 1, H, T, T)
                weights[name][kind] = rounded(maps, decimals=4)
                best = logits_under(model, ids, kind).argmax(dim=-1)  # (T,)
                words[name][kind] = [readable(token) for token in tokenizer.tokens(best)]
                if name == "BERT":  # which begins a text with or without a space
                    words[name][kind][1] = words[name][kind][1].removeprefix("…")
                    words[name][kind][0] = words[name][kind][-1] = ""
        models = {PAIR["BERT"]: bert, PAIR["GPT"]: gpt}
        super().__init__(models, tokenizer, scores=scores, weights=weights, reads=reads, words=words, **traits)
