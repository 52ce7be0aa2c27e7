"""Gemma4's vision modules on small pictures: transformers' module, the wrapper with its config, and how
both are called. `moved` says where sites differ: a site of TICO's has the site of ours with the same
qparams, or "" where it has none, as have sites of ours alone; the README of the wrappers says why."""

import warnings

import torch
from transformers.models.gemma4 import modeling_gemma4 as hf
from transformers.models.gemma4.configuration_gemma4 import (
    Gemma4AudioConfig,
    Gemma4TextConfig,
    Gemma4VisionConfig,
)

warnings.filterwarnings("ignore")

GRID = {"rows": 4, "columns": 6}
PATCHES, SAMPLES = 24, 3
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "patch_size": 4,
    "pooling_kernel_size": 2,
    "position_embedding_size": 8,
}

# What vernier reads of vision_config, by module.
ATTENTION = (
    "hidden_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "rms_norm_eps",
    "use_clipped_linears",
)
MLP = ("hidden_size", "intermediate_size", "hidden_activation", "use_clipped_linears")
LAYER = (*ATTENTION, "intermediate_size", "hidden_activation")
ENCODER = (*LAYER, "num_hidden_layers", "rope_parameters")
PATCH = ("hidden_size", "patch_size", "position_embedding_size")
POOLER = ("hidden_size", "pooling_kernel_size")
MODEL = (*ENCODER, "patch_size", "position_embedding_size", "pooling_kernel_size", "standardize")

# Sites of TICO's that ours are not, below each module.
ATTENTION_MOVED = {f"{side}_{step}": "" for side in "qk" for step in ("x1", "x2", "neg", "cat")} | {
    "cos": "",
    "sin": "",
    "attn_mask": "",
    "scale": "",
    "logits": "logits_raw",
    "mask_add": "logits_raw",
    "attn_weights": "softmax",
    "attn_out_h": "attn_out",
}
PATCH_MOVED = {
    "position_embedding_table": "",
    "act_in": "",
    "input_proj/act_in": "",
    "hidden_states": "input_proj/act_out",
}
ENCODER_MOVED = {"attention_mask": "", "position_embeddings_cos": "", "position_embeddings_sin": ""}
POOLER_MOVED = {"pool_in": "act_in"}
CLIPPED = {f"self_attn.{name}_proj/act_out": "" for name in "qkvo"} | {
    f"mlp.{name}_proj/act_out": "" for name in ("gate", "up", "down")
}


def below(module, moved):
    def path(site):
        return f"{module}{'.' if '/' in site else '/'}{site}" if site else ""

    return {path(theirs): path(ours) for theirs, ours in moved.items()}


def layer_moved():
    return below("self_attn", ATTENTION_MOVED)


def encoder_moved(layers):
    moved = ENCODER_MOVED | {"encoder_out": f"layers.{layers - 1}/mlp_residual_out"}
    for i in range(layers):
        moved |= below(f"layers.{i}", layer_moved())
    return moved


def model_moved(layers, standardize):
    moved = {"strip_padding": "pooler/pool_out"} | (
        {} if standardize else {"last_hidden_state": "pooler/pool_out"}
    )
    return (
        moved
        | below("patch_embedder", PATCH_MOVED)
        | below("encoder", encoder_moved(layers))
        | below("pooler", POOLER_MOVED)
    )


def vision_config(**changes):
    config = Gemma4VisionConfig(**SIZES | changes)
    config._attn_implementation = "eager"
    return config


