"""Tasks on any device: what is read off a model there, in training mode, is what the CPU reads without dropout."""

import copy

import pytest
import torch
from pretend_device import pretend_device, to_device

from bertgpt import GPT, BERTForPreTraining, Tokenizer, TransformerConfig
from bertgpt.model.heads import ClassificationHead
from bertgpt_book.tasks import classification, dialogue, finetuning, prompting

PAIRS = [
    ("cat garden", "the cat was in the garden"),
    ("dog street", "the dog sat in the street"),
    ("king castle", "a king in his castle"),
]
READINGS = {  # name -> function of model and tokenizer -> tensors
    "pooled": lambda model, words: finetuning.pooled(model, ROWS, "first", "last", "mean").values(),
    "likelihoods": lambda gpt, words: prompting.likelihood_scores(
        gpt, words, TEXTS[:2], ["a"] * 2, [[" cat", " dog"]] * 2
    ).values(),
    "words": lambda gpt, words: [prompting.word_scores(gpt, words, TEXTS, [" cat", " dog"])],
    "classes": lambda headed, words: finetuning.predict(headed, ROWS, 2),
    "pairs": lambda headed, words: [dialogue.pair_scores(headed, words, TEXTS[:2], [TEXTS] * 2)],
}
READ = {"bert": ["pooled"], "gpt": ["pooled", "likelihoods", "words"]}
READ |= {"bert, headed": ["classes"], "gpt, headed": ["classes"], "bert, next sentence": ["pairs"]}
ROWS, TEXTS = [[1, 5, 6, 2], [1, 7, 2], [1, 4, 9, 8, 3, 2]], ["a cat", "the dog sat", "a king was in the garden"]


@pytest.fixture(scope="module")
def small():
    """A vocabulary of characters and words of one, and a BERT and a GPT that read it, with dropout."""
    words = Tokenizer.train_bpe([" ".join(text for pair in PAIRS for text in pair)] * 9 + [" cat dog"] * 9, 330)
    sizes = dict(vocab_size=words.vocab_size, max_len=64, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.5)
    torch.manual_seed(0)
    models = {"bert": BERTForPreTraining(TransformerConfig.bert(**sizes)), "gpt": GPT(TransformerConfig.gpt(**sizes))}
    for name, model in [*models.items()]:
        models[f"{name}, headed"] = finetuning.HeadedModel(model, ClassificationHead(model.config, 3, "mean"))
    models["bert, next sentence"] = finetuning.HeadedModel(models["bert"], dialogue.NextSentenceScore(models["bert"]))
    return words, models


@pytest.mark.parametrize("kind, reading", [(kind, reading) for kind, readings in READ.items() for reading in readings])
def test_what_is_read_off_a_model_is_the_same_there_and_on_the_cpu(kind, reading, small):
    words, models = small
    expected = READINGS[reading](copy.deepcopy(models[kind]).eval(), words)
    with pretend_device():
        found = READINGS[reading](to_device(copy.deepcopy(models[kind])).train(), words)
    for one, other in zip(found, expected, strict=True):
        assert one.device.type == "cpu"
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_a_layer_is_fitted_on_vectors_from_there():
    torch.manual_seed(0)
    vectors, labels = torch.randn(20, 3), [0, 1] * 10
    expected = classification.fit_layer(vectors, labels)
    with pretend_device() as device:
        found = classification.fit_layer(vectors.to(device), labels)
    torch.testing.assert_close(found.weight, expected.weight)
