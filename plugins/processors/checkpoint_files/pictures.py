# Pictures become patches as transformers' Gemma4ImageProcessor makes them: the largest size of the same
# aspect that fits, patches row by row, in each of them row, column, channel. README.md has the formulas.
import math

try:
    import PIL.Image
    import PIL.ImageOps
except ImportError as error:
    missing.append(str(error))

FORMATS = ("JPEG", "PNG")


class Pictures:
    def __init__(self, folder, options):
        self.folder, self.options = folder, options
        self.is_ready = False

    def prepare(self):
        """Reads preprocessor_config.json, which a checkpoint without pictures lacks."""
        if self.is_ready:
            return
        config = read_object(self.folder, "preprocessor_config.json")
        if not config:
            config = read_object(self.folder, "processor_config.json").get("image_processor", {})
        if not config:
            raise Problem(NOT_FOUND, f"the checkpoint {self.folder} has no preprocessor_config.json: it "
                                     "takes no pictures")
        kind = config.get("image_processor_type")
        if not str(kind).startswith("Gemma4ImageProcessor"):
            raise Problem(UNIMPLEMENTED, f"preprocessor_config.json is of {kind}; pictures are prepared as "
                                         "for Gemma4ImageProcessor only")
        self.patch = self.whole(config, "patch_size", 16)
        self.pool = self.whole(config, "pooling_kernel_size", 3)
        self.most = self.whole(config, "max_soft_tokens", 280)
        limit = self.options.get("limits", {}).get("pixel_values", [])
        if "max_soft_tokens" not in self.options and len(limit) == 3:
            self.most = min(self.most, max(1, limit[1] // self.pool**2))
        self.resample = config.get("resample", 3)
        if self.resample not in range(6):
            raise Problem(DATA_LOSS, f"\"resample\" of preprocessor_config.json is {self.resample}")
        self.resizes = config.get("do_resize", True)
        self.factor = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
        if config.get("do_normalize", False) and (any(config.get("image_mean") or [0.0]) or
                                                  set(config.get("image_std") or [1.0]) != {1.0}):
            raise Problem(UNIMPLEMENTED, "preprocessor_config.json wants pixels normalized by a mean and a "
                                         "deviation, which Gemma4 does not")
        self.is_ready = True

    def whole(self, config, key, otherwise):
        value = self.options.get(key, config.get(key, otherwise))
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 1 << 16:
            raise Problem(DATA_LOSS, f"\"{key}\" of preprocessor_config.json is {value}")
        return value

    @property
    def slots(self):
        return self.most * self.pool**2

    def open(self, path):
        """The picture upright, in RGB."""
        if not os.path.exists(path):
            raise Problem(NOT_FOUND, f"there is no picture {path}")
        if not os.path.isfile(path):
            raise Problem(DATA_LOSS, f"the picture {path} is no file")
        if os.path.getsize(path) == 0:
            raise Problem(DATA_LOSS, f"the picture {path} is empty (0 bytes)")
        PIL.Image.MAX_IMAGE_PIXELS = None  # the limit below is the option's
        try:
            with PIL.Image.open(path, formats=FORMATS) as image:
                limit = self.options.get("max_pixels", 1 << 26)
                if image.width * image.height > limit:
                    raise Problem(INVALID_ARGUMENT, f"the picture {path} has {image.width}x{image.height} "
                                                    f"pixels, the option \"max_pixels\" allows {limit}")
                return in_rgb(PIL.ImageOps.exif_transpose(image))
        except PIL.UnidentifiedImageError:
            raise Problem(DATA_LOSS, f"{path} is no picture, or damaged: neither JPEG nor PNG")
        except Problem:
            raise
        except Exception as error:  # each decoder has exceptions of its own
            raise Problem(DATA_LOSS, f"the picture {path} is damaged: {error}")

    def patches(self, path):
        """(pixels as bytes, columns, rows) of the patches."""
        self.prepare()
        image = self.open(path)
        size = (image.width, image.height)
        if self.resizes:
            wanted = fitting_size(*size, self.patch, self.pool, self.slots, path)
            image = image if wanted == size else image.resize(wanted, resample=self.resample)
        side = self.patch * self.pool
        if image.width % side or image.height % side:
            raise Problem(INVALID_ARGUMENT, f"the picture {path} has {size[0]}x{size[1]} pixels; the "
                                            f"checkpoint resizes none and takes multiples of {side}")
        columns, rows = image.width // self.patch, image.height // self.patch
        self.check_grid(path, columns, rows)
        at = self.patch
        cut = [image.crop((at * column, at * row, at * (column + 1), at * (row + 1))).tobytes()
               for row in range(rows) for column in range(columns)]
        return b"".join(cut), columns, rows

    def check_grid(self, path, columns, rows):
        if columns * rows > self.slots:
            raise Problem(INVALID_ARGUMENT, f"the picture {path} gives {columns}x{rows} patches, and there "
                                            f"are {self.slots} slots; make it smaller")
        grids = self.options.get("grids")
        if grids is not None and [columns, rows] not in grids:
            taken = ", ".join(f"{width}x{height}" for width, height in grids)
            raise Problem(INVALID_ARGUMENT, f"the picture {path} gives {columns}x{rows} patches (columns x "
                                            f"rows); the option \"grids\" takes {taken}")


def in_rgb(image):
    """What is transparent lies on white."""
    if "A" not in image.getbands() and image.info.get("transparency") is None:
        return image.convert("RGB")
    white = PIL.Image.new("RGBA", image.size, (255, 255, 255, 255))
    return PIL.Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def fitting_size(width, height, patch, pool, slots, path):
    """Sides are multiples of patch * pool, rounded down from the size with as many pixels as the slots hold.
    A side that would be 0 becomes one multiple; the other is then that many times the aspect, at most what
    fits."""
    side = patch * pool
    pixels = slots * patch**2
    scale = math.sqrt(pixels / (height * width))
    rows, columns = (int(math.floor(scale * extent / side)) for extent in (height, width))
    most = slots // pool**2
    if rows == 0 and columns == 0:
        raise Problem(INVALID_ARGUMENT, f"the picture {path} has no place in {slots} slots: not one square "
                                        f"of {side} pixels")
    if rows == 0:
        rows, columns = 1, min(width // height, most)
    elif columns == 0:
        columns, rows = 1, min(height // width, most)
    return columns * side, rows * side
