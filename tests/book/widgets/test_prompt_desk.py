"""The prompt desk: the stored answers are the models' own."""

import pytest
import torch
from small_widgets import REPLY, STORY, WORDS, make_widget

from bertgpt.inference.decoding import generate
from bertgpt_book.widgets.prompt_desk import DECODING


def test_each_token_has_the_probability_that_gpt_gave_it(word_models):
    temperature, seed = DECODING["a draw, τ = 0.8"]
    run = make_widget("prompt desk", *word_models, prompts=[STORY]).desk[0]["runs"][1]
    prompt = torch.tensor([WORDS.encode(STORY["text"])])
    rng = torch.Generator().manual_seed(seed)
    ids = generate(word_models[1], prompt, 8, temperature=temperature, generator=rng)[0]
    with torch.inference_mode():
        p = word_models[1](ids[None])[0].softmax(dim=-1)  # at temperature 1, whatever the token was drawn at
    new = range(prompt.size(1), len(ids))
    assert run["tokens"] == WORDS.tokens(ids[prompt.size(1) :]) and len(run["tokens"]) == 8
    assert run["p"] == pytest.approx([p[i - 1, ids[i]].item() for i in new], rel=6e-3)  # of three digits


def test_each_prompt_has_the_answers_that_it_asks_for(word_models):
    widget = make_widget("prompt desk", *word_models)
    story, blank, reply = widget.desk
    assert len({tuple(run["tokens"]) for run in story["runs"]}) == len(DECODING)  # draws differ
    assert story["runs"] == make_widget("prompt desk", *word_models).desk[0]["runs"]  # and repeat
    assert story["BERT"] is story["GPT"] is None and story["notes"]["BERT"] == STORY["notes"]["BERT"]
    assert blank["BERT"]["shares"] == sorted(blank["BERT"]["shares"], reverse=True)
    assert len(blank["BERT"]["names"]) == 5
    assert sum(reply["GPT"]["shares"]) == pytest.approx(1, abs=2e-3)
    for text, share in zip(REPLY["candidates"], reply["BERT"]["shares"]):
        ids, segments = (torch.tensor([part]) for part in WORDS.encode_pair(" How now?", f" {text}"))
        with torch.inference_mode():
            logits = word_models[0](ids, segment_ids=segments)[1]
        assert share == pytest.approx(logits.softmax(-1)[0, 0].item(), rel=1e-2)
