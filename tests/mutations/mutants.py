"""How valid bytes and valid JSON become something else: a few small changes, chosen by a random.Random."""

import copy
import json

ODD = [None, True, False, 0, -1, 1, 2, 255, 2**31, 2**63, -(2**63), 2**64, 0.5, -0.0, 1e-320, 1e308, "", " ",
       "x", "\x00", "\x1b[31m", "a" * 5000, "../../etc", "/", "ä\u202eb", [], {}, [[]], [0], {"": 0},
       "float32", "int4", "**"]


def changed_bytes(chance, data, shifts=2):
    """The same bytes but for one to eight changes; half of them near the front, where headers are. `shifts`:
    how many of seven move what stands behind them, 0 to 2."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 8))):
        if not data:
            break
        at = chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 4096))
        size = chance.choice((1, 2, 4, 8, 64))
        kind = chance.randrange(7)
        if kind in (4, 5)[shifts:]:
            kind = 0
        if kind <= 1:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 2:
            data[at:at + size] = chance.randbytes(len(data[at:at + size]))
        elif kind == 3:
            data[at:at + size] = bytes([chance.choice((0, 0xFF, 0x7F, 0x80))]) * len(data[at:at + size])
        elif kind == 4:
            del data[at:at + size]
        elif kind == 5:
            start = chance.randrange(len(data))
            data[at:at] = data[start:start + size]
        elif chance.random() < 0.3:
            del data[at:]
        else:
            data[at] = chance.randrange(256)
    return bytes(data)


def places(value, path=()):
    """The paths of all values within a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def misspelt(chance, word):
    """One letter more, less, another or in another place."""
    if not word:
        return "x"
    i = chance.randrange(len(word))
    return chance.choice((word[:i] + word[i + 1:], word[:i] + word[i] + word[i:],
                          word[:i] + "q" + word[i + 1:], word[:i] + word[i:][::-1], word.upper()))


def changed_json(chance, value):
    """The same but for one to three changes of keys and values."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 1, 2, 3))):
        path = chance.choice(list(places(value))[1:] or [()])
        if not path:
            return chance.choice(ODD)
        parent, key = at(value, path[:-1]), path[-1]
        kind = chance.randrange(7)
        if kind <= 1:
            parent[key] = copy.deepcopy(chance.choice(ODD))
        elif kind == 2:
            del parent[key]
        elif kind == 3 and isinstance(parent, dict):
            parent[misspelt(chance, key)] = parent.pop(key)
        elif kind == 4 and isinstance(parent[key], str):
            parent[key] = misspelt(chance, parent[key])
        elif kind == 4 and isinstance(parent[key], (int, float)) and not isinstance(parent[key], bool):
            parent[key] = parent[key] * chance.choice((-1, 0, 2, 1000)) + chance.choice((0, 1, -1))
        elif kind == 5:
            other = chance.choice(list(places(value)))
            parent[key] = copy.deepcopy(at(value, other))
        elif isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        else:
            parent[key] = [copy.deepcopy(parent[key])]
    return value


def changed_text(chance, text):
    """JSON text of which either the values or the bytes are changed."""
    if chance.random() < 0.75:
        changed = changed_json(chance, json.loads(text))
        return json.dumps(changed, ensure_ascii=False).encode("utf-8", "replace")
    return changed_bytes(chance, text.encode())


def changed_safetensors(chance, data):
    """Of a checkpoint's file the header (with a length that fits, or not) or the elements."""
    if chance.random() < 0.4:
        return changed_bytes(chance, data)
    length = int.from_bytes(data[:8], "little")
    header = changed_text(chance, data[8:8 + length].decode())
    told = len(header) if chance.random() < 0.9 else chance.choice((0, length + 1, 2**40, 2**64 - 1))
    return told.to_bytes(8, "little") + header + data[8 + length:]
