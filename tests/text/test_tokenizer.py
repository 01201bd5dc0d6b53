"""Text to ids and back, with nothing lost and nothing unknown."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bertgpt import Tokenizer, load_tokenizer
from bertgpt.text.corpora import novels, plays
from bertgpt.text.tokenizer import CLS, EOS, MASK, PAD, SEP
from bertgpt.text.vocabularies import PUBLISHED, course_tokenizer

SPECIAL = [PAD, CLS, SEP, MASK, EOS]
SHIPPED = load_tokenizer()


@given(st.text())
def test_any_text_comes_back(text):
    assume(not any(special in text for special in SPECIAL))
    assert SHIPPED.decode(SHIPPED.encode(text)) == text


def test_special_tokens_are_one_token_each(tokenizer):
    assert tokenizer.encode("".join(SPECIAL)) == [0, 1, 2, 3, 4]
    assert tokenizer.decode([0, 1, 2, 3, 4]) == "".join(SPECIAL)


@pytest.mark.parametrize(
    "make",
    [load_tokenizer, lambda: Tokenizer.train_bpe(["The cat sat."], vocab_size=256 + 5)],
    ids=["shipped", "trained now"],
)
def test_mask_includes_the_space_before_it(make):
    tokenizer = make()
    the, sat = tokenizer.encode("The"), tokenizer.encode(" sat.")
    assert tokenizer.encode("The [MASK] sat.") == [*the, tokenizer.mask_id, *sat]


def test_a_pair_is_framed_as_bert_reads_it(tokenizer):
    first, second = tokenizer.encode("How are you?"), tokenizer.encode("Fine.")
    ids, segments = tokenizer.encode_pair("How are you?", "Fine.")
    assert ids == [1, *first, 2, *second, 2]
    assert segments == [0] * (len(first) + 2) + [1] * (len(second) + 1)
    assert tokenizer.encode_pair("How are you?") == ([1, *first, 2], [0] * (len(first) + 2))
    assert tokenizer.encode_pair("", "") == ([1, 2, 2], [0, 0, 1])


TEXT = "To be, or not to be:\r\nthat  is\tthe question…\n"


def test_characters_are_tokens():
    tokenizer = Tokenizer.train_char([TEXT])
    ids = tokenizer.encode(TEXT)
    assert len(ids) == len(TEXT)
    assert tokenizer.decode(ids) == TEXT
    assert tokenizer.vocab_size == len(set(TEXT)) + 6  # five special tokens and [UNK]
    assert tokenizer.tokens(tokenizer.encode("to be")) == list("to be")


CHARACTERS = Tokenizer.train_char([TEXT])


def test_an_unknown_character_is_unknown_and_never_masked():
    ids = CHARACTERS.encode("to✂be")
    assert CHARACTERS.decode(ids) == "to[UNK]be"
    assert ids[2] in CHARACTERS.special_ids


def test_a_mask_among_characters_is_one_of_them():
    assert CHARACTERS.tokens(CHARACTERS.encode("o [MASK] b")) == ["o", " ", "[MASK]", " ", "b"]


@pytest.mark.parametrize("token_id", [99999, 300])
def test_a_mask_can_be_made_of_special_tokens_alone(token_id):
    with pytest.raises(ValueError, match=rf"token_id {token_id} is no special token: choose one of \[0, 1, 2, 3, 4\]"):
        SHIPPED.with_mask(token_id)


@pytest.mark.parametrize("tokenizer", [SHIPPED, CHARACTERS], ids=["bpe", "char"])
def test_saving_and_reading_changes_nothing(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "tokenizer.json")
    again = Tokenizer.from_file(tmp_path / "tokenizer.json")
    assert again.encode(TEXT + MASK) == tokenizer.encode(TEXT + MASK)
    assert (again.special_ids, again.mask_id) == (tokenizer.special_ids, tokenizer.mask_id)
    assert again.sha256() == tokenizer.sha256()


def test_berts_own_vocabulary():
    bert = load_tokenizer("google-bert/bert-base-uncased")
    assert bert.vocab_size == 30_522
    assert [bert.pad_id, bert.cls_id, bert.sep_id, bert.mask_id, bert.find(EOS)] == [0, 101, 102, 103, None]
    assert bert.encode("Hello, my dog is cute") == [7592, 1010, 2026, 3899, 2003, 10140]
    assert bert.tokens(bert.encode("Unhappiness [MASK] \N{PILE OF POO}")) == "un ##ha ##pp ##iness [MASK] [UNK]".split()
    theirs = bert.backend.encode("How are you?", "Fine.")
    assert (theirs.ids, theirs.type_ids) == bert.encode_pair("How are you?", "Fine.")


def test_gpt2s_own_vocabulary():
    gpt2 = load_tokenizer("openai-community/gpt2")
    assert gpt2.vocab_size == 50_257
    assert (gpt2.find(PAD), gpt2.find(MASK), gpt2.eos_id, gpt2.special_ids) == (None, None, 50_256, {50_256})
    assert gpt2.encode("Hello world") == [15496, 995]
    assert gpt2.encode("<|endoftext|>") == [50_256]


ODD = (
    "  two  spaces \t tabs\n\n\nlines \r\n don't we're\u00a0\u2003wide\x1c\x85 e\u0301 \U0001f600\U0001f468\u200d"
    "\U0001f469 \u4e2d\u6587\u3000\u6587\n12 345,67... [MASK] <eos> [PAD]x "
) * 9


@pytest.fixture(scope="module")
def vocabularies():
    text = novels("test")["Persuasion"][:200_000]
    bert, gpt2 = (Tokenizer(build()) for build in PUBLISHED.values())
    return {"course": course_tokenizer(), "char": Tokenizer.train_char([text]), "bert": bert, "gpt2": gpt2}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["course", "char", "bert"])
def test_a_long_text_is_encoded_in_pieces_as_it_is_whole(name, vocabularies):
    tokenizer = vocabularies[name]
    shipped = novels("test")["Persuasion"][:200_000] + plays("test")["Macbeth"][:50_000]
    for text, size in [(ODD, 1), (ODD, 7), (shipped, 1_000), (shipped, 32_768)]:
        pieces = [*tokenizer.pieces(text, size)]
        assert "".join(pieces) == text
        assert len(pieces) > 5 and max(map(len, pieces)) < size + 200
        assert [i for piece in pieces for i in tokenizer.encode_plain(piece)] == tokenizer.encode_plain(text)


def test_special_tokens_in_a_corpus_are_its_characters(vocabularies):
    for tokenizer in vocabularies.values():
        special = tokenizer.special_ids - {tokenizer.backend.token_to_id("[UNK]")}
        for text in ("a [MASK] b", "<eos>", "<|endoftext|>[CLS]"):
            assert not special & set(tokenizer.encode_plain(text))
    course = vocabularies["course"]
    assert course.decode(course.encode_plain("a [MASK] b<eos>")) == "a [MASK] b<eos>"
    assert course.encode("a [MASK] b<eos>")[-1] == course.eos_id  # a prompt may hold them
