"""A pretend accelerator: tensors that hold CPU tensors and refuse to meet plain ones, as CUDA's do.

Code that forgets a device works on a CPU and fails on a reader's GPU. Here it fails, too:

    with pretend_device() as device:
        model = to_device(model)
        assert model(ids.to(device)).device == device

Every operator is computed by the CPU's kernel, so the numbers must be equal to the CPU's.
"""

from contextlib import contextmanager

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils import backend_registration
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

CAN_PRETEND = hasattr(backend_registration, "_setup_privateuseone_for_python_backend")
if CAN_PRETEND:
    backend_registration._setup_privateuseone_for_python_backend("pretend")
    torch.pretend.get_rng_state = lambda device=None: torch.zeros(0, dtype=torch.uint8)  # it draws with the CPU's
    torch.pretend.get_amp_supported_dtype = lambda: [torch.bfloat16]
    torch.pretend.set_rng_state = lambda state, device=None: None
DEVICE = torch.device("pretend:0" if CAN_PRETEND else "cpu")
aten = torch.ops.aten


class PretendTensor(torch.Tensor):
    """A tensor on the pretend device; `inner` is the CPU tensor that holds its numbers."""

    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor, requires_grad: bool = False):
        with torch.inference_mode(False):  # or a view, made there, of what was made outside is refused
            placed = dict(strides=inner.stride(), storage_offset=inner.storage_offset(), layout=inner.layout)
            kind = dict(dtype=inner.dtype, device=DEVICE, requires_grad=requires_grad)
            wrapped = torch.Tensor._make_wrapper_subclass(cls, inner.size(), **placed, **kind)
        wrapped.inner = inner
        return wrapped

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.Tensor.numpy, torch.Tensor.__array__):
            raise TypeError("can't convert pretend:0 device type tensor to numpy. Use Tensor.cpu() to copy it first.")
        if func is torch.Tensor.tolist:  # copies by itself, as CUDA's does
            return args[0].inner.tolist()
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **(kwargs or {}))

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return run(func, args, kwargs or {})


def unwrap(value):
    return value.inner if isinstance(value, PretendTensor) else value


def wrap(value):
    return PretendTensor(value) if isinstance(value, torch.Tensor) and not isinstance(value, PretendTensor) else value


def run(func, args, kwargs):
    """Compute one operator with the CPU's kernel, or refuse it as CUDA would."""
    flat, _ = tree_flatten((args, kwargs))
    here = [value for value in flat if isinstance(value, PretendTensor)]
    elsewhere = [value for value in flat if isinstance(value, torch.Tensor) and not isinstance(value, PretendTensor)]
    device = torch.device(kwargs["device"]) if kwargs.get("device") is not None else None
    onto = device.type == DEVICE.type if device else bool(here)
    if func is aten._to_copy.default:
        options = {k: v for k, v in kwargs.items() if k not in ("device", "pin_memory", "non_blocking")}
        copied = func(*map(unwrap, args), **options)
        return wrap(copied) if onto else copied
    if func is aten.copy_.default:  # may cross devices
        func(*map(unwrap, args), **kwargs)
        return args[0]
    if onto and any(isinstance(value, torch.Generator) for value in flat):
        raise RuntimeError("Expected a 'pretend' device type for generator but found 'cpu'")
    if here:
        indexed = func in (aten.index.Tensor, aten.index_put_.default, aten._index_put_impl_.default)
        if not (indexed and isinstance(args[0], PretendTensor)) and any(value.dim() > 0 for value in elsewhere):
            raise RuntimeError(
                "Expected all tensors to be on the same device, but found at least two devices, "
                f"pretend:0 and cpu! (in {func})"
            )
    if device:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    result = func(*tree_map(unwrap, args), **tree_map(unwrap, kwargs))
    if func is aten._local_scalar_dense.default or not onto:
        return result
    if func._schema.is_mutable and isinstance(args[0], PretendTensor) and isinstance(result, torch.Tensor):
        return args[0]
    return tree_map(wrap, result)


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return run(func, args, kwargs or {})


class _Factories(TorchFunctionMode):
    """Make what torch builds from Python numbers on the CPU, and move it: the wrapped kernels never see those."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in (torch.tensor, torch.as_tensor) and kwargs.get("device") is not None:
            return func(*args, **kwargs | {"device": None}).to(kwargs["device"])
        return func(*args, **kwargs)


@contextmanager
def pretend_device():
    """Let tensors be made on the pretend device, as `torch.zeros(3, device=device)` does: -> the device."""
    if not CAN_PRETEND:
        pytest.skip("this torch cannot be taught a device in Python")
    with _Mode(), _Factories():
        yield DEVICE


def to_device(model: torch.nn.Module) -> torch.nn.Module:
    """Move a model's parameters and buffers there, tied ones together; `model.to` does not reach wrapped tensors."""
    moved: dict[int, torch.nn.Parameter] = {}
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None:
                if id(parameter) not in moved:
                    moved[id(parameter)] = torch.nn.Parameter(
                        PretendTensor(parameter.detach().clone()), requires_grad=parameter.requires_grad
                    )
                module._parameters[name] = moved[id(parameter)]
        for name, buffer in module._buffers.items():
            module._buffers[name] = wrap(buffer)
    return model
