"""The query explorer without a browser: its traits, its HTML twin, its arithmetic in both languages."""

import json

import pytest
import torch
import torch.nn.functional as F
from harmless import HOSTILE, assert_harmless

from bertgpt.book.widgets import QueryExplorer
from bertgpt.book.widgets.query_explorer import read_query

KEYS = {"Emma": (2.5, 0.0), "walked": (0.0, 2.0), "home": (-2.0, -1.5)}
VALUES = {"Emma": (3.0, 2.5), "walked": (-3.0, 1.5), "home": (1.0, -3.0)}


def run_js(in_node, expression, data, scripts=("plane.js", "query_explorer.js")):
    """Evaluate an expression of `widget` (the module's exports) and `data` under node."""
    return in_node(scripts, f"""import * as widget from "./widget.mjs"; const data = {json.dumps(data)};
        console.log(JSON.stringify({expression}));""")


def vectors(seed, *shape, width=3):
    return width * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("scaled", [True, False])
def test_the_page_and_python_read_a_query_alike(in_node, scaled):
    cases = [(vectors(n, k), vectors(n + 10, n, k), vectors(n + 20, n, d))
             for n, k, d in [(1, 2, 2), (3, 2, 2), (4, 5, 3), (7, 2, 2)]]
    cases.append((torch.tensor([400.0, 0.0]).double(), vectors(1, 3, 2), vectors(2, 3, 2)))  # exp overflows
    got = run_js(in_node, f"data.map((a) => Object.values(widget.readQuery(...a, {str(scaled).lower()})))",
                 [[part.tolist() for part in case] for case in cases])
    for answer, case in zip(got, cases, strict=True):
        for page, python in zip(answer, read_query(*case, scaled=scaled), strict=True):
            torch.testing.assert_close(torch.tensor(page, dtype=torch.float64), python)


def test_scaled_it_is_torchs_attention():
    query, keys, values = vectors(0, 2), vectors(1, 3, 2), vectors(2, 3, 2)
    expected = F.scaled_dot_product_attention(query[None], keys, values)[0]
    torch.testing.assert_close(read_query(query, keys, values)[2], expected)
    assert not torch.allclose(read_query(query, keys, values, scaled=False)[2], expected)


def test_a_masked_key_has_no_weight_and_the_others_share_it_as_if_it_were_not_there(in_node):
    query, keys, values = vectors(0, 2), vectors(1, 4, 2), vectors(2, 4, 3)
    _, weights, output = read_query(query, keys, values, masked=2)
    left = [0, 1, 3]
    torch.testing.assert_close(output, read_query(query, keys[left], values[left])[2])
    assert weights[2] == 0
    page = run_js(in_node, "widget.readQuery(...data)", [part.tolist() for part in (query, keys, values)] + [True, 2])
    assert page["weights"] == pytest.approx(weights.tolist()) and page["output"] == pytest.approx(output.tolist())


def test_no_name_covers_another_wherever_the_query_is(in_node):
    """The chapter's example, the query on a grid: no overlap of two names that one would see, nor of a name and a mark.

    The marks are where the arrows begin, the query's grip and the output's ring.
    """
    keys = {"Emma": (2.5, 0.0), "walked": (-1.0, 2.5), "home": (-1.5, -2.0), "alone": (0.2, 0.7)}
    values = {"Emma": (2.5, 3.0), "walked": (-3.0, 1.5), "home": (-2.0, -3.2), "alone": (3.0, -2.5)}
    data = {"names": list(keys), "keys": list(keys.values()), "values": list(values.values())}
    worst, on_marks = run_js(in_node, """(() => {
      let [worst, onMarks] = [0, 0];
      for (let x = -4; x <= 4; x += 0.5) for (let y = -4; y <= 4; y += 0.5) {
        const { output } = widget.readQuery([x, y], data.keys, data.values);
        const points = [[x, y], output, ...data.keys, ...data.values];
        const words = ["query", "output", ...data.names, ...data.names.map((name) => `value of ${name}`)];
        const labels = points.map(([a, b], i) => (
          { x: 200 + 50 * a, y: 200 - 50 * b, words: words[i], size: i < 6 ? 14 : 12 }));
        const marks = [[0, 0, 10], [x, y, 8], [...output, 9]].map(([a, b, r]) =>
          [200 + 50 * a - r, 200 - 50 * b - r, 200 + 50 * a + r, 200 - 50 * b + r]);
        const boxes = widget.placed(labels, marks).map((label) => label.box);
        const overlap = ([a, b, c, d], [e, f, g, h]) =>
          Math.min(Math.min(c, g) - Math.max(a, e), Math.min(d, h) - Math.max(b, f));
        boxes.forEach((box, i) => {
          worst = Math.max(worst, ...boxes.slice(0, i).map((other) => overlap(box, other)));
          onMarks += marks.filter((other) => overlap(box, other) > 2).length;
        });
      }
      return [worst, onMarks]; })()""", data)
    assert worst < 2 and on_marks < 4                      # pixels of 400, and cases of 2,890


def test_the_hull_keeps_the_corners_and_drops_what_lies_inside(in_node):
    points = [[0, 0], [2, 0], [1, 1], [2, 2], [0, 2], [1, 0]]
    corners = run_js(in_node, "widget.hull(data)", points)
    assert sorted(corners) == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_the_explorer_tells_python_what_it_shows():
    widget = QueryExplorer(KEYS, VALUES, query=(1, 1))
    scores, weights, output = widget.read()
    torch.testing.assert_close(scores * 2 ** 0.5, torch.tensor([2.5, 2.0, -3.5], dtype=torch.float64))
    torch.testing.assert_close(output, weights @ torch.tensor(list(VALUES.values())).double())
    widget.scaled, widget.query = False, [0.0, 0.0]
    assert widget.read()[1].tolist() == pytest.approx([1 / 3] * 3)


def test_values_are_the_keys_unless_they_are_given():
    widget = QueryExplorer(KEYS)
    assert widget.value_vectors == widget.key_vectors == [[2.5, 0], [0, 2], [-2, -1.5]]
    reordered = QueryExplorer(KEYS, dict(reversed(VALUES.items())))
    assert reordered.value_vectors == [list(VALUES[name]) for name in KEYS]


@pytest.mark.parametrize("keys, values, query, reason", [
    (KEYS, {"Emma": (0, 0)}, (1, 1), "keys are named"),
    ({"Emma": (1, 2, 3)}, None, (1, 1), "two numbers for 'Emma'"),
    (KEYS, VALUES, (5, 1), "outside the plane"),
    ({"Emma": (1, 9)}, None, (1, 1), "outside the plane"),
])
def test_what_cannot_be_drawn_is_refused(keys, values, query, reason):
    with pytest.raises(ValueError, match=reason):
        QueryExplorer(keys, values, query)


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: QueryExplorer(KEYS | {HOSTILE: (1, 1)}))
    assert repr(QueryExplorer(KEYS)) == "QueryExplorer(keys=3)"
