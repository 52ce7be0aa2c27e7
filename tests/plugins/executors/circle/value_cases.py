"""Operators on single values and on rows of them. make_cases.py makes a file of them."""

from fractions import Fraction

import mpmath
import numpy as np

from case_values import ACT, act, case, digits, each, f32, int32, out, real, tensor, written


def binary():
    functions = {
        "ADD": lambda a, b: a + b,
        "SUB": lambda a, b: a - b,
        "MUL": lambda a, b: a * b,
        "MINIMUM": min,
        "MAXIMUM": max,
        "SQUARED_DIFFERENCE": lambda a, b: (a - b) ** 2,
    }
    for op, function in functions.items():
        for dtype, scale, zero in ACT:
            a = act(dtype, [2, 3, 4])
            b = tensor(
                dtype, [2, 3, 4], None if scale is None else scale * 0.73, 0 if zero == 0 else zero + 9
            )
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
    case(
        "DIV_TiesOfAnOddScale",
        "DIV",
        [a, b],
        out(each(lambda p, q: p / q, real(a), real(b)), "int16", 1.0, 0),
    )
    # One part in 2^40 off a tie: the sum of doubles cannot tell, the exact sum can.
    a, b = tensor("int16", [4], 1.0, 0, values=[1, 3, -1, -3]), tensor(
        "int16", [2, 1], 2.0**-70, 0, values=[1, -1]
    )
    case("ADD_NextToATie", "ADD", [a, b], out(real(a) + real(b), "int16", 2.0, 0))
    a, b = tensor("uint8", [4], 1.0, 0, values=[0, 255, 200, 1]), tensor(
        "uint8", [4], 1.0, 0, values=[255, 255, 100, 0]
    )
    case("ADD_Saturates", "ADD", [a, b], out(real(a) + real(b), "uint8", 1.0, 0))
    case("SUB_Saturates", "SUB", [a, b], out(real(a) - real(b), "uint8", 1.0, 0))
    a, b = tensor("uint8", [3], 1.0, 100, values=[120, 80, 100]), tensor("uint8", [1], 1.0, 50, values=[50])
    reals = np.array([mpmath.inf, -mpmath.inf, mpmath.nan], dtype=object)
    case("DIV_ByZero", "DIV", [a, b], out(reals, "uint8", 1.0, 100))
    a, b = act("uint8", [2, 5]), act("uint8", [2, 5])
    case(
        "ADD_Relu6",
        "ADD",
        [a, b],
        out(
            each(lambda p, q: min(max(p + q, Fraction(0)), Fraction(6)), real(a), real(b)), "uint8", 0.05, 20
        ),
        {"activation": "RELU6"},
    )
    for op, function in (("ADD", lambda p, q: p + q), ("MUL", lambda p, q: p * q), ("MAXIMUM", max)):
        a, b = tensor("int32", [4], values=[1, -7, 2**20, 0]), tensor("int32", [4], values=[5, 9, -3, 2])
        case(f"{op}_Integers", op, [a, b], written(each(function, real(a), real(b)), "int32"))
    a, b = tensor("float32", [5], low=0.1, high=4), tensor("float32", [1], values=[3.0])
    case("POW_float32", "POW", [a, b], out(each(lambda p, q: p**3, real(a), real(b)), "float32"))


def unary():
    mp = mpmath
    functions = {
        "NEG": lambda x: -x,
        "ABS": abs,
        "SQUARE": lambda x: x * x,
        "RELU": lambda x: max(x, Fraction(0)),
        "RELU6": lambda x: min(max(x, Fraction(0)), Fraction(6)),
        "RELU_N1_TO_1": lambda x: min(max(x, Fraction(-1)), Fraction(1)),
        "EXP": lambda x: mp.exp(digits(x)),
        "LOGISTIC": lambda x: 1 / (1 + mp.exp(-digits(x))),
        "TANH": lambda x: mp.tanh(digits(x)),
        "SIN": lambda x: mp.sin(digits(x)),
        "COS": lambda x: mp.cos(digits(x)),
    }
    for op, function in functions.items():
        for dtype, _, _ in ACT:
            x = act(dtype, [3, 7])
            case(f"{op}_{dtype}", op, [x], out(each(function, real(x)), dtype))
    for op, function in {
        "SQRT": lambda x: mp.sqrt(digits(x)),
        "RSQRT": lambda x: 1 / mp.sqrt(digits(x)),
        "LOG": lambda x: mp.log(digits(x)),
    }.items():
        for dtype, scale, zero in ACT:
            x = tensor(dtype, [3, 7], scale, zero, low=0.01 if dtype == "float32" else zero + 1)
            case(f"{op}_{dtype}", op, [x], out(each(function, real(x)), dtype))
    exact = lambda x: digits(x) / 2 * mp.erfc(-digits(x) / mp.sqrt(2))
    tanh = (
        lambda x: digits(x)
        / 2
        * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (digits(x) + mp.mpf("0.044715") * digits(x) ** 3)))
    )
    for dtype, _, _ in ACT:
        for name, function, approximate in (("Exact", exact, False), ("Tanh", tanh, True)):
            x = act(dtype, [3, 7])
            case(
                f"Gelu{name}_{dtype}",
                "GELU",
                [x],
                out(each(function, real(x)), dtype),
                {"approximate": approximate},
            )
    for dtype, scale, zero in (("uint8", 1 / 256, 0), ("int8", 1 / 256, -128), ("int16", 1 / 32768, 0)):
        x = act(dtype, [40])
        case(
            f"LOGISTIC_FixedQparams_{dtype}",
            "LOGISTIC",
            [x],
            out(each(functions["LOGISTIC"], real(x)), dtype, scale, zero),
        )


