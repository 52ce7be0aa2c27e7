"""Cases of test_one_op.py for ops that place elements, count, or look at images: name to op, attributes
(arrays are parameters), operands, and what numpy makes of them."""

import numpy as np

RNG = np.random.default_rng(11)


def reals(*shape, low=-4, high=4):
    return RNG.uniform(low, high, shape).astype(np.float32)


def whole(*shape, low=-9, high=9, dtype=np.int64):
    return RNG.integers(low, high, shape).astype(dtype)


def indices(values, dtype=np.int64):
    return np.asarray(values, dtype)


def padded(before, after, value):
    return lambda x: np.pad(x, list(zip(before, after)), constant_values=value)


def updated(x, starts, update):
    y = x.copy()
    y[tuple(slice(s, s + n) for s, n in zip(starts, update.shape))] = update
    return y


def scattered(x, at, rows):
    y = x.copy()
    y[at] = rows
    return y


def greatest(x, k, axis):
    places = np.argsort(-x.astype(np.float64), axis=axis, kind="stable").take(range(k), axis)
    return np.take_along_axis(x, places, axis), places


X = reals(3, 5, 8)
PLACED_CASES = {
    "cast to int32": ("cast", {"dtype": "int32"}, [X], lambda x: np.trunc(x).astype(np.int32)),
    "cast to bool": ("cast", {"dtype": "bool"}, [whole(3, 5, 8, low=0, high=2)], lambda x: x != 0),
    "cast of integers": ("cast", {"dtype": "float32"}, [whole(3, 5, 8)], lambda x: x.astype(np.float32)),
    "cast of int32": (
        "cast",
        {"dtype": "int64"},
        [whole(3, 8, dtype=np.int32)],
        lambda x: x.astype(np.int64),
    ),
    "floor_div": (
        "floor_div",
        {},
        [whole(3, 8, dtype=np.int32), whole(3, 8, low=1, dtype=np.int32)],
        np.floor_divide,
    ),
    "floor_div by less than 0": (
        "floor_div",
        {},
        [whole(3, 8, dtype=np.int32), whole(3, 8, low=-5, high=-1, dtype=np.int32)],
        np.floor_divide,
    ),
    "floor_div of reals": (
        "floor_div",
        {},
        [reals(3, 8, low=0.5), reals(3, 8, low=1, high=2)],
        lambda a, b: np.floor(a / b),
    ),
    "remainder": ("remainder", {}, [whole(3, 8), whole(3, 8, low=-5, high=-1)], np.remainder),
    "remainder of reals": ("remainder", {}, [reals(3, 8, low=0), reals(3, 8, low=5, high=6)], np.remainder),
    "expand": ("expand", {"shape": [3, 5, 8]}, [reals(5, 1)], lambda x: np.broadcast_to(x, (3, 5, 8))),
    "expand of integers": ("expand", {"shape": [2, 4]}, [whole(1, 4)], lambda x: np.broadcast_to(x, (2, 4))),
    "pad": ("pad", {"before": [0, 1, 0], "after": [0, 2, 3]}, [X], padded([0, 1, 0], [0, 2, 3], 0)),
    "pad with a number": (
        "pad",
        {"before": [1, 0], "after": [0, 2], "value": -1.5},
        [reals(3, 8)],
        padded([1, 0], [0, 2], -1.5),
    ),
    "pad of integers": (
        "pad",
        {"before": [1, 0], "after": [0, 2], "value": 7},
        [whole(3, 8)],
        padded([1, 0], [0, 2], 7),
    ),
    "gather": ("gather", {"axis": 1}, [X, indices([[4, 0], [2, 2]])], lambda x, i: x.take(i, 1)),
    "gather by int32": ("gather", {"axis": -1}, [X, indices([7, 1], np.int32)], lambda x, i: x.take(i, -1)),
    "gather of integers": (
        "gather",
        {"axis": 0},
        [whole(5, 3), indices([4, 0, 4])],
        lambda x, i: x.take(i, 0),
    ),
    "strided_slice": (
        "strided_slice",
        {"axis": 2, "begin": 1, "end": 8, "step": 3},
        [X],
        lambda x: x[:, :, 1:8:3],
    ),
    "strided_slice downwards": (
        "strided_slice",
        {"axis": 1, "begin": 4, "end": -1, "step": -2},
        [X],
        lambda x: x[:, ::-2],
    ),
    "strided_slice to before the front": (
        "strided_slice",
        {"axis": -1, "begin": 6, "end": 0, "step": -2},
        [X],
        lambda x: x[:, :, 6:0:-2],
    ),
    "one_hot": (
        "one_hot",
        {"depth": 6, "dtype": "float32"},
        [indices([[0, 5], [3, 3]])],
        lambda i: np.eye(6, dtype=np.float32)[i],
    ),
    "one_hot of int32": (
        "one_hot",
        {"depth": 4, "dtype": "int64"},
        [indices([3, 0], np.int32)],
        lambda i: np.eye(4, dtype=np.int64)[i],
    ),
    "range": (
        "range",
        {"start": 9, "stop": -3, "step": -4},
        [whole(2, 3)],
        lambda x: x + np.arange(9, -3, -4),
    ),
    "scatter_rows": ("scatter_rows", {}, [reals(5, 4), indices([4, 1]), reals(2, 4)], scattered),
    "scatter_rows by int32": (
        "scatter_rows",
        {},
        [reals(4, 2, 3), indices([0, 3, 1], np.int32), reals(3, 2, 3, low=-1, high=6)],
        scattered,
    ),
    "scatter_rows of integers": (
        "scatter_rows",
        {},
        [whole(5), indices([2]), whole(1)],
        scattered,
    ),
    "dynamic_update_slice": (
        "dynamic_update_slice",
        {},
        [reals(4, 6), indices([1, 2]), reals(2, 3, low=-1, high=6)],
        updated,
    ),
    "dynamic_update_slice of pieces": (
        "dynamic_update_slice",
        {},
        [reals(2, 5, 2, 3), indices([0, 3, 0, 0], np.int32), reals(2, 2, 2, 3, low=-1, high=6)],
        updated,
    ),
    "dynamic_update_slice of all": (
        "dynamic_update_slice",
        {},
        [reals(2, 3), indices([0, 0]), reals(2, 3, low=-1, high=6)],
        updated,
    ),
    "dynamic_update_slice of integers": (
        "dynamic_update_slice",
        {},
        [whole(4, 3), indices([2, 1]), whole(2, 2)],
        updated,
    ),
    "split": ("split", {"sizes": [4, 4], "axis": 2}, [X], lambda x: np.split(x, 2, 2)),
    "split unevenly": ("split", {"sizes": [1, 3, 1], "axis": 1}, [X], lambda x: np.split(x, [1, 4], 1)),
    "split of integers": (
        "split",
        {"sizes": [1, 2], "axis": 0},
        [whole(3, 4)],
        lambda x: np.split(x, [1], 0),
    ),
    "topk": ("topk", {"k": 3, "axis": -1}, [X], lambda x: greatest(x, 3, -1)),
    "topk of integers": ("topk", {"k": 2, "axis": -1}, [whole(3, 8)], lambda x: greatest(x, 2, -1)),
}


