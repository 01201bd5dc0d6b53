"""The attention explorer: flip the mask over fixed scores and watch the weights.

Only the scores of the first layer can be masked anew in the page: they are made from embeddings,
which no mask has touched. Deeper layers are shown for masks whose whole forward pass was computed.
"""

from collections.abc import Mapping, Sequence

import torch
import traitlets
from torch import Tensor

from ...device import device_of
from ...inference.probes import attention_maps, first_layer_scores, masked_by
from ...model.attention import masked_softmax
from ...model.masks import bidirectional_mask, causal_mask, prefix_mask
from ...text.tokenizer import Tokenizer
from .base import StaticWidget, module, readable, rounded, style
from .live import PAIR, LiveWidget
from .pair import FLIPS, logits_under

MASKS = ("bidirectional", "causal", "padding", "prefix", "own")
_PASSES = ("bidirectional", "causal")


def softmax_under_mask(scores: Tensor, mask: Tensor, naive: bool = False) -> Tensor:
    """Turn scores into weights, as the page's `maskedSoftmax` does.

    scores: (..., T, S), mask: bool, True = may attend -> weights: (..., T, S)
    A row that may attend nowhere gives zeros; with `naive`, what a plain softmax gives: NaN.
    """
    return scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) if naive else masked_softmax(scores, mask)


def _by_model(values) -> dict:
    return dict(values) if isinstance(values, Mapping) else {"scores": values}


class Scores(traitlets.Dict):
    """Hold {model: (H, T, T)}; take a tensor, with or without a batch of one, and round it."""

    def validate(self, obj, value):
        return super().validate(obj, {name: self._heads(v) for name, v in _by_model(value).items()})

    def _heads(self, value) -> list:
        value = torch.as_tensor(value).squeeze(0) if torch.as_tensor(value).ndim == 4 else value
        value = torch.as_tensor(value)
        if value.ndim == 2:
            value = value[None]
        if value.ndim != 3 or value.shape[1] != value.shape[2]:
            raise traitlets.TraitError(f"scores must be (H, T, T), not {tuple(value.shape)}")
        return rounded(value, decimals=4)


