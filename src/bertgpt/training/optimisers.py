"""What turns gradients into new weights: AdamW, or Muon for the matrices of the blocks.

Each function returns the optimisers of a model, which together update every weight once a step.
A group's "factor" is its peak learning rate in units of the settings' own.
"""

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer


def parameter_groups(parameters, weight_decay: float) -> list[dict]:
    """Decay matrices and embeddings; leave biases and norms, which are vectors, alone."""
    parameters = [p for p in parameters if p.requires_grad]
    return [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]


def block_matrices(model: nn.Module) -> list[Tensor]:
    """Find the matrices that multiply hidden states inside the blocks: no embedding, no head, no vector."""
    inside = [p for name, p in model.named_parameters() if "blocks" in name.split(".")]
    return [p for p in inside if p.dim() == 2 and p.requires_grad]


def make_adamw(parameters: list, settings) -> Optimizer:
    """Make an AdamW of some parameters: the fused form, which is the fastest, but not on MPS, where it is new."""
    fused = all(p.device.type != "mps" for p in parameters)
    groups = parameter_groups(parameters, settings.weight_decay)
    return AdamW(groups, lr=settings.learning_rate, betas=settings.betas, fused=fused)


def adamw(model: nn.Module, settings) -> list[Optimizer]:
    """Update every weight by AdamW. Loshchilov and Hutter 2019, algorithm 2."""
    return [make_adamw([*model.parameters()], settings)]


def muon(model: nn.Module, settings) -> list[Optimizer]:
    """Update the matrices of the blocks by Muon, with updates as long as AdamW's, and the rest by AdamW.

    Jordan et al. 2024; Liu et al. 2025, section 2.2 (the length of the update).
    """
    if not hasattr(torch.optim, "Muon"):
        raise ValueError(f"the optimiser muon needs torch 2.9 or newer, and this is {torch.__version__}: give adamw")
    matrices = block_matrices(model)
    in_blocks = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in in_blocks]
    group = {"params": matrices, "factor": settings.muon_factor}
    rates: dict = {"lr": settings.learning_rate, "weight_decay": settings.weight_decay}
    return [torch.optim.Muon([group], **rates, adjust_lr_fn="match_rms_adamw"), make_adamw(rest, settings)]


OPTIMISERS = {"adamw": adamw, "muon": muon}
