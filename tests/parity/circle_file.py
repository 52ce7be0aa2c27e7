"""Decodes a Circle file with the circle-schema package, far from any reader of ours."""
import dataclasses

import numpy as np
from circle_schema import circle

TYPE_NAMES = {value: name for name, value in vars(circle.TensorType.TensorType).items() if isinstance(value, int)}
OPERATOR_NAMES = {value: name for name, value in vars(circle.BuiltinOperator.BuiltinOperator).items() if isinstance(value, int)}


@dataclasses.dataclass
class Tensor:
    name: str
    shape: list
    type: str
    scale: np.ndarray
    zero_point: list
    axis: int | None  # None: one scale for the tensor
    data: bytes | None  # None: computed while running


@dataclasses.dataclass
class Operator:
    op: str
    inputs: list  # of Tensor; None where the operand is absent
    outputs: list
    options: dict


@dataclasses.dataclass
class Graph:
    inputs: list
    outputs: list
    operators: list


def read(path):
    model = circle.Model.ModelT.InitFromObj(circle.Model.Model.GetRootAs(path.read_bytes(), 0))
    (graph,) = model.subgraphs
    tensors = [tensor_of(model, tensor) for tensor in graph.tensors]
    pick = lambda indices: [tensors[i] if i >= 0 else None for i in indices]
    operators = []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        options = dict(vars(operator.builtinOptions)) if operator.builtinOptions else {}
        operators.append(Operator(OPERATOR_NAMES[code.builtinCode], pick(operator.inputs), pick(operator.outputs), options))
    return Graph(pick(graph.inputs), pick(graph.outputs), operators)


def tensor_of(model, tensor):
    q, data = tensor.quantization, model.buffers[tensor.buffer].data
    scale = np.array([] if q is None or q.scale is None else q.scale, np.float32)
    return Tensor(
        name=tensor.name.decode(),
        shape=list(tensor.shape),
        type=TYPE_NAMES[tensor.type],
        scale=scale,
        zero_point=[] if q is None or q.zeroPoint is None else [int(z) for z in q.zeroPoint],
        axis=q.quantizedDimension if scale.size > 1 else None,
        data=None if data is None else bytes(data),
    )
