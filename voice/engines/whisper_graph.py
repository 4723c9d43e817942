"""Whisper (Radford et al., 2022) as two ONNX graphs, its big weights in 8 bits, made from a CTranslate2 model.

One graph encodes a sound and projects it to what the decoder attends to; the other decodes a few tokens at once. That
matters more than the arithmetic: one pass over the decoder's weights scores a whole draft, or all beams of all callers.

Each weight column has its own scale and is stored unsigned around 128: signed weights overflow the 16-bit sums of
processors without VNNI. Activations are quantized when they come, whole tensors at a time, except where single
tokens are much louder than others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from voice.engines.ctranslate2_weights import Weights

if TYPE_CHECKING:
    import onnx

__all__ = ["Shape", "decoder_graph", "encoder_graph", "shape_of"]

TOP = 8
"""Likeliest next tokens that the decoder's graph gives."""
_OPSET, _IR = 20, 9
_CONTRIB = "com.microsoft"


@dataclass(frozen=True)
class Shape:
    """How big a Whisper is."""

    width: int
    heads: int
    layers: int
    bands: int
    positions: int


def shape_of(weights: Weights) -> Shape:
    """Raises:
    ValueError: not a Whisper.
    """
    width, bands, _ = weights.stored("encoder/conv1/weight").shape
    layers = 0
    while f"decoder/layer_{layers}/ffn/linear_0/weight" in weights:
        layers += 1
    heads = int(weights.stored("decoder/num_heads"))
    return Shape(width, heads, layers, bands, len(weights.stored("decoder/position_encodings/encodings")))


