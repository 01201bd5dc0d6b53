"""What a reader answered, kept by a browser, by one that is full, and by one that keeps nothing."""

# A page of the book as storage.js sees one: an address, a store, an element that counts what it tells.
PAGE = """
globalThis.location = { pathname: "/book/chapters/03_masks.html" };
const items = {};
globalThis.localStorage = { getItem: (key) => items[key] ?? null, setItem: (key, value) => { items[key] = value; } };
const element = { dataset: {}, dispatchEvent() {} };
const key = page.questionKey({ question: "2 + 3?", options: ["5", "6"] });
"""


def test_a_store_that_is_denied_full_or_spoilt_is_no_error(in_node):
    found = in_node(
        "storage.js",
        PAGE
        + """const found = [];
        items["bertgpt:done"] = "{spoilt";
        found.push(page.kept("done", "nothing"));
        globalThis.localStorage.setItem = () => { throw new Error("full"); };
        page.remember(element, key, { given: 0 });
        found.push(element.dataset.question, page.recall(key) ?? "nothing");
        Object.defineProperty(globalThis, "localStorage", { get() { throw new Error("denied"); } });
        page.remember(element, key, { given: 0 });
        found.push(page.recall(key) ?? "nothing");
        return found;""",
    )
    assert found == ["nothing", "answered", "nothing", "nothing"]


def test_a_page_and_its_notebook_have_one_name(in_node):
    paths = ["/book/chapters/03_masks.html", "/03_masks.ipynb", "/C:/book/03_masks.html", "/chapters/", ""]
    found = in_node("storage.js", PAGE + "return given.map(page.pageOf);", paths)
    assert found == ["03_masks"] * 3 + [""] * 2