class MaskExplorer(StaticWidget):
    """Explore attention weights under five masks, head by head, layer by layer.

    tokens: T strings
    scores: (H, T, T) raw scores of the first layer, before the mask, or {"BERT": ..., "GPT": ...}
    weights: {mask: L tensors (H, T, T)} of whole forward passes, mask "bidirectional" or "causal";
             with two models {"BERT": {mask: ...}, "GPT": {mask: ...}}. Layer 1 comes first; it is
             checked against the scores, then drawn from them.
    Other keywords set the traits below. Raises ValueError where shapes or layer 1 disagree.
    """

    _esm = module("mask_explorer.js")

    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    scores = Scores().tag(sync=True)
    weights = traitlets.Dict(help="{model: {mask: layers 2.. of (H, T, T)}}").tag(sync=True)
    masks = traitlets.List(traitlets.Enum(MASKS), list(MASKS), help="the masks on offer").tag(sync=True)
    mask = traitlets.Enum(MASKS, "bidirectional").tag(sync=True)
    model = traitlets.Unicode(help="whose scores are shown").tag(sync=True)
    head = traitlets.Int(0, min=0).tag(sync=True)
    layer = traitlets.Int(1, min=1, help="counted from 1").tag(sync=True)
    padding = traitlets.Int(2, min=0, help="how many tokens are padding").tag(sync=True)
    padding_side = traitlets.Enum(("right", "left"), "right").tag(sync=True)
    padding_causal = traitlets.Bool(False, help="the padding mask and the causal one").tag(sync=True)
    prefix = traitlets.Int(3, min=0, help="how many tokens all may attend to").tag(sync=True)
    own = traitlets.List(traitlets.List(), help="the drawn mask: T rows of 0 and 1").tag(sync=True)
    naive = traitlets.Bool(False, help="let a row that may attend nowhere be NaN").tag(sync=True)

    def __init__(self, tokens: Sequence[str], scores, weights=None, mask: str = "bidirectional", **traits):
        traits.setdefault("label", "Attention explorer")
        scores = _by_model(scores)
        if not scores:
            raise ValueError("the attention explorer needs the scores of a model")
        traits.setdefault("model", next(iter(scores)))
        layer = traits.pop("layer", 1)
        super().__init__(tokens=list(tokens), scores=scores, mask=mask, **traits)
        self.weights = self._deeper(weights or {})
        self.layer = layer
        self._check()

    def show(self, tokens: Sequence[str], scores, weights=None) -> None:
        """Replace sentence, scores and weights at once, so that no view meets half of them."""
        with self.hold_sync():
            self.tokens, self.scores, self.own = list(tokens), scores, []
            self.weights = self._deeper(weights or {})
            if self.model not in self.scores:
                self.model = next(iter(self.scores))
            self.head = min(self.head, len(self.scores[self.model]) - 1)
            self._stay_where_weights_are()
        self._check()

    @traitlets.observe("mask", "model", "layer")
    def _stay_where_weights_are(self, _=None) -> None:
        self.layer = min(self.layer, 1 + len(self.weights.get(self.model, {}).get(self.mask, [])))

    def may_attend(self) -> Tensor:
        """Give the mask now shown: (T, T) bool, True = may attend."""
        n = len(self.tokens)
        place = torch.arange(n)
        is_padding = place < self.padding if self.padding_side == "left" else place >= n - self.padding
        everyone, causal = bidirectional_mask(n), causal_mask(n)
        return {
            "bidirectional": everyone,
            "causal": causal,
            "padding": ~is_padding & (causal if self.padding_causal else everyone),
            "prefix": prefix_mask(n, self.prefix),
            "own": torch.tensor(self.own, dtype=torch.bool) if len(self.own) == n else everyone,
        }[self.mask]

    def shown_weights(self) -> Tensor:
        """Give the weights now shown: (T, T)."""
        if self.layer > 1:
            return torch.tensor(self.weights[self.model][self.mask][self.layer - 2][self.head])
        scores = torch.tensor(self.scores[self.model][self.head], dtype=torch.float64)
        return softmax_under_mask(scores, self.may_attend(), self.naive)

    def _summary(self) -> str:
        heads = len(next(iter(self.scores.values())))
        return f"tokens={len(self.tokens)}, heads={heads}"

    def _deeper(self, weights: Mapping) -> dict:
        """Check layer 1 of each pass against the scores, and keep the layers above it."""
        if weights and set(weights) <= set(_PASSES):
            weights = {next(iter(self.scores)): weights}
        return {
            name: {mask: self._above_layer_1(name, mask, layers) for mask, layers in passes.items()}
            for name, passes in weights.items()
        }

    def _above_layer_1(self, name: str, mask: str, layers) -> list:
        if mask not in _PASSES:
            raise ValueError(f"weights of a whole pass are shown for {_PASSES}, not for {mask!r}")
        layers = [torch.as_tensor(layer).detach().cpu().squeeze(0).double() for layer in layers]
        scores = torch.tensor(self.scores[name], dtype=torch.float64)
        n = scores.shape[-1]
        expected = masked_softmax(scores, causal_mask(n) if mask == "causal" else bidirectional_mask(n))
        if layers[0].shape != expected.shape or not torch.allclose(layers[0], expected, atol=1e-3):
            raise ValueError(f"layer 1 of {name}'s {mask} weights is not the softmax of the scores given")
        return [rounded(layer, decimals=4) for layer in layers[1:]]

    def _check(self) -> None:
        n = len(self.tokens)
        for name, heads in self.scores.items():
            if len(heads[0]) != n:
                raise ValueError(f"{n} tokens, but the scores of {name} are for {len(heads[0])}")
        if self.model not in self.scores:
            raise ValueError(f"no scores for the model {self.model!r}, only for {list(self.scores)}")
        if self.head >= len(self.scores[self.model]):
            raise ValueError(f"there is no head {self.head}: the scores of {self.model} are of "
                             f"{len(self.scores[self.model])}, counted from 0")
        if self.weights and set(self.weights) != set(self.scores):
            raise ValueError(f"weights are for {list(self.weights)}, scores for {list(self.scores)}")
        if self.mask not in self.masks:
            self.masks = [*self.masks, self.mask]


class LiveMaskExplorer(LiveWidget, MaskExplorer):
    """Explore a BERT and a GPT under any mask, layer by layer, on a sentence of the reader's own.

    bert, gpt: read `text` beforehand under both masks; any other mask or sentence is a whole pass in the reader's
    browser (the page fetches the models when it is asked to). Beside each row stands the word that it names.
    """

    _esm = module("mask_live.js")
    _css = style("live.css", "mask_live.css")

    ids = traitlets.List(traitlets.Int(), help="of the stored sentence").tag(sync=True)
    words = traitlets.Dict(help="model -> mask -> the likeliest token of each row").tag(sync=True)

    def __init__(self, bert, gpt, tokenizer: Tokenizer, text: str, **traits):
        models, ids = {"BERT": bert, "GPT": gpt}, torch.tensor([tokenizer.encode(text)])       # (1, T)
        passes: dict[str, dict] = {name: {} for name in models}
        words: dict[str, dict] = {name: {} for name in models}
        scores = {}
        for name, model in models.items():
            here = ids.to(device_of(model))                                                    # (1, T)
            scores[name] = first_layer_scores(model, here)[0]                                  # (H, T, T)
            for kind, mask in FLIPS.items():
                with masked_by(model, mask(ids.size(1)).to(here.device)):
                    passes[name][kind] = attention_maps(model, here)[:, 0]                     # (L, H, T, T)
                best = logits_under(model, ids[0].tolist(), kind).argmax(dim=-1)               # (T,)
                words[name][kind] = [readable(token) for token in tokenizer.tokens(best)]
        super().__init__({PAIR[name]: model for name, model in models.items()}, tokenizer,
                         tokens=[readable(token) for token in tokenizer.tokens(ids[0])],
                         scores=scores, weights=passes, ids=ids[0].tolist(), words=words, **traits)

    def _stay_where_weights_are(self, _=None) -> None:
        """Every layer is there under every mask."""
