"""One block for the models since 2019, under both masks: each change is a switch of one config.

With the old switches it is the block of BERT or of GPT-2; with the new ones it is that of
ModernBERT, Llama, Qwen 3 or Gemma 3. No switch says which of the two models it is: that is still
`build_mask`, the only method in which `Encoder` and `Decoder` differ.

B batch, T tokens (queries), S tokens attended to (keys), D d_model, H heads of queries, G heads of
keys and values, K d_head, F d_ff, V vocabulary, N chosen positions.
"""

from dataclasses import dataclass
from math import inf
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bertgpt.model.attention import KVCache, check_mask, scaled_dot_product_attention
from bertgpt.model.embeddings import positions_of_real_tokens
from bertgpt.model.feedforward import ACTIVATION_FUNCTIONS
from bertgpt.model.framing import Framing
from bertgpt.model.inputs import check_inputs, check_no_cache, check_positions
from bertgpt.model.masks import bidirectional_mask, causal_mask, combine, padding_mask, window_mask
from bertgpt.model.transformer import Cache, initialise
from bertgpt.model.validation import check_fields

ACTIVATIONS = ACTIVATION_FUNCTIONS | {"silu": F.silu}
Rotation = tuple[Tensor, Tensor]  # cosines and sines, (B, 1, T, K/2) each


@dataclass(frozen=True)
class ModernConfig:
    """Describe one encoder or decoder by its sizes and by the switches that changed since 2019.

    Raises ValueError, naming the field, if one has the wrong type or two contradict each other.
    """

    vocab_size: int
    max_len: int  # the longest text that it was trained for
    d_model: int
    n_layers: int
    n_heads: int
    d_ff: int  # a gate adds a third matrix: 2/3 of the width costs as much
    # The switches: the new position                                    the old one
    rotary: bool = True  # turn queries and keys            False: add learned vectors
    rms_norm: bool = True  # divide by the root mean square   False: LayerNorm
    norm_at: str = "before"  # a sub-layer, or on "both" sides  "after" the sum, as in BERT
    gated: bool = True  # one linear layer gates another   False
    activation: str = "silu"  # with a gate: SwiGLU              "gelu": BERT, "gelu_new": GPT-2
    bias: bool = False  # no bias in linear layers, norms   True
    n_kv_heads: int = 0  # G: heads share keys and values   0: each head has its own
    qk_norm: bool = False  # True: norm queries and keys      False
    pattern: str = "G"  # "GLL", repeated: a global layer, two local    "G": all global
    # Numbers and details
    window: int = 64  # how far a local layer sees on each side, where the mask allows it
    theta: float = 10_000.0  # of global layers: the larger, the slower the slowest angle
    local_theta: float = 10_000.0  # of local layers
    d_head: int = 0  # K; 0: D / H
    norm_eps: float = 1e-5
    embedding_norm: bool = False  # BERT, ModernBERT: norm what goes into the first layer
    head_transform: bool = False  # BERT, ModernBERT: a linear layer and a norm before the vocabulary
    head_bias: bool = False  # BERT, ModernBERT: one for each token of the vocabulary
    tie_embeddings: bool = True
    # No model since 2019 tells texts apart by segments; padding is masked, so any token will do.
    n_segments: ClassVar[int] = 0
    pad_id: ClassVar[int] = 0

    def __post_init__(self):
        check_fields(
            self,
            positive=(
                "vocab_size",
                "max_len",
                "d_model",
                "n_layers",
                "n_heads",
                "d_ff",
                "norm_eps",
                "theta",
                "local_theta",
            ),
            below={"norm_eps": 1},
            choices={"activation": ACTIVATIONS, "norm_at": ("before", "after", "both")},
        )
        if self.n_kv_heads and self.n_heads % self.n_kv_heads:
            raise ValueError(f"n_heads {self.n_heads} cannot share n_kv_heads {self.n_kv_heads} evenly")
        if not self.d_head and self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} cannot be split evenly into n_heads {self.n_heads}")
        if self.rotary and self.heads[2] % 2:
            raise ValueError(f"d_head {self.heads[2]} is odd, but rotary turns pairs of numbers")
        if not self.pattern or set(self.pattern) - set("GL"):
            raise ValueError(f'pattern is made of "G" and "L", global and local, not {self.pattern!r}')

    @property
    def heads(self) -> tuple[int, int, int]:
        """H, G and K: heads of queries, heads of keys and values, numbers in a head."""
        return self.n_heads, self.n_kv_heads or self.n_heads, self.d_head or self.d_model // self.n_heads


