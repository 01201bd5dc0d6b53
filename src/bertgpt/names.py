"""What `import bertgpt` offers."""

from .inference.decoding import beam_search, generate
from .inference.filling import fill_mask, unmask
from .model.attention import KVCache, MultiHeadAttention, scaled_dot_product_attention
from .model.bert import BERT
from .model.block import TransformerBlock
from .model.both import Both
from .model.config import TINY, TransformerConfig
from .model.gpt import GPT
from .model.masks import bidirectional_mask, causal_mask, combine, padding_mask, prefix_mask, window_mask
from .model.pretraining import BERTForPreTraining
from .text.tokenizer import Tokenizer
from .weights.loading import load_model
from .weights.pretrained import load_bert, load_both, load_gpt, load_tokenizer, save_pretrained
