"""LlamaAttention against the module of transformers, live: prompts and one more token each, in float; and the
files of both entries in LiteRT."""

import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file
from transformers.cache_utils import DynamicCache
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding

from conftest import VERNIER

LENGTHS = (9, 4, 40)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
CONFIGS = {
    "grouped": {"num_attention_heads": 4, "num_key_value_heads": 2,
                "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}},
    "wide_heads_with_bias": {"num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16,
                             "attention_bias": True,
                             "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
    "llama3_rope": {"num_attention_heads": 2, "num_key_value_heads": 2, "rope_parameters": LLAMA3},
}


def theirs(config, folder):
    """Writes checkpoint and samples; gives what transformers makes of them, under vernier's names."""
    torch.manual_seed(3)
    full = LlamaConfig(hidden_size=32, num_hidden_layers=1, attn_implementation="eager", **config)
    attention, rotary = LlamaAttention(full, layer_idx=0).eval(), LlamaRotaryEmbedding(full)
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.25)
    inputs, expected = {"prefill": {}, "decode": {}}, {}
    for i, length in enumerate(LENGTHS):
        hidden, cache = torch.randn(1, length + 1, 32), DynamicCache(config=full)
        mask = torch.full((length, length), float("-inf")).triu(1)[None, None]
        for name, rows, seen in (("prefill", slice(0, length), mask), ("decode", slice(length, None), None)):
            part = hidden[:, rows].contiguous()
            angles = rotary(part, torch.arange(length + 1)[None, rows])
            with torch.no_grad():
                result, _ = attention(part, position_embeddings=angles, attention_mask=seen, cache=cache)
            inputs[name][f"hidden_states.{i}"] = part
            suffix = f".{i}" if i else ""
            layer = cache.layers[0]
            for k, value in enumerate((result, layer.keys[:, :, rows], layer.values[:, :, rows])):
                expected[f"{name}.float_out.{k}{suffix}"] = value.numpy()
    (folder / "checkpoint").mkdir()
    save_file(attention.state_dict(), folder / "checkpoint/model.safetensors")
    (folder / "checkpoint/config.json").write_text(json.dumps({"hidden_size": 32, **config}))
    for name, samples in inputs.items():
        save_file(samples, folder / f"{name}.safetensors")
    return expected


def recipe(config):
    past = {"past_key": {"unit": "prefill", "output": 1}, "past_value": {"unit": "prefill", "output": 2}}
    return {
        "version": 1,
        "model": {"checkpoint": "checkpoint", "type": "LlamaAttention",
                  "config": {key: f"/{key}" for key in ("hidden_size", *config)}},
        "units": [{"name": name, "entry": name, "evaluation": {"samples": len(LENGTHS)},
                   "calibration": {"inputs": {"kind": "safetensors", "path": f"{name}.safetensors", **fed}}}
                  for name, fed in (("prefill", {}), ("decode", {"from_units": past}))],
        "quantization": {"activation": {"observer": "minmax", "dtype": "int8"},
                         "weight": {"observer": "minmax", "dtype": "int8"}},
        "export": [{"backend": "circle", "units": ["prefill", "decode"], "file": "attention.circle",
                    "profile": "none", "gates": {"quantized_to_file": {"max_step": "<= 0"}}},
                   {"backend": "tflite", "units": ["prefill", "decode"], "file": "attention.tflite",
                    "verify": {"executor": "litert", "options": {"kernels": "xnnpack"}}}],
    }


@pytest.mark.parametrize("name", CONFIGS)
def test_it_is_the_attention_of_transformers(name, tmp_path):
    expected = theirs(CONFIGS[name], tmp_path)
    (tmp_path / "recipe.json").write_text(json.dumps(recipe(CONFIGS[name])))
    done = subprocess.run(
        [VERNIER, "run", tmp_path / "recipe.json", "--out", tmp_path / "out", "--save-outputs", "--quiet"],
        capture_output=True, text=True, env=os.environ | {"VERNIER_PYTHON": sys.executable})
    assert done.returncode == 0, done.stdout + done.stderr
    ours = load_file(tmp_path / "out/outputs.safetensors")
    for key, value in expected.items():
        assert ours[key].shape == value.shape, key
        assert abs(ours[key] - value).max() <= 2e-6 * abs(value).max(), key
    for row in json.loads((tmp_path / "out/report.json").read_text())["verify"]:
        for output in row["outputs"]:
            most = 0 if row["file"].endswith(".circle") else 1
            assert output["quantized_to_file"]["max_step"] <= most, (row["file"], row["unit"], output)
