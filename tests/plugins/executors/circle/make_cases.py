#!/usr/bin/env python3
"""Writes tests/data/circle_executor/cases.json: one operator a case, with the codes that exact arithmetic gives.

Reals are fractions; where an operator has no fraction, 60 decimal digits. Nothing here knows how the executor computes.
Needs numpy and mpmath: python3 tests/plugins/executors/circle/make_cases.py
"""
import json
import pathlib
from fractions import Fraction

import mpmath
import numpy as np

from case_values import ACT, RANGES, act, case, cases, digits, each, f32, int32, out, real, rng, tensor, written

OUT = pathlib.Path(__file__).resolve().parents[3] / "data/circle_executor/cases.json"


def fully_connected():
    weights = {"uint8": [("uint8", 127, "PerTensor"), ("uint8", None, "PerChannel"), ("uint4", None, "PerChannel")], "int8": [("int8", 0, "PerTensor"), ("int8", None, "PerChannel"), ("int4", None, "PerChannel")],
               "int16": [("int8", None, "PerChannel"), ("uint4", None, "PerChannel"), ("uint8", None, "PerChannel"), ("int16", 0, "PerTensor")], "float32": [("float32", 0, "")]}
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
                    product = [float(s_in * np.float32(s)) for s in (scales if kind == "PerChannel" else scales[:1])]
                    wide = "int64" if dtype == "int16" else "int32"
                    inputs.append(tensor(wide, [columns], product, 0, low=-3000, high=3000, constant=True))
                    # Codes are added to the sum, whose scale is the product of the two scales, not that product's float32.
                    sums = np.array([Fraction(v) for v in inputs[2]["values"]], dtype=object) * np.array([Fraction(x["scale"][0]) * Fraction(s) for s in scales], dtype=object)
                    result = result + sums
                name = f"FullyConnected_{dtype}_{weight_dtype}{kind}{'_Bias' if has_bias else ''}"
                case(name, "FULLY_CONNECTED", inputs, out(result, dtype), {"keep_num_dims": True})
    x, w = act("uint8", [2, 3, 4]), tensor("uint8", [5, 4], 0.01, 100, constant=True)
    case("FullyConnected_FlattensLeadingAxes", "FULLY_CONNECTED", [x, w], out((real(x) @ real(w).T).reshape(6, 5), "uint8"), {"keep_num_dims": False})
    result = each(lambda v: max(v, Fraction(0)), real(x) @ real(w).T)
    case("FullyConnected_Relu", "FULLY_CONNECTED", [x, w], out(result, "uint8", 0.02, 60), {"keep_num_dims": True, "activation": "RELU"})
    x = tensor("int16", [1, 700], 1e-4, 0, values=[-32768] * 700)
    w = tensor("int16", [2, 700], 1e-4, 0, values=[-32768] * 1400, constant=True)
    case("FullyConnected_GreatestSums", "FULLY_CONNECTED", [x, w], out(real(x) @ real(w).T, "int16", 0.3, 0), {"keep_num_dims": True})
    x = tensor("uint8", [1, 40000], 1e-3, 0, values=[255] * 40000)
    w = tensor("uint8", [1, 40000], 1e-3, 0, values=[255] * 40000, constant=True)
    case("FullyConnected_SumBeyond32Bits", "FULLY_CONNECTED", [x, w], out(real(x) @ real(w).T, "uint8", 20.0, 0), {"keep_num_dims": True})
    x = tensor("int16", [2, 9], 1e-4, 300)
    w = tensor("uint8", [3, 9], [0.01, 0.02, 0.03], [3, 255, 0], constant=True)
    case("FullyConnected_ZeroPointOfInt16", "FULLY_CONNECTED", [x, w], out(real(x) @ real(w).T, "int16"), {"keep_num_dims": True})
    # Steps of exactly k + 1/2: scales are powers of two.
    x = tensor("int8", [8, 1], 0.5, 0, values=[-5, -3, -1, 1, 3, 5, 127, -128])
    w = tensor("int8", [1, 1], 1.0, 0, values=[1], constant=True)
    case("FullyConnected_TiesToEven", "FULLY_CONNECTED", [x, w], out(real(x) @ real(w).T, "int8", 1.0, 1), {"keep_num_dims": True})
    x, w = act("float32", [3, 8]), tensor("int8", [4, 8], [0.01, 0.02, 0.03, 0.04], [0, 0, 0, 0], constant=True)
    case("FullyConnected_FloatInputQuantizedWeight", "FULLY_CONNECTED", [x, w], out(real(x) @ real(w).T, "float32"), {"keep_num_dims": True})


