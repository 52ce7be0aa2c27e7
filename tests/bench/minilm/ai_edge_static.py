#!/usr/bin/env python3
"""Quantizes a float .tflite with ai-edge-quantizer's own static recipes (wi8_ai8, wi8_ai16).

Usage: ai_edge_static.py FLOAT.tflite CALIBRATION.jsonl OUT.tflite int8|int16
"""
import sys

from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

import samples


def main():
    model, calibration, out, activation = sys.argv[1:]
    interpreter = Interpreter(model)
    key = next(iter(interpreter.get_signature_list()))
    inputs = interpreter.get_signature_runner(key).get_input_details()
    rows = [{name: samples.as_wanted(row, name, detail["shape"], detail["dtype"]) for name, detail in inputs.items()} for row in samples.read(calibration)]
    worker = quantizer.Quantizer(model, {"int8": recipe.static_wi8_ai8, "int16": recipe.static_wi8_ai16}[activation]())
    worker.quantize(worker.calibrate({key: rows})).export_model(out, overwrite=True)


if __name__ == "__main__":
    main()
