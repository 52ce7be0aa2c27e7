#!/usr/bin/env python3
"""Makes a checkpoint of the shape of Gemma4 E2B with random weights, by `vernier synthesize`: config.json and
2011 tensors in bfloat16, 10.2 GB, written piece by piece.

    make_checkpoint.py build/release/bin/vernier FOLDER [--layers 35] [--vision-layers 16]
        [--vocabulary 262144]

Fewer layers (a multiple of 5) or words make a smaller model of the same build for trials. Tensors are those
of the published E2B-it, by the table of shapes in transformers' Gemma4: text, vision, sound, and the keys and
values of layers that share those of others, which nothing reads. Weights are small enough that activations
stay near 1 and large enough that no grid is one of zeros.
"""
import argparse
import json
import pathlib
import subprocess
import sys

FULL = {"layers": 35, "vision_layers": 16, "vocabulary": 262144}
HIDDEN, PER_LAYER, HEADS, NARROW, WIDE = 1536, 256, 8, 256, 512
VISION = 768
BRANCH = 0.3  # what a layer adds to its residual stream, which is near 1
SLIDING, FULL_ATTENTION = "sliding_attention", "full_attention"


def layer_types(layers):
    return [FULL_ATTENTION if i % 5 == 4 else SLIDING for i in range(layers)]


