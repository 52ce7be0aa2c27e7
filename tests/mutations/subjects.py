"""What mutate.py changes, and what it runs on it."""

import json
import pathlib
import re
import shutil
import subprocess

import mutants

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE = ROOT / "configs/gemma4_tiny_embedder.json"


def without_comments(text):
    """A recipe's lines that are comments; none of the recipes used here has others."""
    return re.sub(r"^\s*//.*$", "", text, flags=re.M)


class Subject:
    """`prepare` makes what is valid below `folder`; `mutant` writes a changed one below `place` and returns
    the commands to run there, one after the other; the last one that ends with 0 has made `models(place)`."""

    def __init__(self, vernier, folder):
        self.vernier, self.folder = vernier, folder
        self.checkpoint = folder / "checkpoint"
        shutil.copytree(ROOT / "tests/data/gemma4_tiny", self.checkpoint)
        recipe = json.loads(without_comments(MODULE.read_text()))
        recipe.pop("$schema")
        recipe["model"]["checkpoint"] = str(self.checkpoint)
        recipe["calibration"]["samples"] = recipe["evaluation"]["samples"] = 2
        # What a run puts into place was executed, and is near to float.
        gates = {"float_to_file": {"sqnr_db": ">= 20"}}
        recipe["export"][0].update({"verify": {"samples": 1}, "gates": gates})
        recipe["runtime"].update({"trace_timeout": 10, "threads": 1})
        self.recipe = recipe
        self.prepare()

    def prepare(self):
        pass

    def run(self, recipe, place, *words):
        return [self.vernier, "run", recipe, "--out", place / "out", "--quiet", *words]

    def write_recipe(self, place, **model):
        path = place / "recipe.json"
        path.write_text(json.dumps({**self.recipe, "model": {**self.recipe["model"], **model}}))
        return path

    def models(self, place):
        return [path for path in (place / "out").glob("*") if path.suffix in {".circle", ".tflite"}]


class Libraries(Subject):
    """A plugin as --plugin, in the place of the one beside the binary."""

    def prepare(self):
        plugins = self.vernier.parents[1] / "lib/vernier/plugins"
        names = ("gemma4", "minmax", "circle")
        found = {path.stem: path for path in plugins.glob("*.so")}
        self.libraries = [(name, found[name].read_bytes()) for name in names]

    def mutant(self, chance, place):
        name, data = chance.choice(self.libraries)
        library = place / f"{name}.so"
        library.write_bytes(mutants.changed_bytes(chance, data, shifts=chance.choice((0, 0, 0, 2))))
        library.chmod(0o755)
        return [self.run(self.write_recipe(place), place, "--plugin", library)]


class Recipes(Subject):
    def mutant(self, chance, place):
        path = place / "recipe.json"
        path.write_bytes(mutants.changed_text(chance, json.dumps(self.recipe, indent=1)))
        return [self.run(path, place)]


class Checkpoints(Subject):
    """config.json or the tensors of a copy; what does not change is a link."""

    def mutant(self, chance, place):
        copy = place / "checkpoint"
        copy.mkdir()
        changed = chance.choice(("config.json", "model.safetensors"))
        for path in self.checkpoint.iterdir():
            if path.name != changed:
                (copy / path.name).symlink_to(path)
        if changed == "config.json":
            text = (self.checkpoint / changed).read_text()
            (copy / changed).write_bytes(mutants.changed_text(chance, text))
        else:
            (copy / changed).write_bytes(
                mutants.changed_safetensors(chance, (self.checkpoint / changed).read_bytes()))
        return [self.run(self.write_recipe(place, checkpoint=str(copy)), place)]


class ModelFiles(Subject):
    """Exported files in the commands that read them; all run, whatever the ones before say."""

    runs_all = True

    def prepare(self):
        names = {"circle": "m.circle", "tflite": "m.tflite", "onnx": "m.onnx"}
        recipe = json.loads(json.dumps(self.recipe))
        recipe["quantization"] = {"activation": {"observer": "minmax", "dtype": "int8"},
                                  "weight": {"observer": "minmax", "dtype": "int8", "scheme": "symmetric"}}
        recipe["gates"] = {}
        recipe["export"] = [{"backend": one, "file": file} for one, file in names.items()]
        (self.folder / "all.json").write_text(json.dumps(recipe))
        command = [self.vernier, "run", self.folder / "all.json", "--out", self.folder / "all", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.files = [(self.folder / "all" / file).read_bytes() for file in names.values()]
        self.names = list(names.values())

    def mutant(self, chance, place):
        which = chance.randrange(len(self.names))
        file = place / self.names[which]
        file.write_bytes(mutants.changed_bytes(chance, self.files[which]))
        commands = [[self.vernier, "inspect", file]]
        if file.suffix != ".onnx":
            commands += [[self.vernier, "verify", file],
                         [self.vernier, "verify", file, "--profile", "luci" if which == 0 else "litert"]]
        if file.suffix == ".circle":
            commands.append([self.vernier, "verify", file, "--recipe", self.write_recipe(place)])
        return commands

    def models(self, place):
        return []


KINDS = {"libraries": Libraries, "recipes": Recipes, "checkpoints": Checkpoints, "files": ModelFiles}
