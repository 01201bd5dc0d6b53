"""The loss explorer in a browser: choose an axis, walk along the curves, read what may be compared."""

from bertgpt_book.widgets import LossExplorer

LINES = {"BERT": {"ln V": 9.0, "unigram": 6.5}, "GPT": {"ln V": 9.0, "unigram": 6.6, "trigram": 4.8}}


def explorer(**traits):
    falls, asked = {"BERT": [6.8, 6.4, 6.1], "GPT": [6.4, 5.2, 4.7]}, {"BERT": 300, "GPT": 1000}
    return LossExplorer(
        [
            {
                "model": name,
                "seed": seed,
                "points": [
                    [100 * i, 102_400 * i, asked[name] * i, loss + 0.1 * seed] for i, loss in enumerate(losses, start=1)
                ],
            }
            for name, losses in falls.items()
            for seed in (0, 1)
        ],
        LINES,
        **traits,
    )


def test_the_chosen_axis_seed_and_point_are_read_out(show):
    page = show(explorer())
    slider = page.get_by_role("slider", name="Place on the curves")
    page.locator("input[name=axis][value=predictions]").check()
    page.locator("input[name=seed][value='1']").check()
    slider.fill("0")
    assert slider.get_attribute("aria-valuetext") == "1,000 predictions made"
    lines = [page.locator(f"section[aria-label={name}] .status").inner_text() for name in ("BERT", "GPT")]
    assert lines[0].startswith("BERT after step 300: 6.20 nats at hidden tokens; below")
    assert lines[1].startswith("GPT after step 100: 6.50 nats at the next token; below")
    assert "Do not compare 6.20 with 6.50" in page.locator("[role=status]").inner_text()
    slider.fill("2")  # a million predictions of GPT, of which BERT makes 900
    assert "training is over" in page.locator("[role=status]").inner_text()
    page.locator("input[name=axis][value=tokens]").check()
    assert "The same text" in page.locator("[role=status]").inner_text()
    slider.fill("1")
    page.locator("input[name=seed][value=all]").check()
    line = page.locator("section[aria-label=GPT] .status").inner_text()
    assert line == "GPT after step 200: 5.25 nats at the next token, 5.20 to 5.30 over the seeds; below ln V, unigram."


def test_baselines_and_seeds_come_and_go(show):
    page = show(explorer())
    lines = page.locator("g[data-line=unigram]")
    assert [line.is_visible() for line in lines.all()] == [True, True]
    page.get_by_role("checkbox", name="unigram").uncheck()
    assert [line.is_visible() for line in lines.all()] == [False, False]
    assert page.locator("section[aria-label=BERT] g[data-line=trigram]").count() == 0
    page.locator("input[name=seed][value='1']").check()
    assert [curve.is_visible() for curve in page.locator("section[aria-label=GPT] polyline").all()] == [False, True]
