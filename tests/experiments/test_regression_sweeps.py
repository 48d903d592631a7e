"""Populations and sweeps of networks that predict numbers."""

import json

import numpy as np
import pytest
from sklearn.metrics import r2_score

import tinynet as tn
from run_cli import tinynet
from tinynet.errors import TinyNetError
from tinynet.plots import sweep_map


@pytest.fixture(scope="module")
def columns():
    generator = np.random.default_rng(0)
    x = generator.random((60, 2))
    return {
        "a": x[:, 0],
        "b": 100 * x[:, 1],
        "price": 1e5 * (x[:, 0] + 2 * x[:, 1]) + 5e3 * generator.normal(size=60),
    }


@pytest.fixture(scope="module")
def examples(columns):
    return tn.Examples.from_table(columns, targets="price")


def test_r2_of_a_population_agrees_with_scikit_learn(examples):
    trained = tn.population(networks=64, examples=examples)
    assert (trained.architecture, trained.recipe) == tn.defaults(examples)
    outputs = trained.outputs(examples)
    expected = [r2_score(examples.targets, outputs[k]) for k in range(64)]
    assert trained.r2[:, 0] == pytest.approx(expected)
    assert np.isnan(trained.accuracy).all()
    assert not trained.all_right.any()
    loss, r2 = trained.verdicts()
    assert loss.sentence.startswith("The median training loss is ")
    assert r2.sentence.startswith(
        f"The median R² of price is {np.median(trained.r2):.4f}. 80 % of the networks"
    )


def test_a_sweep_has_quantiles_of_r2_and_no_classes(examples, tmp_path):
    import pyarrow.parquet as pq

    found = tn.sweep(tn.grid(examples, learning_rate=[0.01, 0.1]), 64, examples=examples, out=tmp_path)
    for trial, row in zip(found.trials, found.rows(), strict=True):
        trained = tn.population(trial.recipe, 64, examples=examples, architecture=trial.architecture)
        median = np.quantile(trained.r2, 0.5, method="inverted_cdf")
        assert row["r2_q50"] == pytest.approx(median, abs=0.02 * (1 - median))
        assert row["r2_q10"] <= row["r2_q50"] <= row["r2_q90"]
        assert not [name for name in row if "learned" in name or "epochs_to_learn" in name]
        assert row["probes"] == {}
    assert "The median R² is " in found.verdict(1).sentence
    assert pq.read_table(tmp_path / "trials.parquet")["r2_q50"].to_pylist() == [
        row["r2_q50"] for row in found.rows()
    ]
    assert pq.read_table(tmp_path / "probes.parquet").num_rows == 0
    assert sweep_map(found, value="loss").get_xlabel() == "learning rate"
    with pytest.raises(TinyNetError, match="value is 'learned' and the examples have numbers to predict"):
        sweep_map(found)
    with pytest.raises(TinyNetError, match="probes is given and the examples have numbers to predict"):
        tn.sweep(tn.grid(examples), 64, examples=examples, probes=examples)
    other = tn.sweep(tn.grid(examples, loss="bce", epochs=2), 64, examples=examples).verdict(0)
    assert other.sentence.startswith("The median training loss is ")


def test_sweep_predicts_the_numbers_of_a_target_at_the_command_line(columns, tmp_path):
    rows = zip(*columns.values(), strict=True)
    text = "a,b,price\n" + "".join(f"{a},{b},{price}\n" for a, b, price in rows)
    (tmp_path / "house.csv").write_text(text)
    sweep = ["sweep", "house.csv", "--target", "price", "--rate", "0.01,0.1", "--networks", "64"]
    printed = tinynet(*sweep, "--figure", "map.png", cwd=tmp_path)
    assert (printed.returncode, printed.stderr) == (0, "")
    rows = json.loads(tinynet(*sweep, "--json", cwd=tmp_path).stdout)["trials"]
    assert [(row["output"], row["loss"], row["order"]) for row in rows] == [
        ("identity", "mse", "shuffled")
    ] * 2
    for row in rows:
        assert f"{row['r2_q50']:.3f} ({row['r2_q10']:.3f}–{row['r2_q90']:.3f})" in printed.stdout
    assert "RMSE" in printed.stdout
    assert "learned" not in printed.stdout


def test_many_rows_give_evenly_spaced_probes():
    from tinynet.experiments.plan import plan_sweep

    rows = tn.Examples.from_table(
        {"x": np.arange(3000.0), "label": [f"c{k // 30:02}" for k in range(3000)]}, label="label"
    )
    probes = plan_sweep(tn.grid(rows), 64, examples=rows).probes
    assert (len(probes), probes.names[:2]) == (200, ("row 1", "row 16"))


def test_population_trains_on_a_table_at_the_command_line(columns, tmp_path):
    rows = zip(*columns.values(), strict=True)
    (tmp_path / "house.csv").write_text("a,b,price\n" + "".join(f"{a},{b},{price}\n" for a, b, price in rows))
    command = ["population", "house.csv", "--target", "price", "--networks", "64"]
    found = json.loads(tinynet(*command, "--json", cwd=tmp_path).stdout)
    examples = tn.Examples.from_table(tmp_path / "house.csv", targets="price")
    trained = tn.population(networks=64, examples=examples)
    assert found["recipe"] == trained.recipe.to_json()
    assert [verdict["sentence"] for verdict in found["verdicts"]] == list(map(str, trained.verdicts()))
    refused = tinynet(*command, "--out", "a.png", cwd=tmp_path).stderr
    assert refused.startswith("tinynet: --out is not used. The histogram is of the gray 2x2 picture")
