"""What ships with the package, and how a shipped text is read: checked against the hash it was shipped with."""

import hashlib
import lzma
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SHIPPED = {name: ASSETS / name for name in ("tinybert", "tinygpt")}     # trained for this course on its own texts
SHA256 = {     # of the unpacked bytes
    "austen_emma.txt.xz": "dd08b340a56ad4a0a00718d5682528a5a5886ae0aef91c9e0fa528074fa64b75",
    "austen_mansfieldpark.txt.xz": "e0e9ef3863ea77f51f6070062ee0dd50ad9b933223880617629e4e4963ea40ff",
    "austen_northangerabbey.txt.xz": "8618a5acf5be50cc6e9b7680c7469fb6012649ab08c709dfc63c6367989fd31d",
    "austen_persuasion.txt.xz": "726513a6c18bb678427bcbcf7c72d0d20816a67c25b0471b26ddcabf3ebac140",
    "austen_prideprejudice.txt.xz": "2e44edaa4946d64ad541c68e0224f5d672f43bf3ce2a8a0b0637ad5e02fc6eb3",
    "austen_sensesensibility.txt.xz": "0996d90842bbe8093f3b8142c1e77d1b20cff52d1d0615f3ed67733653e74e26",
    "movie_snippets.tsv.xz": "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
    "shakespeare.md.xz": "557607c3604ad192418e6b59ba0278d28c92f77c06daecf7d311b6e04f9fc2c9",
}


@cache
def read_asset(name: str, folder: Path = ASSETS / "corpora", sha256: str | None = None) -> str:
    """Unpack one shipped file and make sure that it is the one we shipped.

    sha256: of its unpacked bytes, where SHA256 does not hold it
    Raises ValueError, naming the file and the remedy, when its contents differ or cannot be unpacked.
    """
    expected = sha256 or SHA256[name]
    try:
        raw = lzma.decompress((folder / name).read_bytes())
        found = hashlib.sha256(raw).hexdigest()
    except (OSError, lzma.LZMAError) as error:
        raw, found = b"", f"unreadable: {error}"
    if found != expected:
        raise ValueError(
            f"the corpus {name} does not have the contents it was shipped with "
            f"(sha256 {found[:12]} instead of {expected[:12]}). Reinstall the package, or restore the file with: "
            "git checkout -- src/bertgpt/assets"
        )
    return raw.decode("utf-8")
