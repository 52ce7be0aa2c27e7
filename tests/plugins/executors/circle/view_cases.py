"""Moved, joined and converted values. make_cases.py makes a file of them."""

import numpy as np

from case_values import ACT, act, case, f32, int32, out, real, rng, tensor, written


def views():
    for dtype, scale, zero in ACT + [("uint4", 0.1, 3), ("int32", None, 0), ("int64", None, 0)]:
        x = tensor(
            dtype,
            [2, 3, 5],
            scale,
            zero,
            low=-9 if dtype in ("int32", "int64") else None,
            high=9 if dtype in ("int32", "int64") else None,
        )
        same = lambda a: written(a, dtype, scale, zero)
        case(f"Reshape_{dtype}", "RESHAPE", [x, int32(5, -1)], same(real(x).reshape(5, 6)))
        case(f"Transpose_{dtype}", "TRANSPOSE", [x, int32(2, 0, 1)], same(real(x).transpose(2, 0, 1)))
        case(f"Slice_{dtype}", "SLICE", [x, int32(1, 0, 2), int32(1, -1, 2)], same(real(x)[1:2, :, 2:4]))
        case(
            f"StridedSlice_{dtype}",
            "STRIDED_SLICE",
            [x, int32(0, -1, 4), int32(2, -9, 0), int32(1, -2, -3)],
            same(real(x)[0:2, -1:-9:-2, 4:0:-3]),
        )
        y = tensor(dtype, [2, 1, 5], scale, zero, low=0, high=9)
        case(
            f"Concatenation_{dtype}",
            "CONCATENATION",
            [x, y],
            same(np.concatenate([real(x), real(y)], axis=1)),
            {"axis": -2},
        )
        case(
            f"Split_{dtype}",
            "SPLIT",
            [tensor("int32", [], values=[-1], constant=True), y],
            [same(p) for p in np.split(real(y), 5, axis=2)],
            {"num_splits": 5},
        )
        case(
            f"SplitV_{dtype}",
            "SPLIT_V",
            [x, int32(3, -1, 0), int32(2)],
            [same(p) for p in (real(x)[:, :, :3], real(x)[:, :, 3:], real(x)[:, :, :0])],
            {"num_splits": 3},
        )
        case(
            f"BroadcastTo_{dtype}",
            "BROADCAST_TO",
            [y, int32(3, 2, 4, 5)],
            same(np.broadcast_to(real(y), (3, 2, 4, 5))),
        )
        case(
            f"Gather_{dtype}",
            "GATHER",
            [x, tensor("int32", [2, 2], values=[4, 0, 0, 3])],
            same(np.take(real(x), [[4, 0], [0, 3]], axis=2)),
            {"axis": 2},
        )
    x = act("uint8", [2, 3, 5])
    case(
        "StridedSlice_Masks",
        "STRIDED_SLICE",
        [x, int32(1, 2, 2), int32(2, 1, 4), int32(1, -1, 1)],
        out(real(x)[1, 2::-1, :4], "uint8", 0.0235, 117),
        {"begin_mask": 4, "end_mask": 2, "shrink_axis_mask": 1},
    )
    case("Reshape_OtherQparams", "RESHAPE", [x, int32(30)], out(real(x).reshape(30), "uint8", 0.05, 100))
    y = tensor("int16", [2, 3, 1], 0.0003, 0)
    case(
        "Concatenation_OtherQparams",
        "CONCATENATION",
        [x, y],
        out(np.concatenate([real(x), real(y)], axis=2), "int8", 0.03, -4),
        {"axis": 2},
    )
    scales, zeros = [f32(rng.uniform(0.01, 0.05)) for _ in range(6)], [rng.randint(0, 255) for _ in range(6)]
    table = tensor("uint8", [6, 7], scales, zeros, constant=True)
    case(
        "Gather_ScalePerRow",
        "GATHER",
        [table, tensor("int64", [5], values=[5, 0, 3, 3, 1])],
        out(real(table)[[5, 0, 3, 3, 1]], "int16"),
        {"axis": 0},
    )
    table = tensor("uint4", [6, 7], scales, [z % 16 for z in zeros], constant=True)
    case(
        "Gather_FourBitsScalePerRow",
        "GATHER",
        [table, tensor("int32", [1, 3], values=[2, 4, 5])],
        out(real(table)[[[2, 4, 5]]], "uint8", 0.01, 100),
        {"axis": 0},
    )


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
