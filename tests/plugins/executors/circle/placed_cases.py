"""Elements put around or into others, whole numbers, and windows over images. make_cases.py makes a file of
them."""

from fractions import Fraction

import numpy as np

from case_values import ACT, act, case, f32, int32, out, real, rng, tensor, written


def sides(*pairs):
    return tensor("int32", [len(pairs), 2], values=[n for pair in pairs for n in pair], constant=True)


def number(dtype, value, scale=None, zero=0):
    return tensor(dtype, [], scale, zero, values=[value], constant=True)


def only(t):
    """The one real of a scalar, of which numpy makes no array."""
    return np.asarray(real(t), dtype=object).item()


def placed():
    for dtype, scale, zero in [*ACT, ("int64", None, 0)]:
        low, high = (-9, 9) if dtype == "int64" else (None, None)
        x = tensor(dtype, [2, 3], scale, zero, low=low, high=high)
        same = lambda a: written(a, dtype, scale, zero)
        around = [(1, 0), (0, 2)]
        case(
            f"Pad_{dtype}",
            "PAD",
            [x, sides(*around)],
            same(np.pad(real(x), around, constant_values=Fraction(0))),
        )
        ground = number(dtype, 7, scale, zero)
        value = only(ground)
        case(
            f"PadV2_{dtype}",
            "PADV2",
            [x, sides(*around), ground],
            same(np.pad(real(x), around, constant_values=value)),
        )
        y = tensor(dtype, [4, 5], scale, zero, low=low, high=high)
        update = tensor(dtype, [2, 3], scale, zero, low=low, high=high)
        for name, start, place in (("", (1, 2), (1, 2)), ("_Moved", (3, -2), (2, 0))):
            wanted = real(y).copy()
            wanted[place[0] : place[0] + 2, place[1] : place[1] + 3] = real(update)
            case(
                f"DynamicUpdateSlice{name}_{dtype}",
                "DYNAMIC_UPDATE_SLICE",
                [y, update, int32(*start)],
                same(wanted),
            )
        z = tensor(dtype, [2, 7], scale, zero, low=low, high=high)
        z["values"][5] = z["values"][2]
        places = [sorted(range(7), key=lambda i: (-row[i], i))[:4] for row in real(z)]
        case(
            f"TopK_{dtype}",
            "TOPK_V2",
            [z, number("int32", 4)],
            [same([[row[i] for i in at] for row, at in zip(real(z), places)]), written(places, "int32")],
        )
    hot = tensor("int32", [3], values=[2, 0, 5])
    for dtype, scale, zero in [*ACT, ("int64", None, 0), ("bool", None, 0)]:
        on, off = number(dtype, 1, scale, zero), number(dtype, 0, scale, zero)
        rows = [[only(on if i == n else off) for i in range(4)] for n in (2, 0, 5)]
        case(
            f"OneHot_{dtype}",
            "ONE_HOT",
            [hot, number("int32", 4), on, off],
            written(rows, dtype, scale, zero),
            {"axis": -1},
        )


