"""Windows over three axes and windows turned around, and updates placed by indices. make_cases.py makes a
file of them."""

from fractions import Fraction

import numpy as np

from case_values import ACT, act, case, f32, int32, out, real, rng, tensor, written
from placed_cases import added, bias_for, windows


def scales_of(dtype, outputs):
    """Of a kernel, and what tensor() wants of it."""
    scales = [f32(rng.uniform(0.01, 0.03)) for _ in range(outputs)]
    return scales, ("float32", []) if dtype == "float32" else ("int8", [scales, [0] * outputs])


def filled(shape, bias):
    result = np.full(shape, Fraction(0), dtype=object)
    result[...] = np.array(bias, dtype=object)
    return result


def transposed():
    # padding, extents of the result, kernel, strides; an image of 3 by 2
    forms = [
        ("VALID", (8, 4), (4, 3), (2, 1)),
        ("VALID", (8, 3), (3, 2), (2, 1)),  # one row that no tap reaches
        ("SAME", (6, 4), (4, 3), (2, 2)),
        ("SAME", (5, 2), (3, 1), (2, 1)),
    ]
    for dtype, _, _ in ACT:
        for i, (padding, extents, kernel, strides) in enumerate(forms):
            x = act(dtype, [2, 3, 2, 3])
            scales, (stored, coded) = scales_of(dtype, 4)
            w = tensor(stored, [4, *kernel, 3], *coded, constant=True)
            bias = bias_for(x, scales, 4, "int64" if dtype == "int16" else "int32")
            result = filled([2, *extents, 4], added(x, scales, bias))
            # The place of each tap of each element: windows over the result make the image.
            rows, columns = (
                windows(n, k, s, 1, padding) for n, k, s in zip(extents, kernel, strides, strict=True)
            )
            for y, k in np.ndindex(3, kernel[0]):
                for at, j in np.ndindex(2, kernel[1]):
                    if rows[y][k] is not None and columns[at][j] is not None:
                        result[:, rows[y][k], columns[at][j]] += real(x)[:, y, at] @ real(w)[:, k, j].T
            fields = {"padding": padding, "stride_h": strides[0], "stride_w": strides[1]}
            inputs = [int32(2, *extents, 4), w, x, bias]
            case(f"TransposeConv_{padding}{i}_{dtype}", "TRANSPOSE_CONV", inputs, out(result, dtype), fields)


def volumes():
    for dtype, _, _ in ACT:
        for padding, stride, dilation in (("SAME", 2, 1), ("VALID", 1, 2)):
            x = act(dtype, [1, 4, 3, 5, 2])
            scales, (stored, coded) = scales_of(dtype, 3)
            w = tensor(stored, [2, 1, 3, 2, 3], *coded, axis=4, constant=True)
            bias = bias_for(x, scales, 3, "int64" if dtype == "int16" else "int32")
            places = [
                windows(4, 2, stride, dilation, padding),
                windows(3, 1, 2, 1, padding),
                windows(5, 3, 1, dilation, padding),
            ]
            result = filled([1, *map(len, places), 3], added(x, scales, bias))
            for at in np.ndindex(*map(len, places)):
                for tap in np.ndindex(2, 1, 3):
                    place = tuple(axis[i][k] for axis, i, k in zip(places, at, tap, strict=True))
                    if None not in place:
                        result[(0, *at)] += real(x)[(0, *place)] @ real(w)[tap]
            fields = {"padding": padding, "stride_d": stride, "stride_h": 2}
            fields |= {"dilation_d": dilation, "dilation_w": dilation}
            case(f"Conv3d_{padding}_{dtype}", "CONV_3D", [x, w, bias], out(result, dtype), fields)


def scattered():
    for dtype, scale, zero in [*ACT, ("int32", None, 0), ("int64", None, 0)]:
        limits = {"low": -9, "high": 9} if scale is None else {}
        rows = tensor(dtype, [2, 3], scale, zero, **limits)
        whole = np.full((4, 3), Fraction(0), dtype=object)
        whole[[3, 1]] = real(rows)
        at = tensor("int32", [2, 1], values=[3, 1], constant=True)
        case(f"ScatterNd_{dtype}", "SCATTER_ND", [at, rows, int32(4, 3)], written(whole, dtype, scale, zero))
    elements = tensor("float32", [3])
    whole = np.full((2, 5), Fraction(0), dtype=object)
    whole[[1, 0, 1], [4, 2, 0]] = real(elements)
    at = tensor("int64", [3, 2], values=[1, 4, 0, 2, 1, 0], constant=True)
    case("ScatterNd_Elements", "SCATTER_ND", [at, elements, int32(2, 5)], written(whole, "float32"))