def batch_matmul():
    for dtype, _, _ in ACT:
        x, y = act(dtype, [2, 3, 17]), act(dtype, [2, 17, 4])
        wide = {"uint8": (0.09, 140), "int8": (0.09, 0), "int16": (0.002, 0), "float32": (None, 0)}[dtype]
        case(f"BatchMatmul_{dtype}", "BATCH_MATMUL", [x, y], out(np.matmul(real(x), real(y)), dtype, *wide))
    x, y = act("int8", [3, 2, 5]), act("int8", [1, 4, 5])
    turned = np.matmul(real(x), np.swapaxes(real(y), -1, -2))
    case("BatchMatmul_AdjointRhs_BroadcastBatch", "BATCH_MATMUL", [x, y], out(turned, "int8"), {"adjoint_rhs": True})
    x, y = act("int16", [5, 2]), act("int16", [2, 3, 5, 4])
    case("BatchMatmul_AdjointLhs_MissingBatch", "BATCH_MATMUL", [x, y], out(np.matmul(real(x).T, real(y)), "int16"), {"adjoint_lhs": True})


def binary():
    functions = {"ADD": lambda a, b: a + b, "SUB": lambda a, b: a - b, "MUL": lambda a, b: a * b, "MINIMUM": min, "MAXIMUM": max, "SQUARED_DIFFERENCE": lambda a, b: (a - b) ** 2}
    for op, function in functions.items():
        for dtype, scale, zero in ACT:
            a = act(dtype, [2, 3, 4])
            b = tensor(dtype, [2, 3, 4], None if scale is None else scale * 0.73, 0 if zero == 0 else zero + 9)
            case(f"{op}_{dtype}", op, [a, b], out(each(function, real(a), real(b)), dtype))
    for dtype, _, _ in ACT:
        a = act(dtype, [4, 5])
        b = act(dtype, [4, 5]) if dtype != "float32" else tensor("float32", [4, 5], low=0.5, high=2)
        b["values"] = [v if v != (b["zero_point"] or [0])[0] else v + 1 for v in b["values"]]
        case(f"DIV_{dtype}", "DIV", [a, b], out(each(lambda p, q: p / q, real(a), real(b)), dtype))
    a, b = act("uint8", [2, 1, 4]), act("uint8", [3, 1])
    case("ADD_BroadcastBothWays", "ADD", [a, b], out(real(a) + real(b), "uint8"))
    a, b = act("int16", [2, 3]), tensor("int16", [], 0.001, 0, values=[77])
    case("MUL_BroadcastScalar", "MUL", [a, b], out(real(a) * real(b), "int16"))
    a, b = tensor("int8", [6], 0.5, 0, values=[1, 3, 5, -1, -3, -5]), tensor("int8", [1], 1.0, 0, values=[0])
    case("ADD_TiesToEven", "ADD", [a, b], out(real(a) + real(b), "int8", 1.0, 0))
    # s_a * s_b / s_out has no finite binary form but the steps are exactly k + 1/2.
    third = f32(0.3)
    a, b = tensor("int16", [5], third, 0, values=[1, 3, 5, 7, 9]), tensor("int16", [1], 0.5, 0, values=[1])
    case("MUL_TiesOfAnOddScale", "MUL", [a, b], out(real(a) * real(b), "int16", third, 0))
    a, b = tensor("int16", [4], third, 0, values=[3, 9, 15, 21]), tensor("int16", [1], third, 0, values=[2])
    case("DIV_TiesOfAnOddScale", "DIV", [a, b], out(each(lambda p, q: p / q, real(a), real(b)), "int16", 1.0, 0))
    # One part in 2^40 off a tie: the sum of doubles cannot tell, the exact sum can.
    a, b = tensor("int16", [4], 1.0, 0, values=[1, 3, -1, -3]), tensor("int16", [2, 1], 2.0**-70, 0, values=[1, -1])
    case("ADD_NextToATie", "ADD", [a, b], out(real(a) + real(b), "int16", 2.0, 0))
    a, b = tensor("uint8", [4], 1.0, 0, values=[0, 255, 200, 1]), tensor("uint8", [4], 1.0, 0, values=[255, 255, 100, 0])
    case("ADD_Saturates", "ADD", [a, b], out(real(a) + real(b), "uint8", 1.0, 0))
    case("SUB_Saturates", "SUB", [a, b], out(real(a) - real(b), "uint8", 1.0, 0))
    a, b = tensor("uint8", [3], 1.0, 100, values=[120, 80, 100]), tensor("uint8", [1], 1.0, 50, values=[50])
    reals = np.array([mpmath.inf, -mpmath.inf, mpmath.nan], dtype=object)
    case("DIV_ByZero", "DIV", [a, b], out(reals, "uint8", 1.0, 100))
    a, b = act("uint8", [2, 5]), act("uint8", [2, 5])
    case("ADD_Relu6", "ADD", [a, b], out(each(lambda p, q: min(max(p + q, Fraction(0)), Fraction(6)), real(a), real(b)), "uint8", 0.05, 20), {"activation": "RELU6"})
    for op, function in (("ADD", lambda p, q: p + q), ("MUL", lambda p, q: p * q), ("MAXIMUM", max)):
        a, b = tensor("int32", [4], values=[1, -7, 2**20, 0]), tensor("int32", [4], values=[5, 9, -3, 2])
        case(f"{op}_Integers", op, [a, b], written(each(function, real(a), real(b)), "int32"))
    a, b = tensor("float32", [5], low=0.1, high=4), tensor("float32", [1], values=[3.0])
    case("POW_float32", "POW", [a, b], out(each(lambda p, q: p**3, real(a), real(b)), "float32"))


