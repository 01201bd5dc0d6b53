"""The models since 2019: one block, its weights in and out, adapters, and a decoder whose mask is opened."""

from .model import Decoder, Encoder, ModernConfig, OpenDecoder
from .weights import load_modern, share_weights
