"""Matrix products. make_cases.py makes a file of them."""

from fractions import Fraction

import numpy as np

from case_values import ACT, RANGES, act, case, each, f32, int32, out, real, rng, tensor


def fully_connected():
    weights = {
        "uint8": [("uint8", 127, "PerTensor"), ("uint8", None, "PerChannel"), ("uint4", None, "PerChannel")],
        "int8": [("int8", 0, "PerTensor"), ("int8", None, "PerChannel"), ("int4", None, "PerChannel")],
        "int16": [
            ("int8", None, "PerChannel"),
            ("uint4", None, "PerChannel"),
            ("uint8", None, "PerChannel"),
            ("int16", 0, "PerTensor"),
        ],
        "float32": [("float32", 0, "")],
    }
    for dtype, scale, _ in ACT:
        for weight_dtype, zero, kind in weights[dtype]:
            for has_bias in (False, True):
                rows, depth, columns = 5, 37, 6
                x = act(dtype, [1, rows, depth])
                low, high = RANGES.get(weight_dtype, (0, 0))
                scales = [f32(rng.uniform(0.002, 0.01) * 255 / max(high - low, 1)) for _ in range(columns)]
                zeros = [rng.randint(low, high) if low == 0 else 0 for _ in range(columns)]
                if weight_dtype == "float32":
                    w = tensor("float32", [columns, depth], constant=True)
                elif kind == "PerTensor":
                    w = tensor(weight_dtype, [columns, depth], scales[0], zero, constant=True)
                    scales = [w["scale"][0]] * columns
                else:
                    w = tensor(weight_dtype, [columns, depth], scales, zeros, constant=True)
                inputs = [x, w]
                result = real(x) @ real(w).T
                if has_bias and dtype == "float32":
                    inputs.append(tensor("float32", [columns], constant=True))
                    result = result + real(inputs[2])
                elif has_bias:
                    s_in = np.float32(x["scale"][0])
                    product = [
                        float(s_in * np.float32(s)) for s in (scales if kind == "PerChannel" else scales[:1])
                    ]
                    wide = "int64" if dtype == "int16" else "int32"
                    inputs.append(tensor(wide, [columns], product, 0, low=-3000, high=3000, constant=True))
                    # Codes are added to the sum. Its scale is the product of the two, not that
                    # product's float32.
                    sums = np.array([Fraction(v) for v in inputs[2]["values"]], dtype=object) * np.array(
                        [Fraction(x["scale"][0]) * Fraction(s) for s in scales], dtype=object
                    )
                    result = result + sums
                name = f"FullyConnected_{dtype}_{weight_dtype}{kind}{'_Bias' if has_bias else ''}"
                case(name, "FULLY_CONNECTED", inputs, out(result, dtype), {"keep_num_dims": True})
    x, w = act("uint8", [2, 3, 4]), tensor("uint8", [5, 4], 0.01, 100, constant=True)
    case(
        "FullyConnected_FlattensLeadingAxes",
        "FULLY_CONNECTED",
        [x, w],
        out((real(x) @ real(w).T).reshape(6, 5), "uint8"),
        {"keep_num_dims": False},
    )
    result = each(lambda v: max(v, Fraction(0)), real(x) @ real(w).T)
    case(
        "FullyConnected_Relu",
        "FULLY_CONNECTED",
        [x, w],
        out(result, "uint8", 0.02, 60),
        {"keep_num_dims": True, "activation": "RELU"},
    )
    x = tensor("int16", [1, 700], 1e-4, 0, values=[-32768] * 700)
    w = tensor("int16", [2, 700], 1e-4, 0, values=[-32768] * 1400, constant=True)
    case(
        "FullyConnected_GreatestSums",
        "FULLY_CONNECTED",
        [x, w],
        out(real(x) @ real(w).T, "int16", 0.3, 0),
        {"keep_num_dims": True},
    )
    x = tensor("uint8", [1, 40000], 1e-3, 0, values=[255] * 40000)
    w = tensor("uint8", [1, 40000], 1e-3, 0, values=[255] * 40000, constant=True)
    case(
        "FullyConnected_SumBeyond32Bits",
        "FULLY_CONNECTED",
        [x, w],
        out(real(x) @ real(w).T, "uint8", 20.0, 0),
        {"keep_num_dims": True},
    )
    x = tensor("int16", [2, 9], 1e-4, 300)
    w = tensor("uint8", [3, 9], [0.01, 0.02, 0.03], [3, 255, 0], constant=True)
    case(
        "FullyConnected_ZeroPointOfInt16",
        "FULLY_CONNECTED",
        [x, w],
        out(real(x) @ real(w).T, "int16"),
        {"keep_num_dims": True},
    )
    # Steps of exactly k + 1/2: scales are powers of two.
    x = tensor("int8", [8, 1], 0.5, 0, values=[-5, -3, -1, 1, 3, 5, 127, -128])
    w = tensor("int8", [1, 1], 1.0, 0, values=[1], constant=True)
    case(
        "FullyConnected_TiesToEven",
        "FULLY_CONNECTED",
        [x, w],
        out(real(x) @ real(w).T, "int8", 1.0, 1),
        {"keep_num_dims": True},
    )
    x, w = act("float32", [3, 8]), tensor(
        "int8", [4, 8], [0.01, 0.02, 0.03, 0.04], [0, 0, 0, 0], constant=True
    )
    case(
        "FullyConnected_FloatInputQuantizedWeight",
        "FULLY_CONNECTED",
        [x, w],
        out(real(x) @ real(w).T, "float32"),
        {"keep_num_dims": True},
    )


def batch_matmul():
    for dtype, _, _ in ACT:
        x, y = act(dtype, [2, 3, 17]), act(dtype, [2, 17, 4])
        wide = {"uint8": (0.09, 140), "int8": (0.09, 0), "int16": (0.002, 0), "float32": (None, 0)}[dtype]
        case(f"BatchMatmul_{dtype}", "BATCH_MATMUL", [x, y], out(np.matmul(real(x), real(y)), dtype, *wide))
    x, y = act("int8", [3, 2, 5]), act("int8", [1, 4, 5])
    turned = np.matmul(real(x), np.swapaxes(real(y), -1, -2))
    case(
        "BatchMatmul_AdjointRhs_BroadcastBatch",
        "BATCH_MATMUL",
        [x, y],
        out(turned, "int8"),
        {"adjoint_rhs": True},
    )
    x, y = act("int16", [5, 2]), act("int16", [2, 3, 5, 4])
    case(
        "BatchMatmul_AdjointLhs_MissingBatch",
        "BATCH_MATMUL",
        [x, y],
        out(np.matmul(real(x).T, real(y)), "int16"),
        {"adjoint_lhs": True},
    )
