"""Profile onnxruntime against onnxruntime: what it says the runtime takes, the runtime loads, and the rest
it refuses."""
import json
import subprocess
import sys

import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from conftest import SOURCE, VERNIER

onnxruntime.set_default_logger_severity(4)
TYPES = ["FLOAT", "DOUBLE", "FLOAT16", "INT8", "UINT8", "INT32", "INT64", "BOOL"]
# Operands beside the first, of its type; none is a function that onnxruntime makes of others.
OPERATORS = {"Add": 2, "Mul": 2, "MatMul": 2, "Sqrt": 1, "Erf": 1, "Sigmoid": 1, "Floor": 1, "Less": 2,
             "And": 2, "Concat": 2, "Transpose": 1, "Tanh": 1}
GIVES_BOOL = {"Less", "And"}


def model_of(operator, kind, opset=21, ir_version=10):
    data_type = getattr(TensorProto, kind)
    result = TensorProto.BOOL if operator in GIVES_BOOL else data_type
    names = ["a", "b"][:OPERATORS.get(operator, 1)]
    attributes = {"axis": 0} if operator == "Concat" else {}
    node = helper.make_node(operator, names, ["y"], **attributes)
    inputs = [helper.make_tensor_value_info(name, data_type, [2, 2]) for name in names]
    graph = helper.make_graph([node], "g", inputs, [helper.make_tensor_value_info("y", result, None)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)


def loads(model):
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception:  # a type of its own for each reason
        return False
    return True


def findings(model, folder):
    (folder / "m.onnx").write_bytes(model.SerializeToString())
    ran = subprocess.run([VERNIER, "verify", folder / "m.onnx", "--profile", "onnxruntime", "--json"],
                         capture_output=True, text=True)
    assert ran.returncode in (0, 5), ran.stderr
    found = json.loads(ran.stdout)
    assert ran.returncode == (5 if found["errors"] else 0)
    return [row["what"] for row in found["findings"] if row["severity"] == "error"]


@pytest.mark.parametrize("operator", OPERATORS)
def test_types_are_those_that_it_loads(operator, tmp_path):
    verdicts = {}
    for kind in TYPES:
        model = model_of(operator, kind)
        if kind != "BOOL" and operator == "And":
            continue  # no such operator in the standard
        verdicts[kind] = (loads(model), not findings(model, tmp_path))
    assert any(taken for taken, _ in verdicts.values()), "no type of this operator is loaded"
    # Halves of floats are cast to floats by onnxruntime itself where a kernel lacks them.
    wrong = {kind: both for kind, both in verdicts.items() if both[0] != both[1] and kind != "FLOAT16"}
    assert not wrong, f"type: (onnxruntime loads it, the profile takes it) {wrong}"


def test_operators_and_versions_are_those_that_it_loads(tmp_path):
    profile = json.loads((SOURCE / "plugins/profiles/onnxruntime.profile.json").read_text())
    limits = profile["limits"]
    assert findings(model_of("Erf", "FLOAT", opset=limits["opset"]["max"]), tmp_path) == []
    for model in [model_of("Erfc", "FLOAT"), model_of("Erf", "FLOAT", ir_version=limits["ir_version"] + 1)]:
        assert not loads(model)
        assert len(findings(model, tmp_path)) == 1


def test_the_profile_is_what_the_installed_one_tells():
    subprocess.run([sys.executable, SOURCE / "tools/onnxruntime_profile.py", "--check"], check=True)