def unary():
    mp = mpmath
    functions = {
        "NEG": lambda x: -x, "ABS": abs, "SQUARE": lambda x: x * x, "RELU": lambda x: max(x, Fraction(0)), "RELU6": lambda x: min(max(x, Fraction(0)), Fraction(6)),
        "RELU_N1_TO_1": lambda x: min(max(x, Fraction(-1)), Fraction(1)), "EXP": lambda x: mp.exp(digits(x)), "LOGISTIC": lambda x: 1 / (1 + mp.exp(-digits(x))),
        "TANH": lambda x: mp.tanh(digits(x)), "SIN": lambda x: mp.sin(digits(x)), "COS": lambda x: mp.cos(digits(x))}
    for op, function in functions.items():
        for dtype, _, _ in ACT:
            x = act(dtype, [3, 7])
            case(f"{op}_{dtype}", op, [x], out(each(function, real(x)), dtype))
    for op, function in {"SQRT": lambda x: mp.sqrt(digits(x)), "RSQRT": lambda x: 1 / mp.sqrt(digits(x)), "LOG": lambda x: mp.log(digits(x))}.items():
        for dtype, scale, zero in ACT:
            x = tensor(dtype, [3, 7], scale, zero, low=0.01 if dtype == "float32" else zero + 1)
            case(f"{op}_{dtype}", op, [x], out(each(function, real(x)), dtype))
    exact = lambda x: digits(x) / 2 * mp.erfc(-digits(x) / mp.sqrt(2))
    tanh = lambda x: digits(x) / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (digits(x) + mp.mpf("0.044715") * digits(x) ** 3)))
    for dtype, _, _ in ACT:
        for name, function, approximate in (("Exact", exact, False), ("Tanh", tanh, True)):
            x = act(dtype, [3, 7])
            case(f"Gelu{name}_{dtype}", "GELU", [x], out(each(function, real(x)), dtype), {"approximate": approximate})
    for dtype, scale, zero in (("uint8", 1 / 256, 0), ("int8", 1 / 256, -128), ("int16", 1 / 32768, 0)):
        x = act(dtype, [40])
        case(f"LOGISTIC_FixedQparams_{dtype}", "LOGISTIC", [x], out(each(functions["LOGISTIC"], real(x)), dtype, scale, zero))


