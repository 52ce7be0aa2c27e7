#!/usr/bin/env python3
"""Holds what `vernier plan` says of memory to what runs take, on recipes of 0.1 to 4 GB.

    bench_memory.py build/release/bin/vernier FOLDER [NAME...]

FOLDER gets random checkpoints (3 GB in all, kept for the next time) and results. For each recipe: the
anonymous memory that plan predicts, the peak of RssAnon that is seen every 5 ms while it runs (executors are
not planned, so none runs), and two more runs at the smallest limit that plan names: there it runs, a MiB
below it is refused. The exit code is 1 where a prediction is off by more than 15 % and 20 MiB, or a limit
does not hold.
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from anonymous import run_watched  # noqa: E402

MIB = 1 << 20
OFF_SHARE, OFF_BYTES = 0.15, 20 * MIB


def tensor(name, shape, dtype="float32", std=0.02):
    return {"name": name, "dtype": dtype, "shape": shape, "distribution": "normal", "mean": 0, "std": std}


def floats(name, shape, samples, batch=1, evaluation=1):
    described = {"shape": shape, "dtype": "float32", "distribution": "normal"}
    inputs = {"kind": "synthetic", "inputs": {name: described}}
    return {"calibration": {"inputs": inputs, "samples": samples, "batch_size": batch},
            "evaluation": {"samples": evaluation}}


def indices(rows, samples):
    described = {"shape": [1, 16], "dtype": "int64", "low": 0, "high": rows}
    inputs = {"kind": "synthetic", "inputs": {"input": described}}
    return {"calibration": {"inputs": inputs, "samples": samples}, "evaluation": {"samples": 1}}


def linear(outputs, inputs, dtype):
    return "Linear", {"bias": False}, [tensor("weight", [outputs, inputs], dtype)]


def mlp(hidden, middle, dtype):
    names = {"gate_proj": [middle, hidden], "up_proj": [middle, hidden], "down_proj": [hidden, middle]}
    config = {"hidden_size": hidden, "intermediate_size": middle, "hidden_act": "silu", "mlp_bias": False}
    return "LlamaMLP", config, [tensor(f"{name}.weight", shape, dtype) for name, shape in names.items()]


def table(rows, columns):
    config = {"num_embeddings": rows, "embedding_dim": columns}
    return "Embedding", config, [tensor("weight", [rows, columns], "bfloat16")]


def element_wise(kind):
    return kind, {}, [tensor("unused", [1])]


CIRCLE = {"export": [{"backend": "circle", "file": "m.circle"}]}
RECIPES = {
    "linear": (linear(4096, 4096, "float32"), floats("input", [1, 8192, 4096], 2)),
    "linear_in_batches": (linear(2048, 2048, "float32"), floats("input", [1, 1024, 2048], 24, 8)),
    "linear_bf16": (linear(8192, 8192, "bfloat16"), {**floats("input", [1, 256, 8192], 4), **CIRCLE}),
    "mlp": (mlp(1024, 4096, "float32"), floats("x", [1, 8192, 1024], 2, 1, 2)),
    "mlp_bf16": (mlp(2048, 8192, "bfloat16"), {**floats("x", [1, 512, 2048], 8, 4), **CIRCLE}),
    "table": (table(262144, 2048), {**indices(262144, 2), **CIRCLE}),
    "table_seen_whole": (table(65536, 2048), {**indices(65536, 2), "quantization": {
        "activation": {"dtype": "uint8"}, "weight": {"dtype": "uint8"},
        "rules": [{"match": "weight", "observer": "percentile", "granularity": "tensor"}]}}),
    "gelu": (element_wise("GELU"), floats("input", [1, 32768, 2048], 2)),
    "sigmoid_of_4_gb": (element_wise("Sigmoid"), floats("input", [1, 131072, 2048], 1)),
    "relu_in_batches": (element_wise("ReLU"), floats("input", [4, 512, 2048], 40, 20)),
}


def write_recipe(vernier, folder, name):
    (kind, config, tensors), rest = RECIPES[name]
    checkpoint = folder / name / "checkpoint"
    if not checkpoint.exists():
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
        description = folder / name / "description.json"
        description.write_text(json.dumps({"seed": 1, "config": {}, "tensors": tensors}))
        subprocess.run([vernier, "synthesize", description, "--out", checkpoint], check=True,
                       stdout=subprocess.DEVNULL)
    model = {"checkpoint": "checkpoint", "module": "", "type": kind, "config": config}
    recipe = {"version": 1, "model": model,
              "quantization": {"activation": {"dtype": "uint8"}, "weight": {"dtype": "uint8"}}, **rest}
    path = folder / name / "recipe.json"
    path.write_text(json.dumps(recipe, indent=1))
    return path


def hold(vernier, folder, name):
    recipe = write_recipe(vernier, folder, name)
    plan = json.loads(subprocess.run([vernier, "plan", recipe, "--json"], check=True, capture_output=True,
                                     text=True).stdout)["memory"]
    predicted, smallest = plan["predicted_bytes"], plan["smallest_bytes"]
    command = [vernier, "run", recipe, "--out", folder / name / "out", "--quiet"]
    code, measured, errors = run_watched(command)
    if code != 0:
        sys.exit(f"{name}: {errors}")
    at_least, least, errors = run_watched([*command, "--set", f"runtime.max_memory={smallest}"])
    below = subprocess.run([vernier, "plan", recipe, "--set", f"runtime.max_memory={smallest - MIB}"],
                           capture_output=True, check=False).returncode
    off = abs(predicted - measured)
    good = (off <= max(OFF_SHARE * measured, OFF_BYTES) and at_least == 0 and below == 2
            and least <= smallest)
    print(f"{name:20s} predicted {predicted / MIB:6.0f}  measured {measured / MIB:6.0f}  "
          f"{(predicted / measured - 1) * 100:+5.0f} %   smallest {smallest / MIB:6.0f}  "
          f"takes {least / MIB:6.0f}, exit {at_least}, below it {below}{'' if good else '   MISSED'}",
          flush=True)
    if at_least != 0:
        print("  " + errors.strip().replace("\n", "\n  "))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vernier", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*", default=list(RECIPES))
    given = parser.parse_args()
    vernier = given.vernier.resolve()
    results = [hold(vernier, given.folder.resolve(), name) for name in given.names]
    print(f"{sum(results)} of {len(results)} within {OFF_SHARE:.0%} or {OFF_BYTES // MIB} MiB, limits held"
          " (numbers in MiB)")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