def positions(padding=0):
    grid = [[slot % GRID["columns"], slot // GRID["columns"]] for slot in range(PATCHES)]
    return torch.tensor([grid + [[-1, -1]] * padding])


def angles(config):
    return hf.Gemma4VisionRotaryEmbedding(config)(torch.zeros(1), positions())


def randomized(module):
    """Weights that spread, norms about 1, a table that is not constant, bounds that clip something."""
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.dim() == 0:
            bound = {"input_min": -2.5, "input_max": 2.0, "output_min": -1.75, "output_max": 1.5}.get(
                name.rsplit(".", 1)[-1]
            )
            if bound is not None:
                tensor.fill_(bound)
        elif "norm" in name or "std_" in name:
            tensor.copy_(1 + 0.1 * torch.randn(tensor.shape))
        elif "table" in name:
            tensor.copy_(0.3 * torch.randn(tensor.shape))
        elif tensor.dim() == 2:
            torch.nn.init.normal_(tensor, std=tensor.shape[1] ** -0.5)
    return module.eval()


class Case:
    """A float module, how it is called with a sample, and what vernier's wrapper is given instead."""

    entry, tico = "forward", True

    def __init__(self, name, module, type_name, config, moved, sample, call, inputs):
        self.name, self.module, self.type, self.config, self.moved = (
            name,
            randomized(module),
            type_name,
            config,
            moved,
        )
        self.sample, self.call, self.inputs = sample, call, inputs


def picked(config, keys, **more):
    return {key: getattr(config, key) for key in keys} | more


def hidden(slots=PATCHES):
    return lambda: {"x": torch.randn(1, slots, SIZES["hidden_size"])}


def pixels(slots=PATCHES, padding=0):
    def make():
        values = torch.rand(1, slots, 3 * SIZES["patch_size"] ** 2)
        return {"x": torch.cat([values, torch.zeros(1, padding, values.shape[2])], 1)}

    return make


def no_mask(slots=PATCHES):
    return torch.zeros(1, 1, slots, slots)


def turning(config):
    """How modules that turn are called, and vernier's inputs: the first half of sin is negated on either
    axis."""
    cos, sin = angles(config)
    quarter = sin.shape[-1] // 4
    sign = torch.cat([torch.full((quarter,), s) for s in (-1.0, 1.0, -1.0, 1.0)])

    def call(module, x):
        out = module(
            hidden_states=x,
            position_embeddings=(cos, sin),
            attention_mask=no_mask(),
            position_ids=positions(),
        )
        return out[0] if isinstance(out, tuple) else out

    return call, lambda x: {"hidden_states": x, "cos": cos, "sin": sin * sign}


def one(case_name, module, type_name, config, moved, turns):
    return Case(case_name, module, type_name, config, moved, hidden(), *turns)


def attention():
    config = vision_config()
    return one(
        "attention",
        hf.Gemma4VisionAttention(config, 0),
        "Gemma4VisionAttention",
        picked(config, ATTENTION),
        ATTENTION_MOVED,
        turning(config),
    )


def mlp():
    config = vision_config()
    return Case(
        "mlp",
        hf.Gemma4VisionMLP(config),
        "Gemma4VisionMLP",
        picked(config, MLP),
        {},
        hidden(),
        lambda module, x: module(x),
        lambda x: {"x": x},
    )


def encoder_layer():
    config = vision_config()
    return one(
        "encoder_layer",
        hf.Gemma4VisionEncoderLayer(config, 0),
        "Gemma4VisionEncoderLayer",
        picked(config, LAYER),
        layer_moved(),
        turning(config),
    )


def clipped_layer():
    config = vision_config(use_clipped_linears=True)
    return one(
        "clipped_layer",
        hf.Gemma4VisionEncoderLayer(config, 0),
        "Gemma4VisionEncoderLayer",
        picked(config, LAYER),
        layer_moved() | CLIPPED,
        turning(config),
    )


def encoder():
    config = vision_config()

    def call(module, x):
        out = module(
            inputs_embeds=x,
            attention_mask=torch.ones(1, PATCHES, dtype=torch.bool),
            pixel_position_ids=positions(),
        )
        return out if isinstance(out, torch.Tensor) else out.last_hidden_state

    return Case(
        "encoder",
        hf.Gemma4VisionEncoder(config),
        "Gemma4VisionEncoder",
        picked(config, ENCODER, grid=GRID),
        encoder_moved(2),
        hidden(),
        call,
        lambda x: {"inputs_embeds": x},
    )


def patch_embedder():
    config = vision_config()
    call = lambda module, x: module(x, positions(), torch.zeros(1, PATCHES, dtype=torch.bool))
    return Case(
        "patch_embedder",
        hf.Gemma4VisionPatchEmbedder(config),
        "Gemma4VisionPatchEmbedder",
        picked(config, PATCH, grid=GRID),
        PATCH_MOVED,
        pixels(),
        call,
        lambda x: {"pixel_values": x},
    )


def pooler():
    config = vision_config()

    def call(module, x):
        return module(x, positions(), torch.zeros(1, PATCHES, dtype=torch.bool), PATCHES // 4)[0]

    return Case(
        "pooler",
        hf.Gemma4VisionPooler(config),
        "Gemma4VisionPooler",
        picked(config, POOLER, grid=GRID),
        POOLER_MOVED,
        hidden(),
        call,
        lambda x: {"hidden_states": x},
    )


def model(name="model", padding=0, **changes):
    config = vision_config(**changes)
    call = lambda module, x: module(pixel_values=x, pixel_position_ids=positions(padding)).last_hidden_state
    return Case(
        name,
        hf.Gemma4VisionModel(config),
        "Gemma4VisionModel",
        picked(config, MODEL, grid=GRID),
        model_moved(2, config.standardize),
        pixels(padding=padding),
        call,
        lambda x: {"pixel_values": x},
    )


def standardized():
    return model("standardized", standardize=True)


def padded():
    """TICO's observers see the padding, ours do not: only the float results are the same."""
    case = model("padded", padding=8, use_clipped_linears=True)
    case.tico = False
    return case


def padding_kept():
    case = model("padding_kept", padding=8)
    case.config["keep_padding"] = True
    case.tico = False
    return case


def any_grid():
    case = model("any_grid", padding=8)
    del case.config["grid"], case.config["rope_parameters"]
    case.entry, case.tico = "any_grid", False
    quarter, slots = SIZES["head_dim"] // 4, PATCHES + 8
    cos, sin = hf.Gemma4VisionRotaryEmbedding(vision_config())(torch.zeros(1), positions(8).clamp(min=0))
    sign = torch.cat([torch.full((quarter,), s) for s in (-1.0, 1.0, -1.0, 1.0)])
    mask, pool = torch.zeros(1, 1, 1, slots), torch.zeros(1, slots // 4, slots)
    mask[..., PATCHES:] = -200
    for slot in range(PATCHES):
        pool[0, slot // GRID["columns"] // 2 * (GRID["columns"] // 2) + slot % GRID["columns"] // 2, slot] = (
            0.25
        )
    case.inputs = lambda x: {
        "pixel_values": x,
        "pixel_position_ids": positions(8).clamp(min=0).to(torch.int32),
        "attention_mask": mask,
        "position_embeddings_cos": cos,
        "position_embeddings_sin": sin * sign,
        "pool_weight": pool,
    }
    return case


def audio_embedder():
    audio, text = Gemma4AudioConfig(hidden_size=16, output_proj_dims=24), Gemma4TextConfig(hidden_size=32)
    config = {
        "multimodal": {"hidden_size": 16, "output_proj_dims": 24, "rms_norm_eps": audio.rms_norm_eps},
        "text": {"hidden_size": 32},
    }
    return Case(
        "audio_embedder",
        hf.Gemma4MultimodalEmbedder(audio, text),
        "Gemma4MultimodalEmbedder",
        config,
        {},
        lambda: {"x": torch.randn(1, 5, 24)},
        lambda module, x: module(x),
        lambda x: {"inputs_embeds": x},
    )


CASES = {
    make.__name__: make
    for make in (
        attention,
        mlp,
        encoder_layer,
        clipped_layer,
        encoder,
        patch_embedder,
        pooler,
        model,
        standardized,
        padded,
        padding_kept,
        any_grid,
        audio_embedder,
    )
}
