"""A text of the reader's own: given up while the models come it is never shown; its blanks; kept over a reload."""

import re

import pytest

ALL = ["head switcher", "prompt desk", "seven hacks", "mask explorer", "mask rate", "hybrid", "sampling playground"]
OWN = re.compile("^(or )?your own", re.IGNORECASE)


def hold(page):
    """Keep the engine from the page until window.letIn(), and note whether "laughed" was ever shown."""
    page.evaluate("""() => {
        const { append } = document.head;
        document.head.append = (script) => {
            document.head.append = append;
            window.letIn = () => document.head.append(script);
        };
        const figure = document.querySelector("figure");
        window.seen = false;
        const look = () => { window.seen ||= figure.textContent.includes("laughed"); };
        new MutationObserver(look).observe(figure, { subtree: true, childList: true, characterData: true });
    }""")


@pytest.mark.parametrize(
    "name, way",
    [
        ("sampling playground", "the field is cleared"),
        ("seven hacks", "another text is chosen"),
        *((name, "another text is typed") for name in ("prompt desk", "mask explorer", "mask rate", "hybrid")),
    ],
)
def test_a_text_that_was_given_up_is_not_shown_and_the_next_one_is(show, small, name, way):
    page = show(small(name), live=True)
    hold(page)
    own, texts = page.get_by_label(OWN), page.locator("select").first
    own.fill("Anne laughed")
    if way == "another text is chosen":
        texts.focus()
        texts.select_option("1")
        assert own.input_value() == ""
    elif way == "the field is cleared":
        own.fill("")
    own.fill("Anne sang")
    page.evaluate("window.letIn()")
    page.locator("figure", has_text="sang").wait_for()
    assert not page.evaluate("window.seen")


@pytest.mark.parametrize("name", ALL)
def test_a_blank_is_one_in_every_box_its_label_says_so_and_a_reload_keeps_the_text(show, server, small, name):
    page = show(small(name), live=True, width=375, at=server.address)
    continues = name in ("seven hacks", "sampling playground")
    own, label = page.get_by_label(OWN), page.locator("label.own")
    assert "_" in label.inner_text() and label.bounding_box()["height"] > 20
    assert page.locator(".port").first.bounding_box()["height"] > 15  # kept for what is said while the models come
    own.fill("Anne sang _ again")
    for _ in range(2):
        figure = page.locator("figure", has_text="sang")
        figure.wait_for()
        if not continues and name != "hybrid":  # which fills it at once
            figure.get_by_text("[MASK]").last.wait_for()
        text = " ".join(page.locator(".strip, .so-far, tbody th").all_inner_texts())
        assert "_" not in text and ("again" in text) != continues or name == "prompt desk"
        page.reload()
        assert own.input_value() == "Anne sang _ again"
    keys = page.evaluate("Object.values(sessionStorage).flatMap((kept) => Object.keys(JSON.parse(kept)))")
    assert label.evaluate("(label) => label.firstChild.data") in keys
