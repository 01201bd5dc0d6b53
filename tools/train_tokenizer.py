"""Train the course's vocabulary, write it into the package, and count the tokens of every corpus.

python tools/train_tokenizer.py
"""

import argparse
import hashlib
import json

import tokenizers

from bertgpt.assets import ASSETS
from bertgpt.text.corpora import CORPORA
from bertgpt.text.tokenizer import Tokenizer
from bertgpt_book.records import RESULTS

# Another corpus here makes weights and records out of date.
LEARNED_FROM = ("austen", "shakespeare", "tales", "stories")


def train_shipped_tokenizer() -> Tokenizer:
    texts = [text for name in LEARNED_FROM for text in CORPORA[name]("train").values()]
    return Tokenizer.train_bpe(texts, vocab_size=8192)


def count(name: str, tokenizer: Tokenizer) -> dict:
    """Count what one corpus gives to learn from, and its held-out texts."""
    texts, held_out = (CORPORA[name](split).values() for split in ("train", "test"))
    return {
        "corpus": name,
        "texts": len(texts),
        "held_out": len(held_out),
        "words": sum(len(text.split()) for text in texts),
        "tokens": sum(len(tokenizer.encode(text)) for text in texts),
        "held_out_words": sum(len(text.split()) for text in held_out),
        "held_out_tokens": sum(len(tokenizer.encode(text)) for text in held_out),
    }


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    tokenizer = train_shipped_tokenizer()
    path = ASSETS / "tokenizer.json"
    tokenizer.save(path)
    raw = path.read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    record = {
        "about": {
            "command": "python tools/train_tokenizer.py",
            "data": {path.name: digest[:12]},
            "machine": {"tokenizers": tokenizers.__version__},
        },
        "rows": [count(name, tokenizer) for name in CORPORA],
    }
    (RESULTS / "corpora.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {path}; for assets/SHA256SUMS:\n{digest}  {path.name}")


if __name__ == "__main__":
    main()
