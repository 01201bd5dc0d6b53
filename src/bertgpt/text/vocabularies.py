"""Vocabularies that ship: BERT's and GPT-2's as their authors published them, and the course's own.

Sources: assets/vocabularies/PROVENANCE.md.
"""

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from ..assets import read_asset
from .tokenizer import CLS, GPT2_EOS, MASK, PAD, SEP, UNK, Tokenizer


def bert_uncased() -> tokenizers.Tokenizer:
    """Build BERT's WordPiece of 30,522 lower-cased tokens (Devlin et al. 2019, section 3, says 30,000)."""
    tokens = read_asset("vocabularies/bert_uncased_vocab.txt.xz").splitlines()
    vocabulary = {token: i for i, token in enumerate(tokens)}
    backend = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token=UNK))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer, backend.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    backend.post_processor = processors.BertProcessing((SEP, vocabulary[SEP]), (CLS, vocabulary[CLS]))
    backend.add_special_tokens([PAD, UNK, CLS, SEP, MASK])
    return backend


def gpt2() -> tokenizers.Tokenizer:
    """Build GPT-2's byte-level BPE: 256 bytes, 50,000 merges, end of text (Radford et al. 2019, section 2.2)."""
    lines = read_asset("vocabularies/gpt2_merges.txt.xz").splitlines()[1:]
    merges = [(first, second) for first, second in map(str.split, lines)]
    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *map("".join, merges), GPT2_EOS]
    backend = tokenizers.Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([GPT2_EOS])
    return backend


def course_tokenizer() -> Tokenizer:
    """Read the course's own vocabulary, which the shipped models share: 8,192 byte-level BPE tokens."""
    return Tokenizer(tokenizers.Tokenizer.from_str(read_asset("tokenizer.json")))


def old_books_tokenizer() -> Tokenizer:
    """Read the course's first vocabulary, learned from the old books alone: its long experiments were run with it."""
    return Tokenizer(tokenizers.Tokenizer.from_str(read_asset("vocabularies/old_books_bpe.json.xz")))


PUBLISHED = {"google-bert/bert-base-uncased": bert_uncased, "openai-community/gpt2": gpt2}