def convolved(x, weight, bias, stride, padding, dilation, groups):
    """Cross-correlation in float64, one tap after the other."""
    axes = len(stride)
    x = np.pad(x.astype(np.float64), [(0, 0), (0, 0)] + [(p, p) for p in padding])
    kernel = weight.shape[2:]
    extents = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation)]
    outs = weight.shape[0] // groups
    ins = weight.shape[1]
    result = np.zeros((x.shape[0], weight.shape[0], *extents))
    for group in range(groups):
        for tap in np.ndindex(*kernel):
            place = tuple(
                slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, n, s in zip(tap, dilation, extents, stride)
            )
            part = x[(slice(None), slice(group * ins, (group + 1) * ins), *place)]
            share = weight[group * outs : (group + 1) * outs][(slice(None), slice(None), *tap)].astype(
                np.float64
            )
            result[:, group * outs : (group + 1) * outs] += np.moveaxis(
                np.tensordot(share, part, ([1], [1])), 0, 1
            )
    return (result + bias.astype(np.float64).reshape(-1, *[1] * axes)).astype(np.float32)


def on_grid(weight, axis):
    """On the grid of int8 with the scale 1/64 for each index of `axis`: coding changes nothing."""
    weight = (np.rint(weight * 32) / 64).clip(-1, 1).astype(np.float32)
    flat = np.moveaxis(weight, axis, 0)
    flat[(slice(None), *[0] * (weight.ndim - 1))] = 127 / 64
    return weight


def convolution(op, x, weight, stride, padding, dilation, groups):
    weight = on_grid(weight, 0)
    bias = (RNG.integers(-32, 32, weight.shape[0]) / 64).astype(np.float32)
    attributes = {
        "weight": weight,
        "bias": bias,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
    }
    return (op, attributes, [x], lambda y: convolved(y, weight, bias, stride, padding, dilation, groups))


def transposed(x, weight, bias, stride, padding, more):
    """Each element times the weight, in float64, one tap after the other."""
    kernel = weight.shape[2:]
    extents = [
        (n - 1) * s + k + p for n, s, k, p in zip(x.shape[2:], stride, kernel, more, strict=True)
    ]
    result = np.zeros((x.shape[0], weight.shape[1], *extents))
    for tap in np.ndindex(*kernel):
        place = tuple(
            slice(t, t + (n - 1) * s + 1, s) for t, n, s in zip(tap, x.shape[2:], stride, strict=True)
        )
        result[(slice(None), slice(None), *place)] += np.einsum(
            "nihw,io->nohw", x.astype(np.float64), weight[:, :, tap[0], tap[1]].astype(np.float64)
        )
    inside = tuple(slice(p, n - p) for p, n in zip(padding, extents, strict=True))
    result = result[(slice(None), slice(None), *inside)] + bias.astype(np.float64).reshape(-1, 1, 1)
    return result.astype(np.float32)


