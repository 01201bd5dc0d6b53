"""Texts are framed and truncated as the models expect, and a layer is fitted as it should be."""

import numpy as np
import pytest
import torch
from reference import tiny_gpt
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bertgpt_book.tasks import classification


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_layer_is_the_logistic_regression_that_was_fitted(n_classes):
    vectors = 5 + 3 * torch.randn(60, 7)
    labels = [i % n_classes for i in range(60)]
    scaled = StandardScaler().fit(vectors)
    expected = LogisticRegression(C=0.05, max_iter=1000).fit(scaled.transform(vectors), labels)
    p = classification.fit_layer(vectors, labels)(vectors).softmax(dim=-1)
    expected = expected.predict_proba(scaled.transform(vectors))
    np.testing.assert_allclose(p.numpy(), expected, atol=1e-5)


def test_a_text_is_truncated_and_keeps_its_last_special_token(tokenizer, bert):
    texts, encode = ["one two three four five", "one"], tokenizer.encode
    cls, sep, eos = tokenizer.cls_id, tokenizer.sep_id, tokenizer.eos_id
    rows = classification.frame_texts(bert, tokenizer, texts, 5)
    assert rows == [[cls, *encode(" one two three"), sep], [cls, *encode(" one"), sep]]
    rows = classification.frame_texts(tiny_gpt(max_len=17), tokenizer, texts, 5)
    assert rows == [[eos, *encode(" one two three four")], [eos, *encode(" one")]]
