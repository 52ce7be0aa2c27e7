#!/usr/bin/env python3
"""Text to token ids, a sentence a line: tokenize_text.py TOKENIZER_JSON TEXT OUT_JSONL --tokens 64

Each line of OUT_JSONL is {"input_ids": [[...]], "attention_mask": [[...]]}, padded to --tokens and cut there.
The mask is written 1.0 and 0.0, because it is a factor: the inputs of kind jsonl make float32 of numbers with a fraction and int32 of
integers. Empty lines and lines that begin with # are left out. The tokenizer is the one of the library `tokenizers`.
"""
import argparse
import json
import pathlib
import sys

from tokenizers import Tokenizer


def sentences(path):
    lines = (line.strip() for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", help="tokenizer.json of the checkpoint")
    parser.add_argument("text", help="UTF-8, one sentence a line")
    parser.add_argument("out", help="the JSONL file")
    parser.add_argument("--tokens", type=int, required=True, help="length of every sample, [CLS] and [SEP] included")
    args = parser.parse_args()

    tokenizer = Tokenizer.from_file(args.tokenizer)
    tokenizer.enable_truncation(args.tokens)
    tokenizer.enable_padding(length=args.tokens)
    cut = 0
    with open(args.out, "w", encoding="utf-8") as out:
        for encoding in tokenizer.encode_batch(sentences(args.text)):
            cut += bool(encoding.overflowing)
            row = {"input_ids": [encoding.ids], "attention_mask": [[float(x) for x in encoding.attention_mask]]}
            out.write(json.dumps(row, separators=(",", ":")) + "\n")
    if cut:
        print(f"tokenize: {cut} sentences are longer than {args.tokens} tokens and were cut", file=sys.stderr)


if __name__ == "__main__":
    main()
