"""docs/examples/run_folder.py, which is written from docs/program.md alone, answers as the host does: the
same exported folder, executed by both. Caches of sliding layers are rings, which a long answer goes round."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import shapes_set
from conftest import SOURCE, VERNIER

EXAMPLE = SOURCE / "docs/examples/run_folder.py"
PROFILE = {"sequence": 48, "pictures": 2, "image_slots": 108, "ring": True}
IMAGE, BEGIN, END = 316, 317, 318  # tokens: a soft one, before and behind a picture
FORMS = {"text": (), "12x9": (12, 9), "9x12": (9, 12), "9x9": (9, 9)}


def two_pictures(one, other):
    """Both in one prompt, with the question about the first: its tokens, not an answer that anybody knows."""
    ids = one["input_ids"][0].tolist()
    soft = int((other["pixel_position_ids"][0, :, 0] >= 0).sum()) // 9
    ids[1:1] = [BEGIN, *[IMAGE] * soft, END]
    both = {name: np.concatenate([other[name], one[name]]) for name in ("pixel_values", "pixel_position_ids")}
    return {"input_ids": np.array([ids], np.int32), **both}


SETTINGS = {
    "model.profile": PROFILE,
    "quantization.weight.dtype": "int8",
    "evaluation.samples": 1,
    "export.0.backend": "tflite",
    "export.0.gates.float_tensors": ">= 0",  # norms and softmax are computed in float there
    "export.0.file": "{unit}.q.tflite",
    "export.0.verify.samples": 1,
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder, a request of each form and the answers that are known."""
    folder = tmp_path_factory.mktemp("run_folder")
    shapes_set.run_on("gemma4_shapes_w8a16", folder, 6, 7, SETTINGS)
    tensors = load_file(folder / "evaluation.safetensors")
    lines = (SOURCE / "tests/data/gemma4_shapes/evaluation/evaluation.jsonl").read_text().splitlines()[:7]
    forms = [tuple(json.loads(line).get("patch_grid", ())) for line in lines]
    found, answers = {}, {}
    for name, form in FORMS.items():
        end = f".{forms.index(form)}"
        one = {key.removesuffix(end): x for key, x in tensors.items() if key.endswith(end)}
        answers[name] = one.pop("answer_ids").tolist()
        found[name] = one
    found["two"] = two_pictures(found["12x9"], found["9x9"])
    for name, one in found.items():
        save_file(one, folder / f"{name}.safetensors")
    return folder, found, answers


def example(folder, *options):
    return subprocess.run([sys.executable, EXAMPLE, folder, *options], capture_output=True, text=True)


def tokens(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return [int(word) for word in done.stdout.split()]


def test_the_example_answers_as_the_host_does(exported):
    folder, _, answers = exported
    env = os.environ | {"VERNIER_PYTHON": sys.executable}
    held = {}
    for name in ("text", "9x12", "two"):  # at a time: each opens 25 files in processes of their own
        command = [VERNIER, "generate", folder / "out", "--request", folder / f"{name}.safetensors"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        held[name] = subprocess.Popen(command, text=True, env=env, **pipes)
    for name, process in held.items():
        out, errors = process.communicate()
        assert process.returncode == 0, errors
        found = tokens(example(folder / "out", "--request", folder / f"{name}.safetensors"))
        assert found == [int(word) for word in out.split()], name
        assert found == answers.get(name, found), name
        assert len(found) > 1, name


@pytest.mark.parametrize("name", ["12x9", "9x9"])
def test_the_example_gives_the_answers_that_are_known(exported, name):
    folder, found, answers = exported
    assert tokens(example(folder / "out", "--request", folder / f"{name}.safetensors")) == answers[name]
    if name == "12x9":  # around the rings of 23 slots
        assert found[name]["input_ids"].size + len(answers[name]) > 24


REFUSED = {
    "input_ids has 48 on axis 1; 1 to 47 are served": {"input_ids": np.full((1, 48), 5, np.int32)},
    "input_ids holds illegal values": {"input_ids": np.array([[2, 320]], np.int32)},
    "1 image tokens for 0 soft tokens": {"input_ids": np.array([[2, IMAGE, 4]], np.int32)},
    "the request has no input_ids": {},
}


@pytest.mark.parametrize("said", REFUSED)
def test_a_request_that_the_set_does_not_serve_is_refused(exported, tmp_path, said):
    folder, _, _ = exported
    save_file(REFUSED[said], tmp_path / "request.safetensors")
    done = example(folder / "out", "--request", tmp_path / "request.safetensors")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"refused: {said}\n")


def test_a_changed_file_is_refused(exported, tmp_path):
    folder, _, _ = exported
    copy = shutil.copytree(folder / "out", tmp_path / "out")
    path = copy / "lm_head.q.tflite"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    done = example(copy, "--ids", "2,105,4")
    assert done.returncode == 1
    assert done.stderr == "refused: lm_head.q.tflite is not the file that the program names\n"


def test_units_of_one_file_answer_as_alone(exported, tmp_path):
    """All layers of both phases in one file of two signatures, against a file for each layer and phase."""
    folder, _, answers = exported
    settings = SETTINGS | {"export.0.files": "group", "model.profile": PROFILE | {"granularity": "stack"}}
    shapes_set.run_on("gemma4_shapes_w8a16", tmp_path, 6, 7, settings)
    units = json.loads((tmp_path / "out/program.json").read_text())["units"]
    files = {one["name"]: (one["file"]["path"], one["file"].get("signature")) for one in units}
    for phase in ("prefill", "decode"):
        assert files[f"decoder_stack_{phase}"] == ("decoder_stack.q.tflite", f"decoder_stack_{phase}")
    assert files["lm_head"] == ("lm_head.q.tflite", None)
    for name in ("9x12", "two"):
        request = ("--request", folder / f"{name}.safetensors")
        found = tokens(example(tmp_path / "out", *request))
        assert found == tokens(example(folder / "out", *request)), name
        assert found == answers.get(name, found), name
