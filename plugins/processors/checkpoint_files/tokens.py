# Text becomes tokens by the checkpoint's tokenizer.json.
missing = []
try:
    from tokenizers import Tokenizer
except ImportError as error:
    missing.append(str(error))


class Tokens:
    def __init__(self, folder, config, options):
        self.path = os.path.join(folder, "tokenizer.json")
        if not os.path.isfile(self.path):
            raise Problem(NOT_FOUND, f"the checkpoint {folder} has no tokenizer.json")
        text = read_text(self.path)
        try:
            self.tokenizer = Tokenizer.from_str(text)
        except BaseException as error:  # a panic of the library is no Exception
            raise Problem(DATA_LOSS, f"{self.path} is damaged: {error}")
        # What the file says of lengths is for another use of the model; the options say what is for this one.
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        names = special_tokens(config)
        names.update({key: options[key] for key in TOKEN_OPTIONS if key in options})
        self.ids = {key: self.tokenizer.token_to_id(text) for key, text in names.items()}
        self.length = options.get("tokens")
        self.cuts = options.get("truncate", False)
        for key in TOKEN_OPTIONS:
            if key in options and self.ids[key] is None:
                raise Problem(INVALID_ARGUMENT, f"option \"{key}\": {self.path} has no token {options[key]}")
        if self.length is not None and self.ids.get("pad_token") is None:
            raise Problem(INVALID_ARGUMENT, "option \"tokens\": the checkpoint names no token for padding; "
                                            "name one with the option \"pad_token\"")

    def of_text(self, text):
        """With the tokenizer's own special tokens: (ids, type ids, how many were cut off)."""
        found = self.tokenizer.encode(text)
        whole = len(found.ids)
        if self.cuts and self.length is not None and whole > self.length:
            self.tokenizer.enable_truncation(self.length)
            found = self.tokenizer.encode(text)
            self.tokenizer.no_truncation()
        return found.ids, found.type_ids, whole - len(found.ids)

    def of_prompt(self, text):
        """As it stands."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def padding(self, count):
        """How many pads follow `count` tokens."""
        if count == 0:
            raise Problem(INVALID_ARGUMENT, "the request gives no token")
        if self.length is None:
            return 0
        if count > self.length:
            raise Problem(INVALID_ARGUMENT, f"the request gives {count} tokens, the option \"tokens\" allows "
                                            f"{self.length}; a {{\"text\": …}} is cut there with "
                                            "\"truncate\": true")
        return self.length - count

    def text_of(self, ids):
        for one in ids:
            if one < 0 or one > 0xFFFFFFFF or self.tokenizer.id_to_token(one) is None:
                raise Problem(OUT_OF_RANGE, f"there is no token {one}: the vocabulary of {self.path} has "
                                            f"{self.tokenizer.get_vocab_size()}")
        return self.tokenizer.decode(ids, skip_special_tokens=False)


TOKEN_OPTIONS = ("pad_token", "eos_token", "image_token", "boi_token", "eoi_token")


def with_pictures(ids, tokens, counts):
    """The tokens with `counts[k]` soft tokens at the place of picture k."""
    image, begin, end = (tokens.ids.get(key) for key in ("image_token", "boi_token", "eoi_token"))
    if image is None:
        if counts:
            raise Problem(NOT_FOUND, "the checkpoint names no token for pictures (\"image_token\" in "
                                     "tokenizer_config.json); name one with the option \"image_token\"")
        return ids
    result, place, picture = [], 0, 0
    has_marks = begin is not None and end is not None

    def soft_tokens():
        nonlocal picture
        picture += 1
        return counts[picture - 1] if picture <= len(counts) else 0

    while place < len(ids):
        first = place
        while place < len(ids) and ids[place] == image:
            place += 1
        run = place - first
        if run == 0:
            result.append(ids[place])
            place += 1
        elif has_marks and first > 0 and ids[first - 1] == begin and ids[place:place + 1] == [end]:
            # Its marks are there: one placeholder, or all that it becomes.
            wanted = soft_tokens()
            if picture <= len(counts) and run not in (1, wanted):
                raise Problem(INVALID_ARGUMENT, f"the prompt has {run} places for picture {picture - 1}, "
                                                f"which gives {wanted} soft tokens")
            result += [image] * wanted
        else:
            for _ in range(run):
                soft = [image] * soft_tokens()
                result += [begin, *soft, end] if has_marks else soft
    if picture != len(counts):
        raise Problem(INVALID_ARGUMENT, f"the prompt has places for {picture} pictures, the request has "
                                        f"{len(counts)}; a place is {tokens.tokenizer.id_to_token(image)}")
    return result
