"""Mini models of Gemma4 with all that E2B's text side has (sliding and full layers with heads of two sizes,
queries that share keys, layers that share keys and values, per-layer embeddings, wide MLPs), through TICO and
transformers."""

import json
import pathlib
import sys

import torch
from transformers.models.gemma4.configuration_gemma4 import Gemma4TextConfig
from transformers.models.gemma4.modeling_gemma4 import Gemma4ForCausalLM, Gemma4TextModel

import gemma4_text
import tico.quantization
from tico.quantization.config.ptq import PTQConfig

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "parity"))
from tico_sites import affine_of, metrics, sites_of  # noqa: E402

TEXT = {
    "vocab_size": 48,
    "vocab_size_per_layer_input": 48,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "global_head_dim": 16,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"] * 2,
    "num_kv_shared_layers": 3,
    "use_double_wide_mlp": True,
    "hidden_size_per_layer_input": 4,
    "sliding_window": 4,
}
CAUSAL = {
    **TEXT,
    "num_hidden_layers": 2,
    "layer_types": ["sliding_attention", "full_attention"],
    "num_kv_shared_layers": 0,
    "use_double_wide_mlp": False,
    "hidden_size_per_layer_input": 0,
    "final_logit_softcapping": 5.0,
    "tie_word_embeddings": True,
}
SAMPLES, TOKENS = 4, 9


def randomised(module, seed):
    """Weights of the size that trained ones have: an initialised model's logits are next to nothing."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            size = 0.5 if "self_attn" in name else 1.0  # scores that are no one-hot rows
            parameter.copy_(
                size * (1 + 0.1 * noise) if parameter.dim() == 1 else noise / parameter.shape[-1] ** 0.5
            )
        for name, buffer in module.named_buffers():
            if name.endswith("layer_scalar"):
                buffer.copy_(0.5 + 0.5 * torch.rand(buffer.shape, generator=generator))
    return module.eval()


def first(output):
    return (output.logits if hasattr(output, "logits") else output.last_hidden_state).clone()


def case(kind, config, profile, dtypes, seed):
    """The case's record, tensors, state and recipe, as gemma4_text.write() takes them."""
    module = randomised(kind(Gemma4TextConfig(**config, attn_implementation="eager")), seed)
    generator = torch.Generator().manual_seed(seed)
    ids = [
        torch.randint(0, config["vocab_size"], (1, TOKENS), generator=generator) for _ in range(SAMPLES + 1)
    ]
    state = {k: v.clone() for k, v in module.state_dict().items() if k != "lm_head.weight"}
    specs = [affine_of(one) for one in dtypes]
    with torch.no_grad():
        wanted = first(module(input_ids=ids[-1], use_cache=False))
        prepared = tico.quantization.prepare(
            module,
            PTQConfig(activation=specs[0], weight=specs[1], model_args={"profile": profile}),
            inplace=True,
        )
        for one in ids[:-1]:
            prepared(input_ids=one, use_cache=False)
        quantized = tico.quantization.convert(prepared, inplace=True)
        found = first(quantized(input_ids=ids[-1], use_cache=False))
    is_npu = profile == "npu_export"
    sites, left_out = gemma4_text.translated(sites_of(quantized), is_npu, False)
    output = "logits" if kind is Gemma4ForCausalLM else "hidden"
    tensors = {f"calib.{i}.input_ids": one for i, one in enumerate(ids[:-1])} | {
        "eval.input_ids": ids[-1],
        f"float_out.{output}": wanted,
        f"quant_out.{output}": found,
    }
    record = {
        "case": kind.__name__,
        "seed": seed,
        "metrics": metrics(wanted, found),
        "output": "logits" if output == "logits" else "norm/act_out",
        "scale_share": 1e-5,
        "left_out": left_out,
        "own": own_sites(config, output),
        "sites": sites,
    }
    written = config | {"layout": "npu" if is_npu else "reference", "mask_depth": 120}
    made = gemma4_text.recipe(kind.__name__, written, "forward", gemma4_text.quantization(*dtypes), True)
    return record, tensors, state, made


def own_sites(config, output):
    """Sites that TICO has not: constants, and what an integer graph needs between two ops."""
    own = []
    if config["hidden_size_per_layer_input"]:
        own += ["per_layer_model_projection_scale", "per_layer_sum", "per_layer_input_scale"]
        own += [f"layers.{i}/per_layer_input" for i in range(config["num_hidden_layers"])]
    if output == "logits":
        own += ["logit_softcapping_inverse", "logit_softcapping"]
    return own


def make(out, seed):
    for name, kind, config, profile, dtypes in (
        ("gemma4_text_model", Gemma4TextModel, TEXT, "reference_eval", ("int16", "uint8")),
        ("gemma4_for_causal_lm", Gemma4ForCausalLM, CAUSAL, "npu_export", ("int16", "uint8")),
    ):
        record, tensors, state, made = case(kind, config, profile, dtypes, seed)
        gemma4_text.write(out / name, record, tensors, state, made)
        print(name, json.dumps(record["metrics"]), len(record["sites"]), "sites")
