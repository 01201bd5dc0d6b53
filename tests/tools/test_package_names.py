"""The page of the package's names."""

import package_names
from docutils import nodes

import bertgpt


def test_every_name_of_the_package_has_its_place():
    found = package_names.modules()
    assert all(found.values())
    listed = {name for modules in found.values() for module in modules for name, _ in package_names.public(module)}
    face = {name for name in bertgpt.__all__ if callable(getattr(bertgpt, name))}
    assert face <= listed and "CourseTest" in listed


def test_a_docstring_keeps_its_code_and_its_examples():
    paragraph, example = package_names.docstring("Add `one`\nto it.\n\n>>> 1 + 1\n2")
    assert [node.astext() for node in paragraph.findall(nodes.literal)] == ["one"]
    assert paragraph.astext() == "Add one to it." and example.astext() == ">>> 1 + 1\n2"
