#!/usr/bin/env python3
"""Quantizes a float .onnx with onnxruntime's quantize_static, as its documentation recommends: QDQ, weights int8 per channel.

Usage: onnxruntime_static.py FLOAT.onnx CALIBRATION.jsonl OUT.onnx int8|int16
"""
import sys

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import samples


class Reader(CalibrationDataReader):
    def __init__(self, model, rows):
        inputs = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()
        types = {"tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(float)": np.float32}
        self.feeds = iter([{i.name: samples.as_wanted(row, i.name, i.shape, types[i.type]) for i in inputs} for row in rows])

    def get_next(self):
        return next(self.feeds, None)


def main():
    model, calibration, out, activation = sys.argv[1:]
    quantize_static(model, out, Reader(model, samples.read(calibration)), quant_format=QuantFormat.QDQ, per_channel=True, weight_type=QuantType.QInt8,
                    activation_type={"int8": QuantType.QInt8, "int16": QuantType.QInt16}[activation])


if __name__ == "__main__":
    main()
