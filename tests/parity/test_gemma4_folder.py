"""The folder of a trained Gemma4 on a few samples: its table, its golden run, and dumps of a device in which
one thing is wrong, each made from a right one and named at its place."""

import json
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from conftest import SOURCE, VERNIER

SAMPLES = 7  # the last without a picture


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What tools/gemma4.py prints, and the folder of int16 activations and uint4 weights that it leaves."""
    out = tmp_path_factory.mktemp("gemma4")
    options = ["--samples", str(SAMPLES), "--settings", "w4a16,w2a16", "--threads", "1", "--no-cost"]
    command = [sys.executable, SOURCE / "tools/gemma4.py", "--out", out, *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, out / "w4a16"


def verify(folder, *options):
    done = subprocess.run([VERNIER, "verify", folder, "--json", *options], capture_output=True, text=True)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    held = json.loads(done.stdout)["held"]
    assert (done.returncode == 0) == held["equal"]
    return held


@pytest.fixture(scope="module")
def dump(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("dump") / "run.safetensors"
    verify(made[1], "--record", path, "--nodes")
    return load_file(path)


def held(made, tensors, tmp_path):
    save_file(tensors, tmp_path / "dump.safetensors")
    return verify(made[1], "--device", tmp_path / "dump.safetensors")


def test_prints_the_table(made):
    lines = [line.split() for line in made[0].splitlines()]
    right = f"{SAMPLES}/{SAMPLES}"
    (of_float,) = [line for line in lines if line[:1] == ["float"]]
    assert of_float[1] == right and of_float[-3:] == ["200", "-0.000615", "2.71"]  # TICO's own float run
    (fake,) = [line for line in lines if line[:3] == ["w4a16", "fake", "quant"]]
    (files,) = [line for line in lines if line[:2] == ["w4a16", "files"]]
    assert fake[3] == files[2] == files[-1] == right  # the last: free running
    assert sum(line[:1] == ["w2a16"] for line in lines) == 2


def test_a_right_dump_has_no_fault(made, dump, tmp_path):
    golden = verify(made[1])
    assert golden["differ"] == 0 and golden["tensors"] > 1000
    assert golden["same_tokens"] == golden["tokens"] > 3
    found = held(made, dump, tmp_path)
    assert found["differ"] == 0 and found["lacking"] == 0 and found["tensors"] > 3 * golden["tensors"]


def changed(dump, name, change):
    tensors = dict(dump)
    tensors[name] = tensors[name].copy()
    change(tensors[name])
    return tensors


def flip(x):
    x[0, 0, 37] ^= 8


def shift(x):  # the token of the first pass one slot behind its own
    slot = int(np.flatnonzero(np.any(x[0, 0] != 0, axis=1)).max())
    x[0, 0, slot + 1] = x[0, 0, slot]
    x[0, 0, slot] = 0


def unmask(x):
    x[0, 0, 3, 4] = x[0, 0, 3, 3]


FAULTS = {
    "a flipped code": ("0.decode.2.decoder_layer_decode_4.out.hidden", flip, "out", [0, 0, 37], ""),
    "a shifted slot": ("0.decode.1.decoder_layer_decode_2.in.past_k", shift, "in", None, "step write_rows"),
    "a mask value": (
        "0.prefill.0.decoder_layer_prefill_3.in.attention_mask",
        unmask,
        "in",
        [0, 0, 3, 4],
        "step causal_mask",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_at_its_place(made, dump, tmp_path, fault):
    name, change, side, first, writer = FAULTS[fault]
    assert name in dump, sorted(key for key in dump if key.startswith(name.rsplit(".", 2)[0]))
    found = held(made, changed(dump, name, change), tmp_path)
    one = found["differences"][0]
    assert (one["name"], one["side"]) == (name, side)
    assert first is None or one["first"] == first
    assert one["writer"].startswith(writer)
    if fault == "a shifted slot":
        low, high = one["low"][2], one["high"][2]
        assert high == low + 1
        assert one["moved"] == f"index {high} of axis 2 holds what belongs to index {low}"


def test_an_unrotated_head_is_named(made, dump, tmp_path):
    """Queries inside a file: head 2 is turned back by the angles of its positions."""
    prefix = "0.prefill.0.decoder_layer_prefill_1."
    cos, sin = (dump[prefix + f"in.{name}"][0].astype(np.float64) / 32767 for name in ("cos", "sin"))
    tensor = "model.language_model.layers.1.self_attn/add"

    def turn_back(x):
        half = x.shape[-1] // 2
        a, b = x[0, 2, :, :half].astype(np.float64), x[0, 2, :, half:].astype(np.float64)
        x[0, 2, :, :half] = np.rint(a * cos[:, :half] + b * sin[:, half:])
        x[0, 2, :, half:] = np.rint(b * cos[:, half:] - a * sin[:, half:])

    found = held(made, changed(dump, prefix + "node." + tensor, turn_back), tmp_path)
    assert found["differ"] == 1
    (one,) = found["differences"]
    assert (one["file"], one["side"]) == ("decoder_layer_prefill_1.q.circle", "node")
    assert one["tensor"] == tensor
    # Position 0 is turned by nothing.
    assert one["first"][:3] == [0, 2, 1]
    assert (one["low"][1], one["high"][1]) == (2, 2)


def test_the_keys_of_an_unrotated_head_are_named_at_the_boundary(made, dump, tmp_path):
    prefix = "0.decode.0.decoder_layer_decode_5."
    name = prefix + "out.new_k"
    unrotated = dump[prefix + "node.model.language_model.layers.5.self_attn/permute_1"]

    def leave(x):
        x[...] = unrotated.reshape(x.shape)

    found = held(made, changed(dump, name, leave), tmp_path)
    assert found["differences"][0]["name"] == name


def test_a_dump_may_be_npy_files_of_flat_arrays(made, dump, tmp_path):
    flat = dump["0.decode.0.lm_head.out.logits"].reshape(-1).copy()
    np.save(tmp_path / "0.decode.0.lm_head.out.logits.npy", flat)
    found = verify(made[1], "--device", tmp_path)
    assert (found["tensors"], found["differ"]) == (1, 0)
    flat[5] += 1
    np.save(tmp_path / "0.decode.0.lm_head.out.logits.npy", flat)
    found = verify(made[1], "--device", tmp_path)
    assert found["differences"][0]["first"][-1] == 5
    assert verify(made[1], "--device", tmp_path, "--within", "1")["differ"] == 0
