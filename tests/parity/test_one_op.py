"""Each op in a graph of its own, against numpy: as ONNX in onnxruntime, as TFLite in LiteRT."""

import functools
import json
import os
import subprocess
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from safetensors.numpy import save_file
from scipy import special

from conftest import VERNIER, build_plugin
from one_op_cases import IMAGE_CASES, PLACED_CASES

RNG = np.random.default_rng(7)


def reals(low=-4, high=4, shape=(3, 5, 8)):
    return RNG.uniform(low, high, shape).astype(np.float32)


def whole(dtype=np.int64, low=-9, high=9):
    return RNG.integers(low, high, (3, 5, 8)).astype(dtype)


def half_permuted(x):
    """Equal in its second half, and of the same range."""
    y = x.copy().ravel()
    y[: y.size // 2] = RNG.permutation(y[: y.size // 2])
    return y.reshape(x.shape)


def truth():
    return RNG.integers(0, 2, (3, 5, 8)).astype(bool)


# Name: op, its attributes, its operands, and what numpy makes of them.
CASES = {
    "cos": ("cos", {}, [reals()], np.cos),
    "sin": ("sin", {}, [reals()], np.sin),
    "exp": ("exp", {}, [reals()], np.exp),
    "log": ("log", {}, [reals(0.25, 8)], np.log),
    "erf": ("erf", {}, [reals()], special.erf),
    "softplus": ("softplus", {}, [reals()], lambda x: np.log1p(np.exp(x))),
    "floor": ("floor", {}, [reals()], np.floor),
    "abs": ("abs", {}, [reals()], np.abs),
    "square": ("square", {}, [reals()], np.square),
    "pow": ("pow", {}, [reals(0.25, 3), reals(-2, 2)], np.power),
    "cos of integers": ("cos", {}, [whole()], np.cos),
    "maximum": ("maximum", {}, [reals(), reals(-2, 6)], np.maximum),
    "minimum": ("minimum", {}, [reals(), reals(-2, 6)], np.minimum),
    "maximum of integers": ("maximum", {}, [whole(), whole(np.int32)], np.maximum),
    "where": ("where", {}, [truth(), reals(), reals(-2, 6)], np.where),
    "where of integers": ("where", {}, [truth(), whole(), whole()], np.where),
    "sum": ("sum", {"axes": [2]}, [reals()], lambda x: x.sum(2)),
    "sum of two axes": (
        "sum",
        {"axes": [0, -1], "keep_dims": True},
        [reals()],
        lambda x: x.sum((0, 2), keepdims=True),
    ),
    "sum of all": ("sum", {"axes": []}, [reals()], np.sum),
    "mean of all": ("mean", {"axes": []}, [reals()], np.mean),
    "max": ("max", {"axes": [1]}, [reals()], lambda x: x.max(1)),
    "min": ("min", {"axes": [1, 2]}, [reals()], lambda x: x.min((1, 2))),
    "max of integers": ("max", {"axes": [1]}, [whole()], lambda x: x.max(1)),
    "argmax": ("argmax", {"axis": -1}, [reals()], lambda x: x.argmax(-1)),
    "argmax of integers": ("argmax", {"axis": 0}, [whole()], lambda x: x.argmax(0)),
    "argmax of int32": ("argmax", {"axis": 0}, [whole(np.int32)], lambda x: x.argmax(0)),
    "cumsum": ("cumsum", {"axis": 1}, [reals()], lambda x: x.cumsum(1)),
    "abs of integers": ("abs", {}, [whole(np.int32)], np.abs),
    "logical_and": ("logical_and", {}, [truth(), truth()], np.logical_and),
    "logical_or": ("logical_or", {}, [truth(), truth()], np.logical_or),
    "logical_not": ("logical_not", {}, [truth()], np.logical_not),
}
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    ours = reals()
    CASES[name] = (name, {}, [ours, np.where(truth(), ours, reals()).astype(np.float32)], getattr(np, name))
    CASES[f"{name} of one grid"] = (name, {}, [ours, half_permuted(ours)], getattr(np, name))
    CASES[f"{name} of another grid"] = (name, {}, [reals(), reals(-1, 9)], getattr(np, name))
    CASES[f"{name} of integers"] = (
        name,
        {},
        [whole(np.int32, -2, 2), whole(np.int32, -2, 2)],
        getattr(np, name),
    )
CASES |= PLACED_CASES | IMAGE_CASES
OF_ONNX_ONLY = (
    "erf",
    "softplus",
    "cos of integers",
    "maximum of integers",
    "argmax of integers",
)
NAMES = {1: ["x"], 2: ["a", "b"], 3: ["condition", "a", "b"]}
TYPES = {1: "OneOperand", 2: "TwoOperands", 3: "ThreeOperands"}


@pytest.fixture(scope="session")
def plugin(folder):
    return build_plugin(folder, "one_op")


@functools.cache
def exported(folder, plugin, name, backend, dtype):
    op, attributes, operands, function = CASES[name]
    out = folder / f"{name} {backend} {dtype}".replace(" ", "_")
    (out / "checkpoint").mkdir(parents=True)
    parameters = {key: x for key, x in attributes.items() if isinstance(x, np.ndarray)}
    save_file(parameters or {"unused": np.zeros(1, np.float32)}, out / "checkpoint/model.safetensors")
    (out / "checkpoint/config.json").write_text("{}")
    names = NAMES[len(operands)]
    save_file({f"{key}.0": x for key, x in zip(names, operands)}, out / "inputs.safetensors")
    sites = [key for key, x in zip(names, operands) if x.dtype == np.float32]
    sites += [
        f"out_{i}" if i else "out"
        for i, result in enumerate(results_of(function, operands))
        if result.dtype.kind == "f"
    ]
    shapes = {key: list(x.shape) for key, x in parameters.items()}
    site = {"observer": "identity"} if dtype == "float32" else {"observer": "minmax", "dtype": dtype}
    recipe = {
        "version": 1,
        "model": {
            "checkpoint": str(out / "checkpoint"),
            "module": "",
            "type": TYPES[len(operands)],
            "config": {"op": op, "sites": sites, **attributes, **shapes},
        },
        "quantization": {
            "activation": site,
            "weight": (
                {"observer": "identity"} if dtype == "float32" else {"observer": "minmax", "dtype": "int8"}
            ),
        },
        "calibration": {"inputs": {"kind": "safetensors", "path": str(out / "inputs.safetensors")}},
        "export": [
            {"backend": backend, "file": f"op.{backend}", "profile": "none", "options": {"io": "codes"}}
        ],
    }
    (out / "recipe.json").write_text(json.dumps(recipe))
    done = subprocess.run(
        [VERNIER, "run", out / "recipe.json", "--out", out / "made", "--plugin", plugin, "--quiet"],
        capture_output=True,
        text=True,
        env=os.environ | {"VERNIER_PYTHON": sys.executable},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out / f"made/op.{backend}"


def results_of(function, operands):
    results = function(*operands)
    return [np.asarray(one) for one in (results if isinstance(results, (list, tuple)) else [results])]


def coded(x, scale, zero_point, dtype):
    limits = np.iinfo(dtype)
    return np.clip(np.rint(x.astype(np.float64) / scale) + zero_point, limits.min, limits.max).astype(dtype)


def numbers(codes, scale, zero_point):
    return scale * (codes.astype(np.float64) - zero_point)


def expect_near(result, wanted, scale, zero_point, most=1):
    """Codes within `most` steps of the exact result's; a real within a few of its last bits."""
    if scale is not None:
        steps = np.abs(result.astype(np.int64) - coded(np.asarray(wanted), scale, zero_point, result.dtype))
        assert steps.max() <= most and (steps != 0).mean() <= 0.02, steps
    elif result.dtype.kind == "f":
        np.testing.assert_allclose(result, wanted, rtol=2e-6, atol=4e-6)
    else:
        np.testing.assert_array_equal(result, wanted)


def grids_of(file):
    """By tensor: the scale and zero point that a QuantizeLinear or DequantizeLinear beside it has."""
    graph = onnx.load(str(file)).graph
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    return {
        tensor: (float(constants[node.input[1]]), int(constants[node.input[2]]) if len(node.input) > 2 else 0)
        for node in graph.node
        if node.op_type in ("QuantizeLinear", "DequantizeLinear") and constants[node.input[1]].ndim == 0
        for tensor in (node.input[0], node.output[0])
    }


def each_once(names, *ways):
    """(name, *way) for each way; of ops that place elements or look at images the first way alone."""
    few = PLACED_CASES.keys() | IMAGE_CASES.keys()
    return [(name, *way) for name in names for way in (ways[:1] if name in few else ways)]


@pytest.mark.parametrize(
    "name, dtype",
    each_once(list(CASES), ("uint8",), ("int16",), ("float32",)),
)
def test_in_onnxruntime(folder, plugin, name, dtype):
    file = exported(folder, plugin, name, "onnx", dtype)
    onnx.checker.check_model(str(file), full_check=True)
    grids = grids_of(file)
    _, _, operands, function = CASES[name]
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    feed, meant = {}, []
    for info, x in zip(session.get_inputs(), operands):
        grid = grids.get(info.name)
        feed[info.name] = (
            x
            if grid is None
            else coded(x, *grid, {"tensor(uint8)": np.uint8, "tensor(int16)": np.int16}[info.type])
        )
        meant.append(x if grid is None else numbers(feed[info.name], *grid))
    results = session.run(None, feed)
    for result, wanted, info in zip(results, results_of(function, meant), session.get_outputs(), strict=True):
        expect_near(result, wanted, *grids.get(info.name, (None, None)))


LITERT = [name for name in CASES if name not in OF_ONNX_ONLY]
WAYS = [(dtype, kernels) for kernels in ("reference", "optimized") for dtype in ("uint8", "int16", "float32")]


@pytest.mark.parametrize(
    "name, dtype, kernels",
    each_once(LITERT, *WAYS) + [(name, "int16", "optimized") for name in LITERT if name in PLACED_CASES],
)
def test_in_litert(folder, plugin, name, dtype, kernels):
    file = exported(folder, plugin, name, "tflite", dtype)
    _, _, operands, function = CASES[name]
    resolver = {
        "reference": OpResolverType.BUILTIN_REF,
        "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    }[kernels]
    runner = Interpreter(str(file), experimental_op_resolver_type=resolver)
    runner.allocate_tensors()
    inputs = {detail["name"]: detail for detail in runner.get_input_details()}
    meant = []
    for key, x in zip(NAMES[len(operands)], operands):
        detail = inputs[key]
        scale, zero_point = detail["quantization"]
        codes = x if scale == 0 else coded(x, scale, zero_point, detail["dtype"])
        runner.set_tensor(detail["index"], codes)
        meant.append(x if scale == 0 else numbers(codes, scale, zero_point))
    runner.invoke()
    signature = runner.get_signature_list()["forward"]["outputs"]
    outputs = {detail["name"]: detail for detail in runner.get_output_details()}
    wanted = results_of(function, meant)
    assert len(signature) == len(outputs) == len(wanted)
    for output, one in zip(runner.get_output_details(), wanted, strict=True):
        scale, zero_point = output["quantization"]
        expect_near(
            runner.get_tensor(output["index"]), one, *((None, None) if scale == 0 else (scale, zero_point))
        )
