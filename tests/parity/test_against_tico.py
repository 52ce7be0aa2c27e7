"""Each recipe, run by vernier and by TICO on the same checkpoint and inputs, gives the same qparams, outputs and Circle file."""
import subprocess
import sys
import sysconfig
import pathlib

import numpy as np
import pytest

RECIPES = ["gemma4_embedder", "gemma4_embedder_int16_uint4", "minilm_dense"]
each_recipe = pytest.mark.parametrize("pair", RECIPES, indirect=True)


def assert_within_one_ulp(ours, theirs, what):
    ours, theirs = np.asarray(ours, np.float32), np.asarray(theirs, np.float32)
    assert ours.shape == theirs.shape, what
    assert np.all(np.abs(ours - theirs) <= np.spacing(np.abs(theirs))), what


@each_recipe
def test_every_site_has_the_same_qparams(pair):
    assert set(pair.vernier.sites) == set(pair.tico.sites)
    for site, theirs in pair.tico.sites.items():
        ours = pair.vernier.sites[site]
        assert (ours["dtype"], ours["scheme"], ours["axis"]) == (theirs["dtype"], theirs["scheme"], theirs["axis"]), site
        assert_within_one_ulp(ours["scale"], theirs["scale"], site)
        assert ours["zero_point"] == theirs["zero_point"], site


@each_recipe
def test_float_output_is_that_of_transformers(pair):
    np.testing.assert_allclose(pair.vernier.outputs["float_out.0"], pair.tico.outputs["float_out.0"], rtol=0, atol=1e-5)


@each_recipe
def test_quantized_output_is_within_one_step(pair):
    ours, theirs = pair.vernier.outputs["quant_out.0"], pair.tico.outputs["quant_out.0"]
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= pair.output_step() * 1.001  # a step of float32 numbers has rounding of its own
    if pair.scales_are_equal():
        np.testing.assert_array_equal(ours, theirs)


@each_recipe
def test_metrics_are_the_same(pair):
    for name in ("mean_abs_diff", "max_abs_diff", "peir", "sqnr_db"):
        assert pair.vernier.metrics[name] == pytest.approx(pair.tico.metrics[name], rel=1e-5), name


@pytest.mark.parametrize("pair", ["gemma4_embedder"], indirect=True)
def test_seed_example_gives_the_published_numbers(pair):
    assert pair.vernier.metrics["mean_abs_diff"] == pytest.approx(0.0072649904, rel=1e-5)
    assert pair.vernier.metrics["peir"] == pytest.approx(0.008677608, rel=1e-5)


@each_recipe
def test_circle_file_passes_ticos_verifier(pair):
    program = pathlib.Path(sysconfig.get_path("scripts")) / "tico-circle"
    assert pathlib.Path(sys.executable).parent == program.parent
    done = subprocess.run([program, "verify", "--warnings-as-errors", pair.vernier.circle], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def assert_same_tensor(ours, theirs, what):
    assert (ours is None) == (theirs is None), what
    if ours is None:
        return
    assert (ours.shape, ours.type, ours.zero_point, ours.axis) == (theirs.shape, theirs.type, theirs.zero_point, theirs.axis), what
    assert_within_one_ulp(ours.scale, theirs.scale, what)
    assert ours.data == theirs.data, what


@each_recipe
def test_circle_file_decodes_to_the_same_graph(pair):
    ours, theirs = pair.vernier.graph, pair.tico.graph
    assert [one.op for one in ours.operators] == [one.op for one in theirs.operators]
    for a, b in zip([ours, *ours.operators], [theirs, *theirs.operators]):
        for role in ("inputs", "outputs"):
            assert len(getattr(a, role)) == len(getattr(b, role))
            for i, (x, y) in enumerate(zip(getattr(a, role), getattr(b, role))):
                assert_same_tensor(x, y, f"{getattr(b, 'op', 'graph')} {role}[{i}]")
        assert getattr(a, "options", {}) == getattr(b, "options", {})


@pytest.mark.parametrize("pair", ["gemma4_embedder"], indirect=True)
def test_embedder_keeps_module_paths_as_names(pair):
    weight = pair.vernier.graph.operators[1].inputs[1]
    assert weight.name == "model.embed_vision.embedding_projection.weight"
    assert (weight.type, weight.axis) == ("UINT8", 0)
    assert pair.vernier.graph.operators[0].inputs[1].type == "UINT8"  # gamma
    assert pair.vernier.graph.operators[1].options["keepNumDims"] is True


@pytest.mark.parametrize("pair", ["minilm_dense"], indirect=True)
def test_bias_of_the_real_checkpoint_is_int32_on_the_product_grid(pair):
    x, weight, bias = pair.vernier.graph.operators[0].inputs
    assert bias.type == "INT32" and bias.zero_point == [0] * 1536
    np.testing.assert_array_equal(bias.scale, x.scale[0] * weight.scale)
    codes = np.frombuffer(bias.data, np.int32)
    assert np.abs(codes.astype(np.int64)).max() < 2**31 - 1  # none saturated
    assert pair.vernier.metrics["sqnr_db"] >= 30
