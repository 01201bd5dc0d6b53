"""What ships with the package, checked when it is read; and how a file is written whole or not at all."""

import hashlib
import lzma
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SHIPPED = {name: ASSETS / name for name in ("tinybert", "tinygpt", "tinyboth")}     # trained on the course's own texts
CONTENTS = {     # file -> how many bytes it holds and their sha256, both unpacked
    "corpora/andersen_fairy_tales.txt.xz":
        (1_991_502, "506ca9b84989f37bcee9cab0e557442040e9335f519009b71e21ffce1ac67adb"),
    "corpora/austen_emma.txt.xz": (883_027, "dd08b340a56ad4a0a00718d5682528a5a5886ae0aef91c9e0fa528074fa64b75"),
    "corpora/austen_mansfieldpark.txt.xz":
        (883_279, "e0e9ef3863ea77f51f6070062ee0dd50ad9b933223880617629e4e4963ea40ff"),
    "corpora/austen_northangerabbey.txt.xz":
        (433_410, "8618a5acf5be50cc6e9b7680c7469fb6012649ab08c709dfc63c6367989fd31d"),
    "corpora/austen_persuasion.txt.xz":
        (466_853, "726513a6c18bb678427bcbcf7c72d0d20816a67c25b0471b26ddcabf3ebac140"),
    "corpora/austen_prideprejudice.txt.xz":
        (684_767, "2e44edaa4946d64ad541c68e0224f5d672f43bf3ce2a8a0b0637ad5e02fc6eb3"),
    "corpora/austen_sensesensibility.txt.xz":
        (673_687, "0996d90842bbe8093f3b8142c1e77d1b20cff52d1d0615f3ed67733653e74e26"),
    "corpora/carroll_alices_adventures_in_wonderland.txt.xz":
        (143_225, "796f5b6f90deb751cbf71b57f4653c9a26a8ca7761abfa8f0e5b83f866ef7f28"),
    "corpora/chesterton_the_ball_and_the_cross.txt.xz":
        (440_966, "18c451a84e2a004dfbbf572ffa1b9c19e39c3ba13308d895635614bbac75be70"),
    "corpora/chesterton_the_man_who_was_thursday.txt.xz":
        (317_756, "cd155971a4c73b51fe27d2ef0ec480e51d17280d5758dbe9fd09298c4264e240"),
    "corpora/chesterton_the_wisdom_of_father_brown.txt.xz":
        (399_009, "0aff1fd4833c398c8fa40bf7922f3230235e93971d671b52b7724ba227838aea"),
    "corpora/conrad_heart_of_darkness.txt.xz":
        (210_560, "ca1a1f593b82a06a85e2387f76206186900eae1368cb4e5f589efe70491c80d6"),
    "corpora/dickens_a_christmas_carol.txt.xz":
        (156_430, "f97d66ba6e385453e68d12f347b917d7d3236ec7a0c99b0c951dae4daeff1e13"),
    "corpora/douglass_narrative_of_the_life_of_frederick_douglass.txt.xz":
        (223_453, "891fcd9fafa8ea2a186d8a89a9c50546a579905cc5652d1aa5f539f79e266f54"),
    "corpora/doyle_the_adventures_of_sherlock_holmes.txt.xz":
        (561_595, "a1c6f6779a76ef421e3bfb84b0629cacc0f8fc4102ad9163ab4c88d78a125a4e"),
    "corpora/edgeworth_the_parents_assistant.txt.xz":
        (908_966, "fb0e0bff9e77583de580f4eb7592c2c7137d78a59c7fbfab95aa95beaef273c3"),
    "corpora/eliot_brother_jacob.txt.xz":
        (93_884, "232c21d0bdf99091004f016986a2a5c4df3724dd7877a7f0e8fba2d40f729da4"),
    "corpora/gilman_the_yellow_wallpaper.txt.xz":
        (31_370, "8878e84a5ff7157e69ebd118ad13f0878d02880c58e6e903cd8b149039722f6f"),
    "corpora/grimm_fairy_tales_47_tales.txt.xz":
        (376_818, "153b91dd5aa29444fac35cc7b21c56178ee0f62cf7c009d90085bc7579b638e0"),
    "corpora/joyce_dubliners.txt.xz": (369_290, "cb8ea65a712851f36b5c95f6583f394c80f23b9c47edb095372356abdbde507d"),
    "corpora/melville_moby_dick.txt.xz":
        (1_192_974, "495c9dce7f00c06a4f9927101c6a5acea77bbf8d539523ff44e9a8d3e7aa14e9"),
    "corpora/movie_snippets.tsv.xz":
        (1_383_098, "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350"),
    "corpora/shakespeare.md.xz": (5_319_849, "557607c3604ad192418e6b59ba0278d28c92f77c06daecf7d311b6e04f9fc2c9"),
    "corpora/twain_the_adventures_of_tom_sawyer.txt.xz":
        (387_141, "80d2ee360eae6670cb229b906100c37bceb5dc5d188e01c3bdef5c4129e93f49"),
    "corpora/wells_the_island_of_doctor_moreau.txt.xz":
        (240_223, "53f61682363983161f502da619351406dac94d2db5ef59ff602f8551fc570859"),
    "corpora/woolf_the_voyage_out.txt.xz":
        (764_208, "2b9046e86fc89d7d887b568b9fa0996a037abd13c57cbca3faf5a732bbae4062"),
    "labelled/book_passages.tsv.xz": (125_135, "4ea80bf36c201bea749db93c32dc613d36c46b35f2338a6a5555c5de26e331ca"),
    "labelled/book_questions.txt": (13_267, "f80dbc404d12952d2bc3c457dc0ce28b54101df1fcfcc7a2533d898ae2e854cf"),
    "labelled/docstrings.tsv.xz": (1_478_719, "2e67f504ca73346080aaa164c98b0640387b4a7b26f1f2952deabc953da5b569"),
    "labelled/gazetteer.txt": (6_979, "55ecd106e5bcf2e12968fb53afb3900cae2bb83bf98676c1164c10350b7949b1"),
    "labelled/persuasion_names.txt": (49_562, "0bd33f58f65a3a3d1af4c94398e311cb8de4fc9360deae427a7fde2f0ca8fe8d"),
    "vocabularies/bert_uncased_vocab.txt.xz":
        (231_508, "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
    "vocabularies/gpt2_merges.txt.xz":
        (456_318, "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"),
    "tokenizer.json": (547_358, "6b0a1ca2368472d7a83c24d7c90288e69f17a2250a906e7ff0732b2f154aa61d"),
}


@cache
def read_asset(name: str) -> str:
    """Read one shipped text, unpacked where its name ends in .xz, and make sure that it is the one we shipped.

    name: a key of CONTENTS
    Raises ValueError, naming the file and the remedy, when its contents differ or cannot be unpacked.
    """
    path, (size, expected) = ASSETS / name, CONTENTS[name]
    try:
        with open(path, "rb") as file:
            raw = file.read(size + 2 ** 12)      # no more than it should hold, whatever stands there
        if path.suffix == ".xz":
            unpacker = lzma.LZMADecompressor(memlimit=2 ** 27)
            raw = unpacker.decompress(raw, max_length=size + 1)
            if not unpacker.eof:
                raise EOFError("it is longer than that" if len(raw) > size else "it is cut short")
        sha256 = hashlib.sha256(raw).hexdigest()
        found = f"sha256 {sha256[:12]} instead of {expected[:12]}"
    except (OSError, EOFError, lzma.LZMAError) as error:
        sha256, found = "", f"unreadable: {error}"
    if sha256 != expected:
        raise ValueError(f"{path} does not have the contents it was shipped with ({found}). Reinstall the package, or "
                         f"restore the file with: git checkout -- src/bertgpt/assets/{name}")
    return raw.decode("utf-8")


def write_whole(directory: Path, files: dict[str, Callable[[Path], object]]) -> None:
    """Write files next to where they belong, and move them there once all are complete.

    files: name -> a function that writes this file to the path that it is given
    Raises OSError, naming the file, when one cannot be written; what was there before is then still there.
    """
    unfinished = {directory / name: directory / f"{name}.part" for name in files}
    path = directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for write, (path, part) in zip(files.values(), unfinished.items()):                # noqa: B007
            write(part)
        for path, part in unfinished.items():
            os.replace(part, path)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error}") from None
    finally:
        if directory.is_dir():
            for part in unfinished.values():
                part.unlink(missing_ok=True)
