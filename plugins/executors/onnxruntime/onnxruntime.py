# Runs an .onnx file in onnxruntime.
try:
    import numpy as np
    import onnxruntime
except ImportError as error:
    onnxruntime, missing = None, str(error)

DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(int16)": "int16",
    "tensor(uint16)": "uint16",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}


def qparams_of(path):
    """By name: scales, zero points and axis of what a DequantizeLinear reads or a QuantizeLinear writes;
    nothing without the package onnx."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        return {}
    graph = onnx.load(path, load_external_data=False).graph
    constants = {
        tensor.name: tensor
        for tensor in graph.initializer
        if tensor.data_location != onnx.TensorProto.EXTERNAL
    }
    found = {}
    for node in graph.node:
        if (
            node.op_type not in ("QuantizeLinear", "DequantizeLinear")
            or len(node.input) < 3
            or not {node.input[1], node.input[2]} <= constants.keys()
        ):
            continue
        scales, zero_points = (
            numpy_helper.to_array(constants[name]).astype(float).ravel() for name in node.input[1:3]
        )
        axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
        found[node.input[0] if node.op_type == "DequantizeLinear" else node.output[0]] = (
            scales,
            zero_points,
            axis if len(scales) > 1 else -1,
        )
    return found


def described(place, info, qparams):
    if info.type not in DTYPES:
        raise Problem(UNIMPLEMENTED, f"{info.name} is {info.type}")
    shape = [extent if isinstance(extent, int) else -1 for extent in info.shape]
    return tensor_line(place, DTYPES[info.type], shape, info.name, *qparams.get(info.name, ()))


def session_of(path, options):
    wish = onnxruntime.SessionOptions()
    wish.intra_op_num_threads = options.get("threads", 1)
    wish.inter_op_num_threads = 1
    levels = onnxruntime.GraphOptimizationLevel
    wish.graph_optimization_level = {
        "none": levels.ORT_DISABLE_ALL,
        "basic": levels.ORT_ENABLE_BASIC,
        "all": levels.ORT_ENABLE_ALL,
    }[options.get("optimization", "basic")]
    # 1: float32. Else onnxruntime fuses a MatMul with a 4-bit weight into one that rounds its activations to
    # 8 bit.
    wish.add_session_config_entry("session.qdq_matmulnbits_accuracy_level", "1")
    wish.log_severity_level = 3
    return onnxruntime.InferenceSession(path, wish, providers=["CPUExecutionProvider"])


def with_intermediates(path, options, folder):
    """A session that gives every named float tensor between operators, or None where the package onnx is not
    there."""
    try:
        import onnx
    except ImportError:
        return None
    model = onnx.load(path, load_external_data=False)
    known = {value.name for value in model.graph.output}
    model.graph.output.extend(value for value in model.graph.value_info if value.name not in known)
    # Beside the original: external data is found from there.
    copy = os.path.join(folder, "intermediates.onnx")
    if any(tensor.data_location == onnx.TensorProto.EXTERNAL for tensor in model.graph.initializer):
        return None
    onnx.save(model, copy)
    return session_of(copy, options)


def open_model(path, folder, options):
    if onnxruntime is None:
        raise Problem(
            NOT_FOUND,
            f"this Python ({sys.executable}) lacks a package: {missing}; `pip install onnxruntime`, or name "
            'another one with the option "python" or $VERNIER_PYTHON',
        )
    session = session_of(path, options)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    places = {info.name: f"o{k}" for k, info in enumerate(outputs)}
    qparams = qparams_of(path)

    def run(intermediates, shapes):
        feed = {}
        for k, info in enumerate(inputs):
            feed[info.name] = np.fromfile(os.path.join(folder, f"in{k}"), DTYPES[info.type]).reshape(
                shapes[k]
            )
        results = list(zip([info.name for info in outputs], session.run(None, feed)))
        wide = with_intermediates(path, options, folder) if intermediates else None
        if wide is not None:
            # The outputs proper come from the session that a user would run: more outputs keep operators from
            # being fused.
            results += [
                (info.name, value)
                for info, value in zip(wide.get_outputs(), wide.run(None, feed))
                if info.name not in places
            ]
        lines = []
        for number, (name, value) in enumerate(results):
            np.ascontiguousarray(value).tofile(os.path.join(folder, f"out{number}"))
            lines.append(
                tensor_line(
                    places.get(name, "-"),
                    value.dtype.name,
                    value.shape,
                    name,
                    *qparams.get(name, ()),
                    file=f"out{number}",
                )
            )
        return lines

    return [described(f"i{k}", info, qparams) for k, info in enumerate(inputs)] + [
        described(f"o{k}", info, qparams) for k, info in enumerate(outputs)
    ], run


serve(open_model)
