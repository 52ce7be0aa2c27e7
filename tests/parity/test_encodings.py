"""Qparams and codes for other toolchains: AIMET's encodings, and the compressed-tensors layout."""
import json
import subprocess

import numpy as np
import pytest
from safetensors.numpy import load_file

from conftest import SOURCE, VERNIER


def exported(recipe, out, backend, name, *options, **extra):
    export = json.dumps([{"backend": backend, "file": name, "options": extra}])
    subprocess.run([VERNIER, "run", SOURCE / f"configs/{recipe}.json", "--out", out, "--quiet", "--set", f"export={export}", "--set", "gates={}", *options], check=True, stdout=subprocess.DEVNULL)
    return out / name


def sites(out):
    return {row["site"]: row for row in json.loads((out / "qparams.json").read_text())}


def test_encodings_say_what_the_qparams_say(folder):
    out = folder / "encodings"
    document = json.loads(exported("gemma4_embedder", out, "encodings", "model.encodings").read_text())
    assert document["version"] == "1.0.0"
    (weight,) = [one for one in document["param_encodings"] if one["name"].endswith("embedding_projection.weight")]
    site = sites(out)["model.embed_vision.embedding_projection/weight"]
    assert weight["enc_type"] == "PER_CHANNEL" and weight["bw"] == 8 and weight["is_sym"] is False
    assert np.array_equal(np.float32(weight["scale"]), np.float32(site["scale"]))
    assert weight["offset"] == [-zero_point for zero_point in site["zero_point"]]
    (output,) = [one for one in document["activation_encodings"] if one["name"].endswith("embedding_projection/linear")]
    assert output["offset"] == [-sites(out)["model.embed_vision.embedding_projection/act_out"]["zero_point"][0]]


def test_old_encodings_span_the_same_range(folder):
    out = folder / "encodings_old"
    document = json.loads(exported("gemma4_embedder", out, "encodings", "model.encodings", format="0.6.1").read_text())
    (output,) = document["activation_encodings"]["model.embed_vision.embedding_projection/linear"]
    site = sites(out)["model.embed_vision.embedding_projection/act_out"]
    assert output["is_symmetric"] == "False" and output["bitwidth"] == 8
    assert output["min"] == pytest.approx(-site["zero_point"][0] * site["scale"][0], rel=1e-6)
    assert output["max"] == pytest.approx((255 - site["zero_point"][0]) * site["scale"][0], rel=1e-6)


def unpacked(words, columns):
    codes = [(words >> (4 * i)) & 15 for i in range(8)]
    return np.stack(codes, axis=-1).reshape(words.shape[0], -1)[:, :columns].astype(np.int64) - 8


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int4", "uint4"])
def test_compressed_weights_are_the_fake_quant_weights(folder, dtype):
    out = folder / f"compressed_{dtype}"
    file = exported("minilm_dense", out, "compressed_tensors", "model.safetensors", "--set", f"quantization.weight.dtype={dtype}")
    tensors = load_file(file)
    module = "encoder.layer.0.intermediate.dense"
    site = sites(out)[f"{module}/weight"]
    checkpoint = load_file(SOURCE / "build/checkpoints/minilm/model.safetensors")[f"{module}.weight"]
    scale, zero_point = np.float32(site["scale"])[:, None], np.array(site["zero_point"])[:, None]
    low, high = {"int8": (-128, 127), "uint8": (0, 255), "int4": (-8, 7), "uint4": (0, 15)}[dtype]
    fake = (np.clip(np.rint(checkpoint * (np.float32(1) / scale)) + zero_point, low, high) - zero_point) * scale
    bits = 4 if dtype.endswith("4") else 8
    if bits == 8:
        codes = tensors[f"{module}.weight"].astype(np.int64)
        zeros = tensors.get(f"{module}.weight_zero_point", np.zeros(1)).astype(np.int64)
    else:
        assert list(tensors[f"{module}.weight_shape"]) == list(checkpoint.shape)
        codes = unpacked(tensors[f"{module}.weight_packed"], checkpoint.shape[1])
        packed = tensors.get(f"{module}.weight_zero_point")
        zeros = 0 if packed is None else unpacked(packed.reshape(1, -1), checkpoint.shape[0]).reshape(-1, 1)
    assert np.abs((codes - zeros) * tensors[f"{module}.weight_scale"] - fake).max() <= 1e-6 * np.abs(fake).max()
    config = json.loads((out / "model.safetensors.config.json").read_text())["quantization_config"]
    (group,) = config["config_groups"].values()
    assert config["quant_method"] == "compressed-tensors" and group["targets"] == [module] and group["weights"]["num_bits"] == bits
    assert group["weights"]["symmetric"] is dtype.startswith("int")