def shared_layers(layers):
    """How many read the keys of others: 20 of 35. Each kind of layer has one with keys of its own."""
    return layers - max(5, layers * 15 // 35 // 5 * 5)


def special_tokens(vocabulary):
    """The published numbers, or the last ones of a smaller vocabulary."""
    names = {"boi_token_id": 255999, "boa_token_id": 256000, "image_token_id": 258880,
             "audio_token_id": 258881, "eoi_token_id": 258882, "eoa_token_index": 258883,
             "video_token_id": 258884}
    if vocabulary > max(names.values()):
        return names
    return {name: vocabulary - len(names) + i for i, name in enumerate(names)}


def config_of(options):
    rope = {SLIDING: {"rope_type": "default", "rope_theta": 10000.0},
            FULL_ATTENTION: {"rope_type": "proportional", "rope_theta": 1000000.0,
                             "partial_rotary_factor": 0.25}}
    text = {"model_type": "gemma4_text", "vocab_size": options.vocabulary, "hidden_size": HIDDEN,
            "vocab_size_per_layer_input": options.vocabulary, "intermediate_size": 6144,
            "num_hidden_layers": options.layers, "num_attention_heads": HEADS, "num_key_value_heads": 1,
            "num_global_key_value_heads": None, "head_dim": NARROW, "global_head_dim": WIDE,
            "layer_types": layer_types(options.layers), "sliding_window": 512,
            "hidden_size_per_layer_input": PER_LAYER, "num_kv_shared_layers": shared_layers(options.layers),
            "use_double_wide_mlp": True, "attention_k_eq_v": False, "use_bidirectional_attention": None,
            "final_logit_softcapping": 30.0, "enable_moe_block": False, "num_experts": None,
            "top_k_experts": None, "moe_intermediate_size": None, "max_position_embeddings": 131072,
            "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "attention_bias": False,
            "attention_dropout": 0.0, "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2,
            "tie_word_embeddings": True, "use_cache": True, "rope_parameters": rope}
    vision = {"model_type": "gemma4_vision", "hidden_size": VISION, "intermediate_size": 3072,
              "num_hidden_layers": options.vision_layers, "num_attention_heads": 12,
              "num_key_value_heads": 12, "head_dim": 64, "patch_size": 16, "pooling_kernel_size": 3,
              "position_embedding_size": 10240, "use_clipped_linears": True, "standardize": False,
              "rope_parameters": {"rope_type": "axial", "rope_theta": 100.0},
              "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "attention_bias": False,
              "attention_dropout": 0.0, "max_position_embeddings": 131072, "default_output_length": 280}
    return {"architectures": ["Gemma4ForConditionalGeneration"], "model_type": "gemma4", "dtype": "bfloat16",
            "text_config": text, "vision_config": vision, "audio_config": None, "eos_token_id": [1, 106],
            "vision_soft_tokens_per_image": 280, "tie_word_embeddings": True,
            **special_tokens(options.vocabulary)}


def tensor(name, shape, std=0.02, mean=0.0):
    return {"name": "model." + name, "dtype": "bfloat16", "shape": shape, "distribution": "normal",
            "mean": mean, "std": std}


def matrix(name, rows, columns):
    """Of inputs near 1 it makes outputs near 1."""
    return tensor(name + ".weight", [rows, columns], columns ** -0.5)


def norm(name, size, mean=1.0):
    return tensor(name + ".weight", [size], 0.1 * mean, mean)


def clipped(name, rows, columns):
    bounds = [tensor(f"{name}.{side}_{end}", [], 0.0, sign * 24.0)
              for side in ("input", "output") for end, sign in (("min", -1), ("max", 1))]
    return [matrix(name + ".linear", rows, columns), *bounds]


def text_layer(options, i):
    path = f"language_model.layers.{i}."
    dim = WIDE if layer_types(options.layers)[i] == FULL_ATTENTION else NARROW
    wide = 12288 if i >= options.layers - shared_layers(options.layers) else 6144
    tensors = [matrix(path + "self_attn.q_proj", HEADS * dim, HIDDEN),
               matrix(path + "self_attn.k_proj", dim, HIDDEN), matrix(path + "self_attn.v_proj", dim, HIDDEN),
               matrix(path + "self_attn.o_proj", HIDDEN, HEADS * dim),
               norm(path + "self_attn.q_norm", dim, 0.06), norm(path + "self_attn.k_norm", dim),
               matrix(path + "mlp.gate_proj", wide, HIDDEN), matrix(path + "mlp.up_proj", wide, HIDDEN),
               matrix(path + "mlp.down_proj", HIDDEN, wide),
               matrix(path + "per_layer_input_gate", PER_LAYER, HIDDEN),
               matrix(path + "per_layer_projection", HIDDEN, PER_LAYER),
               tensor(path + "layer_scalar", [1], 0.0, 0.875)]
    tensors += [norm(path + name, HIDDEN) for name in ("input_layernorm", "pre_feedforward_layernorm")]
    for name in ("post_attention_layernorm", "post_feedforward_layernorm", "post_per_layer_input_norm"):
        tensors.append(norm(path + name, HIDDEN, BRANCH))
    return tensors


def text(options):
    table = options.layers * PER_LAYER
    tensors = [tensor("language_model.embed_tokens.weight", [options.vocabulary, HIDDEN], HIDDEN ** -0.5),
               tensor("language_model.embed_tokens_per_layer.weight", [options.vocabulary, table], 1 / 16),
               matrix("language_model.per_layer_model_projection", table, HIDDEN),
               norm("language_model.per_layer_projection_norm", PER_LAYER),
               norm("language_model.norm", HIDDEN)]
    for i in range(options.layers):
        tensors += text_layer(options, i)
    return tensors


def vision(options):
    tensors = [matrix("vision_tower.patch_embedder.input_proj", VISION, 768),
               tensor("vision_tower.patch_embedder.position_embedding_table", [2, 10240, VISION], 0.5)]
    for i in range(options.vision_layers):
        path = f"vision_tower.encoder.layers.{i}."
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            tensors += clipped(path + "self_attn." + name, VISION, VISION)
        tensors += clipped(path + "mlp.gate_proj", 3072, VISION) + clipped(path + "mlp.up_proj", 3072, VISION)
        tensors += clipped(path + "mlp.down_proj", VISION, 3072)
        tensors += [norm(path + "self_attn.q_norm", 64, 0.12), norm(path + "self_attn.k_norm", 64)]
        tensors += [norm(path + name, VISION) for name in ("input_layernorm", "pre_feedforward_layernorm")]
        for name in ("post_attention_layernorm", "post_feedforward_layernorm"):
            tensors.append(norm(path + name, VISION, BRANCH))
    return [*tensors, matrix("embed_vision.embedding_projection", HIDDEN, VISION)]


def sound_layer(i):
    path, tensors = f"audio_tower.layers.{i}.", []
    for name in ("feed_forward1", "feed_forward2"):
        tensors += clipped(f"{path}{name}.ffw_layer_1", 4096, 1024)
        tensors += clipped(f"{path}{name}.ffw_layer_2", 1024, 4096)
        tensors += [norm(f"{path}{name}.pre_layer_norm", 1024), norm(f"{path}{name}.post_layer_norm", 1024)]
    for name in ("q_proj", "k_proj", "v_proj", "post"):
        tensors += clipped(path + "self_attn." + name, 1024, 1024)
    tensors += [matrix(path + "self_attn.relative_k_proj", 1024, 1024),
                tensor(path + "self_attn.per_dim_scale", [128])]
    tensors += clipped(path + "lconv1d.linear_start", 2048, 1024)
    tensors += clipped(path + "lconv1d.linear_end", 1024, 1024)
    tensors += [tensor(path + "lconv1d.depthwise_conv1d.weight", [1024, 1, 5], 0.4),
                norm(path + "lconv1d.pre_layer_norm", 1024), norm(path + "lconv1d.conv_norm", 1024)]
    return tensors + [norm(path + name, 1024) for name in ("norm_pre_attn", "norm_post_attn", "norm_out")]


def sound():
    """Of the tower of sounds, which nothing of a set for text and pictures reads."""
    path = "audio_tower.subsample_conv_projection."
    tensors = [tensor(path + "layer0.conv.weight", [128, 1, 3, 3], 0.3), norm(path + "layer0.norm", 128),
               tensor(path + "layer1.conv.weight", [32, 128, 3, 3], 0.03), norm(path + "layer1.norm", 32),
               matrix(path + "input_proj_linear", 1024, 1024), matrix("audio_tower.output_proj", 1536, 1024),
               tensor("audio_tower.output_proj.bias", [1536]),
               matrix("embed_audio.embedding_projection", HIDDEN, 1536)]
    for i in range(12):
        tensors += sound_layer(i)
    return tensors


def elements(tensors):
    total = 0
    for one in tensors:
        count = 1
        for extent in one["shape"]:
            count *= extent
        total += count
    return total


def description(options):
    tensors = text(options) + vision(options)
    if vars(options).items() >= FULL.items():
        tensors += sound()
        assert len(tensors) == 2011 and elements(tensors) == 5123178979, "not the published model's"
    return {"seed": 2026, "config": config_of(options), "tensors": tensors}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("vernier", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--layers", type=int, default=FULL["layers"])
    parser.add_argument("--vision-layers", type=int, default=FULL["vision_layers"])
    parser.add_argument("--vocabulary", type=int, default=FULL["vocabulary"])
    options = parser.parse_args()
    if options.layers < 5 or options.layers % 5:
        parser.error("--layers is a multiple of 5: four sliding ones and a full one")
    options.folder.parent.mkdir(parents=True, exist_ok=True)
    described = options.folder.parent / (options.folder.name + ".json")
    described.write_text(json.dumps(description(options)))
    return subprocess.run([options.vernier, "synthesize", described, "--out", options.folder]).returncode


if __name__ == "__main__":
    sys.exit(main())
