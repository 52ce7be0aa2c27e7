"""What cases are made of: tensors of fractions or 60 digits, their codes, and the list of cases."""

import random
from fractions import Fraction

import mpmath
import numpy as np

mpmath.mp.dps = 60
RANGES = {
    "bool": (0, 1),
    "uint8": (0, 255),
    "int8": (-128, 127),
    "int16": (-32768, 32767),
    "uint4": (0, 15),
    "int4": (-8, 7),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
cases = []
rng = random.Random(20240611)


def f32(x):
    return float(np.float32(x))


def tensor(
    dtype, shape, scale=None, zero_point=None, values=None, axis=0, constant=False, low=None, high=None
):
    """Random codes (or floats) where no values are given. `scale`: a number, or a list with one entry an
    index of `axis`."""
    count = int(np.prod(shape))
    scales = [] if scale is None else [f32(s) for s in (scale if isinstance(scale, list) else [scale])]
    zeros = (
        []
        if scale is None
        else (zero_point if isinstance(zero_point, list) else [zero_point or 0] * len(scales))
    )
    if values is None and dtype == "float32":
        values = [
            f32(rng.uniform(-3 if low is None else low, 3 if high is None else high)) for _ in range(count)
        ]
    elif values is None:
        least, most = RANGES[dtype]
        values = [
            rng.randint(least if low is None else low, most if high is None else high) for _ in range(count)
        ]
    assert len(values) == count, (len(values), shape)
    return {
        "dtype": dtype,
        "shape": list(shape),
        "scale": scales,
        "zero_point": zeros,
        "axis": axis,
        "constant": constant,
        "values": list(values),
    }


def per_axis(t, entries):
    """`entries` laid along the tensor's axis, to be broadcast against it."""
    shape = [1] * len(t["shape"])
    if len(entries) > 1:
        shape[t["axis"]] = len(entries)
    return np.array(entries, dtype=object).reshape(shape)


def real(t):
    codes = np.array([Fraction(v) for v in t["values"]], dtype=object).reshape(t["shape"])
    if not t["scale"]:
        return codes
    return (codes - per_axis(t, [Fraction(z) for z in t["zero_point"]])) * per_axis(
        t, [Fraction(s) for s in t["scale"]]
    )


def digits(x):
    return x if isinstance(x, mpmath.mpf) else mpmath.mpf(x.numerator) / x.denominator


def each(function, *arrays):
    return np.frompyfunc(function, len(arrays), 1)(*arrays)


def code(x, scale, zero_point, dtype):
    least, most = RANGES[dtype]
    if isinstance(x, mpmath.mpf):
        if mpmath.isnan(x):
            return least
        if mpmath.isinf(x):
            return most if x > 0 else least
        steps = int(mpmath.nint(x / mpmath.mpf(scale)))
    else:
        steps = round(x / Fraction(scale))  # half to even
    return max(least, min(most, steps + zero_point))


def written(reals, dtype, scale=None, zero_point=0):
    reals = np.asarray(reals, dtype=object)
    if dtype == "float32":
        values = [f32(float(x)) for x in reals.ravel()]
    elif scale is None:
        values = [int(x) for x in reals.ravel()]
    else:
        values = [code(x, f32(scale), zero_point, dtype) for x in reals.ravel()]
    return tensor(dtype, reals.shape, scale, zero_point, values)


def case(name, op, inputs, output, options=None):
    cases.append(
        {
            "name": name,
            "op": op,
            "options": options or {},
            "inputs": inputs,
            "outputs": output if isinstance(output, list) else [output],
        }
    )


ACT = [("uint8", 0.0235, 117), ("int8", 0.0235, -11), ("int16", 0.00011, 0), ("float32", None, 0)]
OUTPUT = {"uint8": (0.041, 131), "int8": (0.041, 5), "int16": (0.0002, 0), "float32": (None, 0)}


def act(dtype, shape, **more):
    scale, zero = next((s, z) for d, s, z in ACT if d == dtype)
    return tensor(dtype, shape, scale, zero, **more)


def out(reals, dtype, scale=None, zero=None):
    given = OUTPUT[dtype]
    return written(reals, dtype, given[0] if scale is None else scale, given[1] if zero is None else zero)


def int32(*values):
    return tensor("int32", [len(values)], values=values, constant=True)