def whole_numbers():
    for dtype in ("int32", "int64"):
        ends = [number(dtype, n) for n in (9, -4, -4)]
        case(f"Range_{dtype}", "RANGE", ends, written(list(range(9, -4, -4)), dtype))
        a = tensor(dtype, [2, 6], low=-20, high=20)
        b = tensor(dtype, [6], values=[3, -3, 1, -1, 7, -7], constant=True)
        case(f"FloorDiv_{dtype}", "FLOOR_DIV", [a, b], written(real(a) // real(b), dtype))
        case(f"FloorMod_{dtype}", "FLOOR_MOD", [a, b], written(real(a) % real(b), dtype))
    a, b = tensor("float32", [6]), tensor("float32", [6], low=0.5, high=2)
    case("FloorDiv_float32", "FLOOR_DIV", [a, b], written(real(a) // real(b), "float32"))
    case("FloorMod_float32", "FLOOR_MOD", [a, b], written(real(a) % real(b), "float32"))


def windows(extent, kernel, stride, dilation, padding):
    """For each window its places; those outside are None."""
    covered = (kernel - 1) * dilation + 1
    if padding == "SAME":
        count = -(-extent // stride)
        before = max((count - 1) * stride + covered - extent, 0) // 2
    else:
        count, before = (extent - covered) // stride + 1, 0
    places = [[i * stride + k * dilation - before for k in range(kernel)] for i in range(count)]
    return [[p if 0 <= p < extent else None for p in window] for window in places]


def taps(rows, columns):
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            if row is not None and column is not None:
                yield y, x, row, column


def convolved(x, w, bias, rows, columns, channels):
    """`channels(o)`: which of x an output reads. `w` is [out, y, x, in]."""
    return [
        [
            [
                [
                    sum(
                        (
                            x[n, r, c, i] * w[o, y, k, j]
                            for y, k, r, c in taps(row, column)
                            for j, i in enumerate(channels(o))
                        ),
                        bias[o],
                    )
                    for o in range(len(w))
                ]
                for column in columns
            ]
            for row in rows
        ]
        for n in range(len(x))
    ]


def bias_for(x, scales, outputs, wide):
    if not x["scale"]:
        return tensor("float32", [outputs], constant=True)
    product = [float(np.float32(x["scale"][0]) * np.float32(s)) for s in scales]
    return tensor(wide, [outputs], product, 0, low=-3000, high=3000, constant=True)


def added(x, scales, bias):
    if not x["scale"]:
        return list(real(bias))
    return [Fraction(v) * Fraction(x["scale"][0]) * Fraction(f32(s)) for v, s in zip(bias["values"], scales)]


def images():
    forms = [("SAME", 2, 1, 1), ("VALID", 1, 2, 2)]  # padding, stride, dilation, groups
    for dtype, _, _ in ACT:
        for padding, stride, dilation, groups in forms:
            x = act(dtype, [1, 5, 4, 4])
            scales = [f32(rng.uniform(0.01, 0.03)) for _ in range(6)]
            kernel = "float32" if dtype == "float32" else "int8"
            coded = [] if dtype == "float32" else [scales, [0] * 6]
            fields = {"padding": padding, "stride_h": stride, "stride_w": 1, "dilation_h": dilation}
            rows, columns = windows(5, 2, stride, dilation, padding), windows(4, 3, 1, 1, padding)
            bias = bias_for(x, scales, 6, "int64" if dtype == "int16" else "int32")
            w = tensor(kernel, [6, 2, 3, 4 // groups], *coded, constant=True)
            width, outs = 4 // groups, 6 // groups
            result = convolved(
                real(x),
                real(w),
                added(x, scales, bias),
                rows,
                columns,
                lambda o: range(o // outs * width, (o // outs + 1) * width),
            )
            case(f"Conv2d_{padding}_{dtype}", "CONV_2D", [x, w, bias], out(result, dtype), fields)
            x = act(dtype, [1, 5, 4, 3])
            w = tensor(kernel, [1, 2, 3, 6], *coded, axis=3, constant=True)
            turned = np.transpose(real(w), (3, 1, 2, 0))
            result = convolved(real(x), turned, added(x, scales, bias), rows, columns, lambda o: [o // 2])
            case(
                f"DepthwiseConv2d_{padding}_{dtype}",
                "DEPTHWISE_CONV_2D",
                [x, w, bias],
                out(result, dtype),
                {**fields, "multiplier": 2},
            )
            pool = {"padding": padding, "stride_h": stride, "stride_w": 2, "filter_h": 2, "filter_w": 3}
            rows, columns = windows(5, 2, stride, 1, padding), windows(4, 3, 2, 1, padding)
            inside = [[[r, c] for _, _, r, c in taps(row, column)] for row in rows for column in columns]
            shape = [1, len(rows), len(columns), 3]
            reals = real(x)[0]
            mean = [[sum(reals[r, c, k] for r, c in at) / len(at) for k in range(3)] for at in inside]
            case(
                f"AveragePool2d_{padding}_{dtype}",
                "AVERAGE_POOL_2D",
                [x],
                out(np.reshape(np.array(mean, dtype=object), shape), dtype),
                pool,
            )
            most = [[max(reals[r, c, k] for r, c in at) for k in range(3)] for at in inside]
            scale, zero = (x["scale"] or [None])[0], (x["zero_point"] or [0])[0]
            case(
                f"MaxPool2d_{padding}_{dtype}",
                "MAX_POOL_2D",
                [x],
                written(np.reshape(np.array(most, dtype=object), shape), dtype, scale, zero),
                pool,
            )
        for name, fields in (
            ("HalfPixel", {"half_pixel_centers": True}),
            ("Corners", {"align_corners": True}),
        ):
            x = act(dtype, [1, 3, 5, 2])
            y, c = between(3, 7, name == "Corners"), between(5, 4, name == "Corners")
            reals = real(x)[0]
            result = [
                [
                    [
                        sum(share * part * reals[r, k, n] for r, share in row for k, part in column)
                        for n in range(2)
                    ]
                    for column in c
                ]
                for row in y
            ]
            case(
                f"ResizeBilinear_{name}_{dtype}",
                "RESIZE_BILINEAR",
                [x, int32(7, 4)],
                out([result], dtype),
                fields,
            )


def between(old, new, corners):
    """For each place of the result the places that it lies between, and their shares."""
    result = []
    for i in range(new):
        place = (
            Fraction(i * (old - 1), new - 1)
            if corners
            else (i + Fraction(1, 2)) * Fraction(old, new) - Fraction(1, 2)
        )
        place = min(max(place, Fraction(0)), Fraction(old - 1))
        low = int(place)
        result.append([(low, 1 - (place - low)), (min(low + 1, old - 1), place - low)])
    return result
