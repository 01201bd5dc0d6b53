"""The book for the printer, arranged in a browser: answers at the end, code folded away, widgets named."""

import pdf

from bertgpt_book.widgets import CostCalculator, Predict, Quiz

QUESTION = {"question": "2 + 3?", "options": ["5", "6"], "answer": 0, "explanation": "Count."}


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
