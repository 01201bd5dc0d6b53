"""The head switcher: the hidden states of one text, and one linear layer at a time that reads them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import Tensor, nn

from bertgpt.device import device_of, evaluation_mode
from bertgpt.model.heads import POOLINGS
from bertgpt.text.tokenizer import Tokenizer, with_leading_space

from ..tasks.entities import word_spans
from ..tasks.finetuning import build_inputs
from .base import module, most_probable, readable, rounded, style
from .live import PAIR, LiveWidget

READINGS = list(POOLINGS)


def token_logits(hidden: Tensor, layer: nn.Linear) -> list[list[float]]:
    """Apply a layer to each hidden state: (T, D) -> T rows of C logits, whose average is that of the average state."""
    return rounded(layer(hidden.to(device_of(layer))), decimals=4)


def written(layer: nn.Linear) -> dict:
    """Write a layer as the page reads it: (C, D) as whole numbers of steps, 127 in the largest, and (C,)."""
    weight = layer.weight.detach().cpu()
    step = rounded(weight.abs().max().clamp(min=1e-12) / 127, significant=6)
    return {
        "step": step,
        "weight": (weight / step).round().int().tolist(),
        "bias": rounded(layer.bias.detach(), decimals=4),
    }


def read_layer(stored: dict) -> nn.Linear:
    """Make a layer of what `written` gives, D -> C."""
    weight = stored["step"] * torch.tensor(stored["weight"], dtype=torch.float32)  # (C, D)
    layer = nn.Linear(*reversed(weight.shape))
    layer.weight.data, layer.bias.data = weight, torch.tensor(stored["bias"])
    return layer.requires_grad_(False)


def word_to_token(tokenizer: Tokenizer, text: str, piece: str = "first") -> list[int]:
    """Find for each word of a text the token that predicts its tag.

    piece: "first" or "last" token of a word of several
    -> n indices into the row of finetuning.build_inputs. Punctuation marks in one token share its
    index; a word that the vocabulary drops has the index of the last token before it.
    """
    text = with_leading_space(text)
    offsets = tokenizer.backend.encode(text, add_special_tokens=False).offsets
    starts = [start for start, _ in offsets]
    characters = (start if piece == "first" else end - 1 for start, end in word_spans(text))
    return [max(bisect_right(starts, character), 1) for character in characters]  # 0 is [CLS] or <eos>


class HeadSwitcher(LiveWidget):
    """Choose a text, a model and a head, and see which hidden states the head reads and what it predicts.

    models: {"BERT": ..., "GPT": ...}, with a vocabulary head, and others, which read the given texts alone
    classes: name of a task -> (names of its two classes, model -> pooling -> layer (D -> 2))
    tags: (names of the tags, model -> layer (D -> C)), read at the first token of each word; a model may have none,
    and without tags no head is called names
    senseless: for each text, name of a head -> why it makes no sense there; such a head cannot be chosen
    All this is computed beforehand; a text of the reader's own is read by the engine and the same layers.
    """

    _esm = module("head_switcher.js")
    _css = style("live.css")

    label = traitlets.Unicode("Head switcher").tag(sync=True)
    texts = traitlets.List(traitlets.Unicode(), help="what is read").tag(sync=True)
    heads = traitlets.List(traitlets.Dict(), help="name, kind, names of its classes").tag(sync=True)
    senseless = traitlets.List(traitlets.Dict(), help="of each text, head -> why not").tag(sync=True)
    looks = traitlets.Dict(help="model -> of each text a snapshot: its tokens, and what each head gives").tag(sync=True)
    layers = traitlets.Dict(help="model -> of each head its layer, or one for each reading").tag(sync=True)
    width = traitlets.Dict(help="model -> D").tag(sync=True)
    model = traitlets.Unicode("BERT").tag(sync=True)
    text = traitlets.Int(0, min=0, help="index of the text").tag(sync=True)
    head = traitlets.Int(0, min=0, help="index of the head").tag(sync=True)
    reading = traitlets.Enum(READINGS, "mean", help="how states are pooled for a class").tag(sync=True)

    def __init__(
        self,
        models: dict,
        tokenizer: Tokenizer,
        texts: Sequence[str],
        classes: dict,
        tags: tuple | None = None,
        senseless: Sequence[Mapping[str, str]] = (),
        **traits,
    ):
        heads = [{"name": task, "kind": "classes", "names": list(names)} for task, (names, _) in classes.items()]
        of_names, taggers = tags or ([], {})
        if tags:
            heads.append({"name": "names", "kind": "tags", "names": list(of_names)})
        heads.append({"name": "vocabulary", "kind": "words", "names": []})
        senseless = [dict(reasons) for reasons in senseless] or [{} for _ in texts]
        looks, written_layers = {}, {}
        for name, model in models.items():
            layers = {task: by_model[name] for task, (_, by_model) in classes.items()}
            tagger = [taggers.get(name)] if tags else []
            looks[name] = [self.snapshot(model, tokenizer, text, layers, *tagger) for text in texts]
            of_classes = [{way: written(layer) for way, layer in ways.items()} for ways in layers.values()]
            written_layers[name] = [*of_classes, *(layer and written(layer) for layer in tagger)]
        super().__init__(
            {PAIR[name]: model for name, model in models.items() if name in PAIR},
            tokenizer,
            texts=[text.strip() for text in texts],
            heads=heads,
            senseless=senseless,
            looks=looks,
            layers=written_layers,
            width={name: model.config.d_model for name, model in models.items()},
            **traits,
        )

    @staticmethod
    @torch.inference_mode()
    def snapshot(model, tokenizer: Tokenizer, text: str, layers: dict, *taggers: nn.Linear | None) -> dict:
        """Compute the hidden states of a text once, and what each head gives; of taggers there is one or none."""
        ids = build_inputs(model, tokenizer, text.strip())[0]
        row = torch.tensor([ids], device=device_of(model))  # (1, T)
        with evaluation_mode(model):
            states = model.encode(row)  # (1, T, D)
            logits = getattr(model, model.framing.head)(states)[0]  # (T, V)
        hidden = states[0]  # (T, D)
        classes = [{way: token_logits(hidden, layer) for way, layer in ways.items()} for ways in layers.values()]
        tagged = set(word_to_token(tokenizer, text.strip()))
        tags = [
            layer and [row if t in tagged else None for t, row in enumerate(token_logits(hidden, layer))]
            for layer in taggers
        ]
        words = [most_probable(p, tokenizer, 1)[0] for p in logits.softmax(dim=-1)]
        return {"tokens": [readable(token) for token in tokenizer.tokens(ids)], "heads": [*classes, *tags, words]}
