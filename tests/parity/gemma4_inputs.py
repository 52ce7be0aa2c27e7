"""What Gemma4's entries take beside token ids and patches: all of it follows from how many columns and rows
of patches each picture has (plugins/wrappers/gemma4/README.md). NumPy alone."""

import numpy as np

MASK_DEPTH = 200.0


def places(columns, rows, slots, padding=0):
    """Column and row of each slot's patch, [slots, 2]; `padding` behind the patches."""
    result = np.full((slots, 2), padding, np.int64)
    patches = columns * rows
    result[:patches, 0] = np.tile(np.arange(columns), rows)
    result[:patches, 1] = np.repeat(np.arange(rows), columns)
    return result


def turns(positions, vision):
    """cos and sin, [slots, head_dim]: the column's half, then the row's; the first half of sin is negated in
    either."""
    half = vision["head_dim"] // 2
    theta = vision.get("rope_parameters", {}).get("rope_theta", 100.0)
    frequencies = theta ** (-np.arange(0, half, 2) / half)
    cos, sin = [], []
    for axis in (0, 1):
        angle = positions[:, axis : axis + 1] * frequencies
        cos += [np.cos(angle), np.cos(angle)]
        sin += [-np.sin(angle), np.sin(angle)]
    return np.concatenate(cos, 1).astype(np.float32), np.concatenate(sin, 1).astype(np.float32)


def pool(columns, rows, slots, side):
    """The mean of each square of side * side patches as a matrix, [squares, slots]."""
    result = np.zeros((slots // side**2, slots), np.float32)
    for patch, (column, row) in enumerate(places(columns, rows, columns * rows)):
        result[row // side * (columns // side) + column // side, patch] = 1 / side**2
    return result


def pictures(pixels, grids, vision):
    """Inputs of the entry any_grid of Gemma4VisionModel, by the names of Gemma4Model's. `pixels` are
    [pictures, slots, width], `grids` (columns, rows) of each. Slots of padding get a patch of the picture,
    for observers see them."""
    pixels, slots, side = pixels.copy(), pixels.shape[1], vision["pooling_kernel_size"]
    mask = np.zeros((len(grids), 1, 1, slots), np.float32)
    for i, (columns, rows) in enumerate(grids):
        pixels[i, columns * rows :] = pixels[i, 0]
        mask[i, ..., columns * rows :] = -MASK_DEPTH
    positions = np.stack([places(columns, rows, slots) for columns, rows in grids])
    cos, sin = zip(*(turns(one, vision) for one in positions))
    return {
        "pixel_values": pixels.astype(np.float32),
        "pixel_position_ids": positions.astype(np.int32),
        "pixel_attention_mask": mask,
        "position_embeddings_cos": np.stack(cos),
        "position_embeddings_sin": np.stack(sin),
        "pool_weight": np.stack([pool(columns, rows, slots, side) for columns, rows in grids]),
    }


def source(ids, image_token, grids, slots, side):
    """Which row each token is: its own, or one of the soft tokens behind the text's. Each picture has a row a
    square of slots, of which the first ones are its own."""
    squares = slots // side**2
    soft = [
        len(ids) + i * squares + square
        for i, (columns, rows) in enumerate(grids)
        for square in range(columns * rows // side**2)
    ]
    result = np.arange(len(ids), dtype=np.int32)
    is_soft = np.asarray(ids) == image_token
    assert is_soft.sum() == len(soft), "as many placeholders as soft tokens"
    result[is_soft] = soft
    return result


def sample(ids, config, pixels=None, grids=()):
    """Inputs of Gemma4ForConditionalGeneration: of its entry `text`, with pictures of `forward`."""
    result = {"input_ids": np.asarray([ids], np.int64)}
    if len(grids):
        vision = config["vision_config"]
        result |= pictures(pixels, grids, vision)
        result["source"] = source(
            ids, config["image_token_id"], grids, pixels.shape[1], vision["pooling_kernel_size"]
        )
    return result
