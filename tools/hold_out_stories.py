"""Pack the gathered stories, without held-out ones that share a passage of twelve words with training.

    python tools/hold_out_stories.py FOLDER

FOLDER holds tinystories.txt.xz and picture_books.txt.xz, stories separated by a line <|endoftext|>.
"""

import argparse
import hashlib
import lzma
import re
from pathlib import Path

from bertgpt.assets import ASSETS
from bertgpt.text.corpora import BOOKS, STORIES, STORY_END, is_held_out

N_WORDS = 12


def passages(text: str) -> set[int]:
    """Hash every run of twelve words, without case and punctuation."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {hash(run) for run in zip(*(words[i:] for i in range(N_WORDS)))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    stories = {}
    for file in STORIES.values():
        text = lzma.decompress((folder / Path(file).name).read_bytes()).decode()
        stories[file] = [story for part in text.split(STORY_END) if (story := part.strip("\n"))]

    learned = {passage for read in BOOKS.values() for text in read("train").values() for passage in passages(text)}
    for story in sum(stories.values(), []):
        if not is_held_out(story):
            learned |= passages(story)
    for file, found in stories.items():
        kept = [story for story in found if not is_held_out(story) or not passages(story) & learned]
        raw = f"\n{STORY_END}\n".join(kept).encode()
        (ASSETS / "corpora" / file).write_bytes(lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME))
        print(
            f"{len(kept)} of {len(found)} stories, {sum(map(is_held_out, kept))} of {sum(map(is_held_out, found))} "
            f"held out\n{hashlib.sha256(raw).hexdigest()}  corpora/{file}"
        )


if __name__ == "__main__":
    main()
