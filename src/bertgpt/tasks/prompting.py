"""Tasks put to a GPT as text: it goes on, it sums up, and it chooses among answers by how likely they are.

No head is added: whatever is asked is asked for as the next tokens of a text.

n items, C candidates of each, B batch, T tokens, D d_model, Q questions, A answers.
"""


import torch
from torch import Tensor

from ..device import device_of, evaluation_mode
from ..evaluation.metrics import distinct, rouge_l, rouge_n
from ..inference.decoding import generate
from ..inference.scoring import log_likelihoods
from ..model.heads import pool_last
from ..text.batching import IGNORED, by_length, pad
from ..text.corpora import chapters
from ..training.objectives import token_loss
from .questions import words

SUM_UP = "\n\nIn short:"      # stands between a text and its summary
LONGEST = 40                  # tokens of a summary, the last of which is <eos>


def openings(tokenizer, n_prompt: int = 40, n_new: int = 80, split: str = "test") -> Tensor:
    """Give how each chapter of the held-out novel begins: -> ids (chapters, n_prompt + n_new)."""
    texts = [text for novel in chapters(split).values() for text in novel.values()]
    return torch.tensor([tokenizer.encode(text)[:n_prompt + n_new] for text in texts])


def story_scores(judge, tokenizer, texts: Tensor, n_prompt: int) -> dict[str, list[float]]:
    """Judge continuations by a model of counts, and by how often they say a thing anew.

    judge: such as baselines.KneserNey; texts: (n, T), the first n_prompt tokens given
    -> "nats": mean surprise a new token; "distinct_1", "distinct_2": of the first 50 words; (n,) each
    """
    found: dict[str, list[float]] = {"nats": [], "distinct_1": [], "distinct_2": []}
    for ids in texts.tolist():
        spoken = words(tokenizer.decode(ids[n_prompt:]))[:50]
        found["nats"].append(float(-judge.log_probs(ids)[n_prompt:].mean()))
        for n in (1, 2):
            found[f"distinct_{n}"].append(distinct(spoken, n))
    return found


def likelihood_scores(gpt, tokenizer, prompts: list[str], without: list[str], candidates: list[list[str]],
                      longest: int = 100) -> dict[str, Tensor]:
    """Score candidates by log p(candidate | prompt): all of it, for each token, and minus log p(candidate | without).

    without: a prompt that gives nothing away; candidates: C for each prompt, cut to `longest` tokens
    -> "sum", "per token", "minus unconditional": (n, C) each, in nats
    The difference is the pointwise mutual information; Holtzman et al. 2021, section 3.
    """
    answers = [tokenizer.encode(text)[:longest] for row in candidates for text in row]
    asked, bare = ([ids for text, row in zip(texts, candidates) for ids in [tokenizer.encode(text)] * len(row)]
                   for texts in (prompts, without))
    given, alone = (torch.stack([found.sum() for found in log_likelihoods(gpt, rows, answers)])
                    for rows in (asked, bare))                                             # (n C,)
    lengths = torch.tensor([len(answer) for answer in answers])
    shape = (len(candidates), -1)
    return {"sum": given.view(shape), "per token": (given / lengths).view(shape),
            "minus unconditional": (given - alone).view(shape)}


def single_tokens(tokenizer, words: list[str]) -> list[int]:
    """Encode words of one token each: -> their ids.

    Raises ValueError, naming the word, where one is cut into several: its first would stand for all of it.
    """
    ids = [tokenizer.encode(word) for word in words]
    for word, found in zip(words, ids):
        if len(found) != 1:
            raise ValueError(f"{word!r} is {len(found)} tokens in this vocabulary: give choices of one token each")
    return [found[0] for found in ids]


@torch.inference_mode()
def word_scores(gpt, tokenizer, texts: list[str], choices: list[str], batch_size: int = 64) -> Tensor:
    """Give log p of each choice, all of one token, as the next of each text: -> (n, C), on the CPU.

    A text that does not fit loses its beginning.
    Raises ValueError where a choice is not one token.
    """
    wanted = torch.tensor(single_tokens(tokenizer, choices), device=device_of(gpt))        # (C,)
    rows = [tokenizer.encode(text)[-gpt.config.max_len:] for text in texts]
    scores = torch.empty(len(rows), len(choices))                                          # (n, C)
    with evaluation_mode(gpt):
        for chunk in by_length(rows, batch_size):
            ids, mask = pad([rows[i] for i in chunk], gpt.config.pad_id, device_of(gpt))   # (B, T)
            last = pool_last(gpt.encode(ids, attention_mask=mask), mask)                   # (B, D)
            scores[chunk] = gpt.lm_head(last).log_softmax(dim=-1)[:, wanted].cpu()
    return scores


def summary_prompt(text: str, tokenizer, room: int) -> list[int]:
    """Write a text to be summed up, cut at the end so that `room` tokens hold it with its last words."""
    tail = tokenizer.encode(SUM_UP)
    return [tokenizer.eos_id, *tokenizer.encode(text)[:room - len(tail) - 1], *tail]


def summary_rows(pairs: list[tuple[str, str]], tokenizer, max_len: int) -> tuple[list, list]:
    """Write summaries after their texts, and labels that ask for the summary's tokens and no others.

    pairs: (summary, text) -> rows and labels, as many ids each, for data.LabelledBatches
    """
    rows, labels = [], []
    for summary, text in pairs:
        prompt = summary_prompt(text, tokenizer, max_len - LONGEST)
        answer = [*tokenizer.encode(f" {summary}")[:LONGEST - 1], tokenizer.eos_id]
        rows.append(prompt + answer)
        labels.append([IGNORED] * (len(prompt) - 1) + answer + [IGNORED])      # the token that follows each
    return rows, labels


def summary_objective(gpt, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ask for the next token where there is a label: nothing is learned from the text that is summed up. -> loss"""
    hidden = gpt.encode(batch["input_ids"], attention_mask=batch["attention_mask"])        # (B, T, D)
    asked = batch["labels"] != IGNORED                                                     # (B, T)
    return {"loss": token_loss(gpt.lm_head(hidden[asked]), batch["labels"][asked])}


def summarise(gpt, tokenizer, texts: list[str], batch_size: int = 32) -> list[str]:
    """Sum up greedily, up to <eos> or the end of the first line."""
    prompts = [summary_prompt(text, tokenizer, gpt.config.max_len - LONGEST) for text in texts]
    found = [""] * len(texts)
    for chunk in by_length(prompts, batch_size):
        turned = pad([prompts[i][::-1] for i in chunk], tokenizer.pad_id, device_of(gpt))
        ids, mask = (part.flip(1) for part in turned)                                      # (B, T), padded on the left
        written = generate(gpt, ids, LONGEST, temperature=0, eos_id=tokenizer.eos_id, attention_mask=mask)
        for i, row in zip(chunk, written[:, ids.size(1):].tolist()):
            row = row[:row.index(tokenizer.eos_id)] if tokenizer.eos_id in row else row
            found[i] = tokenizer.decode(row).strip().split("\n")[0]
    return found


def rouge(summaries: list[str], references: list[str]) -> dict[str, list[float]]:
    """Count what summaries have in common with their references: -> "rouge_1", "rouge_2", "rouge_l": F1, (n,) each."""
    pairs = [(words(a), words(b)) for a, b in zip(summaries, references, strict=True)]
    return {"rouge_1": [rouge_n(a, b, 1) for a, b in pairs], "rouge_2": [rouge_n(a, b, 2) for a, b in pairs],
            "rouge_l": [rouge_l(a, b) for a, b in pairs]}