def encoder_graph(weights: Weights) -> onnx.ModelProto:
    """features (n, bands, frames) float32 -> for each decoder layer i, key_i and value_i:
    (n, heads, frames / 2, width / heads) float32.

    Each of its own layers i attends to past_key_i and past_value_i, too, (n, heads, states, width / heads), and gives
    present_key_i and present_value_i: these, then those of the sound.
    """
    shape = shape_of(weights)
    g = _Graph(weights, shape)
    x = g.op("Gelu", [g.convolution("encoder/conv1", "features", stride=1)])
    x = g.op("Gelu", [g.convolution("encoder/conv2", x, stride=2)])
    x = g.op("Transpose", [x], perm=[0, 2, 1])
    positions = g.constant(weights.rows("encoder/position_encodings/encodings"))
    length = g.op("Slice", [g.op("Shape", [x]), g.integers([1]), g.integers([2])])
    x = g.op("Add", [x, g.op("Slice", [positions, g.integers([0]), length])])
    normal = g.norm("encoder/layer_0/self_attention", x)
    inputs: dict[str, list] = {"features": ["n", shape.bands, "frames"]}
    for layer in range(shape.layers):
        name = f"encoder/layer_{layer}"
        for kind in ("key", "value"):
            inputs[f"past_{kind}_{layer}"] = ["n", shape.heads, "before", shape.width // shape.heads]
        mixed = g.attention(*g.split(g.linear(f"{name}/self_attention/linear_0", normal), 3), past=layer)
        out = g.linear(f"{name}/self_attention/linear_1", mixed)
        x, normal = g.added_norm(f"{name}/ffn", x, out)
        following = f"encoder/layer_{layer + 1}/self_attention" if layer + 1 < shape.layers else "encoder"
        x, normal = g.added_norm(following, x, g.feed_forward(name, normal))
    for layer in range(shape.layers):
        both = g.split(g.linear(f"decoder/layer_{layer}/attention/linear_1", normal), 2)
        for kind, each in zip(("key", "value"), both, strict=True):
            heads = g.op("Reshape", [each, g.integers([0, 0, shape.heads, -1])])
            g.output(f"{kind}_{layer}", g.op("Transpose", [heads], perm=[0, 2, 1, 3]))
    return g.model(inputs)


def decoder_graph(weights: Weights, text: np.ndarray, special: np.ndarray) -> onnx.ModelProto:
    """A few tokens of several rows (beams of an item are neighbours) against what each item attends to.

    Inputs: embedded (rows, tokens, width) float32, positions included; per_item (3,) int64 = items, -1, width;
    per_row (3,) = rows, -1, width; scored (n,) int64: which of the tokens to score; asked (rows, n, 1) int64, places
    in `text`: a next token whose probability is wanted, likely or not; per layer i: past_key_i, past_value_i
    (rows, heads, before, width / heads) and key_i, value_i (items, heads, states, width / heads).

    Outputs: best (rows, n, TOP) int64 indices into `text` and logprob (rows, n, TOP) float32 of the likeliest next
    tokens; asked_logprob (rows, n, 1) float32; marks (rows, n, len(special)) float32, logits of `special`; per layer
    present_key_i, present_value_i.

    Args:
        text: ids of the tokens that a text may have, (n,).
        special: ids whose logits are wanted apart (languages, no speech).
    """
    shape = shape_of(weights)
    g = _Graph(weights, shape)
    x, inputs = "embedded", {"embedded": ["rows", "tokens", shape.width]}
    normal = g.norm("decoder/layer_0/self_attention", x)
    each = shape.width // shape.heads
    for layer in range(shape.layers):
        name = f"decoder/layer_{layer}"
        q, k, v = g.split(g.linear(f"{name}/self_attention/linear_0", normal), 3)
        for kind in ("key", "value"):
            inputs[f"past_{kind}_{layer}"] = ["rows", shape.heads, "before", each]
            inputs[f"{kind}_{layer}"] = ["items", shape.heads, "states", each]
        mixed = g.attention(q, k, v, past=layer, causal=True)
        x, normal = g.added_norm(f"{name}/attention", x, g.linear(f"{name}/self_attention/linear_1", mixed))
        q = g.op("Reshape", [g.linear(f"{name}/attention/linear_0", normal), "per_item"])
        mixed = g.op("Reshape", [g.attention(q, f"key_{layer}", f"value_{layer}"), "per_row"])
        x, normal = g.added_norm(f"{name}/ffn", x, g.linear(f"{name}/attention/linear_2", mixed))
        following = f"decoder/layer_{layer + 1}/self_attention" if layer + 1 < shape.layers else "decoder"
        x, normal = g.added_norm(following, x, g.feed_forward(name, normal))
    hidden = g.op("Gather", [normal, "scored"], axis=1)
    logits = g.product(weights.rows("decoder/projection/weight", text), hidden)
    total = g.op("ReduceLogSumExp", [logits, g.integers([-1])], keepdims=1)
    values, best = g.op("TopK", [logits, g.integers([TOP])], outputs=2, axis=-1)
    g.output("best", best, integer=True)
    g.output("logprob", g.op("Sub", [values, total]))
    g.output("asked_logprob", g.op("Sub", [g.op("GatherElements", [logits, "asked"], axis=-1), total]))
    marks = g.constant(weights.rows("decoder/projection/weight", special).T)
    g.output("marks", g.op("MatMul", [hidden, marks]))
    return g.model(inputs, integers={"per_item": [3], "per_row": [3], "scored": ["n"], "asked": ["rows", "n", 1]})


@dataclass
class _Graph:
    """Nodes and weights as they are added; a value is known by its name."""

    weights: Weights
    shape: Shape
    nodes: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    outputs: dict[str, bool] = field(default_factory=dict)

    def op(self, kind: str, inputs: list[str], domain: str = "", outputs: int = 1, **attributes):
        """Adds a node; gives its output's name, or a list of them."""
        from onnx import helper

        names = [f"v{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: np.ndarray) -> str:
        from onnx import numpy_helper

        name = f"c{len(self.kept)}"
        self.kept.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def integers(self, values: list[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def output(self, name: str, value: str, integer: bool = False) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs[name] = integer

    def convolution(self, name: str, x: str, stride: int) -> str:
        kernel, bias = (self.constant(self.weights.rows(f"{name}/{part}")) for part in ("weight", "bias"))
        return self.op("Conv", [x, kernel, bias], pads=[1, 1], strides=[stride], kernel_shape=[3])

    def norm(self, name: str, x: str) -> str:
        return self.op("LayerNormalization", [x, *self._norm(name)], epsilon=1e-5, axis=-1)

    def added_norm(self, name: str, x: str, more: str) -> tuple[str, str]:
        """(x + more, its norm)."""
        normal, _, _, total = self.op(
            "SkipLayerNormalization", [x, more, *self._norm(name)], _CONTRIB, outputs=4, epsilon=1e-5
        )
        return total, normal

    def _norm(self, name: str) -> list[str]:
        return [self.constant(self.weights.rows(f"{name}/layer_norm/{part}")) for part in ("gamma", "beta")]

    def linear(self, name: str, x: str) -> str:
        return self.product(self.weights.rows(f"{name}/weight"), x, self.weights.rows(f"{name}/bias"))

    def product(self, weight: np.ndarray, x: str, bias: np.ndarray | None = None) -> str:
        """x times the transposed (out, in) float32 weight, in 8 bits, plus the bias."""
        scale = np.maximum(np.abs(weight).max(axis=1) / 127, 1e-12).astype(np.float32)
        stored = (np.rint(weight / scale[:, None]) + 128).astype(np.uint8).T
        inputs = [x, self.constant(stored), self.constant(scale), self.constant(np.full(len(scale), 128, np.uint8))]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.op("DynamicQuantizeMatMul", inputs, _CONTRIB)

    def feed_forward(self, layer: str, x: str) -> str:
        inner = self.op("Gelu", [self.linear(f"{layer}/ffn/linear_0", x)])
        # A few tokens are much louder than the rest here: each is brought to its own loudest value first.
        loudest = self.op("ReduceMax", [self.op("Abs", [inner]), self.integers([-1])], keepdims=1)
        loudest = self.op("Max", [loudest, self.constant(np.float32(1e-6).reshape(1))])
        out = self.product(self.weights.rows(f"{layer}/ffn/linear_1/weight"), self.op("Div", [inner, loudest]))
        bias = self.constant(self.weights.rows(f"{layer}/ffn/linear_1/bias"))
        return self.op("Add", [self.op("Mul", [out, loudest]), bias])

    def split(self, x: str, parts: int) -> list[str]:
        return self.op("Split", [x], outputs=parts, axis=-1, num_outputs=parts)

    def attention(self, q: str, k: str, v: str, past: int | None = None, causal: bool = False) -> str:
        """Over all keys; with `past`, over that layer's past too; where it is causal, over none that comes later."""
        if past is None:
            return self.op("MultiHeadAttention", [q, k, v], _CONTRIB, num_heads=self.shape.heads)
        before = [f"past_key_{past}", f"past_value_{past}"]
        mixed, key, value = self.op(
            "MultiHeadAttention",
            [q, k, v, "", "", "", *before],
            _CONTRIB,
            outputs=3,
            num_heads=self.shape.heads,
            unidirectional=int(causal),
        )
        self.output(f"present_key_{past}", key)
        self.output(f"present_value_{past}", value)
        return mixed

    def model(self, inputs: dict[str, list], integers: dict[str, list] | None = None) -> onnx.ModelProto:
        from onnx import TensorProto, helper

        given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
        given += [helper.make_tensor_value_info(name, TensorProto.INT64, s) for name, s in (integers or {}).items()]
        made = [
            helper.make_tensor_value_info(name, TensorProto.INT64 if integer else TensorProto.FLOAT, None)
            for name, integer in self.outputs.items()
        ]
        graph = helper.make_graph(self.nodes, "whisper", given, made, self.kept)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
