"""Comparisons, choices, picks and sums along an axis. make_cases.py makes a file of them."""

from fractions import Fraction

import numpy as np

from case_values import ACT, act, case, each, int32, out, real, tensor, written


def choices():
    """Comparisons, bools, the choice by them, and what is picked from many."""
    orders = {
        "EQUAL": lambda a, b: a == b,
        "NOT_EQUAL": lambda a, b: a != b,
        "LESS": lambda a, b: a < b,
        "LESS_EQUAL": lambda a, b: a <= b,
        "GREATER": lambda a, b: a > b,
        "GREATER_EQUAL": lambda a, b: a >= b,
    }
    for op, function in orders.items():
        for dtype, scale, zero in ACT:
            a, b = tensor(dtype, [3, 8], scale, zero, low=zero - 3, high=zero + 3), tensor(
                dtype, [8], scale, zero, low=zero - 3, high=zero + 3
            )
            case(f"{op}_{dtype}", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        for dtype in ("int32", "int64"):
            a, b = tensor(dtype, [12], low=-2, high=2), tensor(dtype, [12], low=-2, high=2)
            case(f"{op}_{dtype}", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        # 2 and 3 steps of one grid are 4 and 6 of the other; 0.3 and 0.1 in float32 are not three to one.
        a, b = tensor("uint8", [6], 0.5, 128, values=[128, 129, 130, 131, 0, 255]), tensor(
            "int16", [6], 0.25, 0, values=[0, 2, 5, 5, -256, 254]
        )
        case(f"{op}_OtherGrid", op, [a, b], written(each(function, real(a), real(b)), "bool"))
        a, b = tensor("int16", [3], 0.1, 0, values=[3, -3, 30000]), tensor(
            "int16", [3], 0.3, 0, values=[1, -1, 10000]
        )
        case(f"{op}_NextToEqual", op, [a, b], written(each(function, real(a), real(b)), "bool"))
    a, b = tensor("bool", [4], values=[0, 0, 1, 1]), tensor("bool", [4], values=[0, 1, 0, 1])
    for op in ("EQUAL", "NOT_EQUAL"):
        case(f"{op}_bool", op, [a, b], written(each(orders[op], real(a), real(b)), "bool"))
    case("LogicalAnd", "LOGICAL_AND", [a, b], written([0, 0, 0, 1], "bool"))
    case("LogicalOr", "LOGICAL_OR", [a, b], written([0, 1, 1, 1], "bool"))
    case("LogicalNot", "LOGICAL_NOT", [a], written([1, 1, 0, 0], "bool"))
    case(
        "LogicalAnd_Broadcast",
        "LOGICAL_AND",
        [tensor("bool", [2, 1], values=[1, 0]), b],
        written([[0, 1, 0, 1], [0, 0, 0, 0]], "bool"),
    )
    for dtype, scale, zero in ACT + [("int32", None, 0), ("int64", None, 0), ("bool", None, 0)]:
        low, high = (-9, 9) if dtype in ("int32", "int64") else (None, None)
        c = tensor("bool", [2, 1, 4])
        a, b = tensor(dtype, [2, 3, 4], scale, zero, low=low, high=high), tensor(
            dtype, [3, 1], scale, zero, low=low, high=high
        )
        case(
            f"SelectV2_{dtype}",
            "SELECT_V2",
            [c, a, b],
            written(np.where(real(c) != 0, real(a), real(b)), dtype, scale, zero),
        )
    c, a, b = tensor("bool", [8]), act("uint8", [8]), tensor("uint8", [1], 0.1, 3)
    case("SelectV2_OtherGrids", "SELECT_V2", [c, a, b], out(np.where(real(c) != 0, real(a), real(b)), "int8"))


def picks():
    for dtype, scale, zero in ACT + [("int32", None, 0), ("int64", None, 0)]:
        x = tensor(dtype, [2, 3, 5], scale, zero, low=zero - 4, high=zero + 4)
        case(
            f"ReduceMax_{dtype}",
            "REDUCE_MAX",
            [x, int32(-1)],
            written(real(x).max(axis=2), dtype, scale, zero),
            {"keep_dims": False},
        )
        case(
            f"ReduceMin_{dtype}",
            "REDUCE_MIN",
            [x, int32(0, 1)],
            written(real(x).min(axis=(0, 1), keepdims=True), dtype, scale, zero),
            {"keep_dims": True},
        )
        for axis in (0, 1, 2):
            one = tensor("int32", [], values=[axis - 3], constant=True)
            wanted = "int64" if axis else "int32"
            case(
                f"ArgMax_{dtype}_{axis}",
                "ARG_MAX",
                [x, one],
                written(np.argmax(real(x).astype(float), axis=axis), wanted),
                {"output_type": wanted},
            )
    x = act("uint8", [3, 4])
    case(
        "ReduceMax_OtherQparams",
        "REDUCE_MAX",
        [x, int32(0, 1)],
        out(np.array(real(x).max(), dtype=object), "int8"),
        {"keep_dims": False},
    )
    w = tensor("uint8", [4, 3], [0.1, 0.2, 0.3, 0.4], [1, 2, 3, 4], constant=True)
    case(
        "ArgMax_ScalePerRow",
        "ARG_MAX",
        [w, int32(0)],
        written(np.argmax(real(w).astype(float), axis=0), "int64"),
        {"output_type": "int64"},
    )


def prefixes():
    for dtype, _, _ in ACT:
        x = act(dtype, [2, 4, 3])
        wide = {"uint8": (0.09, 140), "int8": (0.09, 0), "int16": (0.002, 0), "float32": (None, 0)}[dtype]
        sums = np.cumsum(real(x), axis=1)
        case(
            f"Cumsum_{dtype}",
            "CUMSUM",
            [x, tensor("int32", [], values=[1], constant=True)],
            out(sums, dtype, *wide),
        )
        case(
            f"Cumsum_{dtype}_Exclusive",
            "CUMSUM",
            [x, int32(-2)],
            out(sums - real(x), dtype, *wide),
            {"exclusive": True},
        )
        back = np.flip(np.cumsum(np.flip(real(x), axis=2), axis=2), axis=2)
        case(f"Cumsum_{dtype}_Reverse", "CUMSUM", [x, int32(2)], out(back, dtype, *wide), {"reverse": True})
    for dtype, _, _ in ACT:
        x = act(dtype, [3, 7])
        case(f"FLOOR_{dtype}", "FLOOR", [x], out(each(lambda v: Fraction(v.__floor__()), real(x)), dtype))
    # 10 steps of float32's 0.1 are just above 1, 30 of its 0.3 just above 9; both floors are whole.
    x = tensor("int16", [4], 0.1, 0, values=[10, -10, 9, 0])
    case(
        "FLOOR_NextToWhole",
        "FLOOR",
        [x],
        out(each(lambda v: Fraction(v.__floor__()), real(x)), "int8", 1.0, 0),
    )
    x = tensor("int32", [4], values=[-3, 0, 7, -(2**31) + 1])
    case("ABS_Integers", "ABS", [x], written(each(abs, real(x)), "int32"))
    for source in ("float32", "int32"):
        x = tensor(source, [3], values=[0, 2, -1])
        case(f"Cast_{source}_bool", "CAST", [x], written([0, 1, 1], "bool"))
    x = tensor("bool", [2], values=[0, 1])
    case("Cast_bool_float32", "CAST", [x], out(real(x), "float32"))
    case("Reshape_bool", "RESHAPE", [x, int32(2, 1)], written(real(x).reshape(2, 1), "bool"))
