#!/usr/bin/env python3
"""What `vernier smoke TYPE --size CASE` does, done by TICO 0.3.0: the other side of compare_smoke.py.

Usage: tico_smoke.py CASE.json OUT.circle   (a row of `vernier smoke --list --json`)
Makes the module of torch or transformers with random weights, prepares, calibrates, converts, evaluates the
first sample and exports. Activations and weights are uint8, TICO's default. Prints the metrics. It does not
run the file: TICO has nothing that does.
"""
import importlib
import json
import pathlib
import sys
import warnings

import torch

import tico
import tico.quantization
from tico.quantization.config.ptq import PTQConfig

warnings.filterwarnings("ignore")


def hf(name, family):
    return getattr(importlib.import_module(f"transformers.models.{family}.modeling_{family}"), name)


def hf_config(name, family, **values):
    module = importlib.import_module(f"transformers.models.{family}.configuration_{family}")
    return getattr(module, name)(**values)


def clippable_linear(c):
    vision = hf_config("Gemma4VisionConfig", "gemma4", use_clipped_linears=c["use_clipped_linears"])
    module = hf("Gemma4ClippableLinear", "gemma4")(vision, c["in_features"], c["out_features"])
    for side, bound in (("input", 2.5), ("output", 1.5)):
        getattr(module, f"{side}_min").fill_(-bound)
        getattr(module, f"{side}_max").fill_(bound)
    return module


def multimodal_embedder(c):
    return hf("Gemma4MultimodalEmbedder", "gemma4")(
        hf_config("Gemma4VisionConfig", "gemma4", **c["multimodal"]),
        hf_config("Gemma4TextConfig", "gemma4", **c["text"]))


def llama_attention(c):
    # As many positions as a case has at most: TICO keeps a mask of that size.
    full = hf_config("LlamaConfig", "llama", max_position_embeddings=16, **c)
    return hf("LlamaAttention", "llama")(full, layer_idx=0)


# What both have a wrapper for. TICO 0.3.0 has none for nn.RMSNorm; Llama's computes the same.
MODULES = {
    "Linear": lambda c: torch.nn.Linear(c["in_features"], c["out_features"], bias=c.get("bias", True)),
    "Embedding": lambda c: torch.nn.Embedding(c["num_embeddings"], c["embedding_dim"]),
    "RMSNorm": lambda c: hf("LlamaRMSNorm", "llama")(c["dim"]),
    "LayerNorm": lambda c: torch.nn.LayerNorm(c["dim"]),
    "SiLU": lambda c: torch.nn.SiLU(),
    "GELU": lambda c: torch.nn.GELU(),
    "Sigmoid": lambda c: torch.nn.Sigmoid(),
    "Tanh": lambda c: torch.nn.Tanh(),
    "ReLU": lambda c: torch.nn.ReLU(),
    "Gemma4RMSNorm": lambda c: hf("Gemma4RMSNorm", "gemma4")(c["dim"]),
    "Gemma4ClippableLinear": clippable_linear,
    "Gemma4TextScaledWordEmbedding": lambda c: hf("Gemma4TextScaledWordEmbedding", "gemma4")(
        c["num_embeddings"], c["embedding_dim"], 0, float(c["embed_scale"])),
    "Gemma4MultimodalEmbedder": multimodal_embedder,
    "Gemma4TextMLP": lambda c: hf("Gemma4TextMLP", "gemma4")(hf_config("Gemma4TextConfig", "gemma4", **c), 0),
    "Gemma4VisionMLP": lambda c: hf("Gemma4VisionMLP", "gemma4")(
        hf_config("Gemma4VisionConfig", "gemma4", **c)),
    "LlamaMLP": lambda c: hf("LlamaMLP", "llama")(
        hf_config("LlamaConfig", "llama", num_attention_heads=1, **c)),
    "LlamaAttention": llama_attention,
    "Qwen3VLTextMLP": lambda c: hf("Qwen3VLTextMLP", "qwen3_vl")(
        hf_config("Qwen3VLTextConfig", "qwen3_vl", **c)),
}


def draw(description):
    shape = description["shape"]
    if description.get("dtype", "float32") != "float32":
        return torch.randint(int(description["low"]), int(description["high"]), shape)
    return torch.randn(shape) * description.get("std", 1.0) + description.get("mean", 0.0)


def sample_of(case, rotary):
    """Positional and keyword arguments of one call."""
    drawn = {name: draw(description) for name, description in case["inputs"].items()}
    if rotary is None:
        return tuple(drawn.values()), {}
    hidden = drawn["hidden_states"]
    before, tokens = drawn["past_key"].shape[2] if "past_key" in drawn else 0, hidden.shape[1]
    angles = rotary(hidden, torch.arange(before, before + tokens)[None])
    if before:
        return (hidden, angles), {"attention_mask": torch.zeros(1, 1, before + 1), "use_cache": True,
                                  "past_key_value": (drawn["past_key"], drawn["past_value"])}
    return (hidden, angles), {"attention_mask": torch.full((tokens, tokens), -120.0).triu(1)[None]}


def exported(quantized, case, sample):
    """What tico.convert takes: a module and its arguments."""
    module, (args, kwargs) = quantized.wrapped, sample
    entry = "decode" if case["entry"] == "decode" else "prefill"
    if kwargs:
        mask, past = kwargs["attention_mask"], kwargs.get("past_key_value")
        adapter = module.as_export_module(entry, return_kv=case["entry"] != "forward")
        return adapter, (*args, mask, past) if past else (*args, mask)
    return module.as_export_module(mode=entry) if hasattr(module, "as_export_module") else module, args


def first(output):
    return output[0] if isinstance(output, (tuple, list)) else output


def main():
    case, out = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    torch.manual_seed(case["seed"])
    module = MODULES[case["type"]](case["config"]).eval()
    rotary = hf("LlamaRotaryEmbedding", "llama")(module.config) if case["type"] == "LlamaAttention" else None
    samples = [sample_of(case, rotary) for _ in range(case["samples"])]
    with torch.no_grad():
        # The profile computes what the module of transformers does.
        arguments = {"model_args": {"profile": "reference_eval"}} if rotary else {}
        prepared = tico.quantization.prepare(module, PTQConfig(**arguments), inplace=True)
        for args, kwargs in samples:
            prepared(*args, **kwargs)
        reference = first(prepared(*samples[0][0], **samples[0][1]))
        quantized = tico.quantization.convert(prepared, inplace=True)
        error = (first(quantized(*samples[0][0], **samples[0][1])) - reference).abs()
        export, arguments = exported(quantized, case, samples[0])
        tico.convert(export.eval(), arguments).save(out)
    print(json.dumps({"mean_abs_diff": float(error.mean()),
                      "peir": float(error.max() / (reference.max() - reference.min()))}))


if __name__ == "__main__":
    main()
