# Requests become a model's inputs by the files of its checkpoint.
import array
import resource

FORMS = {"text": ("text",), "messages": ("messages", "answer"), "prompt": ("prompt", "images", "answer")}


class Request:
    """A request, checked: the text of the prompt, its answer, and the paths of its pictures."""

    def __init__(self, value, base, files):
        if not isinstance(value, dict):
            raise Problem(INVALID_ARGUMENT, "a request is a JSON object: {\"text\": …}, "
                                            "{\"messages\": …} or {\"prompt\": …}")
        forms = [form for form in FORMS if form in value]
        if len(forms) != 1:
            close = nearest(next(iter(value), ""), [key for keys in FORMS.values() for key in keys])
            raise Problem(INVALID_ARGUMENT, "a request has one of \"text\", \"messages\" and \"prompt\"; " +
                          (f"this one has {' and '.join(forms)}" if forms else close))
        self.form = forms[0]
        check_keys(value, FORMS[self.form], f"a request of the form {{\"{self.form}\": …}}")
        answer = text_at(value, "answer", "the request") if "answer" in value else None
        paths = []
        if self.form == "messages":
            messages, paths = check_messages(value["messages"])
            self.text, self.answer = files.chat().parts(messages, answer)
            self.ends = False  # the template ends an answer
        else:
            self.text, self.answer = text_at(value, self.form, "the request"), answer or ""
            self.ends = answer is not None
            images = value.get("images", [])
            if not isinstance(images, list) or not all(isinstance(one, str) for one in images):
                raise Problem(INVALID_ARGUMENT, "\"images\" of the request is not a list of paths")
            paths = images
        self.paths = [os.path.join(base, path) for path in paths]


class CheckpointFiles:
    def __init__(self, folder, work, options):
        self.folder, self.work, self.options = folder, work, options
        self.config = read_object(folder, "tokenizer_config.json")
        self.tokens = Tokens(folder, self.config, options)
        self.pictures = Pictures(folder, options)
        self.made_chat = None

    def chat(self):
        if self.made_chat is None:
            self.made_chat = Chat(self.folder, self.config)
        return self.made_chat

    def end_of_answer(self):
        end = self.tokens.ids.get("eos_token")
        if end is None:
            raise Problem(NOT_FOUND, "the checkpoint names no token that ends an answer (\"eos_token\" in "
                                     "tokenizer_config.json); name one with the option \"eos_token\"")
        return end

    def tensor(self, name, dtype, shape, data, scale=1.0):
        file = f"out_{name}"
        with open(os.path.join(self.work, file), "wb") as out:
            out.write(data)
        return "\t".join([name, dtype, ",".join(map(str, shape)), file, repr(scale)])

    def integers(self, name, option, values):
        dtype = self.options.get(option, "int32")
        kind = {"int32": "i", "int64": "q", "float32": "f"}[dtype]
        return self.tensor(name, dtype, [1, len(values)], array.array(kind, values).tobytes())

    def encode(self, value, base):
        request = Request(value, base, self)
        pictures = [self.pictures.patches(path) for path in request.paths]
        counts = [columns * rows // self.pictures.pool**2 for _, columns, rows in pictures]
        removed, answer = 0, []
        if request.form == "text":
            ids, types, removed = self.tokens.of_text(request.text)
            if with_pictures(ids, self.tokens, []) != ids:
                raise Problem(INVALID_ARGUMENT, "a text has no places for pictures")
        else:
            ids = with_pictures(self.tokens.of_prompt(request.text), self.tokens, counts)
            answer = self.tokens.of_prompt(request.answer) + ([self.end_of_answer()] if request.ends else [])
            types = [0] * (len(ids) + len(answer))
        used = len(ids) + len(answer)
        pads = self.tokens.padding(used)
        padding = [self.tokens.ids.get("pad_token")] * pads
        lines = [f"{len(ids)} {len(answer)} {removed} {len(pictures)}",
                 self.integers("input_ids", "token_dtype", [*ids, *answer, *padding]),
                 self.integers("attention_mask", "mask_dtype", [1] * used + [0] * pads),
                 self.integers("token_type_ids", "token_dtype", [*types, *[0] * pads])]
        return lines + (self.picture_tensors(pictures, counts) if pictures else [])

    def picture_tensors(self, pictures, counts):
        many, slots, pad = len(pictures), self.pictures.slots, self.options.get("pad_position", -1)
        pixels, positions = bytearray(), array.array("i")
        width = 3 * self.pictures.patch**2
        for data, columns, rows in pictures:
            pixels += data + bytes(slots * width - len(data))
            for row in range(rows):
                for column in range(columns):
                    positions.extend((column, row))
            positions.extend([pad] * 2 * (slots - columns * rows))
        return [self.tensor("pixel_values", "uint8", [many, slots, width], pixels, self.pictures.factor),
                self.tensor("pixel_position_ids", "int32", [many, slots, 2], positions.tobytes()),
                self.tensor("num_soft_tokens", "int32", [many], array.array("i", counts).tobytes())]


def limit_memory(most):
    """What a template or a picture of others could take without end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limits = [one for one in (most, soft, hard) if one != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))


def begin(folder, work, options):
    if missing:
        raise Problem(NOT_FOUND, f"this Python ({sys.executable}) lacks a package: {'; '.join(missing)}; "
                                 "`pip install tokenizers jinja2 pillow`, or name another one with the "
                                 "option \"python\" or $VERNIER_PYTHON")
    limit_memory(4 << 30)
    files = CheckpointFiles(folder, work, options)

    def act(line):
        wish, _, rest = line.partition(" ")
        if wish == "decode":
            return [json.dumps(files.tokens.text_of([int(one) for one in rest.split(",") if one]))]
        asked = json.loads(rest)
        return files.encode(asked["request"], asked["base"])

    return [], act


answer_each(begin, goes_on=True)
