"""The set that `vernier run` writes with the program's profile compat=tico, held to TICO's own set of the same model
(tests/data/gemma4_programs/tico_set.json), to its verifier, and to its runtime, file by file."""

import json
import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tico.circle.io import load_model
from tico.circle.runtime import CircleReferenceRuntime, ExecutionMode
from tico.circle.verify import verify_document

import circle_file
from conftest import SOURCE, VERNIER
from program_inputs import Prefill

TICOS = {row["file"]: row for row in json.loads((SOURCE / "tests/data/gemma4_programs/tico_set.json").read_text())}
FLOAT = {"multimodal_fusion_prefill"}  # ple_projection is half so in TICO's set, by mistake
RNG = np.random.default_rng(11)


def requests(folder):
    for samples, count in (("calibration", "24"), ("evaluation", "8")):
        path = folder / f"{samples}.safetensors"
        tool = SOURCE / "tools/gemma4_requests.py"
        subprocess.run(["python3", tool, path, samples, count, "--grid", "12x9"], check=True)


@pytest.fixture(scope="module", params=["whole", "split"])
def tico_set(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    requests(folder)
    out = folder / "out"
    options = {
        "model.profile.vision": request.param,
        "calibration.inputs.path": folder / "calibration.safetensors",
        "evaluation.inputs.path": folder / "evaluation.safetensors",
        "evaluation.samples": 2,
        "export.1.verify.samples": 2,
    }
    sets = [word for key, value in options.items() for word in ("--set", f"{key}={value}")]
    recipe = SOURCE / "configs/gemma4_shapes_tico.json"
    done = subprocess.run([VERNIER, "run", recipe, "--out", out, "--quiet", *sets], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


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
        tensors = [t for operator in graph.operators for t in operator.inputs + operator.outputs if t is not None]
        assert any(t.type == "FLOAT32" for t in tensors) == (name in FLOAT), name


def test_ticos_verifier_finds_nothing(tico_set):
    for name, path in files(tico_set).items():
        assert verify_document(load_model(path), raise_on_error=False).errors == (), name


def test_the_files_fit_what_takes_ticos(tico_set):
    for name, path in files(tico_set).items():
        profile = "tico" if name in FLOAT else "npu"
        done = subprocess.run([VERNIER, "verify", path, "--json", "--profile", profile], capture_output=True, text=True)
        assert done.returncode == 0, (name, done.stdout[:800])


def codes_of(tensor, generator):
    """Inputs as they may come: a mask hides a third of the keys, all else is normal."""
    if tensor.name.endswith("attention_mask"):
        hidden = generator.random(tensor.shape) < 1 / 3
        hidden[..., -1] = False
        return np.where(hidden, np.int16(-32767), np.int16(0))
    return np.clip(generator.normal(size=tensor.shape) * 8000, -32767, 32767).astype(np.int16)


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
    """Each operator by TICO's kernel, on the numbers that ours had: the greatest difference of all, in steps."""
    runtime, mode = CircleReferenceRuntime(path.read_bytes()), ExecutionMode.FAKE_QUANTIZE
    tensors = {one.index: one for one in runtime.program.tensors}
    graph, known = circle_file.read(path), given | mine
    read = {one.name: one for operator in graph.operators for one in operator.inputs + operator.outputs if one}
    held = {
        index: runtime._constant_value(one, mode) if one.is_constant else values(known[one.name], read[one.name])
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


def first_request(folder):
    file = load_file(folder.parent / "evaluation.safetensors")
    return {name.removesuffix(".0"): tensor for name, tensor in file.items() if name.endswith(".0")}


def test_ticos_runtime_computes_each_operator_as_ours(tico_set, tmp_path):
    """Of all files, on what they are given for a request; those of the decode phase on numbers of the kind."""
    graphs = {name: circle_file.read(path) for name, path in files(tico_set).items()}

    def held_to_ticos(name, path, given):
        given = {one.name: np.ascontiguousarray(given[one.name]) for one in graphs[name].inputs}
        mine = ours(path, given, tmp_path)
        assert compare_operators(path, given, mine) < 1.5, name
        return mine

    def execute(unit, inputs):
        path = tico_set / unit["file"]["path"]
        given = dict(zip(unit["file"]["inputs"], inputs))
        for one in graphs[unit["name"]].inputs:
            given[one.name] = given[one.name].astype(np.int64) if one.type == "INT64" else given[one.name]
        mine = held_to_ticos(unit["name"], path, given)
        return [mine[name] for name in unit["file"]["outputs"]]

    request = first_request(tico_set)
    prefill = Prefill(tico_set, request, execute)
    assert prefill.held["next_token"] == request["answer_ids"][0]
    decoding = set(graphs) - set(prefill.calls)
    assert all("decode" in name for name in decoding) and len(decoding) == 10
    for name in decoding:
        given = {one.name: codes_of(one, RNG) for one in graphs[name].inputs}
        held_to_ticos(name, tico_set / f"{name}.q.circle", given)
