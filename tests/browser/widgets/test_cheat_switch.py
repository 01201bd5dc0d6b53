"""The cheat switch in a browser: choose a training, walk along its curve, read what it writes and what leaks."""

import torch

from bertgpt.book.widgets import CheatSwitch

TOKENS = list("at sea")
T = len(TOKENS)
STEPS = [0, 25, 50, 75]
LINES = {"ln V": 4.4, "unigram": 3.0, "bigram": 2.4}


def switch(**traits):
    moved = torch.rand(T, T, generator=torch.Generator().manual_seed(0)) + 0.01
    falls = {"honest": (moved.tril(), [4.4, 2.9, 2.5, 2.3]), "cheat": (moved, [4.4, 2.9, 2.45, 0.1])}
    runs = {name: [{"step": step, "loss": loss, "alone": 5 - loss, "sample": f"{name} after {step}", "leak": leak}
                   for step, loss in zip(STEPS, losses)] for name, (leak, losses) in falls.items()}
    return CheatSwitch(runs, TOKENS, baselines=LINES, prompt="she ", **traits)


def test_a_run_and_a_step_are_shown_with_their_sample_and_leakage(show):
    page = show(switch())
    pairs = T * (T - 1) // 2
    for run, ahead in (("cheat", pairs), ("honest", 0)):
        page.locator(f"input[name=run][value={run}]").check()
        for step, loss in ((75, {"cheat": "0.10", "honest": "2.30"}[run]), (0, "4.40")):
            page.get_by_role("slider", name="Training step").fill(str(step))
            assert page.locator(".written").text_content() == f"she {run} after {step}"
            assert f"Step {step}: loss {loss} nats" in page.locator("[role=status]").inner_text()
            count = page.locator("section[aria-label=leak] .status").inner_text()
            assert count == f"Right of the diagonal, where a later token changes: {ahead} of {pairs} move."
            assert page.locator('td[data-moved="0"].closed').count() == pairs - ahead


def test_the_dot_walks_down_the_chosen_curve(show):
    page = show(switch(run="cheat"))
    where = "dot => [Number(dot.getAttribute('cx')), Number(dot.getAttribute('cy'))]"
    dot = page.locator("circle.here")
    start = dot.evaluate(where)
    page.get_by_role("slider", name="Training step").focus()
    page.keyboard.press("End")
    end = dot.evaluate(where)
    assert end[0] > start[0] and end[1] > start[1]      # an SVG counts from the top: lower is more
    chosen = page.locator("polyline.chosen")
    assert chosen.evaluate_all("all => all.map((curve) => [curve.dataset.run, curve.dataset.asked])") == [
        ["cheat", "together"], ["cheat", "alone"]]
    assert [curve.is_visible() for curve in page.locator("polyline[data-run=honest]").all()] == [False, False]
    page.keyboard.press("ArrowLeft")
    assert page.locator("figure").get_attribute("data-step") == "50"
    assert page.locator("line.baseline").count() == len(LINES)
    assert page.get_by_role("img", name="Loss over training steps of the run “cheat”").count() == 1


def test_a_cell_of_the_grid_reads_aloud(show):
    page = show(switch())
    cell = page.locator('td[data-t="0"][data-s="5"]')
    assert cell.get_attribute("aria-label") == "Change “a”, token 6: the output at “a”, token 1, does not move."
    page.locator("input[name=run][value=cheat]").check()
    assert "moves by" in cell.get_attribute("aria-label")
    cell.hover()
    assert page.locator(".readout").inner_text() == cell.get_attribute("aria-label")


def test_it_plays_from_the_first_step_to_the_last_and_can_be_stopped(show):
    page = show(switch(run="cheat", step=75), fresh=True)
    page.clock.install()
    figure, play = page.locator("figure"), page.get_by_role("button", name="Play the training")
    status = page.locator("[role=status]")
    play.click()                                               # at the last step it starts over
    assert status.get_attribute("aria-live") == "off"          # a step is shorter than its sentence
    seen = [figure.get_attribute("data-step")]
    for _ in range(2):
        page.clock.run_for(900)
        seen.append(figure.get_attribute("data-step"))
    assert seen == ["0", "25", "50"]
    page.get_by_role("button", name="Pause").click()
    assert status.get_attribute("aria-live") == "polite"
    page.clock.run_for(5000)
    assert figure.get_attribute("data-step") == "50"
    play.click()
    assert figure.get_attribute("data-step") == "75" and play.is_visible()      # the last step, and no Pause
    play.click()
    page.get_by_role("slider", name="Training step").fill("0")                  # a reader who moves it takes over
    page.clock.run_for(5000)
    assert figure.get_attribute("data-step") == "0"


def test_nothing_moves_by_itself_where_less_motion_is_asked_for(show):
    page = show(switch(), reduced_motion="reduce", fresh=True)
    page.clock.install()
    play = page.get_by_role("button", name="Play the training: one step")
    for expected in ("25", "50", "75", "0"):
        play.click()
        page.clock.run_for(5000)
        assert page.locator("figure").get_attribute("data-step") == expected


def test_ten_letters_stand_side_by_side_on_a_phone_and_hostile_text_is_text(show):
    hostile = "<img src=x onerror=alert(1)>" * 4
    row = {"step": 0, "loss": 4.4, "alone": 4.4, "sample": hostile, "leak": torch.ones(10, 10)}
    page = show(CheatSwitch({"cheat": [row]}, list("she␣smiled"), baselines=LINES, prompt=hostile), width=375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.locator(".written").text_content() == 2 * hostile
    grid = page.locator("section[aria-label=leak] .scroll")
    assert grid.evaluate("(scroll) => scroll.scrollWidth - scroll.clientWidth") == 0
    assert page.locator("td[data-t]").first.bounding_box()["width"] >= 24
