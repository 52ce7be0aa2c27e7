"""`vernier verify FILE` beside `tico-circle verify`: what TICO calls an error, ours does; clean files are clean in both."""
import json
import subprocess

import flatbuffers
import pytest
from tico.circle.io import load_model
from tico.circle.verify import VerificationSeverity, verify_document

from conftest import SOURCE, VERNIER

FILES = sorted((SOURCE / "tests/data/circle").glob("*.circle")) + [SOURCE / "tests/data/seed_example/tico.circle"]


def save(model, path):
    """Not TICO's writer: it refuses some of these itself."""
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"CIR0")
    path.write_bytes(builder.Output())


def graph(model):
    return model.subgraphs[0]


def operator(model, index=0):
    return graph(model).operators[index]


def second_buffer_0(model):
    model.buffers[0].data = [1, 2, 3]


def set_item(holder, name, index, value):
    values = list(getattr(holder, name))
    values[index] = value
    setattr(holder, name, values)



MUTANTS = {
    "no subgraphs": lambda m: setattr(m, "subgraphs", []),
    "no operator codes": lambda m: setattr(m, "operatorCodes", []),
    "no buffers": lambda m: setattr(m, "buffers", []),
    "data in buffer 0": second_buffer_0,
    "tensor names no buffer": lambda m: setattr(graph(m).tensors[0], "buffer", 9999),
    "operator names no code": lambda m: setattr(operator(m), "opcodeIndex", 99),
    "operand past the end": lambda m: set_item(operator(m), "inputs", 0, 9999),
    "negative operand": lambda m: set_item(operator(m), "inputs", 0, -2),
    "result past the end": lambda m: set_item(operator(m), "outputs", 0, 9999),
    "graph input past the end": lambda m: set_item(graph(m), "inputs", 0, 9999),
    "graph output past the end": lambda m: set_item(graph(m), "outputs", 0, 9999),
    "negative graph output": lambda m: set_item(graph(m), "outputs", 0, -1),
    "no graph inputs": lambda m: setattr(graph(m), "inputs", []),
    "two producers": lambda m: set_item(operator(m, 1), "outputs", 0, operator(m, 0).outputs[0]),
    "shape signature of another rank": lambda m: setattr(graph(m).tensors[0], "shapeSignature", [1] * 9),
    "no operators": lambda m: setattr(graph(m), "operators", []),
}


def tico_errors(model):
    report = verify_document(model, raise_on_error=False)
    return [issue.code for issue in report.issues if issue.severity == VerificationSeverity.ERROR]


def our_errors(path):
    done = subprocess.run([VERNIER, "verify", path, "--json"], capture_output=True, text=True)
    findings = json.loads(done.stdout)["findings"]
    errors = [finding["rule"] for finding in findings if finding["severity"] == "error"]
    assert done.returncode == (5 if errors else 0)
    return errors


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_clean_files_are_clean_in_both(path):
    assert tico_errors(load_model(path)) == []
    assert our_errors(path) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_what_tico_refuses_we_refuse(tmp_path, name):
    refused = 0
    for path in FILES:
        model = load_model(path)
        if name == "two producers" and len(graph(model).operators) < 2:
            continue
        MUTANTS[name](model)
        theirs = tico_errors(model)
        if not theirs:
            continue
        refused += 1
        mutant = tmp_path / path.name
        save(model, mutant)
        assert our_errors(mutant), f"{path.name}: TICO says {theirs}"
    assert refused > 0, "TICO accepts every one: no mutant of this kind"
