# What the files of a checkpoint say. A file that is missing or damaged is named.
import difflib
import json


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise Problem(DATA_LOSS, f"{path} cannot be read: {error}")


def read_object(folder, name):
    """The JSON object in a file of the checkpoint; empty where there is no such file."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return {}
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise Problem(DATA_LOSS, f"{path} is damaged: {error}")
    if not isinstance(value, dict):
        raise Problem(DATA_LOSS, f"{path} is damaged: it is no JSON object")
    return value


def special_tokens(config):
    """{"bos_token": "<s>", "image_token": …}: what tokenizer_config.json calls a token of some kind."""
    found = {}
    for part in (config, config.get("extra_special_tokens"), config.get("model_specific_special_tokens")):
        for key, value in (part.items() if isinstance(part, dict) else ()):
            text = value.get("content") if isinstance(value, dict) else value
            if key.endswith("_token") and isinstance(text, str):
                found[key] = text
    return found


def nearest(word, names):
    close = difflib.get_close_matches(str(word), names, 1)
    return f"did you mean \"{close[0]}\"?" if close else f"known: {', '.join(names)}"


def check_keys(value, names, what):
    for key in value:
        if key not in names:
            raise Problem(INVALID_ARGUMENT, f"{what} has no \"{key}\"; {nearest(key, names)}")


def text_at(value, key, what):
    text = value.get(key)
    if not isinstance(text, str):
        raise Problem(INVALID_ARGUMENT, f"\"{key}\" of {what} is not a text")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Problem(INVALID_ARGUMENT, f"\"{key}\" of {what} holds half a character (a lone surrogate)")
    return text
