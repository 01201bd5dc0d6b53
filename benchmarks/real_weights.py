"""How far are published models in our classes from transformers', whole and with one thing broken?

A row for MiniLM with each fault of `bertgpt_book.faults`: the largest difference after the embeddings and
each layer, how far the last state is off, and what it finds for eight remarks. A row for SmolLM2: the
differences, the largest number of each state, and whether both programs write the same tokens.

Chapter 12 computes all of it anew where the models can be had, and shows this record where they cannot.
"""

from collections.abc import Iterator
from functools import partial

import torch
from experiments import Row, fingerprint, main

from bertgpt import generate, load_bert, load_modern, load_tokenizer
from bertgpt.weights import hub, parity
from bertgpt_book import faults
from bertgpt_book.tasks import real_weights as asked

NAME = "real_weights"
REMARKS = fingerprint(*asked.REMARKS, *asked.pages(), *map(str, asked.TEXTS))
PROMPT = fingerprint(asked.PROMPT)
ABOUT = {"data": {"remarks and sentences": REMARKS, "prompt": PROMPT}}


def minilm(fault: str, source: str = hub.MINILM, vocabulary: str = "google-bert/bert-base-uncased") -> dict:
    import transformers

    folder = hub.find_weights(source)
    reader, intact = load_tokenizer(vocabulary), load_bert(folder)
    model, inputs = faults.break_copies(intact)[fault], asked.two_rows(reader)
    errors = parity.layer_errors(model, transformers.AutoModel.from_pretrained(folder).eval(), *inputs)
    return {"errors": errors, "off": asked.last_state_off(model, intact, *inputs), "found": asked.search(model, reader)}


def smollm2() -> dict:
    ours, words = load_modern(hub.SMOLLM2), load_tokenizer(hub.SMOLLM2)
    theirs, prompt = asked.their_llama(ours), torch.tensor([words.encode(asked.PROMPT)])
    errors = parity.layer_errors(ours, theirs, prompt, torch.ones_like(prompt))
    written = generate(ours, prompt, asked.N_NEW, temperature=0)
    theirs_wrote = theirs.generate(prompt, max_new_tokens=asked.N_NEW, do_sample=False, pad_token_id=0)
    return {
        "errors": errors,
        "largest": asked.largest_numbers(theirs, prompt),
        "same_tokens": int((written == theirs_wrote)[:, -asked.N_NEW :].sum()),
        "text": words.decode(written[0]),
    }


def rows() -> Iterator[Row]:
    for fault in faults.BERT_FAULTS:
        yield Row(f"MiniLM, {fault}", partial(minilm, fault), (REMARKS,), (hub.MINILM,), 2)
    yield Row("SmolLM2", smollm2, (PROMPT,), (hub.SMOLLM2,), 10)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
