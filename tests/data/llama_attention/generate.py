"""A Llama attention of transformers with random weights: prompts of five lengths, one more token behind each.

Usage: generate.py [FOLDER]   (transformers 5, torch)
Writes checkpoint/, prefill, decode and expected .safetensors.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers.cache_utils import DynamicCache
from transformers.models.llama.configuration_llama import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRotaryEmbedding

LENGTHS = (6, 3, 4, 5, 8)


def causal_mask(length):
    return torch.full((length, length), float("-inf")).triu(1)[None, None]


def main(folder):
    torch.manual_seed(7)
    config = LlamaConfig(hidden_size=32, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=1,
                         attn_implementation="eager",
                         rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
    attention = LlamaAttention(config, layer_idx=0).eval()
    for parameter in attention.parameters():
        torch.nn.init.normal_(parameter, std=0.25)
    rotary = LlamaRotaryEmbedding(config)
    prefill, decode, expected = {}, {}, {}
    with torch.no_grad():
        for i, length in enumerate(LENGTHS):
            hidden = torch.randn(1, length + 1, 32)
            cache = DynamicCache(config=config)
            for name, part, positions, mask in (
                    ("prefill", hidden[:, :length], torch.arange(length), causal_mask(length)),
                    ("decode", hidden[:, length:], torch.tensor([length]), None)):
                angles = rotary(part, positions[None])
                expected[f"{name}.{i}"], _ = attention(part, position_embeddings=angles, attention_mask=mask,
                                                       cache=cache)
                (prefill if name == "prefill" else decode)[f"hidden_states.{i}"] = part.contiguous()
    (folder / "checkpoint").mkdir(parents=True, exist_ok=True)
    save_file(attention.state_dict(), folder / "checkpoint/model.safetensors")
    written = {"hidden_size": 32, "num_attention_heads": 4, "num_key_value_heads": 2, "rope_theta": 10000.0}
    (folder / "checkpoint/config.json").write_text(json.dumps(written, indent=1) + "\n")
    save_file(prefill, folder / "prefill.safetensors")
    save_file(decode, folder / "decode.safetensors")
    save_file({name: value.contiguous() for name, value in expected.items()}, folder / "expected.safetensors")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