def rows():
    mp = mpmath

    def softmax(a, beta=1):
        powers = each(lambda x: mp.exp(beta * digits(x)), a)
        return powers / powers.sum(axis=-1, keepdims=True)

    for dtype, scale, zero in (
        ("uint8", 1 / 255, 0),
        ("int8", 1 / 256, -128),
        ("int16", 1 / 32767, 0),
        ("float32", None, 0),
    ):
        x = act(dtype, [2, 3, 9])
        case(f"Softmax_{dtype}", "SOFTMAX", [x], out(softmax(real(x)), dtype, scale, zero), {"beta": 1.0})
    x = act("uint8", [2, 5])
    case("Softmax_Beta", "SOFTMAX", [x], out(softmax(real(x), 2), "uint8", 1 / 256, 0), {"beta": 2.0})

    def rms(x, g, epsilon):
        square = each(digits, (x * x).sum(axis=-1, keepdims=True) / Fraction(x.shape[-1]))
        return each(digits, x) / each(lambda s: mp.sqrt(s + mp.mpf(epsilon)), square) * each(digits, g)

    epsilon = f32(1e-6)
    for dtype, gamma in (
        ("uint8", ("uint8", 0.01, 30)),
        ("uint8", ("uint4", 0.15, 0)),
        ("int8", ("int8", 0.01, 0)),
        ("int16", ("int16", 0.0001, 0)),
        ("int16", ("uint4", 1.0, 0)),
        ("float32", ("float32", None, 0)),
    ):
        x, g = act(dtype, [2, 3, 13]), tensor(gamma[0], [13], gamma[1], gamma[2], constant=True)
        case(
            f"RmsNorm_{dtype}_{gamma[0]}",
            "RMS_NORM",
            [x, g],
            out(rms(real(x), real(g), epsilon), dtype),
            {"epsilon": epsilon},
        )
    x, g = tensor("uint8", [2, 4], 0.01, 128, values=[128] * 4 + [129, 128, 128, 127]), tensor(
        "float32", [4], values=[1.0] * 4, constant=True
    )
    case(
        "RmsNorm_RowOfZeros",
        "RMS_NORM",
        [x, g],
        out(rms(real(x), real(g), epsilon), "uint8", 0.01, 128),
        {"epsilon": epsilon},
    )
    for dtype, _, _ in ACT:
        for keep in (True, False):
            x = act(dtype, [2, 3, 8])
            mean = real(x).sum(axis=2, keepdims=keep) / Fraction(8)
            case(
                f"Mean_{dtype}_{'Keep' if keep else 'Drop'}",
                "MEAN",
                [x, int32(-1)],
                out(mean, dtype),
                {"keep_dims": keep},
            )
    x = act("uint8", [2, 3, 4])
    case(
        "Mean_TwoAxes",
        "MEAN",
        [x, int32(0, 2)],
        out(real(x).sum(axis=(0, 2)) / Fraction(8), "uint8"),
        {"keep_dims": False},
    )
    case(
        "Sum_TwoAxes",
        "SUM",
        [x, int32(1, -3)],
        out(real(x).sum(axis=(0, 1)), "uint8", 0.1, 90),
        {"keep_dims": False},
    )
    x = tensor("int8", [6, 2], 1.0, 0, values=[0, 1, 1, 2, 2, 3, -1, 0, -2, -1, 127, 126])
    case(
        "Mean_TiesToEven",
        "MEAN",
        [x, int32(1)],
        out(real(x).sum(axis=1) / Fraction(2), "int8", 1.0, 0),
        {"keep_dims": False},
    )
