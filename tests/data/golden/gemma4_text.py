#!/usr/bin/env python3
"""Writes the golden cases of Gemma4's text wrappers: what TICO and transformers make of a module, under
vernier's names.

Usage: gemma4_text.py convert FOLDER OUT CASE...    a case of TICO's smoke runs, already computed
       gemma4_text.py make OUT [--seed N]           mini models (needs torch, transformers 5, tico)

plugins/wrappers/gemma4/README.md says which site of ours stands for which of TICO's. `left_out` in case.json
names TICO's sites that have none here, `own` ours that TICO has not."""

import argparse
import json
import pathlib
import re

import torch
from safetensors.torch import load_file, save_file

INPUTS = {
    "position_embeddings.0": "cos",
    "position_embeddings.1": "sin",
    "past_key_value.0": "past_k",
    "past_key_value.1": "past_v",
    "shared_key_value.0": "shared_k",
    "shared_key_value.1": "shared_v",
}
IGNORED = re.compile(r"shared_kv_states|^attention_mask$")  # of a model: ones, no padding
HALVES = {"neg": "negated", "cat": "turned", "cos": "by_cos", "sin": "by_sin"}
RENAMED = {
    "attn_mask": "mask",
    "logits_raw": "scores",
    "mask_add": "masked_scores",
    "softmax": "probabilities",
    "attn_out": "context",
    "q_rot": "query",
    "present_key": "key",
}
# What says the same as a site of ours, by the site: TICO looks at one tensor twice.
TWICE = {
    "hidden": "q_proj/act_in",
    "logits": "scores",
    "attn_weights": "probabilities",
    "attn_out_h": "context",
    "k_rot": "key",
    "new_k": "key",
    "new_v": "v_norm/act_out",
    "per_layer_token_inputs": "embed_tokens_per_layer/act_out",
    "per_layer_projection": "per_layer_projection_norm/act_out",
}


def name_of(site, is_npu):
    """Our name of a site of TICO's; None: there is none."""
    half = re.fullmatch(r"([qk])_(x1|x2|neg|cat|cos|sin)", site)
    if half:
        if half[2] not in HALVES or (is_npu and half[2] == "cat"):
            return None
        return {"q": "query", "k": "key"}[half[1]] + "_" + HALVES[half[2]]
    return RENAMED.get(site, site)


def below(module, site):
    if "/" in site:
        return ".".join(part for part in (module, site.split("/")[0]) if part), site.split("/")[1]
    return module, site


def translated(rows, is_npu, has_past):
    """TICO's sites as ours, and the names of those that have no counterpart."""
    known = {(row["module"], row["site"]): row for row in rows}
    result, left_out = [], []

    def same(row, module, site):
        other = next((r for r in result if (r["module"], r["site"]) == below(module, site)), None)
        other = other or known.get(below(module, site))
        return other and (other.get("scale"), other.get("zero_point")) == (row["scale"], row["zero_point"])

    late = []
    for row in rows:
        module, site = row["module"], row["site"]
        if row.get("scale") is None or site == "inputs_embeds":  # no sample reaches it
            left_out.append(row)
        elif site in TWICE and (site != "logits" or (module, "logits_raw") in known):  # a head has logits too
            late.append(row)
        elif site == "present_value":
            is_owner = below(module, "v_norm/act_out") in known
            if not is_owner:
                result.append({**row, "site": "value"})
            elif has_past:  # tied to where values leave: the past is on their grid
                result.append({**known[below(module, "v_norm/act_out")], "module": module, "site": "value"})
                left_out.append(row)
            else:
                late.append(row)
        elif name_of(site, is_npu) is None:
            left_out.append(row)
        else:
            result.append({**row, "site": name_of(site, is_npu)})
    for row in late:
        twin = TWICE.get(row["site"], "v_norm/act_out")
        if not same(row, row["module"], twin):
            assert has_past and row["site"] in ("k_rot", "new_k"), (row, twin)
            left_out.append(row)
    names = [(row["module"] + "/" if row["module"] else "") + row["site"] for row in left_out]
    return result, names


