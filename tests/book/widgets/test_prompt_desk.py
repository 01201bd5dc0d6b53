"""The prompt desk: what it stores are the models' own answers, and the page counts as Python does."""

import json
import math

import pytest
import torch
from harmless import HOSTILE, assert_harmless

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.widgets import PromptDesk
from bertgpt.book.widgets.prompt_desk import DECODING, go_on, told
from bertgpt.inference.decoding import generate

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=32, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)
STORY = {"name": "story", "text": " She walked to the", "notes": {"BERT": "It cannot."}}
BLANK = {"name": "cloze", "text": " She walked to the", "blank": " She walked to the [MASK]."}
REPLY = {"name": "reply", "text": "How now?\n\n", "candidates": ["Well, sir.", "Ay."], "first": "How now?"}


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(0)
    return (BERTForPreTraining(TransformerConfig.bert(**SIZES)).eval(), GPT(TransformerConfig.gpt(**SIZES)).eval())


def desk(pair, prompts=(STORY, BLANK, REPLY), **traits):
    return PromptDesk(*pair, TOKENIZER, prompts, n_new=6, **traits)


@pytest.mark.parametrize("rule", DECODING)
def test_each_token_has_the_probability_that_gpt_gave_it(rule, pair):
    temperature, seed = DECODING[rule]
    run = go_on(pair[1], TOKENIZER, STORY["text"], 6, temperature, seed)
    prompt = torch.tensor([TOKENIZER.encode(STORY["text"])])
    ids = generate(pair[1], prompt, 6, temperature=temperature, generator=torch.Generator().manual_seed(seed))[0]
    with torch.inference_mode():
        p = pair[1](ids[None])[0].softmax(dim=-1)              # at temperature 1, whatever the token was drawn at
    new = range(prompt.size(1), len(ids))
    assert run["tokens"] == TOKENIZER.tokens(ids[prompt.size(1):]) and len(run["tokens"]) == 6
    assert run["p"] == pytest.approx([p[i - 1, ids[i]].item() for i in new], rel=6e-3)       # of three digits


def test_draws_differ_and_repeat(pair):
    first, again = (desk(pair).desk[0]["runs"] for _ in range(2))
    assert [run["rule"] for run in first] == list(DECODING) and first == again
    assert len({tuple(run["tokens"]) for run in first}) == len(DECODING)


def test_candidates_are_judged_by_both(pair):
    entry = desk(pair).desk[2]
    assert sum(entry["GPT"]["shares"]) == pytest.approx(1, abs=2e-3)
    for text, share in zip(REPLY["candidates"], entry["BERT"]["shares"]):
        ids, segments = (torch.tensor([part]) for part in TOKENIZER.encode_pair(" How now?", f" {text}"))
        with torch.inference_mode():
            assert share == pytest.approx(pair[0](ids, segment_ids=segments)[1].softmax(-1)[0, 0].item(), rel=1e-2)


def test_a_blank_is_filled_and_a_story_is_not(pair):
    story, blank, _ = desk(pair).desk
    assert story["BERT"] is None and story["notes"]["BERT"] == "It cannot."
    assert blank["BERT"]["shares"] == sorted(blank["BERT"]["shares"], reverse=True) and len(blank["BERT"]["names"]) == 5


def test_a_text_of_other_weights_can_be_shown(pair):
    written = {"fine-tuned": {"tokens": [" Close"], "p": [0.5]}}
    widget = desk(pair, [{**STORY, "written": written}])
    assert widget.desk[0]["runs"] == [{"rule": "fine-tuned", "tokens": [" Close"], "p": [0.5]}]
    assert widget.told() == {"nats": round(math.log(2), 4), "each": round(math.log(2), 4)}


@pytest.mark.parametrize("prompts, complaint", [
    ([], "needs a prompt"), ([{"name": "", "text": " a" * 40}], "max_len = 32")])
def test_what_cannot_be_shown_is_refused(pair, prompts, complaint):
    with pytest.raises(ValueError, match=complaint):
        desk(pair, prompts)


def test_the_html_is_stable_and_asks_nobody_for_anything(pair):
    assert_harmless(lambda: desk(pair, [{**REPLY, "name": HOSTILE, "notes": {"GPT": HOSTILE}}]))
    assert repr(desk(pair)) == "PromptDesk(prompts=3)"


DESK_LIVE = ("engine/client.js", "live.js", "desk_live.js", "prompt_desk.js")


def test_the_page_asks_bert_about_the_text_with_its_blank_however_that_was_typed(in_node):
    typed = ["Anne _ home", " Anne▁ home ", "Anne [MASK] home"]
    asked = in_node(DESK_LIVE, f"""import {{ firstAnswers }} from "./widget.mjs";
        const engine = {{ special: {{ mask: 9 }}, frame: () => ({{ ids: [1, 5, 9, 6, 2] }}),
          run: () => ({{ words: [[]] }}) }};
        const found = await Promise.all({json.dumps(typed)}.map((text) => firstAnswers(engine, text, 5)));
        console.log(JSON.stringify(found.map(({{ BERT }}) => BERT.asked)));""")
    assert asked == ["Anne [MASK] home"] * 3


@pytest.mark.parametrize("room, ids, written", [(4, [1, 5, 6], [7, 7]), (9, [5, 0], [7, 7, 7, 0]), (1, [5, 6], [])])
def test_what_gpt_wrote_stays_where_it_cannot_go_on(in_node, room, ids, written):
    """A GPT that says 7 until it has read three tokens of its own, with room for so many tokens."""
    found = in_node(DESK_LIVE, f"""import {{ goOn }} from "./widget.mjs";
        const engine = {{ special: {{ eos: 0 }}, decode: async ([id]) => String(id), next: async (_, row) => {{
          if (row.length > {room}) throw new Error("too many");
          const best = row.length - {len(ids)} < 3 ? 7 : 0;
          return {{ logits: Array.from({{ length: 9 }}, (_, id) => Number(id === best)) }};
        }} }};
        const run = {{ tokens: [], p: [] }};
        await goOn(engine, {ids}, 6, {{ temperature: 0, numbers: [] }}, run).catch(() => null);
        console.log(JSON.stringify([run.tokens.map(Number), run.p.length]));""")
    assert found == [written, len(written)]


def test_the_page_counts_as_python_does(in_node):
    p = [0.5, 0.001, 0.25, 0.9, 0]
    answer = in_node(
        "prompt_desk.js",
        'import { told, visible } from "./widget.mjs";'
        f"const p = {json.dumps(p)};"
        'console.log(JSON.stringify([p.map((_, n) => told(p, n)), told(p, 5), visible(" a\\n\\nb")]));')
    for n, found in enumerate([*answer[0], answer[1]]):
        assert found == pytest.approx(told(p, n), abs=1e-4)
    assert answer[2] == " a↵↵b"
