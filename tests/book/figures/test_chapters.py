"""The figures of single chapters: what is drawn is what was given."""

import pytest
import torch

from bertgpt_book.figures import attention, block, decoding, heads, prompts, real_weights


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_norm_is_after_the_sum_in_bert_and_before_the_branch_in_gpt():
    (ax,) = block.plot_parts("+").axes
    rows = {name: [] for name in ("GPT", "BERT")}  # BERT's is the upper one
    for text in sorted(ax.texts, key=lambda text: text.get_position()[0]):
        word = text.get_text().replace("\n", "")
        if word and word not in rows:
            rows["BERT" if text.get_position()[1] > 1 else "GPT"].append(word)
    assert rows["BERT"] == ["self-attention", "+", "LayerNorm", "feed-forward", "+", "LayerNorm"]
    assert rows["GPT"] == ["LayerNorm", "self-attention", "+", "LayerNorm", "feed-forward", "+"]


def test_a_tree_is_thick_along_the_beam_and_dashed_along_the_greedy_path():
    tree = {"was": (0.6, {"glad": 0.4, "kind": 0.6}), "ran": (0.4, {"home": 1.0})}
    (ax,) = decoding.plot_beam_tree("she", tree, n_beams=1).axes
    bold = [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"]
    assert bold == ["home   0.40"]
    assert sum(line.get_linestyle() == "--" for line in ax.lines) == 2


def test_a_cache_computes_each_token_once():
    for ax, n in zip(decoding.plot_cache(list("abcdef"), n_prompt=3).axes, (3 + 4 + 5, 5)):
        filled = [cell for cell in ax.patches if cell.get_facecolor()[3]]
        assert (len(filled), len(ax.patches)) == (n, 12)
        assert ax.get_xlabel() == f"{n} tokens computed"


def test_what_was_written_first_is_darkest():
    (ax,) = decoding.plot_passes({"surest first": ([" a", "b", "\n", " long", "e"], [2, 1, 4, 3, 5])}).axes
    shades = [cell.get_facecolor()[3] for cell in ax.patches]
    assert sorted(range(5), key=lambda i: -shades[i]) == [1, 0, 3, 2, 4]
    assert [text.get_text() for text in ax.texts] == ["a", "2", "b", "1", "¶", "4", "long", "3", "e", "5"]
    assert ax.patches[4].get_y() < ax.patches[3].get_y()  # four in a row


def test_todays_blocks_stand_beside_the_masks_that_tell_them_apart():
    encoder, decoder = block.plot_changes().axes
    for ax, n_open in ((encoder, 25), (decoder, 15)):
        cells = [cell for cell in ax.patches if cell.get_width() == pytest.approx(0.26)]
        assert (len([cell for cell in cells if cell.get_facecolor()[3]]), len(cells)) == (n_open, 25)


def test_trained_and_random_weights_stand_side_by_side_above_the_coin():
    rows = {"BERT": [0.6, 0.7], "BERT, random weights": [0.55], "GPT": [0.8], "GPT, random weights": [0.5]}
    rows["MiniLM"] = [0.8, 0.9]
    bert, gpt = heads.plot_untrained({"frozen": rows}, {"frozen": 0.75}, {"frozen": 0.58}).axes
    assert [bar.get_y() for bar in bert.patches] == [0.5, 0.5]
    assert [bar.get_height() for bar in bert.patches] == pytest.approx([0.05, 0.15])
    assert [bar.get_height() for bar in gpt.patches] == pytest.approx([0, 0.3]) and texts(gpt) == ["0.50", "0.80"]
    levels = [{*line.get_ydata()} for line in bert.lines]
    assert {0.75} in levels and {0.58} in levels
    published = [[line.get_ydata().tolist() for line in ax.lines if line.get_marker() == "D"] for ax in (bert, gpt)]
    assert published == [[[pytest.approx(0.85)]], []] and bert.get_ylim()[1] > 0.85


def test_states_are_shown_where_the_two_texts_first_states_differ_most():
    one, other = torch.zeros(2, 5), torch.zeros(3, 5)
    other[0, 3], other[1, 0] = 2.0, 9.0
    texts = {"a": (["x", "y"], one), "b": (["x", "y", "z"], other)}
    first, second, *_ = heads.plot_states({"BERT": texts, "GPT": texts}, shown=1).axes
    assert [[*ax.collections[0].get_array().flatten()] for ax in (first, second)] == [[0, 0], [2, 0, 0]]
    assert first.collections[0].get_clim() == (-2, 2)


def test_a_candidate_is_joined_from_its_place_by_one_score_to_its_place_by_another():
    (ax,) = prompts.plot_ranks([-1.0, -3.0, -2.0], [0.5, 4.0, -9.0], "ABC", ("given", "PMI"), bold={1}).axes
    assert [[*line.get_ydata()] for line in ax.lines] == [[0, 1], [2, 0], [1, 2]]
    assert texts(ax) == ["-1.0  A", "A  0.5", "-3.0  B", "B  4.0", "-2.0  C", "C  -9.0"]
    assert [line.get_linewidth() > 2 for line in ax.lines] == [False, True, False]


def test_each_text_has_its_place_with_each_model_and_the_first_place_is_filled():
    (ax,) = prompts.plot_places(["one", "two"], {"BERT": [2, 1], "GPT": [1, 2]}, bold=1).axes
    filled = [(box.get_x(), round(box.get_y() + 0.42)) for box in ax.patches if box.get_alpha() == 1]
    assert filled == [(0, 1), (1, 0)]
    assert texts(ax) == ["BERT", "2", "1", "GPT", "1", "2", "one", "two"]
    assert [text.get_text() for text in ax.texts if text.get_weight() == "bold"] == ["BERT", "GPT", "two"]


def test_what_a_rule_takes_is_named_at_its_line_and_drawn_large():
    rows = {"search": {"our BERT": (0.2, (0.1, 0.3))}, "names": {"our GPT": (-0.1, (-0.2, 0.0))}}
    (ax,) = prompts.plot_differences(rows, "lead", {"search": "our BERT", "names": "the rival"}).axes
    assert [text.get_text() for text in ax.texts] == ["our BERT", "the rival", "the rival", "take"]
    sizes = {line.get_xdata()[0]: line.get_markersize() for line in ax.lines if len(line.get_xdata()) == 1}
    assert sizes[0.2] > sizes[-0.1]


def test_a_fault_stands_where_it_moves_the_state_and_what_it_changes_is_bold():
    off = {"BERT": {"nothing": 0.0, "heads": 0.5}, "GPT": {"nothing": 0.0, "heads": 0.1}}
    outcomes = {"BERT": {"nothing": "8", "heads": "8"}, "GPT": {"nothing": "0.7", "heads": "13.0"}}
    bert, gpt = real_weights.plot_faults(off, outcomes).axes
    assert [(*line.get_xdata(), *line.get_ydata()) for ax in (bert, gpt) for line in ax.lines] == [(0.5, 1), (0.1, 1)]
    assert texts(gpt) == ["0.7", "13.0"]
    assert [text.get_weight() for ax in (bert, gpt) for text in ax.texts] == ["normal"] * 3 + ["bold"]


def test_attention_is_drawn_with_its_numbers_and_one_row_is_outlined():
    x = torch.tensor([[1.0, 0.0], [0.0, -1.5]])
    tables = dict.fromkeys(("x", "q", "k", "v", "scores", "weights", "output"), x)
    (ax,) = attention.plot_flow(["one", "two"], tables, row=1).axes
    assert texts(ax).count("−1.50") == 7 and texts(ax).count("two") == 3
    assert [text.get_text() for text in ax.texts if text.get_fontweight() == "bold"] == ["two"] * 3
    assert sum(patch.get_linewidth() == 1.8 for patch in ax.patches) == 5  # not of the keys and the values


def test_heads_are_drawn_over_their_own_tokens():
    weights = torch.tensor([[1.0, 0.0, 0.0], [0.3, 0.7, 0.0], [0.4, 0.3, 0.3]])
    bert, gpt = attention.plot_heads({"BERT, a": (list("abc"), weights), "GPT, b": (list("ab"), weights[:2, :2])}).axes
    assert (texts(bert), texts(gpt)) == (["1", ".7"], ["1", ".7"])
    assert [label.get_text() for label in gpt.get_yticklabels()] == ["a", "b"]
