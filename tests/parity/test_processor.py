"""The processor checkpoint_files against transformers, live: pictures bit for bit, tokens, chat templates."""
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
from transformers import PreTrainedTokenizerFast
from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

from conftest import SOURCE, VERNIER

DATA = SOURCE / "tests/data/gemma4_shapes"
FOLDER = SOURCE / "plugins/processors/checkpoint_files"
NAMES = ("files", "tokens", "chat", "pictures", "checkpoint_files")  # as in its CMakeLists.txt
PARTS = [SOURCE / "plugins/python/answers.py", *(FOLDER / f"{name}.py" for name in NAMES)]


class Script:
    """The plugin's script, spoken to as the plugin does."""

    def __init__(self, work, checkpoint, options):
        self.work = work
        work.mkdir()
        (work / "script.py").write_text("".join(part.read_text() for part in PARTS))
        command = [sys.executable, "-u", work / "script.py", checkpoint, work, json.dumps(options)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        words = self.process.stdout.readline().split(" ", 2)
        assert words[0] == "ok", words
        return [self.process.stdout.readline().rstrip("\n") for _ in range(int(words[1]))]

    def encode(self, request, base="/"):
        self.process.stdin.write("encode " + json.dumps({"base": str(base), "request": request}) + "\n")
        self.process.stdin.flush()
        made = {}
        for line in self.answer()[1:]:
            name, dtype, extents, file, factor = line.split("\t")
            values = np.fromfile(self.work / file, dtype).reshape([int(one) for one in extents.split(",")])
            if dtype == "uint8":  # as plugin.cpp does
                values = (values.astype(np.float64) * float(factor)).astype(np.float32)
            made[name] = values
        return made

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@pytest.fixture()
def script(folder, request):
    made = []

    def start(checkpoint, **options):
        work = folder / f"{request.node.name[:40]}_{len(made)}"
        made.append(Script(work, checkpoint, options))
        return made[-1]

    yield start
    for one in made:
        one.close()


# Landscape, portrait, square, panorama, strips of one pixel; odd extents throughout.
SIZES = [(641, 479), (333, 777), (201, 201), (1023, 97), (97, 1999), (1, 301), (301, 1), (1, 1), (17, 23),
         (3, 3), (1920, 1080), (48, 48), (480, 192)]
KINDS = [("RGB", "png"), ("RGB", "jpg"), ("L", "png"), ("L", "jpg"), ("RGBA", "png"), ("LA", "png"),
         ("P transparent", "png"), ("1", "png"), ("CMYK", "jpg")]


def picture(random_numbers, size, mode):
    """Smooth with noise on it, so that resizing has both to do."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / (7 + k) + k) * np.cos(y / (5 + k)) * 90 + 128 for k in range(4)]
    channels = [wave + random_numbers.normal(0, 20, (height, width)) for wave in waves]
    image = PIL.Image.fromarray(np.clip(np.stack(channels, -1), 0, 255).astype(np.uint8), "RGBA")
    if mode == "P transparent":
        image = image.convert("RGB").quantize(16)
        image.info["transparency"] = 3
        return image
    return image.convert(mode) if mode in ("RGBA", "LA") else image.convert("RGB").convert(mode)


def expected(path, most):
    processor = Gemma4ImageProcessorPil(patch_size=16, pooling_kernel_size=3, max_soft_tokens=most)
    return processor(PIL.ImageOps.exif_transpose(PIL.Image.open(path)), return_tensors="np")


@pytest.fixture(scope="module")
def checkpoint(folder):
    """gemma4_shapes' tokenizer with the pictures of the published models."""
    copy = folder / "published"
    copy.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(DATA / name, copy)
    (copy / "preprocessor_config.json").write_text('{"image_processor_type": "Gemma4ImageProcessor"}')
    return copy


def assert_equal(script, path, most):
    made = script.encode({"prompt": "<|image|>", "images": [str(path)]})
    wanted = expected(path, most)
    assert made["pixel_values"].shape == wanted["pixel_values"].shape
    assert made["pixel_values"].tobytes() == wanted["pixel_values"].astype(np.float32).tobytes()
    assert (made["pixel_position_ids"] == wanted["image_position_ids"]).all()
    assert made["num_soft_tokens"].tolist() == list(wanted["num_soft_tokens_per_image"])
    assert (made["input_ids"] == 316).sum() == wanted["num_soft_tokens_per_image"][0]


@pytest.mark.parametrize("most", [70, 280])
@pytest.mark.parametrize("mode,ending", KINDS)
def test_pictures_are_those_of_transformers(script, checkpoint, folder, mode, ending, most):
    random_numbers = np.random.default_rng(7)
    process = script(checkpoint, max_soft_tokens=most)
    for size in SIZES:
        path = folder / f"{mode[0]}_{most}_{size[0]}x{size[1]}.{ending}"
        image = picture(random_numbers, size, mode)
        image.save(path, **({"transparency": 3} if mode == "P transparent" else {}))
        assert_equal(process, path, most)


def test_pictures_stand_upright(script, checkpoint, folder):
    process = script(checkpoint, max_soft_tokens=70)
    image = picture(np.random.default_rng(8), (301, 149), "RGB")
    seen = set()
    for orientation in range(1, 9):
        exif = PIL.Image.Exif()
        exif[0x0112] = orientation
        path = folder / f"turned_{orientation}.jpg"
        image.save(path, exif=exif)
        assert_equal(process, path, 70)
        seen.add(process.encode({"prompt": "<|image|>", "images": [str(path)]})["pixel_values"].tobytes())
    assert len(seen) == 8


def test_trained_pictures_keep_their_pixels(script):
    """do_resize is false there."""
    processor = Gemma4ImageProcessorPil.from_pretrained(DATA)
    process = script(DATA)
    for path in sorted(DATA.glob("*.png")):
        made = process.encode({"prompt": "<|image|>", "images": [path.name]}, DATA)
        wanted = processor(PIL.Image.open(path), return_tensors="np")
        assert made["pixel_values"].tobytes() == wanted["pixel_values"].tobytes()
        assert (made["pixel_position_ids"] == wanted["image_position_ids"]).all()


WORDS = ["a", "red", "circle", "the ring", "", "  ", "\n", "\t", "naïve", "猫", "🙂", "<bos>", "<eos>",
         "<turn|>", "<unk>", ".", "Ünï", "\u0000", "é", "ab" * 50, "<|imag"]


@pytest.mark.parametrize("name", ["gemma4_shapes", "minilm"])
def test_tokens_are_those_of_transformers(script, name):
    source = DATA if name == "gemma4_shapes" else SOURCE / "build/checkpoints/minilm"
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(source / "tokenizer.json"))
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    process = script(source)
    draw = random.Random(9)
    for _ in range(200):
        text = "".join(draw.choice(WORDS) for _ in range(draw.randint(1, 12)))
        wanted = tokenizer(text)
        if wanted["input_ids"]:
            made = process.encode({"text": text})
            assert made["input_ids"].tolist() == [wanted["input_ids"]], repr(text)
            assert made["attention_mask"].tolist() == [wanted["attention_mask"]]
            types = wanted.get("token_type_ids", [0] * len(wanted["input_ids"]))
            assert made["token_type_ids"].tolist() == [types]
        plain = tokenizer(text, add_special_tokens=False)["input_ids"]
        if plain:
            assert process.encode({"prompt": text})["input_ids"].tolist() == [plain], repr(text)


