"""A model under a head: frozen features, or fine-tuning.

B batch, T tokens, D d_model, C classes.
"""

import torch
from torch import Tensor, nn

from bertgpt.device import device_of, evaluation_mode
from bertgpt.model.bert import BERT
from bertgpt.model.both import Both
from bertgpt.model.gpt import GPT
from bertgpt.model.heads import POOLINGS
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.text.tokenizer import Tokenizer, with_leading_space
from bertgpt.training.loop import on_device


def build_inputs(
    model, tokenizer: Tokenizer, first: str, second: str | None = None, max_tokens: int | None = None
) -> tuple[list[int], list[int]]:
    """Frame one text or two the way the model saw texts in pre-training, in max_len or max_tokens.

    Of two texts that are too long together the longer one loses its end first, as in BERT's own code.
    -> ids, segments: [CLS] first [SEP] second [SEP] for BERT, <eos> first <eos> second for GPT, which has no segments
    """
    framing, max_len = model.framing, min(max_tokens or model.config.max_len, model.config.max_len)
    texts = [tokenizer.encode(with_leading_space(text)) for text in (first, second) if text is not None]
    room = max_len - len(framing.frame([[] for _ in texts], tokenizer.special_id)[0])
    for _ in range(sum(map(len, texts)) - room):
        max(reversed(texts), key=len).pop()
    ids, segments = framing.frame(texts, tokenizer.special_id)
    return ids, segments if model.config.n_segments else [0] * len(ids)


@torch.inference_mode()
def pooled(model, rows: list[list[int]], *poolings: str, batch_size: int = 64) -> dict[str, Tensor]:
    """Pool the hidden states of each text's real tokens into one vector per pooling, in one pass.

    rows: ids each; poolings: "first", "last", "mean"
    -> pooling -> (n, D), in the order of the rows, on the CPU
    """
    vectors = {pooling: torch.empty(len(rows), model.config.d_model) for pooling in poolings}
    with evaluation_mode(model):
        for chunk in length_sorted_batches(rows, batch_size):
            ids, mask = pad([rows[i] for i in chunk], model.config.pad_id, device_of(model))  # (B, T)
            hidden = model.encode(ids, attention_mask=mask)  # (B, T, D)
            for pooling in poolings:
                vectors[pooling][chunk] = POOLINGS[pooling](hidden, mask).float().cpu()
    return vectors


class HeadedModel(nn.Module):
    """Put a head of heads.py on an encoder, so that one loop trains both.

    batch: input_ids, attention_mask and, for pairs, segment_ids (B, T) -> what the head gives
    """

    def __init__(self, encoder: BERT | GPT | Both, head: nn.Module):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        mask, segments = batch["attention_mask"], batch.get("segment_ids")
        return self.head(self.encoder.encode(batch["input_ids"], segment_ids=segments, attention_mask=mask), mask)


def pair_rows(framed: list[tuple[list[int], list[int]]], encoder) -> dict[str, Tensor]:
    """Pad framed texts: -> input_ids, attention_mask (B, T), and segment_ids for a BERT."""
    ids, mask = pad([row for row, _ in framed], encoder.config.pad_id)  # (B, T)
    batch = {"input_ids": ids, "attention_mask": mask}
    if encoder.config.n_segments:
        batch["segment_ids"] = pad([segments for _, segments in framed], 0)[0]  # (B, T)
    return batch


@torch.inference_mode()
def predict(model: HeadedModel, rows: list[list[int]], batch_size: int = 64, segments=None) -> list[Tensor]:
    """Return the head's output for each row, without dropout, on the CPU.

    segments: of each row; without them all is one text
    -> (C,) for each text, (n, C) for its n tokens, or () for each pair
    """
    framed = list(zip(rows, segments or [[0] * len(row) for row in rows]))
    outputs, device = [torch.empty(0)] * len(rows), device_of(model)
    with evaluation_mode(model):
        for chunk in length_sorted_batches(rows, batch_size):
            batch = pair_rows([framed[i] for i in chunk], model.encoder)
            for i, output in zip(chunk, model(on_device(batch, device)).cpu()):
                outputs[i] = output[: len(rows[i])] if output.dim() == 2 else output
    return outputs


def score_pairs(model: HeadedModel, framed: list[tuple[list[int], list[int]]], batch_size: int = 64) -> Tensor:
    """Score each framed pair, both texts in one row, without dropout: -> (n,), on the CPU."""
    rows, segments = zip(*framed)
    return torch.stack(predict(model, list(rows), batch_size, segments))
