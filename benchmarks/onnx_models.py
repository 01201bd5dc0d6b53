"""Our models as ONNX graphs of one text length, with the engine's own numbers for weights, for onnxruntime-web.

B is 1 and left out. T tokens, D d_model, H heads, K d_head, V vocabulary.
"""

import math

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from bertgpt_book.widgets.engine.pack import pack_to_fit, quantise, step_of_each_row

OPSET, IR = 20, 10  # the first opset with Gelu


def with_engine_numbers(model: nn.Module) -> nn.Module:
    """Round a model's matrices, in place, as the engine's files hold them."""
    _, coarser = pack_to_fit(model, "any")
    for name, parameter in model.named_parameters():
        if parameter.ndim == 2:
            numbers, step = quantise(name, parameter.data, coarser)
            parameter.data = numbers * step_of_each_row(step, len(numbers))
    return model.eval()


class Graph:
    """Nodes and weights in the order in which they are written down; what an operation gives is a name."""

    def __init__(self):
        self.nodes: list = []
        self.weights: dict[str, np.ndarray] = {}

    def weight(self, values) -> str:
        """Keep a weight, one that is tied only once: -> its name."""
        values = values.detach().numpy() if isinstance(values, torch.Tensor) else np.asarray(values)
        name = f"w{values.ctypes.data}-{values.shape}"
        self.weights[name] = values
        return name

    def op(self, kind: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [f"n{len(self.nodes)}"], **attributes))
        return self.nodes[-1].output[0]

    def linear(self, x: str, layer: nn.Linear) -> str:
        """(T, in) -> (T, out)."""
        bias = [] if layer.bias is None else [self.weight(layer.bias)]
        return self.op("Gemm", x, self.weight(layer.weight), *bias, transB=1)

    def norm(self, x: str, layer: nn.LayerNorm) -> str:
        return self.op("LayerNormalization", x, self.weight(layer.weight), self.weight(layer.bias), epsilon=layer.eps)

    def gelu(self, x: str, kind: str) -> str:
        return self.op("Gelu", x, approximate="tanh" if kind == "gelu_new" else "none")

    def attention(self, x: str, layer, d_head: int) -> str:
        """(T, D) -> (T, D), under the graph's input `mask` (T, T), which is added to the scores."""
        split, join = self.weight([0, layer.n_heads, d_head]), self.weight([0, layer.n_heads * d_head])
        q, k, v = (
            self.op("Reshape", self.linear(x, projection), split)  # (T, H, K)
            for projection in (layer.q_proj, layer.k_proj, layer.v_proj)
        )
        q, v = (self.op("Transpose", part, perm=[1, 0, 2]) for part in (q, v))  # (H, T, K)
        scores = self.op("MatMul", q, self.op("Transpose", k, perm=[1, 2, 0]))  # (H, T, T)
        scores = self.op("Mul", scores, self.weight(np.float32(1 / math.sqrt(d_head))))
        weights = self.op("Softmax", self.op("Add", scores, "mask"), axis=-1)
        context = self.op("Transpose", self.op("MatMul", weights, v), perm=[1, 0, 2])  # (T, H, K)
        return self.linear(self.op("Reshape", context, join), layer.out_proj)

    def block(self, x: str, layer, config) -> str:
        def feedforward(x):
            return self.linear(
                self.gelu(self.linear(x, layer.feedforward.up_proj), config.activation), layer.feedforward.down_proj
            )

        if config.norm_first:
            x = self.op("Add", x, self.attention(self.norm(x, layer.norm1), layer.attention, config.d_head))
            return self.op("Add", x, feedforward(self.norm(x, layer.norm2)))
        x = self.norm(self.op("Add", x, self.attention(x, layer.attention, config.d_head)), layer.norm1)
        return self.norm(self.op("Add", x, feedforward(x)), layer.norm2)


def graph_of(model: nn.Module, n_tokens: int) -> onnx.ModelProto:
    """Write a BERTForPreTraining or a GPT down: ids (T,), mask (T, T), 0 or -inf -> logits (T, V)."""
    config, graph = model.config, Graph()
    positions = model.embeddings.position.weight[:n_tokens]  # (T, D)
    if model.embeddings.segment is not None:
        positions = positions + model.embeddings.segment.weight[0]
    tokens = graph.op("Gather", graph.weight(model.embeddings.token.weight), "ids")  # (T, D)
    x = graph.op("Add", tokens, graph.weight(positions))
    x = x if config.norm_first else graph.norm(x, model.embedding_norm)
    for layer in model.blocks:
        x = graph.block(x, layer, config)
    if config.norm_first:
        logits = graph.linear(graph.norm(x, model.final_norm), model.lm_head.decoder)
    else:
        head = model.mlm_head
        x = graph.norm(graph.gelu(graph.linear(x, head.dense), config.activation), head.norm)
        logits = graph.linear(x, head.decoder)
    floats = {"mask": (n_tokens, n_tokens), logits: (n_tokens, config.vocab_size)}
    mask, out = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in floats.items())
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, [n_tokens])
    weights = [numpy_helper.from_array(np.ascontiguousarray(values), name) for name, values in graph.weights.items()]
    made = helper.make_graph(graph.nodes, "model", [ids, mask], [out], weights)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