class RMSNorm(nn.Module):
    """Divide by the root mean square, and scale: (..., D) -> (..., D). Zhang and Sennrich 2019, section 4."""

    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(size)), eps

    def forward(self, hidden: Tensor) -> Tensor:
        wide = hidden.to(torch.promote_types(hidden.dtype, torch.float32))  # float16 cannot hold the square of 256
        mean_square = wide.square().mean(dim=-1, keepdim=True)  # (..., 1)
        return (self.weight * wide * torch.rsqrt(mean_square + self.eps)).type_as(hidden)


def build_norm(config: ModernConfig) -> nn.Module:
    if config.rms_norm:
        return RMSNorm(config.d_model, config.norm_eps)
    return nn.LayerNorm(config.d_model, config.norm_eps, bias=config.bias)


def rotary_angles(position_ids: Tensor, d_head: int, theta: float) -> Rotation:
    """Give each position an angle for each pair of numbers: pair i turns by theta^(-2i/K) a token.

    In float32: half precision cannot tell one far position from the next.
    position_ids: (B, T) -> cosines and sines, (B, 1, T, K/2) each
    Su et al. 2021, section 3.2.2; a larger theta for longer texts: Xiong et al. 2023, section 2.1.
    """
    exponents = torch.arange(0, d_head, 2, device=position_ids.device) / d_head  # (K/2,)
    angles = position_ids[:, None, :, None] * theta**-exponents  # (B, 1, T, K/2)
    return angles.cos(), angles.sin()


def rotate(x: Tensor, rotation: Rotation) -> Tensor:
    """Turn each pair (x_i, x_(i + K/2)) by its angle: then a score knows how far two tokens are apart.

    x: (B, H, T, K) -> (B, H, T, K)
    Su et al. 2021, equation 34, pairs neighbours; today's models pair halves: the same, reordered.
    """
    (cos, sin), (first, second) = rotation, x.chunk(2, dim=-1)  # (B, H, T, K/2)
    turned = torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)  # (B, H, T, K)
    return turned.type_as(x)


