"""Qparams and codes for other toolchains: AIMET's encodings, and the compressed-tensors layout as its own library reads it."""
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


def decompressed(file, out):
    """module -> weight, by the library that the layout belongs to"""
    import torch
    from compressed_tensors.compressors.base import BaseCompressor
    from compressed_tensors.quantization import QuantizationConfig
    from safetensors.torch import load_file as load_torch

    config = json.loads((out / f"{file.name}.config.json").read_text())["quantization_config"]
    tensors = load_torch(file)
    weights = {}
    for scheme in QuantizationConfig.model_validate(config).config_groups.values():
        for module in scheme.targets:
            own = {name[len(module) + 1:]: tensor for name, tensor in tensors.items() if name.startswith(f"{module}.")}
            weights[module] = BaseCompressor.get_value_from_registry(scheme.format).decompress(own, scheme)["weight"].to(torch.float32).numpy()
    return config, weights


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int4", "uint4"])
def test_compressed_weights_are_the_fake_quant_weights(folder, dtype):
    out = folder / f"compressed_{dtype}"
    file = exported("minilm_dense", out, "compressed_tensors", "model.safetensors", "--set", f"quantization.weight.dtype={dtype}")
    module = "encoder.layer.0.intermediate.dense"
    config, weights = decompressed(file, out)
    if dtype.endswith("4"):
        assert list(load_file(file)[f"{module}.weight_shape"]) == list(weights[module].shape)
    site = sites(out)[f"{module}/weight"]
    checkpoint = load_file(SOURCE / "build/checkpoints/minilm/model.safetensors")[f"{module}.weight"]
    scale, zero_point = np.float32(site["scale"])[:, None], np.array(site["zero_point"])[:, None]
    low, high = {"int8": (-128, 127), "uint8": (0, 255), "int4": (-8, 7), "uint4": (0, 15)}[dtype]
    fake = (np.clip(np.rint(checkpoint * (np.float32(1) / scale)) + zero_point, low, high) - zero_point) * scale
    assert list(weights) == [module]
    assert np.abs(weights[module] - fake).max() <= 1e-6 * np.abs(fake).max()
    (group,) = config["config_groups"].values()
    assert config["quant_method"] == "compressed-tensors" and group["targets"] == [module] and group["weights"]["num_bits"] == (4 if dtype.endswith("4") else 8)
    assert group["weights"]["symmetric"] is dtype.startswith("int")


def test_transformers_loads_the_whole_compressed_model(folder):
    """What a user does: the file and a config.json with our quantization_config in a folder, AutoModel.from_pretrained."""
    import torch
    from transformers import AutoModel

    out = folder / "compressed_minilm"
    exported("minilm_w8a8", out, "compressed_tensors", "model.safetensors")
    config = json.loads((SOURCE / "build/checkpoints/minilm/config.json").read_text())
    (out / "config.json").write_text(json.dumps(config | json.loads((out / "model.safetensors.config.json").read_text())))
    model, loading = AutoModel.from_pretrained(out, output_loading_info=True)
    reference = AutoModel.from_pretrained(SOURCE / "build/checkpoints/minilm")
    assert not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert {name.split(".")[0] for name in loading["missing_keys"]} == {"pooler"}  # the recipe leaves it out
    rows = [json.loads(line) for line in (SOURCE / "tests/data/minilm/evaluation.jsonl").read_text().splitlines()[:20]]
    with torch.no_grad():
        for row in rows:
            ids, mask = torch.tensor(row["input_ids"]), torch.tensor(row["attention_mask"])
            ours, theirs = (m.eval()(input_ids=ids, attention_mask=mask).last_hidden_state * mask[..., None] for m in (model, reference))
            assert torch.nn.functional.cosine_similarity(ours.flatten(), theirs.flatten(), dim=0) > 0.98
