"""What TICO 0.3.0 says of a quantized module: its observers' qparams, and how far a result is from
another."""

import torch
from tico.quantization.config.ptq import affine
from tico.quantization.wrapq.dtypes import DType


def affine_of(dtype):
    """TICO's spec of a dtype in vernier's words: uint8, int16, …"""
    return affine(DType(int(dtype.lstrip("uint")), not dtype.startswith("u")))


def observers(quantized):
    """(module path, observer, scales, zero points) of each observer."""
    for name, module in quantized.named_modules():
        if not hasattr(module, "_all_observers"):
            continue
        path = ".".join(part for part in name.split(".") if part and part != "wrapped")
        for observer in module._all_observers():
            yield path, observer, observer._cached_scale.flatten(), observer._cached_zp.flatten()


def sites_of(quantized):
    """The rows of a case.json; without numbers where a site has no finite ones."""
    rows = []
    for path, observer, scale, zero_point in observers(quantized):
        row = {"module": path, "site": observer.name, "dtype": str(observer.dtype)}
        if torch.isfinite(scale).all():
            row |= {"scale": scale.tolist(), "zero_point": zero_point.tolist()}
        rows.append(row)
    return rows


def metrics(reference, test):
    error = (reference - test).abs()
    return {
        "mean_abs_diff": float(error.double().mean()),
        "max_abs_diff": float(error.max()),
        "peir": float(error.max() / (reference.max() - reference.min())),
        "sqnr_db": float(10 * torch.log10(reference.double().square().sum() / error.double().square().sum())),
    }