def test_padding_and_cutting_are_those_of_transformers(script):
    source = SOURCE / "build/checkpoints/minilm"
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(source / "tokenizer.json"), pad_token="[PAD]")
    process = script(source, tokens=128, truncate=True, mask_dtype="float32")
    lines = (SOURCE / "tests/data/minilm/evaluation.txt").read_text().splitlines()[1:40]
    for line in [*lines, "word " * 300]:
        wanted = tokenizer(line, padding="max_length", truncation=True, max_length=128)
        made = process.encode({"text": line})
        assert made["input_ids"].tolist() == [wanted["input_ids"]]
        assert made["attention_mask"].tolist() == [wanted["attention_mask"]]


TEMPLATES = [
    "{{ bos_token }}{% for m in messages %}{{ '<turn|>' + m['role'] + '\\n' }}{% if m['content'] is string %}"
    "{{ m['content'] | trim }}{% else %}"
    "{% for part in m['content'] %}{% if part['type'] == 'text' %}{{ part['text'] | trim }}{% endif %}"
    "{% endfor %}{% endif %}"
    "{{ '<eos>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<turn|>model\\n' }}{% endif %}",
    "{%- set ns = namespace(found=false) -%}\n{%- for m in messages -%}\n    {%- if m.role == 'system' -%}"
    "{%- set ns.found = true -%}{%- continue -%}{%- endif -%}\n    {{ loop.index0 }}:"
    "{{ m.content | tojson }}\n"
    "{% if loop.last %}{% break %}{% endif %}\n{%- endfor -%}{{ ns.found }}"
    "{% if tools is none %}no tools{% endif %}",
    "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}{% endfor %}",
]
CHATS = [
    [{"role": "user", "content": "how many shapes?"}],
    [{"role": "system", "content": "be brief."}, {"role": "user", "content": " a \"red\" ring <b>? "},
     {"role": "assistant", "content": "yes."}, {"role": "user", "content": "é 猫"}],
]


@pytest.mark.parametrize("template", range(len(TEMPLATES)))
def test_chats_are_those_of_transformers(script, folder, template):
    copy = folder / f"template_{template}"
    copy.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(DATA / name, copy)
    (copy / "chat_template.jinja").write_text(TEMPLATES[template])
    tokenizer = PreTrainedTokenizerFast.from_pretrained(copy)
    process = script(copy)
    for chat in CHATS:
        wanted = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
        assert process.encode({"messages": chat})["input_ids"].tolist() == [list(wanted)]


def test_a_sentence_encoder_is_quantized_from_lines_of_text(folder):
    out = folder / "minilm_prompts"
    command = [VERNIER, "run", SOURCE / "configs/minilm_prompts.json", "--out", out, "--quiet"]
    environment = os.environ | {"VERNIER_PYTHON": sys.executable}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    (unit,) = json.loads((out / "report.json").read_text())["units"]
    seen = unit["prompts"]["calibration"]
    assert (seen["samples"], seen["lines"], seen["cut"]) == (64, 64, 0)
    assert seen["inputs"] == {"input_ids": 64, "attention_mask": 64}
    assert unit["prompts"]["evaluation"]["also_calibration"] == 0
    assert unit["metrics"]["cosine"] > 0.995
