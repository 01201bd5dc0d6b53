"""BERT and GPT from one transformer block: the helper package of The Mask Is the Model."""

from .attention import KVCache, MultiHeadAttention, scaled_dot_product_attention
from .bert import BERT, BERTForPreTraining
from .block import TransformerBlock
from .checks import check_close, check_guess, check_rows_sum_to_one, check_shape
from .config import TINY, TransformerConfig
from .generate import beam_search, fill_mask, generate
from .gpt import GPT
from .masks import bidirectional_mask, causal_mask, combine, padding_mask, prefix_mask
from .pretrained import load_bert, load_gpt, save_pretrained
from .tokenizer import Tokenizer, load_tokenizer

__version__ = "0.1.0"
__all__ = [
    "BERT", "BERTForPreTraining", "GPT", "KVCache", "MultiHeadAttention", "TINY", "Tokenizer",
    "TransformerBlock", "TransformerConfig", "beam_search", "bidirectional_mask", "causal_mask", "check_close",
    "check_guess", "check_rows_sum_to_one", "check_shape", "combine", "fill_mask", "generate",
    "load_bert", "load_gpt", "load_tokenizer", "padding_mask", "prefix_mask", "save_pretrained",
    "scaled_dot_product_attention",
]
