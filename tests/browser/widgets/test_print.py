"""The book for the printer, arranged in a browser: solutions at the end, folds open, widgets named."""

import pdf

from bertgpt.widgets import CostCalculator, Quiz

QUESTION = {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


def test_solutions_stand_at_the_end_and_a_widget_says_what_it_is(show):
    page = show(CostCalculator(), Quiz([QUESTION]))
    page.evaluate("""() => {
      const article = document.createElement("article");
      article.className = "bd-article";
      article.setHTMLUnsafe(`<h1>3 Masks<a href="#x">#</a></h1><details><summary>a</summary>b</details>
        <p>Exercise 3.1</p><div class="solution" id="s-1"><p>Use tril.</p></div><p>More.</p>`);
      document.body.append(article);
    }""")
    page.evaluate(pdf.ARRANGE)
    parts = page.locator("article").all_inner_texts()
    assert len(parts) == 2 and "Use tril" not in parts[0] and "b" in parts[0]
    assert [line for line in parts[1].splitlines() if line] == ["Solutions", "3 Masks", "Use tril."]
    assert page.locator("a[href='#s-1']").inner_text() == "Its solution stands at the end of the book."
    captions = page.locator("figcaption").all_inner_texts()
    assert len(captions) == 1 and captions[0].endswith("as it begins. On its page it moves.")


def test_a_book_without_exercises_has_no_solutions(show):
    page = show(CostCalculator())
    page.evaluate(pdf.ARRANGE)
    assert page.locator("#solutions").count() == 0
