#!/usr/bin/env python3
"""Writes this folder: a small random BertModel as transformers saves it, and what each of its modules makes of random inputs.

Usage: generate.py (any folder; the results lie beside this file). Tensors of io.safetensors are named <case>.<input> and <case>.out.<k>;
cases.json says which module a case is. The mask that modules below BertModel add to their scores is 0 or -200, ours; transformers' own
mask in BertModel is far deeper, and the outputs of tokens that are seen are the same.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertModel

HERE = pathlib.Path(__file__).resolve().parent
TOKENS, SEEN = 6, 4


def main():
    torch.manual_seed(7)
    config = BertConfig(vocab_size=37, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24, max_position_embeddings=9,
                        attn_implementation="eager")
    model = BertModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():  # the initial weights are so small that attention would be flat
            parameter.copy_(torch.randn_like(parameter) * 0.4)
    model.save_pretrained(HERE)
    (HERE / "config.json").write_text(json.dumps(json.loads((HERE / "config.json").read_text()), indent=1) + "\n")

    ids = torch.randint(1, config.vocab_size, (1, TOKENS), dtype=torch.int32)
    seen = torch.tensor([[1.0] * SEEN + [0.0] * (TOKENS - SEEN)])
    hidden, residual = torch.randn(1, TOKENS, 16), torch.randn(1, TOKENS, 16)
    wide = torch.randn(1, TOKENS, 24)
    mask = ((seen - 1) * 200).reshape(1, 1, 1, TOKENS)
    layer = model.encoder.layer[0]
    cases = {
        "embeddings": ("embeddings", "BertEmbeddings", {"input_ids": ids}, lambda: model.embeddings(ids)),
        "self": ("encoder.layer.0.attention.self", "BertSelfAttention", {"hidden_states": hidden, "attention_mask": mask}, lambda: layer.attention.self(hidden, mask)[0]),
        "self_output": ("encoder.layer.0.attention.output", "BertSelfOutput", {"hidden_states": hidden, "input_tensor": residual}, lambda: layer.attention.output(hidden, residual)),
        "attention": ("encoder.layer.0.attention", "BertAttention", {"hidden_states": hidden, "attention_mask": mask}, lambda: layer.attention(hidden, mask)[0]),
        "intermediate": ("encoder.layer.0.intermediate", "BertIntermediate", {"hidden_states": hidden}, lambda: layer.intermediate(hidden)),
        "output": ("encoder.layer.0.output", "BertOutput", {"hidden_states": wide, "input_tensor": residual}, lambda: layer.output(wide, residual)),
        "layer": ("encoder.layer.0", "BertLayer", {"hidden_states": hidden, "attention_mask": mask}, lambda: layer(hidden, mask)),
        "encoder": ("encoder", "BertEncoder", {"hidden_states": hidden, "attention_mask": mask}, lambda: model.encoder.layer[1](layer(hidden, mask), mask)),
        "pooler": ("pooler", "BertPooler", {"hidden_states": hidden}, lambda: model.pooler(hidden)),
        "model": ("", "BertModel", {"input_ids": ids, "attention_mask": seen}, lambda: tuple(model(input_ids=ids.long(), attention_mask=seen.long())[:2])),
    }
    tensors, rows = {}, []
    for name, (module, kind, inputs, forward) in cases.items():
        with torch.no_grad():
            outputs = forward()
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        tensors |= {f"{name}.{key}": value.contiguous().clone() for key, value in inputs.items()}
        tensors |= {f"{name}.out.{k}": value.contiguous().clone() for k, value in enumerate(outputs)}
        rows.append({"case": name, "module": module, "type": kind, "inputs": list(inputs), "outputs": len(outputs)})
    save_file(tensors, HERE / "io.safetensors")
    (HERE / "cases.json").write_text(json.dumps({"seen": SEEN, "cases": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
