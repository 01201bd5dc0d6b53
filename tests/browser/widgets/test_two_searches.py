"""Two searches in a browser: a listed question has both answers, one's own has the count's, and the reason."""

from bertgpt_book.widgets import TwoSearches


def numbers(items):
    return items.evaluate_all("all => all.map((each) => Number(each.dataset.passage))")


def passages(page, i):
    return numbers(page.locator("section").nth(i).locator("li"))


def test_a_listed_question_has_two_answers_and_one_s_own_has_one(show):
    widget = TwoSearches()
    page = show(widget)
    for i, (_, right, recorded) in enumerate(widget.questions):
        page.get_by_label("A question about this course").select_option(str(i))
        counted = passages(page, 0)
        assert passages(page, 1) == recorded and len(set(counted)) == 3
        ticked = numbers(page.locator("li.right"))
        assert sorted(ticked) == sorted(each for each in [*counted, *recorded] if each in right)
        assert page.locator(".status").inner_text().startswith("The answer with TF-IDF: ")
    page.get_by_label("Or type your own").fill("Who may the mask look at? <b>")
    assert len(passages(page, 0)) == 3 and passages(page, 1) == []
    bold = {word.lower() for word in page.locator("li b").all_inner_texts()}
    assert bold and bold <= {"mask", "look", "b"}
    assert "In the notebook" in page.locator("section").nth(1).inner_text()
    page.get_by_label("Or type your own").fill("zyzzyva")
    assert "No word of it" in page.locator("section").first.inner_text()
