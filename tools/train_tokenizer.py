"""Train the course's vocabulary on all training texts and write it into the package.

    python tools/train_tokenizer.py
"""

import argparse
import hashlib

from bertgpt.assets import ASSETS
from bertgpt.text.corpora import novels, plays, tales
from bertgpt.text.tokenizer import Tokenizer


def train_shipped_tokenizer() -> Tokenizer:
    texts = {**novels("train"), **plays("train"), **tales("train")}
    return Tokenizer.train_bpe(texts.values(), vocab_size=8192)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()     # takes none: refuse a mistyped one
    path = ASSETS / "tokenizer.json"
    train_shipped_tokenizer().save(path)
    raw = path.read_bytes()
    print(f"wrote {path}; for CONTENTS in assets.py:\n"
          f'    "{path.name}": ({len(raw):_}, "{hashlib.sha256(raw).hexdigest()}"),')
