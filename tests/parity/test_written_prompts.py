"""`vernier generate FOLDER --prompt TEXT --image FILE`: a trained model answers words and pictures from its
exported files, with the tokenizer, chat template and picture settings that lie in the folder."""

import json
import os
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
from safetensors.numpy import load_file, save_file

import shapes_set
from conftest import SOURCE, VERNIER

DATA = SOURCE / "tests/data/gemma4_shapes"
PROFILE = {"sequence": 48, "pictures": 1, "image_slots": 108}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Circle files of 16-bit activations and 8-bit weights."""
    folder = tmp_path_factory.mktemp("written")
    settings = {"evaluation.samples": 1, "export.0.verify.samples": 1}
    shapes_set.run_on("gemma4_shapes_w8a16", folder, 6, 3, settings)
    return folder


def generate(folder, *options):
    env = os.environ | {"VERNIER_PYTHON": sys.executable}
    command = [VERNIER, "generate", folder / "out", *options]
    return subprocess.run(command, capture_output=True, text=True, env=env)


# Calibration sample 0 has picture 000; colours and shapes of the others are seen by whoever opens them.
ANSWERS = [
    ("what does the picture show?", "000.png",
     "a large yellow triangle on the left and a small blue cross on the right."),
    ("how many shapes?", "004.png", "two."),
    ("describe it briefly.", "001.png", "a blue cross and a yellow ring."),
    ("red paint and blue paint make?", None, "purple paint."),
]


@pytest.mark.parametrize("text, picture, answer", ANSWERS)
def test_words_and_pictures_are_answered_in_words(folder, text, picture, answer):
    images = ["--image", DATA / picture] if picture else []
    done = generate(folder, "--prompt", text, *images)
    assert (done.returncode, done.stdout, done.stderr) == (0, answer + "\n", "")
    place = "<|image|>" if picture else ""
    raw = generate(folder, "--raw", "--prompt", f"<bos>{place}{text}<turn|>", *images)
    assert raw.stdout == done.stdout, raw.stderr


def test_the_request_is_what_the_model_was_trained_on(folder):
    """Its tokens by the training script; the picture's patches by it, too."""
    sample = json.loads((DATA / "samples.jsonl").read_text().splitlines()[0])
    pictures = load_file(DATA / "pictures.safetensors")
    request = {
        "pixel_values": (pictures["pixel_values_u8"][:1] / 255.0).astype("float32"),
        "pixel_position_ids": pictures["image_position_ids"][:1].astype("int32"),
    }
    save_file(request, folder / "request.safetensors")
    ids = ",".join(map(str, sample["input_ids"]))
    by_hand = generate(folder, "--ids", ids, "--request", folder / "request.safetensors", "--json")
    text = "what does the picture show?"
    made = json.loads(generate(folder, "--prompt", text, "--image", DATA / "000.png", "--json").stdout)
    assert made.pop("text") == sample["request"]["answer"]
    assert made["tokens"] == sample["answer_ids"]
    assert made == json.loads(by_hand.stdout)


def test_prompts_calibrate_as_their_tensors_do(folder):
    """Samples as lines of words and pictures, and as tensors by the training script: equal scales."""
    lines = [json.loads(line) for line in (DATA / "samples.jsonl").read_text().splitlines()]
    chosen = [0, 1, 3, next(i for i, one in enumerate(lines) if "images" not in one["request"])]
    pictures, tensors, prompts = load_file(DATA / "pictures.safetensors"), {}, []
    names = ["000.png", "001.png", "002.png", "004.png", "007.png", "009.png"]
    for i, one in enumerate(lines[k] for k in chosen):
        request = dict(one["request"])
        tensors[f"input_ids.{i}"] = np.array([one["input_ids"]], np.int32)
        tensors[f"answer_ids.{i}"] = np.array(one["answer_ids"], np.int32)
        if "images" in request:
            k = names.index(request["images"][0])
            request["images"] = [str(DATA / names[k])]
            pixels = (pictures["pixel_values_u8"][k][None] / 255.0).astype(np.float32)
            tensors[f"pixel_values.{i}"] = pixels
            tensors[f"pixel_position_ids.{i}"] = pictures["image_position_ids"][k][None].astype(np.int32)
        prompts.append(json.dumps(request))
    save_file(tensors, folder / "same.safetensors")
    (folder / "same.jsonl").write_text("\n".join(prompts) + "\n")
    written = {"kind": "prompts", "path": str(folder / "same.jsonl"), "processor": "checkpoint_files"}
    found = {}
    for name, inputs in (("tensors", None), ("words", written)):
        inputs = inputs or {"kind": "safetensors", "path": str(folder / "same.safetensors")}
        settings = {"calibration.inputs": inputs, "evaluation.inputs": inputs, "evaluation.samples": 2}
        shapes_set.run("gemma4_shapes_w8a16", folder / name, settings | {"export": []})
        report = json.loads((folder / name / "report.json").read_text())
        found[name] = (folder / name / "qparams.json").read_text(), report["program"]["evaluation"]
    assert found["words"] == found["tensors"]


def picture(folder, width, height):
    path = folder / f"{width}x{height}.png"
    PIL.Image.new("RGB", (width, height), "red").save(path)
    return path


def test_what_the_set_is_not_made_for_is_refused_by_name(folder):
    one = ["--image", DATA / "000.png"]
    large, odd = picture(folder, 120, 96), picture(folder, 100, 72)
    rows = [
        (["--prompt", "a", *one, *one], 5, "the prompt has 2 pictures; the program takes 0 to 1"),
        (["--prompt", "a " * 60], 5, " tokens (input_ids); the program takes 1 to 47"),
        (["--prompt", "a", "--image", large], 5, "15x12 patches, and there are 108 slots; make it smaller"),
        (["--prompt", "a", "--image", odd], 5, "takes multiples of 24"),
        (["--prompt", "a", "--image", folder / "none.png"], 5, "there is no picture"),
        (["--raw", "--prompt", "a", *one], 5, "the request has 1; a place is <|image|>"),
        (["--prompt", "a", "--ids", "1"], 2, "--prompt excludes --ids"),
        (["--ids", "1", *one], 2, "--image requires --prompt"),
        (["--prompt", "a", "--processor", "other"], 3, 'no plugin provides processor "other"'),
        (["--prompt", "a", "--processor-options", '{"python": "/absent"}'], 3, "cannot start /absent"),
    ]
    for options, code, words in rows:
        done = generate(folder, *options)
        assert done.returncode == code and words in done.stderr, (options, done.returncode, done.stderr)
        assert done.stdout == ""
