"""A Piper voice (VITS: Kim, Kong and Son, ICML 2021) in two: what the sentence will sound like, and the sound of it.

The first half needs the whole sentence; the second, a HiFi-GAN (Kong, Kim and Bae, NeurIPS 2020), sees no further than
a few frames around the one it makes. So the sound can be made in pieces, and the first is there long before the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["AROUND", "LONGEST", "halves", "pieces"]

AROUND = 12
"""Frames on both sides that a frame's sound depends on; with 12 the difference is zero, with 8 it is 2e-4."""
_GENERATOR = "/dec/"
_FIRST, LONGEST = 30, 120
"""Frames of the first piece and of the longest: each is as long as all before it, up to there."""


def halves(model: ModelProto) -> tuple[ModelProto, ModelProto] | None:
    """(sentence -> (1, channels, frames), that -> sound); None where the graph isn't laid out so (several speakers)."""
    from onnx import helper

    graph = model.graph
    made = {name for node in graph.node if node.name.startswith(_GENERATOR) for name in node.output}
    second = [node for node in graph.node if made.intersection((*node.input, *node.output))]
    own = {name for node in second for name in node.output}
    first = [node for node in graph.node if own.isdisjoint(node.output)]
    given = {each.name for each in graph.initializer}
    between = sorted({name for node in second for name in node.input if name} - own - given)
    if not made or len(between) != 1 or not any(between[0] in node.output for node in first):
        return None
    frames = helper.make_tensor_value_info(between[0], graph.output[0].type.tensor_type.elem_type, None)

    def part(nodes, inputs, outputs) -> ModelProto:
        needed = {name for node in nodes for name in node.input}
        weights = [each for each in graph.initializer if each.name in needed]
        half = helper.make_graph(nodes, graph.name, inputs, outputs, weights)
        return helper.make_model(half, opset_imports=model.opset_import, ir_version=model.ir_version)

    return part(first, list(graph.input), [frames]), part(second, [frames], list(graph.output))


def pieces(frames: int) -> Iterator[tuple[int, int]]:
    """(begin, end) of the pieces that so many frames are made in."""
    begin = 0
    while begin < frames:
        end = begin + min(max(begin, _FIRST), LONGEST)
        if frames - end < _FIRST:
            end = frames
        yield begin, end
        begin = end
