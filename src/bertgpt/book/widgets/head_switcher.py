"""The head switcher: the hidden states of one text, and one linear layer at a time that reads them."""

from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import Tensor, nn

from ...device import device_of, evaluation_mode
from ...model.bert import BERTForPreTraining
from ...model.heads import POOLINGS
from ...text.tokenizer import Tokenizer, word_to_token
from ...training.finetuning import build_inputs, pooled
from .base import module, most_probable, readable, rounded, softmax, style
from .live import PAIR, LiveWidget

READINGS = list(POOLINGS)


def votes(hidden: Tensor, layer: nn.Linear) -> list[list[float]]:
    """Put every hidden state under a layer by itself: (T, D) -> T rows of C logits.

    Of an average the layer gives the average of these: it is linear.
    """
    return rounded(layer(hidden.to(device_of(layer))), decimals=3)


def written(weight: Tensor, bias: Tensor) -> dict:
    """Write a layer as the page reads it: (C, D) in whole numbers of steps, 127 of them in the largest, and (C,)."""
    step = rounded(weight.abs().max().clamp(min=1e-12) / 127, significant=6)
    return {"step": step, "weight": (weight.detach().cpu() / step).round().int().tolist(),
            "bias": rounded(bias, decimals=4)}


def pool_rows(rows: Sequence[Sequence[float]], reading: str) -> list[float]:
    """Take the first row, the last, or the average of all."""
    if reading == "mean":
        return [sum(column) / len(rows) for column in zip(*rows)]
    return list(rows[0 if reading == "first" else -1])


