# Chats become text by the checkpoint's own template, which is a program of others: it runs in a sandbox and
# sees JSON values only.
try:
    import jinja2
    import jinja2.ext
    import jinja2.sandbox
except ImportError as error:
    missing.append(str(error))
    jinja2 = None


def template_text(folder, config):
    """The template and the file that it stands in."""
    path = os.path.join(folder, "chat_template.jinja")
    if os.path.exists(path):
        return read_text(path), path
    for name, values in (("tokenizer_config.json", config), ("chat_template.json", None)):
        found = (read_object(folder, name) if values is None else values).get("chat_template")
        if isinstance(found, list):  # several, by name
            names = {one.get("name"): one.get("template") for one in found if isinstance(one, dict)}
            found = names.get("default")
        if isinstance(found, str):
            return found, os.path.join(folder, name)
    raise Problem(NOT_FOUND, f"the checkpoint {folder} has no chat template: neither chat_template.jinja nor "
                             "\"chat_template\" in tokenizer_config.json; write \"prompt\" instead of "
                             "\"messages\" (`vernier generate --raw`)")


def environment():
    class Generation(jinja2.ext.Extension):
        """{% generation %} marks what the model said, for training; here it is what lies in it."""

        tags = {"generation"}

        def parse(self, parser):
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    def raise_exception(text):
        raise jinja2.TemplateError(text)

    # No clock: equal requests give equal tokens. Templates fall back to a date of their own.
    made = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, "jinja2.ext.loopcontrols"])
    made.filters["tojson"] = to_json
    made.globals["raise_exception"] = raise_exception
    return made


class Chat:
    def __init__(self, folder, config):
        text, self.path = template_text(folder, config)
        self.special = special_tokens(config)
        try:
            self.template = environment().from_string(text)
        except jinja2.TemplateSyntaxError as error:
            raise Problem(DATA_LOSS, f"{self.path} is damaged: line {error.lineno} of the template: {error}")

    def render(self, messages, asks):
        """`asks`: the text ends where the model is to go on."""
        try:
            return self.template.render(messages=messages, add_generation_prompt=asks, tools=None,
                                        documents=None, **self.special)
        except jinja2.sandbox.SecurityError as error:
            raise Problem(DATA_LOSS, f"the template in {self.path} does what it may not: {error}")
        except jinja2.TemplateError as error:
            raise Problem(INVALID_ARGUMENT, f"the template in {self.path} refuses the messages: {error}")
        except Exception as error:  # a program of others may fail in any way
            raise Problem(INVALID_ARGUMENT, f"the template in {self.path} fails on the messages: "
                                            f"{type(error).__name__}: {error}")

    def parts(self, messages, answer):
        """The prompt's text, and the answer's behind it (none without an answer)."""
        prompt = self.render(messages, True)
        if answer is None:
            return prompt, ""
        whole = self.render([*messages, {"role": "assistant", "content": answer}], False)
        if not whole.startswith(prompt) or len(whole) == len(prompt):
            raise Problem(INVALID_ARGUMENT, f"the template in {self.path} does not put an answer behind its "
                                            "prompt; write \"prompt\" and \"answer\"")
        return prompt, whole[len(prompt):]


def check_messages(messages):
    """The messages as the template sees them, and the paths of their pictures in order."""
    if not isinstance(messages, list) or not messages:
        raise Problem(INVALID_ARGUMENT, "\"messages\" is not a list of messages")
    seen, paths = [], []
    for number, message in enumerate(messages):
        what = f"message {number}"
        if not isinstance(message, dict):
            raise Problem(INVALID_ARGUMENT, f"{what} is no object: write {{\"role\": …, \"content\": …}}")
        check_keys(message, ("role", "content"), what)
        role, content = text_at(message, "role", what), message.get("content")
        if isinstance(content, list):
            content = [check_part(part, f"part {k} of {what}", paths) for k, part in enumerate(content)]
        else:
            content = text_at(message, "content", what)
        seen.append({"role": role, "content": content})
    return seen, paths


def check_part(part, what, paths):
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        check_keys(part, ("type", "text"), what)
        return {"type": "text", "text": text_at(part, "text", what)}
    if kind == "image":
        check_keys(part, ("type", "path"), what)
        paths.append(text_at(part, "path", what))
        return {"type": "image"}
    raise Problem(INVALID_ARGUMENT, f"{what} is neither {{\"type\": \"text\", \"text\": …}} nor "
                                    "{\"type\": \"image\", \"path\": …}")