def rows():
    mp = mpmath

    def softmax(a, beta=1):
        powers = each(lambda x: mp.exp(beta * digits(x)), a)
        return powers / powers.sum(axis=-1, keepdims=True)

    for dtype, scale, zero in (("uint8", 1 / 255, 0), ("int8", 1 / 256, -128), ("int16", 1 / 32767, 0), ("float32", None, 0)):
        x = act(dtype, [2, 3, 9])
        case(f"Softmax_{dtype}", "SOFTMAX", [x], out(softmax(real(x)), dtype, scale, zero), {"beta": 1.0})
    x = act("uint8", [2, 5])
    case("Softmax_Beta", "SOFTMAX", [x], out(softmax(real(x), 2), "uint8", 1 / 256, 0), {"beta": 2.0})

    def rms(x, g, epsilon):
        square = each(digits, (x * x).sum(axis=-1, keepdims=True) / Fraction(x.shape[-1]))
        return each(digits, x) / each(lambda s: mp.sqrt(s + mp.mpf(epsilon)), square) * each(digits, g)

    epsilon = f32(1e-6)
    for dtype, gamma in (("uint8", ("uint8", 0.01, 30)), ("uint8", ("uint4", 0.15, 0)), ("int8", ("int8", 0.01, 0)), ("int16", ("int16", 0.0001, 0)), ("int16", ("uint4", 1.0, 0)), ("float32", ("float32", None, 0))):
        x, g = act(dtype, [2, 3, 13]), tensor(gamma[0], [13], gamma[1], gamma[2], constant=True)
        case(f"RmsNorm_{dtype}_{gamma[0]}", "RMS_NORM", [x, g], out(rms(real(x), real(g), epsilon), dtype), {"epsilon": epsilon})
    x, g = tensor("uint8", [2, 4], 0.01, 128, values=[128] * 4 + [129, 128, 128, 127]), tensor("float32", [4], values=[1.0] * 4, constant=True)
    case("RmsNorm_RowOfZeros", "RMS_NORM", [x, g], out(rms(real(x), real(g), epsilon), "uint8", 0.01, 128), {"epsilon": epsilon})
    for dtype, _, _ in ACT:
        for keep in (True, False):
            x = act(dtype, [2, 3, 8])
            mean = real(x).sum(axis=2, keepdims=keep) / Fraction(8)
            case(f"Mean_{dtype}_{'Keep' if keep else 'Drop'}", "MEAN", [x, int32(-1)], out(mean, dtype), {"keep_dims": keep})
    x = act("uint8", [2, 3, 4])
    case("Mean_TwoAxes", "MEAN", [x, int32(0, 2)], out(real(x).sum(axis=(0, 2)) / Fraction(8), "uint8"), {"keep_dims": False})
    case("Sum_TwoAxes", "SUM", [x, int32(1, -3)], out(real(x).sum(axis=(0, 1)), "uint8", 0.1, 90), {"keep_dims": False})
    x = tensor("int8", [6, 2], 1.0, 0, values=[0, 1, 1, 2, 2, 3, -1, 0, -2, -1, 127, 126])
    case("Mean_TiesToEven", "MEAN", [x, int32(1)], out(real(x).sum(axis=1) / Fraction(2), "int8", 1.0, 0), {"keep_dims": False})


