"""Which sentence comes next: the items of the novel, and BERT's pseudo-log-likelihood of a candidate."""

from collections import Counter

import pytest
import torch
from next_sentence import conditional_pseudo_scores, next_sentences

from bertgpt import BERTForPreTraining, Both, TransformerConfig, load_tokenizer
from bertgpt.text.corpora import novels

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=48, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.mark.slow
def test_a_true_sentence_follows_in_the_novel_and_its_position_gives_nothing_away():
    items = next_sentences()
    novel = " ".join(novels("test")["Persuasion"].split())
    assert len(items) == 360
    gaps = []
    for item in items:
        true = item.candidates[item.right]
        assert f"{' '.join(item.before)} {true}" in novel and len(set(item.candidates)) == 10
        gaps += [len(true.split()) - len(text.split()) for text in item.candidates]
    assert max(map(abs, gaps)) <= 4 and abs(sum(gaps) / len(gaps)) < 0.1                # words
    positions = Counter(item.right for item in items)
    assert min(positions.values()) > 20 and max(positions.values()) < 55                # 36 expected


@pytest.mark.parametrize("kind", ["BERT", "Both"])
def test_each_token_of_a_candidate_is_hidden_in_turn_and_its_context_is_not(kind):
    model = {"BERT": BERTForPreTraining(TransformerConfig.bert(**SIZES)),
             "Both": Both(TransformerConfig.gpt(**SIZES))}[kind].eval()
    scores = conditional_pseudo_scores(model, TOKENIZER, ["How now?"], [["Well, sir.", "Ay."]])
    before, answer = TOKENIZER.encode(" How now?"), TOKENIZER.encode(" Ay.")

    def by_hand(context):
        total = 0.0
        for i, token in enumerate(answer):
            hidden = [*context, *answer[:i], TOKENIZER.mask_id, *answer[i + 1:]]
            start, end = ([TOKENIZER.cls_id], [TOKENIZER.sep_id]) if kind == "BERT" else ([TOKENIZER.eos_id], [])
            ids, position = torch.tensor([[*start, *hidden, *end]]), 1 + len(context) + i
            with torch.inference_mode():
                logits = (model(ids)[0][0, position] if kind == "BERT"
                          else model(ids, order="bidirectional")[0, position - 1])
            total += logits.log_softmax(-1)[token].item()
        return total

    assert scores["sum"].shape == (1, 2) and scores["sum"][0, 1].item() == pytest.approx(by_hand(before), abs=1e-4)
    assert scores["minus unconditional"][0, 1].item() == pytest.approx(by_hand(before) - by_hand([]), abs=1e-4)
