"""The models on a slow network: byte by byte, one after another, and kept by the browser over a reload."""

import threading

import pytest

from bertgpt_book.widgets.pair import blank_answers

LEFT, RIGHT = "She saw a", " in her pocket."
FIRST = 'section[data-model="{}"] li:first-child b'


@pytest.fixture
def server(server):
    """Hold back the second half of each model, and let the browser keep what it has."""
    server.headers = {"Cache-Control": "max-age=600"}
    server.gates = {name: threading.Event() for name in ("littlebert", "littlegpt")}
    return server


def models_sent(server):
    return {name.partition(".")[0] for name in server.sent} & set(server.gates)


def test_a_text_returns_at_once_after_a_reload_and_is_read_when_the_second_model_is_there(serve, server, small):
    page = serve(small("prompt desk"), live=True)
    field = page.get_by_label("Or your own prompt")
    field.fill("Anne sang")
    server.gates["littlebert"].set()
    page.get_by_text("Fetching GPT").wait_for()
    page.reload()
    field.wait_for()
    assert field.input_value() == "Anne sang"
    server.gates["littlegpt"].set()
    page.locator("figure[data-own='Anne sang'] .strip .token").nth(7).wait_for()  # all that GPT writes


def test_the_first_model_answers_while_the_other_comes_and_a_reload_fetches_neither(
    serve, server, small, small_models, tokenizer
):
    page = serve(small("pair"), live=True)
    field, status = page.get_by_label("Your own sentence"), page.locator(".port [role=status]")
    assert "(12.8 MB)" in status.inner_text()
    assert models_sent(server) == set()
    page.evaluate(
        """(first) => {
        window.seen = [];
        const look = () => { window.seen.push(document.querySelector(first).textContent); };
        const begin = () => new MutationObserver(look).observe(document.querySelector("section"),
          { subtree: true, childList: true });
        const field = document.querySelector("textarea");
        field.addEventListener("input", () => requestAnimationFrame(begin), { once: true });
    }""",
        FIRST.format("BERT"),
    )

    field.fill("The captain took _ and laughed.")
    page.wait_for_function("Math.abs(document.querySelector('progress').value - 0.5) < 0.1")
    assert "Fetching BERT, 0." in status.inner_text() and models_sent(server) == {"littlebert"}
    assert [page.locator(FIRST.format(name)).inner_text() for name in ("BERT", "GPT")] == ["…", "…"]
    field.fill(f"{LEFT} _{RIGHT}")  # before the first sentence could be answered
    server.gates["littlebert"].set()

    expected = blank_answers(small_models["littlebert"], small_models["littlegpt"], tokenizer, LEFT, RIGHT)
    page.locator('section[data-model="BERT"] .guesses:not(.waits)').wait_for()
    page.get_by_text("Fetching GPT, 0.").wait_for()
    right = expected["BERT"]["bidirectional"][0][0]
    assert page.locator(FIRST.format("BERT")).inner_text() == right
    assert set(page.evaluate("window.seen")) == {"…", right}
    assert page.locator(FIRST.format("GPT")).inner_text() == "…"
    server.gates["littlegpt"].set()
    page.get_by_text("Both models are here. Type.").wait_for()
    page.locator('section[data-model="GPT"]').get_by_role("radio", name="both sides").check()

    server.sent.clear()
    page.reload()
    page.get_by_text("Both models are here. Type.").wait_for()
    page.wait_for_function("!document.querySelector('.waits, progress:not([hidden])')")
    assert models_sent(server) == set() and field.input_value() == f"{LEFT} ▁{RIGHT}"
    assert [page.locator(FIRST.format(name)).inner_text() for name in ("BERT", "GPT")] == [
        expected[name]["bidirectional"][0][0] for name in ("BERT", "GPT")
    ]
