# Runs a .tflite file in LiteRT.
try:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError as error:
    Interpreter, missing = None, str(error)

DTYPES = ("float32", "float16", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "bool")


def resolver(kernels):
    return {"optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            "reference": OpResolverType.BUILTIN_REF,
            "xnnpack": OpResolverType.AUTO}[kernels]


def described(place, detail, file=""):
    dtype = np.dtype(detail["dtype"]).name
    if dtype not in DTYPES:
        raise Problem(UNIMPLEMENTED, f"tensor {detail['name']} is {dtype}")
    quantization = detail["quantization_parameters"]
    scales = quantization["scales"]
    axis = quantization["quantized_dimension"] if len(scales) > 1 else -1
    shape = detail["shape"]
    if not file and len(detail.get("shape_signature", ())) == len(shape):
        shape = [-1 if wanted == -1 else extent for wanted, extent in zip(detail["shape_signature"], shape)]
    return tensor_line(place, dtype, shape, detail["name"], scales, quantization["zero_points"],
                       axis, file)


class Whole:
    """A file with one way in."""

    def __init__(self, interpreter):
        interpreter.allocate_tensors()
        self.interpreter, self.subgraph = interpreter, 0
        self.inputs, self.outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self.shapes = [tuple(detail["shape"]) for detail in self.inputs]

    def made(self):
        return {index for op in self.interpreter._get_ops_details() for index in op["outputs"]}

    def run(self, values):
        if [value.shape for value in values] != self.shapes:
            self.shapes = [value.shape for value in values]
            for detail, shape in zip(self.inputs, self.shapes):
                self.interpreter.resize_tensor_input(detail["index"], shape)
            self.interpreter.allocate_tensors()
        for detail, value in zip(self.inputs, values):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()


class Signature:
    """One of a file's subgraphs, by the key of its signature."""

    def __init__(self, interpreter, path, key):
        self.interpreter, self.runner = interpreter, interpreter.get_signature_runner(key)
        self.subgraph = interpreter._interpreter.GetSubgraphIndexFromSignature(key)
        inputs, outputs, self.written = subgraph_tensors(path, self.subgraph)
        entries = interpreter._get_full_signature_list()[key]["inputs"]
        self.names = {index: name for name, index in entries.items()}
        if set(self.names) != set(inputs):
            raise Problem(UNIMPLEMENTED, f"signature {key} does not name each input of its subgraph once")
        self.inputs, self.outputs = ([interpreter._get_tensor_details(index, self.subgraph) for index in each]
                                     for each in (inputs, outputs))

    def made(self):
        return self.written

    def run(self, values):
        names = [self.names[detail["index"]] for detail in self.inputs]
        self.runner(**dict(zip(names, values)))


def way_in(interpreter, path, wanted):
    keys = list(interpreter.get_signature_list())
    if wanted is None and len(keys) > 1:
        raise Problem(INVALID_ARGUMENT, f"the file has {len(keys)} signatures; choose one with the option "
                                        f"\"signature\": {', '.join(keys)}")
    if wanted is not None and wanted not in keys:
        known = ", ".join(keys) or "none"
        raise Problem(NOT_FOUND, f"the file has no signature {wanted}; it has: {known}")
    return Whole(interpreter) if wanted is None else Signature(interpreter, path, wanted)


def open_model(path, folder, options):
    if Interpreter is None:
        raise Problem(NOT_FOUND, f"this Python ({sys.executable}) lacks a package: {missing}; "
                                 "`pip install ai-edge-litert`, or name another one with the option "
                                 "\"python\" or $VERNIER_PYTHON")
    interpreter = Interpreter(path, num_threads=options.get("threads", 1),
                              experimental_preserve_all_tensors=True,
                              experimental_op_resolver_type=resolver(options.get("kernels", "reference")))
    graph = way_in(interpreter, path, options.get("signature"))
    places = {detail["index"]: f"o{k}" for k, detail in enumerate(graph.outputs)}

    def results(intermediates):
        wanted = [(places[detail["index"]], detail) for detail in graph.outputs]
        if intermediates:
            made = graph.made()
            wanted += [("-", detail) for detail in interpreter.get_tensor_details(graph.subgraph)
                       if detail["index"] in made and detail["index"] not in places]
        for place, detail in wanted:
            try:
                value = interpreter.get_tensor(detail["index"], graph.subgraph)
            except ValueError:
                if place == "-":
                    continue  # not kept, or not made for these inputs
                raise
            yield place, dict(detail, shape=value.shape), value

    def run(intermediates, shapes):
        graph.run([np.fromfile(os.path.join(folder, f"in{k}"), detail["dtype"]).reshape(shapes[k])
                   for k, detail in enumerate(graph.inputs)])
        lines = []
        for number, (place, detail, value) in enumerate(results(intermediates)):
            if place == "-" and np.dtype(detail["dtype"]).name not in DTYPES:
                continue
            np.ascontiguousarray(value).tofile(os.path.join(folder, f"out{number}"))
            lines.append(described(place, detail, f"out{number}"))
        return lines

    inputs = [described(f"i{k}", detail) for k, detail in enumerate(graph.inputs)]
    return inputs + [described(f"o{k}", detail) for k, detail in enumerate(graph.outputs)], run


serve(open_model)
