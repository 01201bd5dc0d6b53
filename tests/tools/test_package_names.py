"""The page of the package's names."""

from pathlib import Path

import package_names

import bertgpt


def test_every_name_of_the_package_has_its_place():
    found = package_names.modules()
    assert all(found.values())
    listed = {name for modules in found.values() for module in modules for name, _ in package_names.public(module)}
    face = {name for name in vars(bertgpt.names) if callable(getattr(bertgpt.names, name))}
    assert face <= listed and "CourseTest" in listed


def test_each_room_has_a_page():
    folder = Path(__file__).parents[2] / "chapters" / "api"
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert pages.keys() == package_names.ROOMS.keys()
    for room, page in pages.items():
        assert page.startswith(f"# {package_names.ROOMS[room]}\n") and f"{{package-names}} {room}\n" in page
