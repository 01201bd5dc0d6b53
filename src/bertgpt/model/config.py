"""The numbers that make a transformer: one frozen dataclass for every model."""

from dataclasses import dataclass

from .validation import check_fields

ACTIVATIONS = ("gelu", "gelu_new", "relu")


@dataclass(frozen=True)
class TransformerConfig:
    """Describe one encoder-only or decoder-only transformer.

    Raises ValueError, naming the field, if one has the wrong type or two contradict each other.
    BERT's sizes are in Devlin et al. 2019, section 3; GPT-2's in Radford et al. 2019, table 2.

    >>> TransformerConfig(vocab_size=13, max_len=7, d_model=12, n_layers=2, n_heads=3, d_ff=20).d_head
    4
    """

    vocab_size: int                # V: how many tokens there are
    max_len: int                   # the longest sequence: positions 0 .. max_len - 1 are learned
    d_model: int                   # D: numbers in a hidden state
    n_layers: int                  # L: blocks in the stack
    n_heads: int                   # H: attention heads, each of d_model / n_heads numbers
    d_ff: int                      # F: width of the hidden layer in the feed-forward network
    n_segments: int = 0            # 2 for BERT, which tells two texts apart; 0 for GPT, which does not
    norm_first: bool = False       # False: normalise the residual sum (BERT). True: the input (GPT-2)
    activation: str = "gelu"       # "gelu" is exact (Hugging Face's BERT), "gelu_new" by tanh (GPT-2)
    norm_eps: float = 1e-12        # added to the variance in LayerNorm: 1e-12 in BERT, 1e-5 in GPT-2
    dropout: float = 0.1           # chance that a number is zeroed while training
    pad_id: int = 0                # fills up short sequences; used for batching, not by the model
    tie_embeddings: bool = True    # the vocabulary projection is the token embedding, transposed

    def __post_init__(self):
        check_fields(self, positive=("vocab_size", "max_len", "d_model", "n_layers", "n_heads", "d_ff", "norm_eps"),
                     below={"norm_eps": 1, "dropout": 1, "pad_id": self.vocab_size},
                     choices={"activation": ACTIVATIONS})
        if self.d_model % self.n_heads:
            raise ValueError(f"d_model {self.d_model} cannot be split evenly into n_heads {self.n_heads}")

    @property
    def d_head(self) -> int:
        """K: numbers in one head's query, key or value."""
        return self.d_model // self.n_heads

    @classmethod
    def bert(cls, **sizes) -> "TransformerConfig":
        """Choose BERT's switches and, where `sizes` says nothing else, BERT-base's sizes."""
        base: dict = dict(vocab_size=30522, max_len=512, d_model=768, n_layers=12, n_heads=12, d_ff=3072,
                          n_segments=2, norm_first=False, activation="gelu", norm_eps=1e-12)
        return cls(**base | sizes)

    @classmethod
    def gpt(cls, **sizes) -> "TransformerConfig":
        """Choose GPT-2's switches and, where `sizes` says nothing else, GPT-2 small's sizes."""
        small: dict = dict(vocab_size=50257, max_len=1024, d_model=768, n_layers=12, n_heads=12, d_ff=3072,
                           n_segments=0, norm_first=True, activation="gelu_new", norm_eps=1e-5)
        return cls(**small | sizes)


# The sizes of the pair that this course trains, on the shared tokenizer of 8,192 tokens: a laptop is enough.
# Sizes only, for a preset to add the switches: TransformerConfig.bert(**TINY), TransformerConfig.gpt(**TINY).
TINY = dict(vocab_size=8192, max_len=128, d_model=256, n_layers=4, n_heads=4, d_ff=1024)
