"""An adapter: a few numbers beside a model's weights, which learn while the weights stay as they are.

A linear layer with the matrix W gets two thin ones, A and B, and then computes W x + (alpha / r) B A x.
B starts at zero, so at first the model is what it was. A token that the model never met in its
training, such as [MASK], can get a vector of its own.

I inputs and O outputs of a linear layer, r rank, D d_model.
"""

import hashlib
import math
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from bertgpt.assets import ASSETS, write_atomically

SHIPPED_ADAPTERS = {path.stem: path for path in (ASSETS / "adapters").glob("*.safetensors")}


class LowRank(nn.Module):
    """Hold what is added to a linear layer, (alpha / r) B A. Hu et al. 2021, section 4.1."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float):
        super().__init__()
        drawn = torch.randn(rank, linear.in_features) / math.sqrt(linear.in_features)
        self.A = nn.Parameter(drawn.to(linear.weight))  # (r, I)
        self.B = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))  # (O, r)
        self.scale = alpha / rank

    def add(self, linear: nn.Linear, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        return output + self.scale * (inputs[0] @ self.A.T) @ self.B.T  # (..., O)


class TokenVector(nn.Module):
    """Hold a vector (D,) for one token, which starts as the model's own."""

    def __init__(self, embedding: nn.Embedding, token_id: int):
        super().__init__()
        self.token_id, self.vector = token_id, nn.Parameter(embedding.weight[token_id].clone())

    def replace(self, embedding: nn.Embedding, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        at = inputs[0] == self.token_id  # (B, T)
        return torch.where(at[..., None], self.vector, output)  # (B, T, D)


class Adapter(nn.Module):
    """Freeze a model and put trainable matrices beside its linear layers; called, it calls the model.

    A model has one adapter at a time: another one takes its place.
    names: whole names of layers, or their last parts such as "q_proj"; None: all linear layers of the blocks
    token_id: a token to be read with a vector of its own, which starts as the model's
    Its parameters are the adapter's alone: `train(adapter, ...)` trains and stores no others. Training and evaluating
    it leave the model in its own mode: `model.eval()` or `model.train()` switch its dropout.
    Raises ValueError where the model has no layer of one of these names.
    """

    model: nn.Module

    def __init__(
        self,
        model: nn.Module,
        rank: int = 8,
        alpha: float = 16.0,
        names: Iterable[str] | None = None,
        token_id: int | None = None,
    ):
        super().__init__()
        linear = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
        wanted = {name for name in linear if name.startswith("blocks.")} or {"blocks"} if names is None else set(names)
        called = {name: {name, name.rpartition(".")[2]} for name in linear}
        unknown = wanted.difference(*called.values())
        chosen = {name: linear[name] for name in linear if wanted & called[name]}
        if unknown or not chosen:
            raise ValueError(f"the model has no linear layer named {' or '.join(sorted(unknown))}")
        object.__setattr__(self, "model", model.requires_grad_(False))  # not registered: its parameters are not ours
        self.alpha, self.handles = alpha, list[RemovableHandle]()
        self.layers = {name: (layer, LowRank(layer, rank, alpha)) for name, layer in chosen.items()}
        self.low_rank = nn.ModuleList([low for _, low in self.layers.values()])
        self.token = None if token_id is None else TokenVector(self.embedding, token_id)
        self.attach()

    @property
    def embedding(self) -> nn.Embedding:
        return self.model.embeddings.token  # type: ignore

    def forward(self, *args, **named):
        return self.model(*args, **named)

    def attach(self) -> None:
        """Put it on, in the place of the one that is on."""
        if other := vars(self.model).get("adapter"):
            other.detach()
        vars(self.model)["adapter"] = self  # not registered: its parameters are not the model's
        self.handles = [layer.register_forward_hook(low.add) for layer, low in self.layers.values()]
        if self.token is not None:
            self.handles.append(self.embedding.register_forward_hook(self.token.replace))

    def detach(self) -> None:
        """Give the model back, computing what it did. It stays frozen until `model.requires_grad_(True)`."""
        for handle in self.handles:
            handle.remove()
        if self.handles:
            del vars(self.model)["adapter"]
        self.handles = []

    @contextmanager
    def off(self):
        """Switch the adapter off inside a `with` block."""
        attached = bool(self.handles)
        self.detach()
        try:
            yield self.model
        finally:
            if attached:
                self.attach()

    @torch.no_grad()
    def merge(self) -> nn.Module:
        """Add the adapter to the model's own weights, for good, and return the model: it costs nothing then.

        Where the embeddings are tied, the token's new vector also scores it among the answers.
        Raises ValueError for an adapter of a vocabulary projection that is tied to them: they share its matrix.
        """
        tables = [module.weight for module in self.model.modules() if isinstance(module, nn.Embedding)]
        if any(layer.weight is table for layer, _ in self.layers.values() for table in tables):
            raise ValueError("a vocabulary projection that is tied to the embeddings cannot be merged")
        self.detach()
        for layer, low in self.layers.values():
            layer.weight += low.scale * low.B @ low.A  # (O, I)
        if self.token is not None:
            self.embedding.weight[self.token.token_id] = self.token.vector
        return self.model

    def save(self, path: str | Path, dtype: torch.dtype = torch.float32, about: dict[str, str] | None = None) -> None:
        """Write the adapter as safetensors, with the fingerprint of its model.

        dtype: of the file; about: more to say of it, as metadata
        Raises ValueError for numbers that are not finite in this dtype.
        """
        tensors: dict[str, Tensor] = {} if self.token is None else {"token": self.token.vector}
        for name, (_, low) in self.layers.items():
            tensors |= {f"{name}.A": low.A, f"{name}.B": low.B}
        tensors = {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in tensors.items()}
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise ValueError(f"the adapter holds numbers that are not finite in {dtype}: nothing was saved")
        metadata = {"base": fingerprint(self.model), "alpha": str(self.alpha)} | (about or {})
        if self.token is not None:
            metadata["token_id"] = str(self.token.token_id)
        path = Path(path)
        write_atomically(path.parent, {path.name: save(tensors, metadata)})


def load_adapter(model: nn.Module, source: str | Path) -> Adapter:
    """Read an adapter and put it beside the model that it was trained with.

    source: a file, or the name of a shipped adapter, a key of SHIPPED_ADAPTERS
    Raises ValueError, naming the file, when it is damaged or belongs to other weights.
    """
    path = SHIPPED_ADAPTERS.get(str(source), Path(source))
    try:
        with safe_open(path, "pt") as file:
            about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
        base, token_id = about["base"], about.get("token_id")
        names = [name.removesuffix(".A") for name in tensors if name.endswith(".A")]
        if (found := fingerprint(model)) == base:
            rank = len(tensors[f"{names[0]}.A"])
            adapter = Adapter(model, rank, float(about["alpha"]), names, None if token_id is None else int(token_id))
            with torch.no_grad():
                for name, (_, low) in adapter.layers.items():
                    low.A.copy_(tensors[f"{name}.A"])
                    low.B.copy_(tensors[f"{name}.B"])
                if adapter.token is not None:
                    adapter.token.vector.copy_(tensors["token"])
            return adapter
    except (SafetensorError, OSError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"{path} cannot be read as an adapter: {error}") from None
    sha256 = f"sha256 {base[:12]}, not {found[:12]}"
    raise ValueError(f"{path} belongs to other weights than this model's ({sha256}): load the one it was trained with")


def fingerprint(model: nn.Module) -> str:
    """Compute the sha256 of a model's parameters: names, shapes and numbers, a second for half a gigabyte."""
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        digest.update(f"{name} {tuple(parameter.shape)} {parameter.dtype}".encode())
        digest.update(parameter.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
