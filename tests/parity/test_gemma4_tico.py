"""The set that `vernier run` writes with the program's profile compat=tico, held to TICO's own set of the
same model (tests/data/gemma4_programs/tico_set.json), to its verifier, and to its runtime, file by file."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tico.circle.io import load_model
from tico.circle.runtime import CircleReferenceRuntime, ExecutionMode
from tico.circle.verify import verify_document

import circle_file
import shapes_set
from conftest import SOURCE, VERNIER

sys.path.insert(0, str(SOURCE / "docs/examples"))
import run_folder  # noqa: E402

TICOS = {
    row["file"]: row for row in json.loads((SOURCE / "tests/data/gemma4_programs/tico_set.json").read_text())
}
FLOAT = {"multimodal_fusion_prefill"}  # ple_projection is half so in TICO's set, by mistake


@pytest.fixture(scope="module", params=["whole", "split"])
def tico_set(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    settings = {
        "model.profile.vision": request.param,
        "evaluation.samples": 2,
        "export.1.verify.samples": 2,
    }
    return shapes_set.run_on("gemma4_shapes_tico", folder, 24, 8, settings, "--grid", "12x9")


def files(folder):
    return {path.name.removesuffix(".q.circle"): path for path in sorted(folder.glob("*.q.circle"))}


def test_each_file_is_as_ticos(tico_set):
    found = files(tico_set)
    is_split = "vision_pooler" in found
    vision = {name for name in TICOS if name.startswith("vision_")}
    assert set(found) == set(TICOS) - {name for name in vision if (name == "vision_prefill") == is_split}
    for name, path in found.items():
        graph, wanted = circle_file.read(path), TICOS[name]
        ours = {one.name: (one.type, one.shape) for one in graph.inputs}
        assert ours == {"tico::" + one["name"]: (one["type"], one["shape"]) for one in wanted["inputs"]}, name
        assert [(one.type, one.shape) for one in graph.outputs] == [
            (one["type"], one["shape"]) for one in wanted["outputs"]
        ], name


def test_float_stands_where_ticos_has_it_on_purpose(tico_set):
    for name, path in files(tico_set).items():
        graph = circle_file.read(path)
        tensors = [
            t for operator in graph.operators for t in operator.inputs + operator.outputs if t is not None
        ]
        assert any(t.type == "FLOAT32" for t in tensors) == (name in FLOAT), name


def test_ticos_verifier_finds_nothing(tico_set):
    for name, path in files(tico_set).items():
        assert verify_document(load_model(path), raise_on_error=False).errors == (), name


def test_the_files_fit_what_takes_ticos(tico_set):
    for name, path in files(tico_set).items():
        profile = "tico" if name in FLOAT else "npu"
        done = subprocess.run(
            [VERNIER, "verify", path, "--json", "--profile", profile], capture_output=True, text=True
        )
        assert done.returncode == 0, (name, done.stdout[:800])


def ours(path, inputs, folder):
    """What our executor computes: all tensors of the file, by name."""
    save_file(inputs, folder / "inputs.safetensors")
    paths = ["--inputs", folder / "inputs.safetensors", "--outputs", folder / "out.safetensors"]
    done = subprocess.run([VERNIER, "execute", path, "--all", *paths], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return load_file(folder / "out.safetensors")


def values(codes, tensor):
    """Codes as TICO's runtime takes them: what they mean, in float32."""
    return codes if tensor.scale.size == 0 else codes.astype(np.float32) * tensor.scale[0]


def steps_apart(mine, tensor, theirs):
    if tensor.scale.size == 0:
        return float(np.max(np.abs(mine.astype(np.float64) - theirs), initial=0))
    return float(np.max(np.abs(values(mine, tensor) - theirs), initial=0)) / tensor.scale[0]


def compare_operators(path, given, mine):
    """Each operator by TICO's kernel, on the numbers that ours had: the greatest difference, in steps."""
    runtime, mode = CircleReferenceRuntime(path.read_bytes()), ExecutionMode.FAKE_QUANTIZE
    tensors = {one.index: one for one in runtime.program.tensors}
    graph, known = circle_file.read(path), given | mine
    read = {
        one.name: one for operator in graph.operators for one in operator.inputs + operator.outputs if one
    }
    held = {
        index: (
            runtime._constant_value(one, mode) if one.is_constant else values(known[one.name], read[one.name])
        )
        for index, one in tensors.items()
        if one.is_constant or one.name in known
    }
    greatest = 0.0
    for operator in runtime.program.operators:
        results = dict(held)
        runtime._execute_operator(operator, results, mode)
        for index in operator.outputs:
            name = tensors[index].name
            greatest = max(greatest, steps_apart(mine[name], read[name], results[index]))
    return greatest


class Compared:
    """A file in our executor, each of whose operators is held to TICO's kernel."""

    folder, seen = None, {}

    def __init__(self, path, signature=None):
        assert signature is None, "TICO's files have one graph each"
        self.path, self.graph = path, circle_file.read(path)

    def grids(self):
        for one in self.graph.inputs + self.graph.outputs:
            yield one.name, (one.type.lower(), *one.scale.tolist(), *one.zero_point)

    def run(self, held):
        given = {
            one.name: np.ascontiguousarray(held[one.name].astype(one.type.lower()))
            for one in self.graph.inputs
        }
        mine = ours(self.path, given, self.folder)
        name = self.path.name.removesuffix(".q.circle")
        self.seen[name] = max(self.seen.get(name, 0), compare_operators(self.path, given, mine))
        return {one.name: mine[one.name] for one in self.graph.outputs}


def test_ticos_runtime_computes_each_operator_as_ours(tico_set, tmp_path, monkeypatch):
    """Of all files, on what they are given for a request: its prompt, and three tokens of the answer."""
    monkeypatch.setattr(run_folder, "LiteRt", Compared)
    monkeypatch.setattr(Compared, "folder", tmp_path)
    monkeypatch.setattr(Compared, "seen", {})
    file = load_file(tico_set.parent / "evaluation.safetensors")
    request = {name: file[f"{name}.0"] for name in ("input_ids", "pixel_values", "pixel_position_ids")}
    tokens = run_folder.Run(tico_set).generate(request, 3)
    assert tokens == file["answer_ids.0"][:3].tolist()
    assert Compared.seen.keys() == files(tico_set).keys()
    assert {name: steps for name, steps in Compared.seen.items() if steps > 1.01} == {}
