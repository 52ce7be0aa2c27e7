"""The same recipe gives the same bytes, run after run and for any number of threads."""
import pytest

from conftest import run_vernier


@pytest.mark.parametrize("recipe", ["gemma4_embedder", "minilm_dense"])
def test_bytes_do_not_depend_on_threads_or_runs(recipe, folder):
    runs = [run_vernier(recipe, folder / recipe / f"threads{n}_{i}", "--set", f"runtime.threads={n}") for n in (1, 2) for i in (0, 1)]
    for name in ("qparams.json", "outputs.safetensors", runs[0].circle.name):
        assert len({(run.folder / name).read_bytes() for run in runs}) == 1, name
