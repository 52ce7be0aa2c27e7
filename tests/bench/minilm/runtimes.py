"""Runs a model file on samples in the runtime that its name asks for. Codes are turned to and from numbers at the ends."""
import pathlib

import numpy as np

import samples


def embed(path, rows):
    """[samples, width] sentence embeddings."""
    run = {".onnx": onnxruntime_model, ".tflite": litert_model}[pathlib.Path(path).suffix](path)
    return np.stack([samples.pooled(run(row), row) for row in rows])


def onnxruntime_model(path):
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    types = {"tensor(int32)": np.int32, "tensor(int64)": np.int64, "tensor(float)": np.float32}

    def run(row):
        feed = {i.name: samples.as_wanted(row, i.name, i.shape, types[i.type]) for i in session.get_inputs()}
        return np.asarray(session.run(None, feed)[0], np.float64)

    return run


def litert_model(path):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    inputs, output = interpreter.get_input_details(), interpreter.get_output_details()[0]

    def name_in(row, detail):
        """The sample's name for an input: writers add prefixes and suffixes of their own."""
        return max((name for name in row if name in detail["name"]), key=len)

    def run(row):
        for detail in inputs:
            name = name_in(row, detail)
            scale, zero_point = detail["quantization"]
            if scale:
                real = samples.as_wanted(row, name, detail["shape"], np.float32)
                limits = np.iinfo(detail["dtype"])
                value = np.clip(np.rint(real / scale) + zero_point, limits.min, limits.max).astype(detail["dtype"])
            else:
                value = samples.as_wanted(row, name, detail["shape"], detail["dtype"])
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        result = interpreter.get_tensor(output["index"]).astype(np.float64)
        scale, zero_point = output["quantization"]
        return (result - zero_point) * scale if scale else result

    return run
