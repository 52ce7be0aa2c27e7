#!/usr/bin/env python3
"""Writes plugins/profiles/onnxruntime.profile.json: what the CPU kernels of the installed onnxruntime take.

    onnxruntime_profile.py [--check]

onnxruntime tells its kernels itself: for each operator and range of operator sets the types that an operand
may have. A file of operator set 21 or later is meant: of the kernels, those that serve 21 or a later one.
With --check nothing is written, and the exit code is 1 where the file is another."""

import argparse
import collections
import json
import pathlib
import re
import sys

import onnx
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

FILE = pathlib.Path(__file__).resolve().parents[1] / "plugins/profiles/onnxruntime.profile.json"
LEAST_OPSET = 21
FIRST_OPSET = 7  # older ones are not promised: https://onnxruntime.ai/docs/reference/compatibility.html
# tensor(NAME) of onnxruntime to ONNX's own.
TYPES = {"float": "FLOAT", "double": "DOUBLE", "float16": "FLOAT16", "bfloat16": "BFLOAT16"}


def name_of(operator, domain):
    return f"{domain}.{operator}" if domain else operator


def type_of(text):
    """The ONNX name of "tensor(int8)"; none for sequences, maps and optionals."""
    found = re.fullmatch(r"tensor\((\w+)\)", text)
    if not found:
        return None
    known = onnx.TensorProto.DataType.keys()
    name = TYPES.get(found[1], found[1].upper())
    return name if name in known else None


def schemas():
    """operator -> [(operator set that brought it, names of the types of its operands)], the latest first."""
    result = collections.defaultdict(list)
    for schema in state.get_all_operator_schema():
        types = [entry.typeStr for entry in schema.inputs]
        result[name_of(schema.name, schema.domain)].append((schema.since_version, types))
    return {operator: sorted(versions, reverse=True) for operator, versions in result.items()}


def kernels():
    """operator -> {operand: types}, of the CPU kernels that count."""
    result, known = collections.defaultdict(lambda: collections.defaultdict(set)), schemas()
    for one in state.get_all_opkernel_def():
        if one.provider != "CPUExecutionProvider" or one.domain == "com.microsoft.nchwc":
            continue  # that domain is what onnxruntime itself rewrites files to
        operator, (_, last) = name_of(one.op_name, one.domain), one.version_range
        if one.domain == "" and last < LEAST_OPSET:
            continue
        # Which operand a name means is said by the schema that the kernel was written for.
        names = next((types for since, types in known.get(operator, []) if since <= last), [])
        for index, name in enumerate(names[:10]):
            result[operator][index] |= set(one.type_constraints.get(name, []))
        result[operator]  # one without types is one too
    return result


def functions():
    """Operators that onnxruntime makes of others where it has no kernel."""
    for schema in onnx.defs.get_all_schemas():
        if schema.domain in ("", "ai.onnx.ml") and (
            schema.has_function or schema.has_context_dependent_function
        ):
            yield name_of(schema.name, schema.domain)


def rules():
    """One for each operand and set of types that some of the operators have in common."""
    grouped = collections.defaultdict(list)
    made = set(functions())  # what a kernel does not take is made of others
    for operator, operands in kernels().items():
        if operator in made:
            continue
        for index, texts in operands.items():
            types = {type_of(text) for text in texts}
            if types and None not in types:  # else it takes what is no tensor, or any
                grouped[(index, tuple(sorted(types)))].append(operator)
    for (index, types), names in sorted(grouped.items()):
        yield {
            "says": "onnxruntime has no such kernel for the CPU",
            "operators": sorted(names),
            "require": [{"of": f"input {index}", "types": list(types)}],
        }


def loads(opset, ir_version):
    """Whether a file that quantizes and dequantizes is loaded."""
    helper, tensor = onnx.helper, onnx.TensorProto
    scale = helper.make_tensor("s", tensor.FLOAT, [], [0.5])
    zero_point = helper.make_tensor("z", tensor.UINT8, [], [0])
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
    ]
    ends = [helper.make_tensor_value_info(name, tensor.FLOAT, [1]) for name in "xy"]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [scale, zero_point])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir_version)
    try:
        onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime has a type of its own for each reason
        return False
    return True


def greatest(holds, first):
    """The last number from `first` on before one for which it does not hold."""
    number = first
    while holds(number + 1):
        number += 1
    return number


def profile():
    """The document, one line a key and one a rule."""
    head = {
        "profile": "onnxruntime",
        "version": "1.0.0",
        "summary": "What onnxruntime runs on a CPU: its kernels and the types that they take, "
        "as it tells them",
        "source": f"onnxruntime {onnxruntime.__version__}: its list of kernels (CPUExecutionProvider) and "
        f"schemas, of operator set {LEAST_OPSET} or later; written by tools/onnxruntime_profile.py",
        "formats": ["onnx"],
        "limits": {
            "external_buffers": True,
            "opset": {
                "min": FIRST_OPSET,
                "max": greatest(lambda opset: loads(opset, 10), LEAST_OPSET),
            },
            "ir_version": greatest(lambda version: loads(LEAST_OPSET, version), 10),
        },
        "operators": sorted({"Constant", *kernels(), *functions()}),
    }
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    rows = ",\n".join(f"    {json.dumps(rule)}" for rule in rules())
    return "{\n" + ",\n".join(lines) + f',\n  "rules": [\n{rows}\n  ]\n}}\n'


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if not FILE.exists() or FILE.read_text() != profile():
            sys.exit(
                f"{FILE.name} is not what onnxruntime {onnxruntime.__version__} tells; run {sys.argv[0]}"
            )
        return
    FILE.write_text(profile())


if __name__ == "__main__":
    main()
