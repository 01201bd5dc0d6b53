"""From a text with blanks to a text: predictions for each blank, and writing by filling them step by step."""

import pytest
import torch
from reference import NoWork, seeded, tiny_bert, tiny_both
from sizes import S, V

from bertgpt import Tokenizer, fill_mask, load_tokenizer, unmask
from bertgpt.inference.filling import blank_logits
from bertgpt_book.modern import Decoder, ModernConfig
from bertgpt_book.modern.model import OpenDecoder

LONG = 32  # room for a text
BLANK = 3
TEXT = torch.tensor([[5, BLANK, 6, BLANK, BLANK, 7, BLANK]])  # (1, S)


@pytest.fixture
def blanks(tokenizer):
    return tiny_bert(vocab_size=tokenizer.vocab_size, max_len=LONG)


@pytest.mark.parametrize("make, reads_at", [(tiny_bert, 0), (tiny_both, -1)])
def test_blanks_are_filled_with_the_models_own_probabilities(make, reads_at, tokenizer):
    model, text = make(vocab_size=tokenizer.vocab_size, max_len=LONG).eval(), "[MASK] sat on the [MASK]."
    if make is tiny_bert:
        ids, segments = tokenizer.encode_pair(text)
        logits = model(torch.tensor([ids]), segment_ids=torch.tensor([segments]))[0]
    else:
        ids = [tokenizer.eos_id, *tokenizer.encode(text)]  # so that the first blank, too, comes after a token
        logits = model(torch.tensor([ids]), order="bidirectional")
    probs = logits[0].softmax(-1)  # (T, V)
    at = [t for t, i in enumerate(ids) if i == tokenizer.mask_id]
    guesses = fill_mask(model, tokenizer, text, top_k=3)
    assert len(guesses) == len(at) == 2
    for t, guess in zip(at, guesses):
        best = probs[t + reads_at].topk(3)
        assert [token for token, _ in guess] == tokenizer.tokens(best.indices)
        torch.testing.assert_close(torch.tensor([p for _, p in guess]), best.values)


def test_an_opened_decoder_fills_a_blank_one_token_early(tokenizer):
    model = seeded(lambda: OpenDecoder(ModernConfig(tokenizer.vocab_size, LONG, 12, 2, 3, 10)))
    (guess,) = fill_mask(model, tokenizer, "The [MASK] barked.", top_k=3)
    ids = [tokenizer.eos_id, *tokenizer.encode("The [MASK] barked.")]
    probs = model(torch.tensor([ids]))[0, ids.index(tokenizer.mask_id) - 1].softmax(-1)  # (V,)
    assert [token for token, _ in guess] == tokenizer.tokens(probs.topk(3).indices)
    with pytest.raises(ValueError, match="this Decoder has no masked-LM head"):
        fill_mask(Decoder(model.config), tokenizer, "The [MASK] barked.")


def test_a_both_model_needs_a_token_before_a_blank():
    first, padded = TEXT.roll(1), torch.cat([torch.zeros_like(TEXT), TEXT.roll(1)], dim=1)
    for ids in (first, padded):
        with pytest.raises(ValueError, match="begin the text with one"):
            blank_logits(tiny_both(), ids, ids == BLANK, attention_mask=ids != 0)


def test_blanks_need_a_blank_and_room(blanks, tokenizer):
    with pytest.raises(ValueError, match="no \\[MASK\\]"):
        fill_mask(blanks, tokenizer, "Nothing is missing.")
    with pytest.raises(ValueError, match=f"max_len = {LONG}"):
        fill_mask(NoWork(blanks.config), tokenizer, "word " * LONG + "[MASK]")
    with pytest.raises(ValueError, match="top_k"):
        fill_mask(NoWork(blanks.config), tokenizer, "The [MASK].", top_k=0)


def test_blanks_need_the_models_own_tokenizer(tokenizer):
    with pytest.raises(ValueError, match=f"{tokenizer.vocab_size} tokens, the model {V}"):
        fill_mask(NoWork(tiny_bert().config), tokenizer, "The [MASK].")
    with pytest.raises(ValueError, match="no \\[MASK\\]"):
        fill_mask(NoWork(tiny_bert().config), load_tokenizer("openai-community/gpt2"), "The [MASK].")


def test_a_row_of_the_model_without_a_token_is_never_predicted():
    tokenizer = Tokenizer.train_char(["ab c"])
    model = tiny_bert(vocab_size=tokenizer.vocab_size + 3)
    model.mlm_head.decoder.bias.data[-3:] = 30.0
    (guesses,) = fill_mask(model, tokenizer, "a[MASK]", top_k=1000)
    assert len(guesses) == tokenizer.vocab_size and all(token for token, _ in guesses)
    torch.testing.assert_close(sum(p for _, p in guesses), 1.0, atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", [tiny_bert, tiny_both])
def test_the_most_probable_guess_is_kept_and_read_by_the_next_step(make):
    model, ids, order = make().eval(), TEXT.clone(), torch.zeros_like(TEXT)
    for step in range(1, 5):  # by hand, one blank a step
        probs = torch.zeros(S, V)
        logits = blank_logits(model, ids, ids == BLANK)
        logits[:, BLANK] = -torch.inf
        probs[(ids == BLANK)[0]] = logits.softmax(-1)
        t, token = divmod(int(probs.argmax()), V)
        ids[0, t], order[0, t] = token, step
    found, written_at = unmask(model, TEXT, BLANK, 4)
    assert torch.equal(found, ids) and torch.equal(written_at, order)


@pytest.mark.parametrize("steps, shares", [(1, [4]), (2, [2, 2]), (3, [1, 1, 2]), (4, [1, 1, 1, 1])])
def test_each_step_keeps_an_equal_share(steps, shares):
    _, written_at = unmask(tiny_bert(), TEXT, BLANK, steps)
    assert sorted(int((written_at == step).sum()) for step in range(1, steps + 1)) == shares
    assert int((written_at > 0).sum()) == 4


@pytest.mark.parametrize("order", ["bidirectional", "causal", 3])
def test_unmasking_reports_each_step_in_the_order_that_it_was_given(order):
    both, steps = tiny_both().eval(), []
    found, written_at = unmask(both, TEXT, BLANK, 3, order=order, on_step=lambda *given: steps.append(given))
    ids = TEXT.clone()
    for step, (positions, written, probs) in enumerate(steps, start=1):
        logits = both(ids, order=order)[0, positions - 1]  # (k, V)
        logits[:, BLANK] = -torch.inf
        torch.testing.assert_close(probs, logits.softmax(-1))
        assert positions.tolist() == (written_at[0] == step).nonzero().flatten().tolist()
        assert written.tolist() == probs.argmax(-1).tolist()
        ids[0, positions] = written
    assert len(steps) == 3 and torch.equal(ids, found)
    if order == "bidirectional":
        assert torch.equal(found, unmask(both, TEXT, BLANK, 3)[0])


def test_unmasking_draws_with_its_generator():
    def text(seed):
        generator = torch.Generator().manual_seed(seed)
        return unmask(tiny_bert(), TEXT, BLANK, 2, temperature=1.5, generator=generator)[0].tolist()

    assert text(1) == text(1) and len({str(text(seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize("ids, steps", [(TEXT, 0), (TEXT, 5), (TEXT[:, :1], 1), (TEXT.repeat(2, 1), 2)])
def test_impossible_numbers_of_steps_are_refused(ids, steps):
    with pytest.raises(ValueError, match=f"{steps} steps"):
        unmask(NoWork(tiny_bert().config), ids, BLANK, steps)