class HeadSwitcher(LiveWidget):
    """Choose a text, a model and a head, and see which hidden states the head reads and what it makes of them.

    models: {"BERT": ..., "GPT": ...}, both with a vocabulary head
    classes: name of a task -> (names of its classes, model -> pooling -> layer (D -> C))
    tags: (names of the tags, model -> layer (D -> C), model -> the piece of a word it reads, "first" or "last")
    candidates: texts that are compared with this one by the cosine between pooled states, one (D,) vector each
    senseless: of each text, name of a head -> why it has nothing to say of this text; such pairs cannot be chosen
    All this is computed beforehand; a text of the reader's own is read by the engine, and by the same layers.
    Raises ValueError where there is nothing to show.
    """

    _esm = module("head_switcher.js")
    _css = style("live.css")

    texts = traitlets.List(traitlets.Unicode(), help="what is read").tag(sync=True)
    heads = traitlets.List(traitlets.Dict(), help="name, kind, names of what it tells apart").tag(sync=True)
    senseless = traitlets.List(traitlets.Dict(), help="of each text, head -> why not").tag(sync=True)
    looks = traitlets.Dict(help="model -> of each text its tokens, and of each head what it gives").tag(sync=True)
    layers = traitlets.Dict(help="model -> of each head its layer, or one for each reading").tag(sync=True)
    width = traitlets.Dict(help="model -> D").tag(sync=True)
    pieces = traitlets.Dict(help="model -> the piece of a word that tells its tag").tag(sync=True)
    model = traitlets.Enum(["BERT", "GPT"], "BERT").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text").tag(sync=True)
    head = traitlets.Int(0, min=0, help="index of the head").tag(sync=True)
    reading = traitlets.Enum(READINGS, "mean", help="what of the states a class or a score is read off").tag(sync=True)

    def __init__(self, models: dict, tokenizer: Tokenizer, texts: Sequence[str], classes: dict, tags: tuple,
                 candidates: Sequence[str], senseless: Sequence[Mapping[str, str]] = (), **traits):
        if not texts or not candidates or not all(text.strip() for text in texts):
            raise ValueError("the head switcher needs a text with a word in it, and candidates")
        heads = [{"name": task, "kind": "classes", "names": list(names)} for task, (names, _) in classes.items()]
        heads += [{"name": "names", "kind": "tags", "names": list(tags[0])},
                  {"name": "answers", "kind": "scores", "names": list(candidates)},
                  {"name": "vocabulary", "kind": "words", "names": []}]
        senseless = [dict(reasons) for reasons in senseless] or [{} for _ in texts]
        names = {head["name"] for head in heads[:-1]}          # the vocabulary's head fits every text
        if len(senseless) != len(texts) or any(set(reasons) - names for reasons in senseless):
            raise ValueError(f"senseless needs, for each of {len(texts)} texts, reasons by a name of {sorted(names)}")
        looks, written_layers = {}, {}
        for name, model in models.items():
            layers = {task: by_model[name] for task, (_, by_model) in classes.items()}
            others = self.rays(model, tokenizer, candidates)
            looks[name] = [self.look(model, tokenizer, text, layers, tags[1][name], tags[2][name], others)
                           for text in texts]
            written_layers[name] = [
                *({reading: written(layer.weight, layer.bias) for reading, layer in by_reading.items()}
                  for by_reading in layers.values()),
                written(tags[1][name].weight, tags[1][name].bias),
                {reading: written(rays, torch.zeros(len(rays))) for reading, rays in others.items()}]
        super().__init__({PAIR[name]: model for name, model in models.items()}, tokenizer,
                         texts=[text.strip() for text in texts], heads=heads, senseless=senseless, looks=looks,
                         layers=written_layers, width={name: model.config.d_model for name, model in models.items()},
                         pieces=dict(tags[2]), **{"label": "Head switcher", "model": next(iter(models)), **traits})

    @staticmethod
    def rays(model, tokenizer: Tokenizer, texts: Sequence[str]) -> dict[str, Tensor]:
        """Give each text a vector of length 1: pooling -> (n, D)."""
        rows = [build_inputs(model, tokenizer, text.strip())[0] for text in texts]
        states = pooled(model, rows, *READINGS)
        return {reading: nn.functional.normalize(vectors, dim=-1) for reading, vectors in states.items()}

    @staticmethod
    @torch.inference_mode()
    def look(model, tokenizer: Tokenizer, text: str, layers: dict, tagger: nn.Linear, piece: str,
             candidates: dict) -> dict:
        """Compute the hidden states of a text once, and what each head gives; no tags where none is read."""
        ids = build_inputs(model, tokenizer, text.strip())[0]
        row = torch.tensor([ids], device=device_of(model))                                 # (1, T)
        with evaluation_mode(model):
            states = model.encode(row)                                                     # (1, T, D)
            vocabulary_head = model.mlm_head if isinstance(model, BERTForPreTraining) else model.lm_head
            logits = vocabulary_head(states)[0]                                            # (T, V)
        own = {reading: pool(states, torch.ones_like(row))[0] for reading, pool in POOLINGS.items()}   # (D,) each
        hidden = states[0]                                                                 # (T, D)
        given: list = [{reading: votes(hidden, layer) for reading, layer in by_reading.items()}
                       for by_reading in layers.values()]
        told = set(word_to_token(tokenizer, text.strip(), piece))
        given += [[row if t in told else None for t, row in enumerate(votes(hidden, tagger))],
                  {reading: rounded(candidates[reading] @ (vector / vector.norm()).cpu(), decimals=4)
                   for reading, vector in own.items()},
                  [most_probable(p, tokenizer, 1)[0] for p in logits.softmax(dim=-1)]]
        return {"tokens": [readable(token) for token in tokenizer.tokens(ids)], "heads": given}

    def read(self) -> list:
        """Give what the page shows: probabilities of classes, a tag a token, scores, or words a token."""
        given, kind = self.looks[self.model][self.text]["heads"][self.head], self.heads[self.head]["kind"]
        if kind == "classes":
            return softmax(pool_rows(given[self.reading], self.reading))
        if kind == "tags":
            return [self.heads[self.head]["names"][row.index(max(row))] if row else "" for row in given]
        return given[self.reading] if kind == "scores" else given

    def _summary(self) -> str:
        return f"texts={len(self.texts)}, heads={len(self.heads)}"
