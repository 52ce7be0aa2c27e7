# Runs a .tflite file in LiteRT.
try:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as error:
    Interpreter, missing = None, str(error)

DTYPES = ("float32", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool")


def resolver(kernels):
    return {"optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, "reference": OpResolverType.BUILTIN_REF, "xnnpack": OpResolverType.AUTO}[kernels]


def described(place, detail, file=""):
    dtype = np.dtype(detail["dtype"]).name
    if dtype not in DTYPES:
        raise Problem(UNIMPLEMENTED, f"tensor {detail['name']} is {dtype}")
    quantization = detail["quantization_parameters"]
    scales = quantization["scales"]
    axis = quantization["quantized_dimension"] if len(scales) > 1 else -1
    return tensor_line(place, dtype, detail["shape"], detail["name"], scales, quantization["zero_points"], axis, file)


def open_model(path, folder, options):
    if Interpreter is None:
        raise Problem(NOT_FOUND, f"this Python ({sys.executable}) lacks a package: {missing}; `pip install ai-edge-litert`, or name another one with the option \"python\" or $VERNIER_PYTHON")
    interpreter = Interpreter(path, num_threads=options.get("threads", 1), experimental_preserve_all_tensors=True,
                              experimental_op_resolver_type=resolver(options.get("kernels", "reference")))
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    places = {detail["index"]: f"o{k}" for k, detail in enumerate(outputs)}

    def results(intermediates):
        wanted = [(places[detail["index"]], detail) for detail in outputs]
        if intermediates:
            made = {index for op in interpreter._get_ops_details() for index in op["outputs"]}
            wanted += [("-", detail) for detail in interpreter.get_tensor_details() if detail["index"] in made and detail["index"] not in places]
        for place, detail in wanted:
            try:
                value = interpreter.get_tensor(detail["index"])
            except ValueError:
                if place == "-":
                    continue  # not kept, or not made for these inputs
                raise
            yield place, dict(detail, shape=value.shape), value

    def run(intermediates):
        for k, detail in enumerate(inputs):
            interpreter.set_tensor(detail["index"], np.fromfile(os.path.join(folder, f"in{k}"), detail["dtype"]).reshape(detail["shape"]))
        interpreter.invoke()
        lines = []
        for number, (place, detail, value) in enumerate(results(intermediates)):
            if place == "-" and np.dtype(detail["dtype"]).name not in DTYPES:
                continue
            np.ascontiguousarray(value).tofile(os.path.join(folder, f"out{number}"))
            lines.append(described(place, detail, f"out{number}"))
        return lines

    return [described(f"i{k}", detail) for k, detail in enumerate(inputs)] + [described(f"o{k}", detail) for k, detail in enumerate(outputs)], run


serve(open_model)
