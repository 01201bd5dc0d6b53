"""Under which name a reader's answers are kept."""


def test_a_page_and_its_notebook_have_one_name(in_node):
    paths = ["/book/chapters/03_masks.html", "/03_masks.ipynb", "/C:/book/03_masks.html", "/chapters/", ""]
    assert in_node("storage.js", "return given.map(page.pageOf);", paths) == ["03_masks"] * 3 + [""] * 2
