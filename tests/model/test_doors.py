"""What every model refuses, in one line that names the argument, and what it accepts."""

import pytest
import torch
from reference import PADDED, draw_ids, tiny_bert, tiny_gpt
from sizes import SIZES, B, S, T, V

from bertgpt import BERT, GPT, Both, TransformerConfig
from bertgpt_book.modern import Decoder, Encoder, ModernConfig

ONES = torch.ones(B, S, dtype=torch.long)
MODERN = {name: size for name, size in SIZES.items() if name != "dropout"} | dict(pattern="GL", window=2)
MODELS = {
    "BERT": lambda: BERT(TransformerConfig.bert(**SIZES)),
    "BERTForPreTraining": tiny_bert,
    "GPT": tiny_gpt,
    "Both": lambda: Both(TransformerConfig.gpt(**SIZES)),
    "Encoder": lambda: Encoder(ModernConfig(**MODERN)),
    "Decoder": lambda: Decoder(ModernConfig(**MODERN)),
}
every_model = pytest.mark.parametrize("model", MODELS, indirect=True)


@pytest.fixture
def model(request):
    return MODELS[request.param]().eval()


UNFIT = [
    (ONES[:, :T], rf"of shape \({B}, {S}\), not torch.int64 of shape \({B}, {T}\)"),
    (ONES[0], rf"shape \({S},\)"),
    (ONES.float(), "integers or booleans.*not torch.float32"),
    (-ONES, "1 for a token and 0 for padding"),
]


@every_model
@pytest.mark.parametrize("given, says", UNFIT, ids=["short", "no batch", "float", "negative"])
def test_an_attention_mask_that_does_not_fit_is_refused(model, ids, given, says):
    with pytest.raises(ValueError, match=f"attention_mask must be .*{says}"):
        model(ids, attention_mask=given)


@every_model
@pytest.mark.parametrize("shape", [(S,), (B, 0), (0, S), (B, T, 1)], ids=str)
def test_ids_that_are_not_a_batch_of_texts_are_refused(model, shape):
    with pytest.raises(ValueError, match=r"input_ids must be \(B, T\), texts of one token or more"):
        model(torch.ones(shape, dtype=torch.long))


@every_model
@pytest.mark.parametrize("wrong", [-1, V, 50_256])
def test_an_id_that_the_model_does_not_have_is_refused(model, ids, wrong):
    ids[1, 3] = wrong
    with pytest.raises(ValueError, match=f"input_ids must be 0 to {V - 1}, the model's vocabulary"):
        model(ids)


@every_model
def test_no_attention_mask_means_that_every_token_is_real(model):
    ids = draw_ids(B, S, low=0)
    ids[:, 2] = 0  # an id that could be taken for padding
    expected = model.encode(ids, attention_mask=torch.ones_like(ids))
    torch.testing.assert_close(model.encode(ids), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    "kind, mask, order",
    [(kind, PADDED, {}) for kind in MODELS]
    + [(kind, PADDED.flip(1), {}) for kind in ("GPT", "Encoder", "Decoder")]
    + [("Both", PADDED, {"order": order}) for order in ("bidirectional", 3)],
    ids=str,
)
def test_tokens_under_padding_move_no_real_token(kind, mask, order, ids):
    model, real = MODELS[kind]().eval(), mask == 1
    changed = ids.where(real, ids % (V - 1) + 1)
    assert not torch.equal(changed, ids)
    before, after = (model.encode(row, attention_mask=mask, **order) for row in (ids, changed))
    torch.testing.assert_close(after[real], before[real], rtol=0, atol=0)


@pytest.mark.slow
@every_model
def test_a_model_compiles_in_one_piece(model, ids):
    compiled = torch.compile(model, fullgraph=True, backend="eager")  # needs no compiler, and finds every break
    torch.testing.assert_close(compiled(ids, attention_mask=ONES), model(ids, attention_mask=ONES))


@pytest.mark.parametrize("kind", ["BERT", "GPT"])
def test_a_model_refuses_the_other_ones_order_of_norms(kind):
    other = {"BERT": TransformerConfig.gpt, "GPT": TransformerConfig.bert}[kind]
    with pytest.raises(ValueError, match=f"its config needs norm_first={kind == 'GPT'}"):
        {"BERT": BERT, "GPT": GPT}[kind](other(**SIZES))