def transposed_convolution(x, weight, stride, padding, more):
    weight = on_grid(weight, 1)
    bias = (RNG.integers(-32, 32, weight.shape[1]) / 64).astype(np.float32)
    attributes = {
        "weight": weight,
        "bias": bias,
        "stride": stride,
        "padding": padding,
        "output_padding": more,
        "dilation": [1, 1],
        "groups": 1,
    }
    return (
        "conv_transpose2d",
        attributes,
        [x],
        lambda y: transposed(y, weight, bias, stride, padding, more),
    )


def pooled(x, kernel, stride, padding, f, fill):
    x = np.pad(x, [(0, 0), (0, 0)] + [(p, p) for p in padding], constant_values=fill)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel, (2, 3))[:, :, :: stride[0], :: stride[1]]
    return f(windows, axis=(-2, -1)).astype(np.float32)


def resized(x, size, align):
    for axis, new in zip((2, 3), size):
        old = x.shape[axis]
        place = (
            np.arange(new) * ((old - 1) / max(new - 1, 1))
            if align
            else (np.arange(new) + 0.5) * old / new - 0.5
        )
        place = np.clip(place, 0, old - 1)
        low = np.floor(place).astype(int)
        high = np.minimum(low + 1, old - 1)
        share = (place - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
    return x.astype(np.float32)


def pool(op, kernel, stride, padding, f, fill, **more):
    return (
        op,
        {"kernel": kernel, "stride": stride, "padding": padding, **more},
        [reals(1, 3, 6, 7)],
        lambda x: pooled(x, kernel, stride, padding, f, fill),
    )


IMAGE_CASES = {
    "conv1d": convolution("conv1d", reals(1, 4, 61), reals(6, 4, 3), [2], [1], [1], 1),
    "conv2d": convolution("conv2d", reals(1, 3, 8, 9), reals(4, 3, 3, 2), [2, 1], [1, 0], [1, 1], 1),
    "conv2d with holes": convolution(
        "conv2d", reals(2, 2, 9, 9), reals(3, 2, 3, 3), [1, 1], [2, 2], [2, 2], 1
    ),
    "conv2d by channel": convolution(
        "conv2d", reals(1, 4, 7, 7), reals(4, 1, 3, 3), [1, 1], [1, 1], [1, 1], 4
    ),
    "conv2d of two a channel": convolution(
        "conv2d", reals(1, 3, 7, 7), reals(6, 1, 3, 3), [1, 2], [0, 0], [1, 1], 3
    ),
    "conv2d in groups": convolution(
        "conv2d", reals(1, 4, 6, 6), reals(6, 2, 3, 3), [1, 1], [1, 1], [1, 1], 2
    ),
    "conv3d": convolution(
        "conv3d", reals(1, 2, 4, 5, 5), reals(3, 2, 2, 3, 3), [1, 1, 1], [0, 1, 1], [1, 1, 1], 1
    ),
    "conv3d with holes": convolution(
        "conv3d", reals(1, 2, 5, 5, 6), reals(3, 2, 2, 2, 2), [2, 1, 2], [1, 0, 0], [2, 1, 2], 1
    ),
    "conv_transpose2d": transposed_convolution(
        reals(1, 3, 4, 5), reals(3, 4, 3, 2), [2, 1], [0, 0], [1, 0]
    ),
    "conv_transpose2d of the same extents": transposed_convolution(
        reals(2, 3, 4, 5), reals(3, 2, 4, 4), [2, 2], [1, 1], [0, 0]
    ),
    "conv_transpose2d cut": transposed_convolution(
        reals(1, 3, 4, 5), reals(3, 4, 3, 3), [2, 2], [1, 1], [1, 1]
    ),
    "max_pool2d": pool("max_pool2d", [2, 3], [2, 1], [0, 0], np.max, 0),
    "max_pool2d with padding": pool("max_pool2d", [3, 3], [2, 2], [1, 1], np.max, -np.inf),
    "avg_pool2d": pool("avg_pool2d", [2, 2], [2, 2], [0, 0], np.mean, 0),
    "avg_pool2d with padding": pool("avg_pool2d", [3, 3], [1, 2], [1, 1], np.mean, 0, count_padding=True),
    "resize_bilinear": (
        "resize_bilinear",
        {"size": [9, 4]},
        [reals(1, 2, 5, 7)],
        lambda x: resized(x, (9, 4), False),
    ),
    "resize_bilinear by corners": (
        "resize_bilinear",
        {"size": [8, 4], "align_corners": True},
        [reals(1, 2, 5, 7)],
        lambda x: resized(x, (8, 4), True),
    ),
}
