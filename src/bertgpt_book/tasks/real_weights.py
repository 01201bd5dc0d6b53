"""What Real weights asks of published models, whole and broken.

B texts, T tokens, D d_model, L layers.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from bertgpt.text.batching import pad
from bertgpt.text.corpora import chapters, sentences
from bertgpt.weights.conversion import map_name

from ..modern.model import Decoder
from ..modern.weights import LLAMA_FIELDS, LLAMA_NAMES
from .finetuning import pooled

TEXTS = [
    ("She is eating.", "The stock market fell sharply."),
    ("They walked down to the sea until the light had gone.",),
]
PROMPT = "Today, I went to"  # for SmolLM2

# Remarks about the first chapter of Persuasion, by a language model -> pieces of the sentences that answer them.
REMARKS = {
    "The family is in debt.": ("growing distressed for money", "condescended to mortgage"),
    "Who will inherit the title?": ("Heir presumptive", "The heir presumptive"),
    "He is proud of his good looks.": ("remarkably handsome", "vanity of person"),
    "Anne resembles her dead mother.": ("fancy the mother",),
    "He refuses to part with his land.": ("never condescend to sell", "never disgrace his name", "whole and entire"),
    "How could they spend less?": ("Can we retrench",),
    "The heir was asked to visit and stayed away.": ("invited to Kellynch",),
    "His younger daughters counted for little.": ("two other children",),
}


def pages() -> list[str]:
    """Read the chapter's sentences of middle length."""
    chapter = chapters("test")["Persuasion"][1]
    return [text.strip() for text in sentences(chapter) if 30 < len(text) < 160]


def vectors(model, tokenizer, texts: list[str]) -> Tensor:
    """Compute a vector of length 1 for each text, the average over its real tokens: -> (B, D)."""
    rows = [tokenizer.encode_pair(text)[0] for text in texts]
    return F.normalize(pooled(model, rows, "mean")["mean"], dim=-1)


def search(model, tokenizer) -> list[int]:
    """Find the nearest of `pages` for each remark: -> their numbers."""
    similarity = vectors(model, tokenizer, list(REMARKS)) @ vectors(model, tokenizer, pages()).T
    return similarity.argmax(dim=-1).tolist()


def two_rows(tokenizer) -> tuple[Tensor, Tensor, Tensor]:
    """Frame a pair of sentences and a single one for BERT: -> ids, attention mask, segments, (B, T) each."""
    framed = [tokenizer.encode_pair(*texts) for texts in TEXTS]
    ids, mask = pad([row for row, _ in framed], tokenizer.pad_id)
    segments, _ = pad([row for _, row in framed], 0)
    return ids, mask, segments


@torch.inference_mode()
def last_state_off(model, intact, ids: Tensor, mask: Tensor, segments: Tensor | None = None) -> float:
    """Measure how far a model's last state is from the intact one's, as a share of its size (root mean square)."""
    options = {} if segments is None else {"segment_ids": segments}
    states = [each.encode(ids, attention_mask=mask, **options)[mask == 1] for each in (model, intact)]  # (N, D) each
    return ((states[0] - states[1]).norm() / states[1].norm()).item()


@torch.inference_mode()
def largest_numbers(theirs, ids: Tensor) -> list[float]:
    """Find the largest number of each hidden state of a model of transformers: -> 1 + L numbers."""
    return [state.abs().max().item() for state in theirs(ids, output_hidden_states=True).hidden_states]


def their_llama(model: Decoder):
    """Put a Llama's weights into transformers' own class. They are shared, not copied."""
    import transformers

    theirs = {name: getattr(model.config, ours) for ours, name in LLAMA_FIELDS.items()}
    rope = {"rope_type": "default", "rope_theta": model.config.theta}
    config = transformers.LlamaConfig(**theirs, rope_parameters=rope, bos_token_id=None, eos_token_id=None)
    tensors = {map_name(name, LLAMA_NAMES): tensor for name, tensor in model.state_dict().items()}
    kind = transformers.LlamaForCausalLM
    return kind.from_pretrained(None, config=config, state_dict=tensors, dtype=torch.float32).eval()
