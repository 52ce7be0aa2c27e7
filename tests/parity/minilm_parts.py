#!/usr/bin/env python3
"""Writes tests/data/minilm/parts.safetensors: what parts of layer 3 see on sentences of tests/data/minilm/calibration.jsonl.

Usage: minilm_parts.py CHECKPOINT. Tensors are <name>.<sample>, float32: hidden_states [1, 16, 384] of encoder.layer.3, attention_mask
[1, 1, 1, 16] (0 or -200), and mlp_states [1, 16, 384], what encoder.layer.3.intermediate sees. Sentences of 10 to 16 tokens, so
there is padding.
"""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModel

DATA = pathlib.Path(__file__).resolve().parents[1] / "data/minilm"
TOKENS, SAMPLES = 16, 12


def main():
    model = AutoModel.from_pretrained(sys.argv[1]).eval()
    seen = {}
    layer = model.encoder.layer[3]
    layer.register_forward_pre_hook(lambda _, args: seen.__setitem__("hidden_states", args[0].detach().clone()))
    layer.intermediate.register_forward_pre_hook(lambda _, args: seen.__setitem__("mlp_states", args[0].detach().clone()))
    tensors, count = {}, 0
    for line in (DATA / "calibration.jsonl").read_text().splitlines():
        row = {name: torch.tensor(value)[:, :TOKENS] for name, value in json.loads(line).items()}
        length = int(sum(json.loads(line)["attention_mask"][0]))
        if not 10 <= length <= TOKENS or count == SAMPLES:
            continue
        with torch.no_grad():
            model(input_ids=row["input_ids"], attention_mask=row["attention_mask"].long())
        for name, value in seen.items():
            tensors[f"{name}.{count}"] = value.contiguous()
        tensors[f"attention_mask.{count}"] = ((row["attention_mask"] - 1) * 200).reshape(1, 1, 1, TOKENS).contiguous()
        count += 1
    save_file(tensors, DATA / "parts.safetensors")


if __name__ == "__main__":
    main()
