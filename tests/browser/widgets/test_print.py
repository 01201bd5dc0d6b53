"""The book for the printer, arranged in a browser: answers at the end, code folded away, widgets named."""

import pdf
import pytest

from bertgpt_book.widgets import CostCalculator, CourseTest, Predict, Quiz

STYLE = pdf.ROOT / "tools" / "sphinx_ext" / "static" / "book.css"
QUESTION = {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}
SAID = "all => all.map((host) => [host.dataset.bertgpt, getComputedStyle(host, '::after').content.includes('picture')])"


def test_answers_stand_at_the_end_and_a_widget_says_what_it_is(show):
    page = show(CostCalculator(), Quiz([QUESTION]), Predict("2 + 3?", ["5", "6"], answer="5", why="Count."))
    page.evaluate("""() => {
      const article = document.createElement("article");
      article.className = "bd-article";
      article.setHTMLUnsafe(`<h1>3 Masks<a href="#x">#</a></h1><details><summary>a</summary>b</details>
        <details class="fold"><summary>2 checks passed</summary>assert 🙂</details><p>Exercise 3.1 🙂.</p>
        <div class="solution" id="s-1"><p>Use tril.</p></div><p>More.</p>`);
      article.append(document.querySelector("[data-bertgpt=Predict]"));
      document.body.append(article);
    }""")
    page.evaluate(pdf.ARRANGE)
    parts = page.locator("article").all_inner_texts()
    assert len(parts) == 2 and "Use tril" not in parts[0] and "b" in parts[0] and "checks" not in parts[0]
    assert [line for line in parts[1].splitlines() if line] == [
        "Answers and solutions",
        "3 Masks",
        "Prediction 1. The answer: 5. Count.",
        "Use tril.",
    ]
    assert "PREDICT 1" in parts[0].upper() and "The answer" not in parts[0]
    assert page.locator("a[href='#s-1']").inner_text() == "Its solution stands at the end of the book."
    captions = page.locator("figcaption").all_inner_texts()
    assert len(captions) == 1 and captions[0].endswith("as it begins. On its page it moves.")


@pytest.mark.parametrize("whole", [False, True])
def test_a_picture_on_paper_has_one_caption_and_a_question_none(show, whole):
    """A page printed by its reader names its pictures in the style sheet, the whole book by `pdf.ARRANGE`."""
    guess = Predict("2 + 3?", ["5", "6"], answer="5", why="Count.")
    page = show(CostCalculator(), Quiz([QUESTION]), guess, CourseTest([QUESTION]))
    page.add_style_tag(path=STYLE)
    page.emulate_media(media="print")
    if whole:
        page.evaluate("document.body.className = 'printed'")
        page.evaluate(pdf.ARRANGE)
    said = dict(page.eval_on_selector_all("[data-bertgpt]", SAID))
    assert said == {"CostCalculator": not whole, "Quiz": False, "Predict": False, "CourseTest": False}
    assert page.locator("figcaption").count() == whole
