"""The body of every model: embeddings, blocks, norms. A subclass says which token may attend to which.

B batch, T tokens, S tokens attended to, D d_model.
"""

import math
from collections.abc import Callable

from torch import Tensor, nn

from .attention import KVCache
from .block import TransformerBlock, build_norm
from .config import TransformerConfig
from .embeddings import Embeddings
from .framing import Framing
from .inputs import check_inputs, check_positions, check_segments

Cache = list[KVCache]                                                # one per block: [KVCache() for _ in model.blocks]


class Transformer(nn.Module):
    """Turn a text into hidden states by blocks of self-attention, all under one mask.

    norm_first: what the subclass needs, False after each sum (BERT), True before each sub-layer (GPT-2);
    count_positions(attention_mask (B, S) bool, T) -> position ids (B, T) or (T,)
    Vaswani et al. 2017, section 3.1. BERT also normalises the embeddings, GPT-2 the last block's output.
    """
    framing: Framing                   # each model has its own

    def __init__(self, config: TransformerConfig, *, norm_first: bool,
                 count_positions: Callable[[Tensor, int], Tensor]):
        super().__init__()
        if config.norm_first != norm_first:
            raise ValueError(f"a {type(self).__name__} normalises {'what goes into' if norm_first else 'the sums of'} "
                             f"its residuals: its config needs norm_first={norm_first}")
        self.config, self.count_positions = config, count_positions
        self.embeddings = Embeddings(config)
        self.embedding_norm = nn.Identity() if norm_first else build_norm(config)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList([TransformerBlock(config) for _ in range(config.n_layers)])
        self.final_norm = build_norm(config) if norm_first else nn.Identity()

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        """Say which token may attend to which; attention_mask: (B, S) bool, n_queries: T -> (B, 1, T, S) bool."""
        raise NotImplementedError("a subclass, BERT or GPT, says which token may attend to which")

    def encode(self, input_ids: Tensor, *, segment_ids: Tensor | None = None, attention_mask: Tensor | None = None,
               cache: Cache | None = None, **order) -> Tensor:
        """Return the last block's hidden states: what heads and probes read.

        input_ids, segment_ids: (B, T) int; attention_mask (1 = token, 0 = padding): (B, S), S counting the
        cache; order: what else `build_mask` takes -> (B, T, D)
        """
        n_queries, n_past = input_ids.size(-1), cache[0].length if cache is not None else 0
        real = check_inputs(self.config.vocab_size, input_ids, attention_mask, n_past)          # (B, S)
        check_segments(segment_ids, input_ids, self.embeddings.n_segments)
        position_ids = self.count_positions(real, n_queries)                                    # (B, T) or (T,)
        check_positions(position_ids, real.size(1), self.embeddings.n_positions)

        hidden = self.embeddings(input_ids, position_ids, segment_ids)                          # (B, T, D)
        hidden = self.dropout(self.embedding_norm(hidden))
        mask = self.build_mask(real, n_queries, **order)                                        # (B, 1, T, S)
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, mask, cache[layer] if cache is not None else None)           # (B, T, D)
        return self.final_norm(hidden)


def initialise(module: nn.Module, *, narrow_residuals: bool = False) -> None:
    """Draw matrices and embeddings from a normal distribution of standard deviation 0.02, set biases to 0.

    narrow_residuals: the 2 L residual branches add up, so draw the matrices that end them narrower, by
    1 / sqrt(2 L), which keeps the sum as wide as one
    Radford et al. 2018, section 4.1; narrower: 2019, section 2.3. BERT's code draws again what is over two
    deviations away.
    """
    for part in module.modules():
        if isinstance(part, (nn.Linear, nn.Embedding)):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)
    if narrow_residuals:
        ends = [matrix for name, matrix in module.named_parameters()
                if name.endswith(("out_proj.weight", "down_proj.weight"))]                     # 2 L of them
        for matrix in ends:
            nn.init.normal_(matrix, std=0.02 / math.sqrt(len(ends)))
