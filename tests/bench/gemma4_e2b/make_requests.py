#!/usr/bin/env python3
"""Requests for a model that make_checkpoint.py made: random tokens, and random pictures of full grids.

    make_requests.py CHECKPOINT FOLDER [--samples 4] [--tokens 512] [--rows 36] [--columns 66]

FOLDER/calibration.safetensors: so many samples with one picture each; prompt and the tokens of the answer
that are run are TOKENS. FOLDER/evaluation.safetensors: one of 32 tokens without a picture, and an answer of
five, which is four steps behind the prompt's.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

ANSWER = 5


def write(path, tensors):
    header, end = {}, 0
    for name, x in tensors.items():
        dtype = {"int32": "I32", "float32": "F32"}[str(x.dtype)]
        header[name] = {"dtype": dtype, "shape": list(x.shape), "data_offsets": [end, end + x.nbytes]}
        end += x.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for x in tensors.values():
            file.write(x.tobytes())


def words(random, config, count):
    """Tokens that mean themselves."""
    special = min(config[name] for name in config if name.endswith("_token_id") and name != "eos_token_id")
    return random.integers(3, special, count, dtype=np.int32)


def picture(random, rows, columns):
    """Waves of a few colours, so that neighbours are alike."""
    y, x = np.mgrid[0:rows * 16, 0:columns * 16].astype(np.float32)
    image = np.empty((rows * 16, columns * 16, 3), np.float32)
    for channel in range(3):
        a, b, phase = random.uniform(0.01, 0.2, 2).tolist() + [random.uniform(0, 6)]
        image[..., channel] = 0.5 + 0.4 * np.sin(a * x + b * y + phase)
    image = np.clip(image + random.normal(0, 0.05, image.shape), 0, 1).astype(np.float32)
    patches = image.reshape(rows, 16, columns, 16, 3).transpose(0, 2, 1, 3, 4)
    places = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1)
    return (np.ascontiguousarray(patches.reshape(1, rows * columns, 768)),
            places.reshape(1, rows * columns, 2).astype(np.int32))


def sample(random, config, tokens, grid):
    """A request's tensors by name, with the answer."""
    prompt = tokens - ANSWER + 1
    if grid is None:
        ids = words(random, config, prompt)
        return {"input_ids": ids[None], "answer_ids": words(random, config, ANSWER)}
    rows, columns = grid
    soft = rows * columns // 9
    if soft + 3 > prompt:
        sys.exit(f"a picture of {soft} soft tokens has no place in a prompt of {prompt}")
    ids = np.concatenate([[2, config["boi_token_id"]], np.full(soft, config["image_token_id"]),
                          [config["eoi_token_id"]], words(random, config, prompt - soft - 3)])
    pixels, places = picture(random, rows, columns)
    return {"input_ids": ids[None].astype(np.int32), "answer_ids": words(random, config, ANSWER),
            "pixel_values": pixels, "pixel_position_ids": places}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--rows", type=int, default=36)
    parser.add_argument("--columns", type=int, default=66)
    options = parser.parse_args()
    config = json.loads((options.checkpoint / "config.json").read_text())
    random = np.random.default_rng(2026)
    options.folder.mkdir(parents=True, exist_ok=True)
    grid = options.rows, options.columns
    all_samples = [sample(random, config, options.tokens, grid) for _ in range(options.samples)]
    named = {f"{name}.{i}": x for i, one in enumerate(all_samples) for name, x in one.items()}
    write(options.folder / "calibration.safetensors", named)
    golden = sample(random, config, 32 + ANSWER - 1, None)
    write(options.folder / "evaluation.safetensors", {f"{name}.0": x for name, x in golden.items()})


if __name__ == "__main__":
    main()