class GroupedQueryAttention(nn.Module):
    """Attend with H heads of queries that share G heads of keys and values.

    hidden: (B, T, D), mask: bool, broadcasts to (B, H, T, S) -> (B, T, D)
    Ainslie et al. 2023, section 2.2; G = H is Vaswani et al. 2017, G = 1 is Shazeer 2019.
    A norm of queries and keys: Henry et al. 2020; before they are turned, as in Qwen 3.
    """

    def __init__(self, config: ModernConfig):
        super().__init__()
        D, (H, G, K) = config.d_model, config.heads
        self.d_head = K
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(D, n * K, bias=config.bias) for n in (H, G, G))
        self.out_proj = nn.Linear(H * K, D, bias=config.bias)
        self.q_norm, self.k_norm = (RMSNorm(K, config.norm_eps) if config.qk_norm else nn.Identity() for _ in range(2))

    def split_heads(self, projected: Tensor) -> Tensor:
        return projected.unflatten(-1, (-1, self.d_head)).transpose(1, 2)  # (B, H or G, T, K)

    def project(
        self, hidden: Tensor, rotation: Rotation | None, cache: KVCache | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map hidden states (B, T, D) to turned queries (B, H, T, K), keys and values, shared, (B, H, S, K)."""
        q = self.q_norm(self.split_heads(self.q_proj(hidden)))  # (B, H, T, K)
        k = self.k_norm(self.split_heads(self.k_proj(hidden)))  # (B, G, T, K)
        v = self.split_heads(self.v_proj(hidden))  # (B, G, T, K)
        if rotation is not None:  # values are not turned
            q, k = rotate(q, rotation), rotate(k, rotation)
        if cache is not None:
            k, v = cache.append(k, v)  # (B, G, S, K)
        shared = q.size(1) // k.size(1)
        return q, k.repeat_interleave(shared, dim=1), v.repeat_interleave(shared, dim=1)  # (B, H, S, K)

    def merge_heads(self, context: Tensor) -> Tensor:
        return self.out_proj(context.transpose(1, 2).flatten(2))  # (B, T, D)

    def forward(
        self, hidden: Tensor, mask: Tensor, rotation: Rotation | None = None, cache: KVCache | None = None
    ) -> Tensor:
        check_mask(mask)
        q, k, v = self.project(hidden, rotation, cache)
        return self.merge_heads(F.scaled_dot_product_attention(q, k, v, mask))  # (B, T, D)

    def forward_with_weights(
        self, hidden: Tensor, mask: Tensor, rotation: Rotation | None = None
    ) -> tuple[Tensor, Tensor]:
        """Do what `forward` does, step by step, so that the weights can be seen: -> (B, T, D), (B, H, T, S)."""
        q, k, v = self.project(hidden, rotation)
        context, weights = scaled_dot_product_attention(q, k, v, mask)  # (B, H, T, K)
        return self.merge_heads(context), weights


class GatedFeedForward(nn.Module):
    """Widen each token, let an activated second copy gate the first, and come back.

    hidden: (B, T, D) -> (B, T, D). Shazeer 2020, section 2.
    """

    def __init__(self, config: ModernConfig):
        super().__init__()
        D, width = config.d_model, config.d_ff
        self.gate_proj = nn.Linear(D, width, bias=config.bias) if config.gated else None
        self.up_proj = nn.Linear(D, width, bias=config.bias)
        self.down_proj = nn.Linear(width, D, bias=config.bias)
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, hidden: Tensor) -> Tensor:
        up = self.up_proj(hidden)  # (B, T, F)
        if self.gate_proj is None:
            return self.down_proj(self.activation(up))  # (B, T, D)
        return self.down_proj(self.activation(self.gate_proj(hidden)) * up)  # (B, T, D)


class ModernBlock(nn.Module):
    """Apply attention, then a feed-forward network, each beside a residual; the mask is handed through.

    hidden: (B, T, D), mask: bool, broadcasts to (B, H, T, S) -> (B, T, D)
    """

    def __init__(self, config: ModernConfig, normed_already: bool = False):
        super().__init__()
        self.norm_at = config.norm_at
        self.attention, self.feedforward = GroupedQueryAttention(config), GatedFeedForward(config)
        self.norm1 = nn.Identity() if normed_already else build_norm(config)
        self.norm2 = build_norm(config)
        self.out_norm1, self.out_norm2 = (
            build_norm(config) if config.norm_at == "both" else nn.Identity() for _ in range(2)
        )

    def forward(
        self, hidden: Tensor, mask: Tensor, rotation: Rotation | None = None, cache: KVCache | None = None
    ) -> Tensor:
        if self.norm_at == "after":
            hidden = self.norm1(hidden + self.attention(hidden, mask, rotation, cache))
            return self.norm2(hidden + self.feedforward(hidden))
        hidden = hidden + self.out_norm1(self.attention(self.norm1(hidden), mask, rotation, cache))
        return hidden + self.out_norm2(self.feedforward(self.norm2(hidden)))


class ModernEmbeddings(nn.Module):
    """Look up each token, and add a learned vector for its position where nothing is turned.

    input_ids, position_ids: (B, T) int -> (B, T, D)
    """

    def __init__(self, config: ModernConfig):
        super().__init__()
        self.n_positions = inf if config.rotary else config.max_len
        self.token = nn.Embedding(config.vocab_size, config.d_model)
        self.position = None if config.rotary else nn.Embedding(config.max_len, config.d_model)

    def forward(self, input_ids: Tensor, position_ids: Tensor) -> Tensor:
        hidden = self.token(input_ids)  # (B, T, D)
        return hidden if self.position is None else hidden + self.position(position_ids)


class ModernHead(nn.Module):
    """Score every token of the vocabulary: hidden (..., D) -> logits (..., V)."""

    def __init__(self, config: ModernConfig, token: nn.Embedding):
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model, bias=config.bias) if config.head_transform else None
        self.activation = ACTIVATIONS[config.activation]
        self.norm = build_norm(config) if config.head_transform else nn.Identity()
        self.decoder = nn.Linear(config.d_model, config.vocab_size, bias=config.head_bias)
        if config.tie_embeddings:
            self.decoder.weight = token.weight

    def forward(self, hidden: Tensor) -> Tensor:
        if self.dense is not None:
            hidden = self.norm(self.activation(self.dense(hidden)))
        return self.decoder(hidden)  # (..., V)


class Modern(nn.Module):
    """Read a text by blocks, some global, some local. A subclass says which token may attend to which.

    input_ids: (B, T), attention_mask (1 = token, 0 = padding, on either side): (B, S), S counting the cache;
    positions: (B, T) bool, of which N are True -> logits (B, T, V), or (N, V) with positions
    """

    framing: Framing

    def __init__(self, config: ModernConfig):
        super().__init__()
        self.config = config
        self.kinds = [config.pattern[layer % len(config.pattern)] for layer in range(config.n_layers)]
        self.embeddings = ModernEmbeddings(config)
        self.embedding_norm = build_norm(config) if config.embedding_norm else nn.Identity()
        normed = config.embedding_norm and config.norm_at != "after"
        self.blocks = nn.ModuleList(
            [ModernBlock(config, normed_already=normed and layer == 0) for layer in range(config.n_layers)]
        )
        self.final_norm = nn.Identity() if config.norm_at == "after" else build_norm(config)
        self.lm_head = ModernHead(config, self.embeddings.token)
        initialise(self, narrow_residuals=True)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Say which token may attend to which; attention_mask: (B, S) bool, n_queries: T -> (B, 1, T, S) bool."""
        raise NotImplementedError("a subclass, Encoder or Decoder, says which token may attend to which")

    def encode(self, input_ids: Tensor, *, attention_mask: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """Return the last block's hidden states, (B, T, D). A local layer sees less, and turns by its own theta."""
        config, n_queries = self.config, input_ids.size(-1)
        n_past = cache[0].length if cache is not None else 0
        real = check_inputs(config.vocab_size, input_ids, attention_mask, n_past)  # (B, S)
        position_ids = positions_of_real_tokens(real, n_queries)  # (B, T)
        check_positions(position_ids, real.size(1), self.embeddings.n_positions)

        hidden = self.embedding_norm(self.embeddings(input_ids, position_ids))  # (B, T, D)
        mask = self.build_mask(real, n_queries)  # (B, 1, T, S)
        near = window_mask(n_queries, config.window, real.size(1), mask.device)  # (T, S)
        masks, thetas = {"G": mask, "L": combine(mask, near)}, {"G": config.theta, "L": config.local_theta}
        rotations = {
            kind: rotary_angles(position_ids, config.heads[2], theta) for kind, theta in thetas.items() if config.rotary
        }
        for layer, (kind, block) in enumerate(zip(self.kinds, self.blocks)):
            hidden = block(hidden, masks[kind], rotations.get(kind), cache[layer] if cache is not None else None)
        return self.final_norm(hidden)

    def forward(
        self,
        input_ids: Tensor,
        *,
        attention_mask: Tensor | None = None,
        cache: Cache | None = None,
        positions: Tensor | None = None,
    ) -> Tensor:
        hidden = self.encode(input_ids, attention_mask=attention_mask, cache=cache)  # (B, T, D)
        return self.lm_head(hidden if positions is None else hidden[positions])  # (B, T, V) or (N, V)


class Encoder(Modern):
    """Let every token attend to every real token: ModernBERT's mask, as it was BERT's."""

    framing = Framing("[CLS]", "[SEP]", ("[SEP]",), head="lm_head", answers_at=0)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        n_keys, device = attention_mask.size(1), attention_mask.device
        check_no_cache(n_queries, n_keys)
        order = bidirectional_mask(n_queries, n_keys, device)  # (T, S)
        return combine(order, padding_mask(attention_mask))  # (B, 1, T, S)


class Decoder(Modern):
    """Let every token attend to the real tokens up to itself: Llama's mask, as it was GPT's."""

    framing = Framing("<eos>", "<eos>", (), head="lm_head", answers_at=-1, fills_blanks=False)

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        n_keys, device = attention_mask.size(1), attention_mask.device
        order = causal_mask(n_queries, n_keys, device)  # (T, S)
        return combine(order, padding_mask(attention_mask))  # (B, 1, T, S)


class OpenDecoder(Encoder):
    """Read the weights of a Decoder under the Encoder's mask; still, each token predicts the one after it.

    Made for blanks: what stands at the next token is then a [MASK], and not the answer.
    """

    framing = Decoder.framing._replace(fills_blanks=True)
