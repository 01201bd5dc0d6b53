"""A chapter as it is read: answers that wait, two depths, ticks, paper, and no scripts."""

PAGE = "chapters/03_masks.html"


def question(page, at=0):
    return page.locator("[data-bertgpt=Predict]").nth(at)


def gated(page):
    return page.locator(".gated:visible")


def test_an_answer_by_keyboard_opens_its_gates_and_no_others_and_is_remembered(open_page):
    page = open_page(PAGE)
    assert gated(page).count() == 0
    question(page).locator(".option").first.press("Enter")
    page.get_by_text("That is a triangle").wait_for()
    assert gated(page).first.locator("figure, img, svg").count() > 0
    assert 1 < gated(page).count() < page.locator(".gated").count() / 2
    page.reload()
    page.get_by_text("That is a triangle").wait_for()
    question(page).get_by_role("button", name="Ask me again").click()
    assert gated(page).count() == 0


def test_the_last_line_of_a_prediction_opens_what_waits_and_keeps_the_reader_there(open_page):
    page = open_page(PAGE)
    last = page.locator("[data-bertgpt=Predict]", has_text="Open the figure and the answer").last
    last.get_by_role("button", name="Open the figure and the answer").click()
    gated(page).first.wait_for()
    assert 0 < gated(page).count() < page.locator(".gated").count()
    assert last.get_by_role("status").inner_text().startswith("The answer: ")
    assert last.get_by_role("button", name="Ask me again").evaluate("(button) => button === document.activeElement")
    top = last.bounding_box()["y"]
    assert 0 <= top < 900 and gated(page).first.locator("img").first.is_visible()


def test_the_switch_opens_all_answers_on_every_page(open_page):
    page = open_page("chapters/02_attention.html")
    page.get_by_label("Open all answers").check()
    assert page.locator(".gated:visible").count() == page.locator(".gated").count()
    boxes, shut = page.locator(".admonition.answers"), page.locator(".admonition.answers.toggle-hidden")
    assert boxes.count() and not shut.count()
    page = open_page("chapters/05_two_models.html")
    assert page.get_by_label("Open all answers").is_checked() and not shut.count()
    first = question(page)
    assert first.locator(".printed").is_visible() and not first.locator(".choices, .opens").first.is_visible()
    assert page.locator(".gated:visible").count() == page.locator(".gated").count()
    page.get_by_label("Open all answers").uncheck()
    assert shut.count() == boxes.count()


def test_in_the_story_nothing_is_seen_of_a_closed_gate_and_no_check_is_in_sight(open_page):
    page = open_page("chapters/04_block.html")
    code, checks = page.locator(".waits:visible"), page.locator(".tag_check:visible")
    assert code.count() == checks.count() == 0
    question(page).locator(".option").first.click()
    page.locator(".gated:visible").first.wait_for()
    assert code.count() == page.locator(".gate.open > .waits:not(:has(> details.fold))").count()
    page.get_by_label("All code").check()
    assert code.count() == page.locator(".waits").count() > 3 and checks.count() > 9


def test_a_chapter_with_every_answer_is_ticked_and_stays_so(open_page):
    page = open_page(PAGE)
    link = page.locator(".bd-links a[href*='03_masks'], .bd-links .current.active > a").first
    for at in range(page.locator("[data-bertgpt=Predict]").count()):
        question(page, at).locator(".opens button:visible").click()
    assert page.locator(".chapter-done").count() == 0  # the quiz is still open
    quiz = page.locator("[data-bertgpt=Quiz]")
    for number in range(quiz.locator("li").count()):
        quiz.locator(".steps button").nth(number).click()
        quiz.locator("li").nth(number).locator("input").first.check()
        quiz.get_by_role("button", name="Check").click()
    assert "all questions answered" in link.text_content()
    question(page).get_by_role("button", name="Ask me again").click()
    page.reload()
    page.locator(".chapter-done").first.wait_for()
    assert page.locator(".chapter-done").count() == 1


def test_without_scripts_all_of_it_is_open(new_page, book_url):
    page = new_page(java_script_enabled=False)
    page.goto(book_url + PAGE)
    gated = page.locator(".gated")
    assert gated.count() > 5 and all(each.is_visible() for each in gated.all())
    assert page.locator("details.fold pre").first.is_visible()
    assert "The answer: three in BERT, none in GPT." in question(page).locator("noscript").inner_text()
    assert not page.locator("form.reading").is_visible()
    page.faults[:] = [fault for fault in page.faults if "/scripts/" not in fault]  # preloaded, and never run


def test_on_paper_all_of_it_is_open_and_code_is_wrapped(open_page):
    page = open_page(PAGE)
    for answered in (False, True):
        if answered:
            page.emulate_media(media="screen")
            question(page).locator(".option").first.click()
        page.emulate_media(media="print")
        assert page.locator(".gated").count() == page.locator(".gated:visible").count() > 5
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("article details:not([open])").count() == 0
        assert page.locator("article pre").first.evaluate("el => getComputedStyle(el).whiteSpace") == "pre-wrap"
        answers = page.locator(".printed-answers")
        assert "The answer: three in BERT, none in GPT." in answers.inner_text()
        assert answers.locator("li").count() == page.locator("[data-bertgpt=Predict]").count()
        assert page.get_by_text("The answer: three in BERT").filter(visible=True).count() == 1
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert answers.count() == 0
        assert page.locator("details.fold[open]").count() == 0


def test_a_widget_fills_the_screen_and_leaves_it_as_it_was(open_page):
    page = open_page(PAGE)
    widget = page.locator("[data-bertgpt=LiveMaskExplorer]")
    widget.locator("form").wait_for()
    width = widget.locator("form").bounding_box()["width"]
    button = page.get_by_role("button", name="Full screen").first
    button.click()
    page.wait_for_function("() => document.querySelector('[data-bertgpt=LiveMaskExplorer]').style.zoom")
    shown = widget.locator("form").bounding_box()
    assert page.evaluate("document.fullscreenElement.dataset.bertgpt") == "LiveMaskExplorer"
    assert shown["width"] > 1.1 * width and shown["y"] >= 0 and shown["y"] + shown["height"] <= 900
    page.evaluate("document.exitFullscreen()")
    page.wait_for_function("() => !document.querySelector('[data-bertgpt=LiveMaskExplorer]').style.zoom")
    assert widget.locator("form").bounding_box()["width"] == width
    assert (
        page.locator(".to-full-screen + [data-bertgpt=Quiz]").count() == 0 < page.locator("[data-bertgpt=Quiz]").count()
    )
    page.set_viewport_size({"width": 375, "height": 700})
    assert not button.is_visible()