def sample_inputs(tensors, is_npu):
    """One sample's inputs under our names; for the layout npu with TICO's sines."""
    result = {}
    for name, value in tensors.items():
        if IGNORED.search(name) and not (name == "attention_mask" and value.dim() > 2):
            continue
        value = value.clone().contiguous()
        if name == "position_embeddings.1" and is_npu:
            value[..., : value.shape[-1] // 2] *= -1
        result[INPUTS.get(name, name)] = value
    return result


def recipe(kind, config, entry, quantization, has_export):
    data = {"kind": "safetensors", "path": "io.safetensors"}
    export = {"backend": "circle", "file": "case.q.circle", "profile": "none"}
    result = {
        "version": 1,
        "model": {"checkpoint": ".", "module": "", "type": kind, "config": config},
        "quantization": quantization,
        "calibration": {"inputs": {**data, "tensors": "calib.{sample}.{input}"}},
        "evaluation": {"inputs": {**data, "tensors": "eval.{input}"}, "samples": 1},
    }
    if has_export:
        result["export"] = [export if entry == "forward" else {**export, "entry": entry}]
    return result


def quantization(activation, weight, extra=()):
    masks = [
        {
            "match": f"**/{name}",
            "dtype": activation,
            "allow_empty": True,
            **({"scheme": "asymmetric"} if activation.startswith("u") else {}),
        }
        for name in ("mask", "masked_scores", "attention_mask_*")
    ]
    return {
        "activation": {"observer": "minmax", "dtype": activation},
        "weight": {"observer": "minmax", "dtype": weight},
        "rules": [*masks, *extra],
    }


def write(folder, record, tensors, state, made_recipe):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "io.safetensors")
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "model.safetensors")
    (folder / "case.json").write_text(json.dumps(record, indent=1) + "\n")
    (folder / "recipe.json").write_text(json.dumps(made_recipe, indent=2) + "\n")


CONFIG = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "layer_types",
    "attention_k_eq_v",
    "num_kv_shared_layers",
    "per_layer_config",
)


def convert(source, out):
    """A case of reference data, as its generate.py writes it."""
    case, io = json.loads((source / "case.json").read_text()), load_file(source / "io.safetensors")
    kind = case["module_type"]
    layer = case["modules"]["" if kind.endswith("Attention") else "self_attn"]
    has_past = any("past_key_value" in name for name in io)
    sites, left_out = translated(case["sites"], True, has_past)
    tensors = {}
    for tag in (*(f"calib.{i}" for i in range(case["samples"])), "eval"):
        given = {k[len(tag) + 1 :]: v for k, v in io.items() if k.startswith(tag + ".")}
        tensors |= {f"{tag}.{k}": v for k, v in sample_inputs(given, True).items()}
    if case["float_source"] == "prepared":  # TICO's float lane ran while observers watched
        tensors |= {
            k.replace("eval", f"calib.{case['samples']}"): v.clone()
            for k, v in tensors.items()
            if k.startswith("eval.")
        }
    weights = int(kind.endswith("Attention"))  # its second result
    for lane in ("float_out", "quant_out"):
        tensors[f"{lane}.hidden"] = io[f"{lane}.0"]
        if has_past:
            for k, name in enumerate(("new_k", "new_v")):
                tensors[f"{lane}.{name}"] = io[f"{lane}.{1 + weights + k}"]
    config = {key: case["config"][key] for key in CONFIG} | {"layer_idx": layer["layer_idx"], "layout": "npu"}
    if kind.endswith("Attention"):
        del config["intermediate_size"]
    entry = "decode" if has_past else "forward"
    if layer["is_kv_shared_layer"]:
        entry = "decode_shared" if "decode" in case["case"] else "prefill_shared"
    bits = [re.search(r"bits=(\d+), signed=(\w+)", case["recipe"][role]) for role in ("activation", "weight")]
    dtypes = [("int" if found[2] == "True" else "uint") + found[1] for found in bits]
    record = {
        "case": case["case"],
        "seed": case["seed"],
        "metrics": case["metrics"],
        "output": "o_proj/act_out" if kind.endswith("Attention") else "layer_scalar_out",
        "scale_ulps": 2 if kind.endswith("Attention") else 4,
        "left_out": left_out,
        "own": [],
        "sites": sites,
    }
    write(
        out / case["case"],
        record,
        tensors,
        load_file(source / "model.safetensors"),
        recipe(kind, config, entry, quantization(*dtypes), True),
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("convert")
    one.add_argument("folder", type=pathlib.Path)
    one.add_argument("out", type=pathlib.Path)
    one.add_argument("cases", nargs="+")
    two = commands.add_parser("make")
    two.add_argument("out", type=pathlib.Path)
    two.add_argument("--seed", type=int, default=123)
    args = parser.parse_args()
    if args.command == "make":
        import gemma4_mini

        return gemma4_mini.make(args.out, args.seed)
    for name in args.cases:
        convert(args.folder / name, args.out)


if __name__ == "__main__":
    main()
