"""What ships with the package, and how a shipped text is read: checked against the hash it was shipped with."""

import hashlib
import lzma
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SHIPPED = {name: ASSETS / name for name in ("tinybert", "tinygpt")}     # trained for this course on its own texts
SHA256 = {     # of the unpacked bytes
    "andersen_fairy_tales.txt.xz": "506ca9b84989f37bcee9cab0e557442040e9335f519009b71e21ffce1ac67adb",
    "austen_emma.txt.xz": "dd08b340a56ad4a0a00718d5682528a5a5886ae0aef91c9e0fa528074fa64b75",
    "austen_mansfieldpark.txt.xz": "e0e9ef3863ea77f51f6070062ee0dd50ad9b933223880617629e4e4963ea40ff",
    "austen_northangerabbey.txt.xz": "8618a5acf5be50cc6e9b7680c7469fb6012649ab08c709dfc63c6367989fd31d",
    "austen_persuasion.txt.xz": "726513a6c18bb678427bcbcf7c72d0d20816a67c25b0471b26ddcabf3ebac140",
    "austen_prideprejudice.txt.xz": "2e44edaa4946d64ad541c68e0224f5d672f43bf3ce2a8a0b0637ad5e02fc6eb3",
    "austen_sensesensibility.txt.xz": "0996d90842bbe8093f3b8142c1e77d1b20cff52d1d0615f3ed67733653e74e26",
    "carroll_alices_adventures_in_wonderland.txt.xz":
        "796f5b6f90deb751cbf71b57f4653c9a26a8ca7761abfa8f0e5b83f866ef7f28",
    "chesterton_the_ball_and_the_cross.txt.xz": "18c451a84e2a004dfbbf572ffa1b9c19e39c3ba13308d895635614bbac75be70",
    "chesterton_the_man_who_was_thursday.txt.xz": "cd155971a4c73b51fe27d2ef0ec480e51d17280d5758dbe9fd09298c4264e240",
    "chesterton_the_wisdom_of_father_brown.txt.xz":
        "0aff1fd4833c398c8fa40bf7922f3230235e93971d671b52b7724ba227838aea",
    "conrad_heart_of_darkness.txt.xz": "ca1a1f593b82a06a85e2387f76206186900eae1368cb4e5f589efe70491c80d6",
    "dickens_a_christmas_carol.txt.xz": "f97d66ba6e385453e68d12f347b917d7d3236ec7a0c99b0c951dae4daeff1e13",
    "douglass_narrative_of_the_life_of_frederick_douglass.txt.xz":
        "891fcd9fafa8ea2a186d8a89a9c50546a579905cc5652d1aa5f539f79e266f54",
    "doyle_the_adventures_of_sherlock_holmes.txt.xz":
        "a1c6f6779a76ef421e3bfb84b0629cacc0f8fc4102ad9163ab4c88d78a125a4e",
    "edgeworth_the_parents_assistant.txt.xz": "fb0e0bff9e77583de580f4eb7592c2c7137d78a59c7fbfab95aa95beaef273c3",
    "eliot_brother_jacob.txt.xz": "232c21d0bdf99091004f016986a2a5c4df3724dd7877a7f0e8fba2d40f729da4",
    "gilman_the_yellow_wallpaper.txt.xz": "8878e84a5ff7157e69ebd118ad13f0878d02880c58e6e903cd8b149039722f6f",
    "grimm_fairy_tales_47_tales.txt.xz": "153b91dd5aa29444fac35cc7b21c56178ee0f62cf7c009d90085bc7579b638e0",
    "joyce_dubliners.txt.xz": "cb8ea65a712851f36b5c95f6583f394c80f23b9c47edb095372356abdbde507d",
    "melville_moby_dick.txt.xz": "495c9dce7f00c06a4f9927101c6a5acea77bbf8d539523ff44e9a8d3e7aa14e9",
    "movie_snippets.tsv.xz": "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
    "shakespeare.md.xz": "557607c3604ad192418e6b59ba0278d28c92f77c06daecf7d311b6e04f9fc2c9",
    "twain_the_adventures_of_tom_sawyer.txt.xz": "80d2ee360eae6670cb229b906100c37bceb5dc5d188e01c3bdef5c4129e93f49",
    "wells_the_island_of_doctor_moreau.txt.xz": "53f61682363983161f502da619351406dac94d2db5ef59ff602f8551fc570859",
    "woolf_the_voyage_out.txt.xz": "2b9046e86fc89d7d887b568b9fa0996a037abd13c57cbca3faf5a732bbae4062",
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
