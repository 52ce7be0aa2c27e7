#!/usr/bin/env python3
"""Writes tests/data/minilm: what encoder.layer.0.intermediate.dense of the MiniLM checkpoint sees on real sentences.

Usage: minilm_inputs.py CHECKPOINT OUT_DIR. The results are committed; run it again only to change the sentences.
Tensors are named input.<sample>, float32, [1, 16, 384]: the first 16 word pieces of each sentence, so no padding is needed.

[CLS] and [SEP] run through the encoder but are left out of the samples. [CLS] alone reaches 28 where words stay within 10; with it,
a uint8 range over the whole tensor costs 6 dB (25.7 dB instead of 31.8 dB, in TICO as well).
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

TOKENS = 16
CALIBRATION = [
    "The vernier scale lets a reader estimate a fraction of the smallest division on the main scale with confidence.",
    "Heavy rain is expected along the coast tonight, and drivers are asked to keep well away from the river road.",
    "She opened the old cookbook at the page for plum cake and found her grandmother's notes in the margin.",
    "Quarterly revenue rose by eleven percent, mostly because the new factory finally reached its planned output.",
    "def parse(line): return [int(x) for x in line.split(',') if x.strip()] is all that the script needs to do.",
    "Scientists measured the distance to the galaxy at 4.7 million light years, twice as far as was thought before.",
    "Why does my bicycle chain skip under load even though I replaced both the cassette and the chain last month?",
    "The committee will vote on Thursday whether to restore the medieval bridge or to build a new one beside it.",
    "In 1969 two astronauts walked on the Moon while a third waited for them in orbit around it, alone and calm.",
    "A small orange cat slept on the warm bonnet of the car and did not move when the engine was started again.",
]
EVALUATION = [
    "Numbers with fewer bits make a model smaller and faster, but each of them carries a little less of the truth.",
    "Could you tell me which platform the night train to Vienna leaves from, and whether it has a sleeping car?",
]


def main():
    checkpoint, out = sys.argv[1], pathlib.Path(sys.argv[2])
    tokenizer, model = AutoTokenizer.from_pretrained(checkpoint), AutoModel.from_pretrained(checkpoint).eval()
    seen = []
    model.encoder.layer[0].intermediate.dense.register_forward_pre_hook(lambda _, args: seen.append(args[0].detach().clone()))
    out.mkdir(parents=True, exist_ok=True)
    for name, sentences in (("calibration", CALIBRATION), ("evaluation", EVALUATION)):
        seen.clear()
        for sentence in sentences:
            tokens = tokenizer(sentence, return_tensors="pt", truncation=True, max_length=TOKENS + 2)
            assert tokens["input_ids"].shape == (1, TOKENS + 2), f"too short: {sentence}"
            with torch.no_grad():
                model(**tokens)
        save_file({f"input.{i}": x[:, 1:-1].contiguous() for i, x in enumerate(seen)}, out / f"{name}.safetensors")


if __name__ == "__main__":
    main()