def views():
    for dtype, scale, zero in ACT + [("uint4", 0.1, 3), ("int32", None, 0), ("int64", None, 0)]:
        x = tensor(dtype, [2, 3, 5], scale, zero, low=-9 if dtype in ("int32", "int64") else None, high=9 if dtype in ("int32", "int64") else None)
        same = lambda a: written(a, dtype, scale, zero)
        case(f"Reshape_{dtype}", "RESHAPE", [x, int32(5, -1)], same(real(x).reshape(5, 6)))
        case(f"Transpose_{dtype}", "TRANSPOSE", [x, int32(2, 0, 1)], same(real(x).transpose(2, 0, 1)))
        case(f"Slice_{dtype}", "SLICE", [x, int32(1, 0, 2), int32(1, -1, 2)], same(real(x)[1:2, :, 2:4]))
        case(f"StridedSlice_{dtype}", "STRIDED_SLICE", [x, int32(0, -1, 4), int32(2, -9, 0), int32(1, -2, -3)], same(real(x)[0:2, -1:-9:-2, 4:0:-3]))
        y = tensor(dtype, [2, 1, 5], scale, zero, low=0, high=9)
        case(f"Concatenation_{dtype}", "CONCATENATION", [x, y], same(np.concatenate([real(x), real(y)], axis=1)), {"axis": -2})
        case(f"Split_{dtype}", "SPLIT", [tensor("int32", [], values=[-1], constant=True), y], [same(p) for p in np.split(real(y), 5, axis=2)], {"num_splits": 5})
        case(f"SplitV_{dtype}", "SPLIT_V", [x, int32(3, -1, 0), int32(2)], [same(p) for p in (real(x)[:, :, :3], real(x)[:, :, 3:], real(x)[:, :, :0])], {"num_splits": 3})
        case(f"BroadcastTo_{dtype}", "BROADCAST_TO", [y, int32(3, 2, 4, 5)], same(np.broadcast_to(real(y), (3, 2, 4, 5))))
        case(f"Gather_{dtype}", "GATHER", [x, tensor("int32", [2, 2], values=[4, 0, 0, 3])], same(np.take(real(x), [[4, 0], [0, 3]], axis=2)), {"axis": 2})
    x = act("uint8", [2, 3, 5])
    case("StridedSlice_Masks", "STRIDED_SLICE", [x, int32(1, 2, 2), int32(2, 1, 4), int32(1, -1, 1)], out(real(x)[1, 2::-1, :4], "uint8", 0.0235, 117),
         {"begin_mask": 4, "end_mask": 2, "shrink_axis_mask": 1})
    case("Reshape_OtherQparams", "RESHAPE", [x, int32(30)], out(real(x).reshape(30), "uint8", 0.05, 100))
    y = tensor("int16", [2, 3, 1], 0.0003, 0)
    case("Concatenation_OtherQparams", "CONCATENATION", [x, y], out(np.concatenate([real(x), real(y)], axis=2), "int8", 0.03, -4), {"axis": 2})
    scales, zeros = [f32(rng.uniform(0.01, 0.05)) for _ in range(6)], [rng.randint(0, 255) for _ in range(6)]
    table = tensor("uint8", [6, 7], scales, zeros, constant=True)
    case("Gather_ScalePerRow", "GATHER", [table, tensor("int64", [5], values=[5, 0, 3, 3, 1])], out(real(table)[[5, 0, 3, 3, 1]], "int16"), {"axis": 0})
    table = tensor("uint4", [6, 7], scales, [z % 16 for z in zeros], constant=True)
    case("Gather_FourBitsScalePerRow", "GATHER", [table, tensor("int32", [1, 3], values=[2, 4, 5])], out(real(table)[[[2, 4, 5]]], "uint8", 0.01, 100), {"axis": 0})


def conversions():
    for source, _, _ in ACT:
        for target in ("uint8", "int8", "int16"):
            x = act(source, [4, 6])
            case(f"Quantize_{source}_{target}", "QUANTIZE", [x], out(real(x), target))
        if source != "float32":
            x = act(source, [4, 6])
            case(f"Dequantize_{source}", "DEQUANTIZE", [x], out(real(x), "float32"))
    x = tensor("float32", [9], values=[0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 1e30, -1e30, f32(0.49999997)])
    case("Quantize_TiesToEven", "QUANTIZE", [x], out(real(x), "int8", 1.0, 0))
    # The float32 quotient is on a tie; the exact one is not.
    x = tensor("float32", [2], values=[f32(0.7) * 2.5, f32(f32(0.7) * 2.5)])
    x["values"] = [f32(v) for v in x["values"]]
    case("Quantize_NextToATie", "QUANTIZE", [x], out(real(x), "uint8", f32(0.7), 0))
    x = tensor("uint8", [6], 1.0, 128, values=[0, 1, 127, 128, 129, 255])
    case("Quantize_Uint8ToInt8", "QUANTIZE", [x], out(real(x), "int8", 1.0, 0))
    case("Quantize_Uint8ToInt16", "QUANTIZE", [x], out(real(x), "int16", 1 / 128, 0))
    w = tensor("int4", [3, 5], [0.1, 0.2, 0.3], [0, 0, 0], constant=True)
    case("Dequantize_FourBitsPerChannel", "DEQUANTIZE", [w], out(real(w), "float32"))
    w = tensor("uint8", [3, 4], [0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4], axis=1, constant=True)
    case("Dequantize_LastAxis", "DEQUANTIZE", [w], out(real(w), "float32"))
    x = tensor("int32", [4], values=[-3, 0, 7, 2**24 + 1])
    case("Cast_int32_float32", "CAST", [x], out(real(x), "float32"))
    x = tensor("float32", [4], values=[-3.75, 0.5, 7.0, 1e6])
    case("Cast_float32_int64", "CAST", [x], written([-3, 0, 7, 1000000], "int64"))


