"""The page of the package's names."""

import argparse
from pathlib import Path
from typing import Literal

import package_names

import bertgpt
from bertgpt import BERT


def test_every_name_of_the_package_has_its_place():
    found = package_names.modules()
    assert all(found.values())
    listed = {name for modules in found.values() for module in modules for name, _ in package_names.public(module)}
    face = {name for name in vars(bertgpt) if callable(getattr(bertgpt, name))}
    assert face <= listed and "CourseTest" in listed


def test_a_signature_can_be_called_as_it_stands():
    class Own(argparse.ArgumentParser):
        pass

    def write(to: "BERT", where: Path = Path("/a"), kind: Literal["a", "b"] = "a", **more) -> "list[BERT]":
        pass

    assert package_names.signature(write) == (
        "write(to: BERT, where: Path = ..., kind: Literal['a', 'b'] = 'a', **more) -> list[BERT]"
    )
    assert package_names.signature(Own) == "Own"
    assert package_names.signature(bertgpt.Tokenizer.encode) == "encode(text: str) -> list[int]"
    assert {"encode", "decode", "encode_pair"} <= dict(package_names.methods(bertgpt.Tokenizer)).keys()


def test_each_room_has_a_page():
    folder = Path(__file__).parents[2] / "chapters" / "api"
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert pages.keys() == package_names.ROOMS.keys()
    for room, page in pages.items():
        assert page.startswith(f"# {package_names.ROOMS[room]}\n") and f"{{package-names}} {room}\n" in page
