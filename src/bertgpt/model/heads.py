"""From hidden states to answers: one small module for each question.

B batch, T tokens, D d_model, V vocabulary, N chosen positions, C classes.
"""

import torch
from torch import Tensor, nn

from .block import build_norm
from .config import TransformerConfig
from .feedforward import ACTIVATION_FUNCTIONS
from .inputs import check_choice
from .transformer import initialise


class LMHead(nn.Module):
    """Score every token of the vocabulary as the next one.

    hidden: (..., D) -> logits (..., V)
    Radford et al. 2018, section 3.1: the token embedding, transposed; Press and Wolf 2017.
    """

    def __init__(self, config: TransformerConfig, token_embedding: nn.Embedding):
        super().__init__()
        self.decoder = nn.Linear(config.d_model, config.vocab_size, bias=False)
        if config.tie_embeddings:
            self.decoder.weight = token_embedding.weight

    def forward(self, hidden: Tensor) -> Tensor:
        return self.decoder(hidden)                                                        # (..., V)


class MaskedLMHead(nn.Module):
    """Score every token of the vocabulary as the one that was masked.

    hidden: (B, T, D) -> logits (B, T, V); with positions (B, T) bool, of which N are True -> (N, V)
    The projection on V tokens costs more than a block, so it is not computed where nobody asks.
    Devlin et al. 2019, section 3.1; the transform before the projection is in BERT's code.
    """

    def __init__(self, config: TransformerConfig, token_embedding: nn.Embedding):
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)
        self.activation = ACTIVATION_FUNCTIONS[config.activation]
        self.norm = build_norm(config)
        self.decoder = nn.Linear(config.d_model, config.vocab_size)
        initialise(self)                         # before the embedding is tied in, which has its first weights already
        if config.tie_embeddings:
            self.decoder.weight = token_embedding.weight

    def forward(self, hidden: Tensor, positions: Tensor | None = None) -> Tensor:
        if positions is not None:
            check_choice(positions, hidden)
            hidden = hidden[positions]                                                     # (N, D)
        return self.decoder(self.norm(self.activation(self.dense(hidden))))                # (..., V)


class Pooler(nn.Module):
    """Represent a text by one vector: the first token's hidden state through a linear layer and tanh.

    hidden: (B, T, D) -> (B, D)
    The [CLS] representation C of Devlin et al. 2019, section 3; the tanh is in BERT's code.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.dense = nn.Linear(config.d_model, config.d_model)

    def forward(self, hidden: Tensor) -> Tensor:
        return torch.tanh(self.dense(hidden[:, 0]))                                        # (B, D)


class NextSentenceHead(nn.Module):
    """Say whether the second text follows the first: column 0 is "is next", column 1 "is not".

    pooled: (B, D) -> logits (B, 2)
    Devlin et al. 2019, section 3.1, task 2.
    """

    def __init__(self, config: TransformerConfig):
        super().__init__()
        self.classifier = nn.Linear(config.d_model, 2)
        initialise(self)

    def forward(self, pooled: Tensor) -> Tensor:
        return self.classifier(pooled)                                                     # (B, 2)


def pool_mean(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Average the real tokens: (B, T, D), (B, T) -> (B, D), zeros for a text of padding alone."""
    real = attention_mask.unsqueeze(-1).to(hidden.dtype)                                   # (B, T, 1)
    return (hidden * real).sum(dim=1) / real.sum(dim=1).clamp(min=1)                       # (B, D)


def pool_first(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Take the first real token, the average of one: (B, T, D), (B, T) -> (B, D)."""
    return pool_mean(hidden, attention_mask * (attention_mask.cumsum(dim=1) == 1))         # (B, D)


def pool_last(hidden: Tensor, attention_mask: Tensor) -> Tensor:
    """Take the last real token, the only one that a causal model lets see the whole text: -> (B, D)."""
    n_real = attention_mask.sum(dim=1, keepdim=True)                                       # (B, 1)
    return pool_mean(hidden, attention_mask * (attention_mask.cumsum(dim=1) == n_real))    # (B, D)


POOLINGS = {"first": pool_first, "last": pool_last, "mean": pool_mean}


class ClassificationHead(nn.Module):
    """Give one text one of C classes, from the average of its real tokens or from one of them.

    hidden: (B, T, D), attention_mask: (B, T), 1 = token -> logits (B, C)
    pooling: "first" ([CLS], Devlin et al. 2019, section 4.1), "last" (Radford et al. 2018,
    section 3.2), "mean"
    """

    def __init__(self, config: TransformerConfig, n_classes: int, pooling: str = "first"):
        super().__init__()
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {pooling!r}")
        self.pool = POOLINGS[pooling]
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.d_model, n_classes)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        return self.classifier(self.dropout(self.pool(hidden, attention_mask)))            # (B, C)