def choices():
    """Comparisons, bools, the choice by them, and what is picked from many."""
    orders = {"EQUAL": lambda a, b: a == b, "NOT_EQUAL": lambda a, b: a != b, "LESS": lambda a, b: a < b, "LESS_EQUAL": lambda a, b: a <= b, "GREATER": lambda a, b: a > b,
              "GREATER_EQUAL": lambda a, b: a >= b}
    for op, function in orders.items():
        for dtype, scale, zero in ACT:
            a, b = tensor(dtype, [3, 8], scale, zero, low=zero - 3, high=zero + 3), tensor(dtype, [8], scale, zero, low=zero - 3, high=zero + 3)
            case(f"{op}_{dtype}", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        for dtype in ("int32", "int64"):
            a, b = tensor(dtype, [12], low=-2, high=2), tensor(dtype, [12], low=-2, high=2)
            case(f"{op}_{dtype}", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        # 2 and 3 steps of one grid are 4 and 6 of the other; 0.3 and 0.1 in float32 are not three to one.
        a, b = tensor("uint8", [6], 0.5, 128, values=[128, 129, 130, 131, 0, 255]), tensor("int16", [6], 0.25, 0, values=[0, 2, 5, 5, -256, 254])
        case(f"{op}_OtherGrid", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        a, b = tensor("int16", [3], 0.1, 0, values=[3, -3, 30000]), tensor("int16", [3], 0.3, 0, values=[1, -1, 10000])
        case(f"{op}_NextToEqual", op, [a, b], written(each(function, real(a), real(b)), "bool"))
    a, b = tensor("bool", [4], values=[0, 0, 1, 1]), tensor("bool", [4], values=[0, 1, 0, 1])
    for op in ("EQUAL", "NOT_EQUAL"):
        case(f"{op}_bool", op, [a, b], written(each(orders[op], real(a), real(b)), "bool"))
    case("LogicalAnd", "LOGICAL_AND", [a, b], written([0, 0, 0, 1], "bool"))
    case("LogicalOr", "LOGICAL_OR", [a, b], written([0, 1, 1, 1], "bool"))
    case("LogicalNot", "LOGICAL_NOT", [a], written([1, 1, 0, 0], "bool"))
    case("LogicalAnd_Broadcast", "LOGICAL_AND", [tensor("bool", [2, 1], values=[1, 0]), b], written([[0, 1, 0, 1], [0, 0, 0, 0]], "bool"))
    for dtype, scale, zero in ACT + [("int32", None, 0), ("int64", None, 0), ("bool", None, 0)]:
        low, high = (-9, 9) if dtype in ("int32", "int64") else (None, None)
        c = tensor("bool", [2, 1, 4])
        a, b = tensor(dtype, [2, 3, 4], scale, zero, low=low, high=high), tensor(dtype, [3, 1], scale, zero, low=low, high=high)
        case(f"SelectV2_{dtype}", "SELECT_V2", [c, a, b], written(np.where(real(c) != 0, real(a), real(b)), dtype, scale, zero))
    c, a, b = tensor("bool", [8]), act("uint8", [8]), tensor("uint8", [1], 0.1, 3)
    case("SelectV2_OtherGrids", "SELECT_V2", [c, a, b], out(np.where(real(c) != 0, real(a), real(b)), "int8"))


def picks():
    for dtype, scale, zero in ACT + [("int32", None, 0), ("int64", None, 0)]:
        x = tensor(dtype, [2, 3, 5], scale, zero, low=zero - 4, high=zero + 4)
        case(f"ReduceMax_{dtype}", "REDUCE_MAX", [x, int32(-1)], written(real(x).max(axis=2), dtype, scale, zero), {"keep_dims": False})
        case(f"ReduceMin_{dtype}", "REDUCE_MIN", [x, int32(0, 1)], written(real(x).min(axis=(0, 1), keepdims=True), dtype, scale, zero), {"keep_dims": True})
        for axis in (0, 1, 2):
            one = tensor("int32", [], values=[axis - 3], constant=True)
            wanted = "int64" if axis else "int32"
            case(f"ArgMax_{dtype}_{axis}", "ARG_MAX", [x, one], written(np.argmax(real(x).astype(float), axis=axis), wanted), {"output_type": wanted})
    x = act("uint8", [3, 4])
    case("ReduceMax_OtherQparams", "REDUCE_MAX", [x, int32(0, 1)], out(np.array(real(x).max(), dtype=object), "int8"), {"keep_dims": False})
    w = tensor("uint8", [4, 3], [0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4], constant=True)
    case("ArgMax_ScalePerRow", "ARG_MAX", [w, int32(0)], written(np.argmax(real(w).astype(float), axis=0), "int64"), {"output_type": "int64"})


def prefixes():
    for dtype, _, _ in ACT:
        x = act(dtype, [2, 4, 3])
        wide = {"uint8": (0.09, 140), "int8": (0.09, 0), "int16": (0.002, 0), "float32": (None, 0)}[dtype]
        sums = np.cumsum(real(x), axis=1)
        case(f"Cumsum_{dtype}", "CUMSUM", [x, tensor("int32", [], values=[1], constant=True)], out(sums, dtype, *wide))
        case(f"Cumsum_{dtype}_Exclusive", "CUMSUM", [x, int32(-2)], out(sums - real(x), dtype, *wide), {"exclusive": True})
        back = np.flip(np.cumsum(np.flip(real(x), axis=2), axis=2), axis=2)
        case(f"Cumsum_{dtype}_Reverse", "CUMSUM", [x, int32(2)], out(back, dtype, *wide), {"reverse": True})
    for dtype, _, _ in ACT:
        x = act(dtype, [3, 7])
        case(f"FLOOR_{dtype}", "FLOOR", [x], out(each(lambda v: Fraction(v.__floor__()), real(x)), dtype))
    # 10 steps of float32's 0.1 are just above 1, 30 of its 0.3 just above 9; both floors are whole.
    x = tensor("int16", [4], 0.1, 0, values=[10, -10, 9, 0])
    case("FLOOR_NextToWhole", "FLOOR", [x], out(each(lambda v: Fraction(v.__floor__()), real(x)), "int8", 1.0, 0))
    x = tensor("int32", [4], values=[-3, 0, 7, -(2**31) + 1])
    case("ABS_Integers", "ABS", [x], written(each(abs, real(x)), "int32"))
    for source in ("float32", "int32"):
        x = tensor(source, [3], values=[0, 2, -1])
        case(f"Cast_{source}_bool", "CAST", [x], written([0, 1, 1], "bool"))
    x = tensor("bool", [2], values=[0, 1])
    case("Cast_bool_float32", "CAST", [x], out(real(x), "float32"))
    case("Reshape_bool", "RESHAPE", [x, int32(2, 1)], written(real(x).reshape(2, 1), "bool"))


def shortened(t):
    """A tensor of one repeated number says it once."""
    return {**t, "values": t["values"][0]} if len(t["values"]) > 100 and len(set(t["values"])) == 1 else t


for build in (fully_connected, batch_matmul, binary, unary, rows, views, conversions, choices, picks, prefixes):
    build()
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text("[\n" + ",\n".join(json.dumps({**c, "inputs": [shortened(t) for t in c["inputs"]]}, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "cases,", OUT.stat().st_size, "bytes")
