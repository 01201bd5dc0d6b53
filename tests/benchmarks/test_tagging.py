"""Tags on tokens and back, frozen and fine-tuned: which token predicts a tag, and what learns."""

import random
import re

import pytest
import torch
from reference import draw_ids, tiny_bert
from sizes import B, S
from tagging import FrozenModel, TaggedBatches, Tagger, TaggerTuning, encode_labels, replace_names

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.model.heads import TaggingHead
from bertgpt.tasks.entities import TAGS, named_entities, read_brackets, show_brackets, spans_of, tags_of
from bertgpt.text.batching import IGNORED
from bertgpt.text.tokenizer import Tokenizer, word_to_token
from bertgpt.text.vocabularies import bert_uncased
from bertgpt.training.finetuning import build_inputs

LINE = "[PERSON Mrs Musgrove]'s niece, [PERSON Anne], went (in [PLACE Kellynch]) to \u201cbed\u201d--so caf\u00e9."
VOCABULARIES = {"byte-level BPE": load_tokenizer(), "WordPiece": Tokenizer(bert_uncased())}


@pytest.fixture(scope="module")
def bert():
    return load_bert("tinybert")


@pytest.mark.parametrize("piece", ["first", "last"])
@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_labels_are_read_back_as_the_spans_they_came_from(vocabulary, piece, bert):
    tokenizer, sentence = VOCABULARIES[vocabulary], read_brackets(LINE)
    row = build_inputs(bert, tokenizer, sentence.text)[0]
    labels = encode_labels(tokenizer, sentence, len(row), piece)
    assert len(labels) == len(row) and labels[0] == labels[-1] == IGNORED
    positions = word_to_token(tokenizer, sentence.text, piece)
    assert spans_of(sentence.text, [TAGS[labels[i]] for i in positions]) == sentence.spans
    assert IGNORED in labels[1:-1]                                        # the other pieces of Musgrove


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_every_test_sentence_survives_the_journey_to_tokens_and_back(vocabulary, bert):
    tokenizer = VOCABULARIES[vocabulary]
    for sentence in named_entities("test"):
        row = build_inputs(bert, tokenizer, sentence.text)[0]
        assert row[-1] == tokenizer.sep_id and len(row) < 128                      # nothing is cut
        labels = encode_labels(tokenizer, sentence, len(row))
        tags = [TAGS[labels[i]] for i in word_to_token(tokenizer, sentence.text)]
        assert spans_of(sentence.text, tags) == sentence.spans


def tagged(labelled, bert, **settings):
    tuning = TaggerTuning(encoder="TinyBERT", frozen=True, steps=1, learning_rate=1e-3, batch_size=16, **settings)
    return TaggedBatches(labelled, bert, VOCABULARIES["byte-level BPE"], tuning)


def test_batches_repeat_and_padding_has_no_label(bert):
    first, again, other = (tagged(named_entities("train"), bert).sample(step) for step in (0, 0, 1))
    assert torch.equal(first["input_ids"], again["input_ids"])
    assert not torch.equal(first["input_ids"], other["input_ids"])
    assert first["labels"].shape == first["input_ids"].shape
    assert (first["labels"][first["attention_mask"] == 0] == IGNORED).all()


def test_half_of_the_sentences_get_invented_names(bert):
    batches = tagged([read_brackets("[PERSON Anne] slept.")], bert)
    texts = [batches.tokenizer.decode(row) for step in range(25) for row in batches.sample(step)["input_ids"]]
    assert abs(sum("Anne slept" not in text for text in texts) / 400 - 0.5) <= 4 * 0.5 / 20


@pytest.mark.parametrize("piece", ["first", "last"])
def test_a_batch_has_its_labels_at_the_chosen_piece(piece, bert):
    sentence, tokenizer = read_brackets(LINE), VOCABULARIES["byte-level BPE"]
    batch = tagged([sentence], bert, piece=piece).sample(0)
    rows = zip(batch["input_ids"], batch["labels"])
    kept = [labels for ids, labels in rows if sentence.text in tokenizer.decode(ids)]
    assert kept and kept[0].tolist() == encode_labels(tokenizer, sentence, len(kept[0]), piece)


def test_a_frozen_encoder_drops_nothing_out_and_its_head_does():
    encoder, ids = tiny_bert(dropout=0.5), draw_ids(B, S)
    model = FrozenModel(encoder, TaggingHead(encoder.config, len(TAGS)))
    assert not model.eval().head.training and model.train().head.training
    assert torch.equal(encoder.encode(ids), encoder.encode(ids))
    assert not any(weight.requires_grad for weight in encoder.parameters())


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("encoder, load", [("TinyBERT", load_bert), ("TinyGPT", load_gpt)])
def test_frozen_means_that_the_head_learns_alone(encoder, load, frozen):
    tagger = Tagger(TaggerTuning(encoder=encoder, frozen=frozen, steps=1, learning_rate=1e-3, batch_size=2))
    head = tagger.model.head.classifier.weight.clone()
    tagger.learn(named_entities("train")[:50])
    moved = {name for name, weight in load("tiny" + encoder[4:].lower()).state_dict().items()
             if not torch.equal(weight, tagger.model.encoder.state_dict()[name])}
    assert not moved if frozen else len(moved) > 20
    assert not torch.equal(head, tagger.model.head.classifier.weight)


def test_gpt_tags_a_word_before_it_reads_what_follows():
    tagger = Tagger(TaggerTuning(encoder="TinyGPT", frozen=True, steps=1, learning_rate=1e-3, piece="last"))
    with torch.inference_mode():
        tags = []
        for text in ("She met Anne in Bath.", "She met Anne, who slept"):
            row = torch.tensor([build_inputs(tagger.model.encoder, tagger.tokenizer, text)[0]])
            scores = tagger.model({"input_ids": row, "attention_mask": torch.ones_like(row)})
            tags.append(scores[0, word_to_token(tagger.tokenizer, text, "last")[2]])
    torch.testing.assert_close(*tags)


def test_sentences_with_invented_names_keep_everything_but_the_names():
    rng = random.Random(0)
    changed = 0
    for sentence in named_entities("train")[:2000]:
        new = replace_names(sentence, rng)
        assert [label for *_, label in new.spans] == [label for *_, label in sentence.spans]
        assert spans_of(new.text, tags_of(new)) == new.spans
        gaps = [re.sub(r"\[[^\]]*\]", "[]", show_brackets(s)) for s in (sentence, new)]
        assert gaps[0] == gaps[1]
        changed += new.text != sentence.text
    assert changed > 0.9 * sum(bool(sentence.spans) for sentence in named_entities("train")[:2000])


def test_invented_names_keep_titles_and_words_for_places_and_are_consistent():
    sentence = read_brackets("[PERSON Mr Elton] of [PLACE Wimpole Street], [PERSON Elton]!")
    text = replace_names(sentence, random.Random(2)).text
    title, name, street, again = re.fullmatch(r"(Mr) (\w+) of \w+ (Street), (\w+)!", text).groups()
    assert title == "Mr" and street == "Street" and name == again != "Elton"
