"""The hybrid in a browser: three masks on a stored text with no download, and on the reader's own by the engine."""

from small_widgets import WORDS

from bertgpt_book.widgets.hybrid import fill, write_on

OWN = "Anne walked to the _ with _ and _."


def steps_on(page):
    """Of each token that was written, its step and its text."""
    return page.locator(".strip .token:not([data-step='0'])").evaluate_all(
        "all => all.map((each) => [Number(each.dataset.step), each.textContent])"
    )


def choose(page, name):
    page.get_by_role("radio", name=name).check()


def test_the_stored_text_is_there_with_no_download(show, small):
    widget = small("hybrid")
    page = show(widget)  # without the engine beside it
    slider = page.get_by_role("slider", name="Step")
    for order, mask in (("causal", "triangle"), ("prefix", "prefix"), ("bidirectional", "square")):
        choose(page, mask)
        for n in (1, 2):
            slider.fill(str(n))
            assert [step for step, _ in sorted(steps_on(page))] == list(range(1, n + 1))
            shares = page.locator("tr[data-p]").evaluate_all("all => all.map((row) => Number(row.dataset.p))")
            assert shares == [p for _, p in widget.runs[f"fill, {order}"][n - 1]["words"][0]]
    choose(page, "go on from the first blank")
    assert len(steps_on(page)) == 4 and page.get_by_text("[MASK]", exact=True).count() == 0


def test_the_reader_s_own_text_is_filled_as_pytorch_fills_it(show, small, small_models):
    model = small_models["littleboth"]
    page = show(small("hybrid"), live=True)
    page.get_by_label("Your own text").press_sequentially("Anne _")
    page.locator("figure[data-live=true][data-step='1']").wait_for()  # filled, though at first there was no blank
    page.get_by_label("Your own text").fill(OWN)
    page.locator("figure[data-live=true] input[max='3']").first.wait_for()
    ids = [WORDS.eos_id, *WORDS.encode(" Anne walked to the [MASK] with [MASK] and [MASK].")]
    for order, mask in (("bidirectional", "square"), ("causal", "triangle"), ("prefix", "prefix")):
        choose(page, mask)
        page.locator(f"figure[data-order={order}][data-live=true]").wait_for()
        expected = fill(model, WORDS, ids, 3 if order == "prefix" else order, 3)
        page.get_by_role("slider", name="Step").fill("3")
        page.wait_for_function(
            """(p) => Math.abs(Number(document.querySelector("tr[data-p]").dataset.p) - p) < 1e-3""",
            arg=expected[2]["words"][0][0][1],
        )
        found = {step: text for step, text in steps_on(page)}
        assert [found[i + 1] for i in range(3)] == [step["words"][0][0][0] for step in expected]


def test_one_pass_fills_all_blanks_and_going_on_starts_before_the_first(show, small, small_models):
    model = small_models["littleboth"]
    page = show(small("hybrid"), live=True)
    page.get_by_role("slider", name="Passes").fill("1")
    page.locator("figure[data-live=true]").wait_for()
    assert [step for step, _ in steps_on(page)] == [1, 1]
    page.get_by_role("slider", name="Passes").fill("2")  # the stored run
    page.locator("figure[data-live=false]").wait_for()
    choose(page, "prefix")
    page.get_by_role("slider", name="Tokens all may see").fill("5")
    page.locator("figure[data-live=true]").wait_for()  # a prefix that is not stored is asked for
    choose(page, "square")
    page.locator("figure[data-live=false]").wait_for()
    page.get_by_label("Your own text").fill(OWN)
    choose(page, "go on from the first blank")
    page.locator("figure[data-game='go on'][data-live=true][data-step='4']").wait_for()
    ids = [WORDS.eos_id, *WORDS.encode(" Anne walked to the")]
    expected = [step["words"][0][0][0] for step in write_on(model, WORDS, ids, "bidirectional", 4)]
    page.locator(".strip .token").last.get_by_text(expected[-1], exact=True).wait_for()
    assert [text for _, text in steps_on(page)] == expected
