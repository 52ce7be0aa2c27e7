#!/usr/bin/env python3
"""What `vernier run RECIPE --save-outputs` does, done by TICO 0.3.0 and transformers: the other side of
parity and of speed.

Usage: tico_run.py RECIPE OUT_DIR. Writes qparams.json, report.json (metrics), outputs.safetensors and
model.circle in vernier's words. Nothing more is done than that, so that whole processes can be timed
against each other. Understands the recipes of configs/ only: no rules, no stages, one export."""

import json
import pathlib
import re
import sys
import warnings

import torch
from safetensors import safe_open
from safetensors.torch import save_file

import tico
import tico.quantization
from tico.quantization.config.ptq import PTQConfig
from tico_sites import affine_of, metrics, observers

warnings.filterwarnings("ignore")


def read_recipe(path):
    text = re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.MULTILINE)
    return json.loads(text)


def float_module(recipe, folder):
    """The Hugging Face or torch module that the recipe names, with the checkpoint's weights in float32."""
    model = recipe["model"]
    checkpoint = folder / model["checkpoint"]
    config = json.loads((checkpoint / "config.json").read_text())
    values = {
        key: config[value[1:]] if isinstance(value, str) else value for key, value in model["config"].items()
    }
    if model["type"] == "Linear":
        module = torch.nn.Linear(values["in_features"], values["out_features"], bias=values["bias"])
    elif model["type"] == "Gemma4MultimodalEmbedder":
        from transformers.models.gemma4.configuration_gemma4 import Gemma4TextConfig, Gemma4VisionConfig
        from transformers.models.gemma4.modeling_gemma4 import Gemma4MultimodalEmbedder

        module = Gemma4MultimodalEmbedder(
            Gemma4VisionConfig.from_dict(values["multimodal"]), Gemma4TextConfig.from_dict(values["text"])
        )
    else:
        raise NotImplementedError(model["type"])
    prefix = model["module"] + "."
    with safe_open(checkpoint / "model.safetensors", "pt") as file:
        state = {
            name[len(prefix) :]: file.get_tensor(name).float()
            for name in file.keys()
            if name.startswith(prefix)
        }
    module.load_state_dict(state)
    return module.eval()


def read_samples(part, folder, seed):
    inputs, count = part["inputs"], part["samples"]
    if inputs["kind"] == "synthetic":
        ((_, description),) = inputs["inputs"].items()
        generator = torch.Generator().manual_seed(inputs.get("seed", seed))
        return [torch.randn(description["shape"], generator=generator) for _ in range(count)]
    with safe_open(folder / inputs["path"], "pt") as file:
        (name,) = {key.rsplit(".", 1)[0] for key in file.keys()}
        return [file.get_tensor(f"{name}.{i}") for i in range(count)]


def spec(role):
    assert role["observer"] == "minmax"
    return affine_of(role["dtype"])


def qparams_rows(quantized, root):
    return [
        {
            "site": f"{root}.{path}/{observer.name}" if path else f"{root}/{observer.name}",
            "dtype": str(observer.dtype),
            "scheme": "symmetric" if observer.qscheme.is_symmetric() else "asymmetric",
            "axis": observer.channel_axis if scale.numel() > 1 else None,
            "scale": scale.tolist(),
            "zero_point": zero_point.tolist(),
        }
        for path, observer, scale, zero_point in observers(quantized)
    ]


def main():
    recipe_file, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    recipe, folder = read_recipe(recipe_file), recipe_file.parent
    seed = recipe.get("runtime", {}).get("seed", 42)
    out.mkdir(parents=True, exist_ok=True)
    module = float_module(recipe, folder)
    calibration, evaluation = (
        read_samples(recipe[part], folder, seed) for part in ("calibration", "evaluation")
    )
    with torch.no_grad():
        references = [module(sample) for sample in evaluation]  # first: prepare() takes the module over
        prepared = tico.quantization.prepare(
            module,
            PTQConfig(
                activation=spec(recipe["quantization"]["activation"]),
                weight=spec(recipe["quantization"]["weight"]),
            ),
            inplace=True,
        )
        for sample in calibration:
            prepared(sample)
        quantized = tico.quantization.convert(prepared, inplace=True)
        tests = [quantized(sample) for sample in evaluation]
    exported = quantized.wrapped
    if hasattr(exported, "as_export_module"):
        exported = exported.as_export_module(mode="prefill")
    tico.convert(exported.eval(), (calibration[0],)).save(out / "model.circle")
    save_file(
        {"float_out.0": references[0].contiguous(), "quant_out.0": tests[0].contiguous()},
        out / "outputs.safetensors",
    )
    (out / "qparams.json").write_text(
        json.dumps(qparams_rows(quantized, recipe["model"]["module"]), indent=1)
    )
    report = {"metrics": metrics(torch.cat(references), torch.cat(tests))}
    (out / "report.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report["metrics"]))


if __name__ == "__main__":
    main()
