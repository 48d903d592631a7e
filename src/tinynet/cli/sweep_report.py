"""A sweep as tables in the terminal, and as JSON."""

from typing import TYPE_CHECKING, Any

from tinynet.cli.output import say
from tinynet.numerics.integers import ceil_div

if TYPE_CHECKING:
    from tinynet.data.examples import Examples
    from tinynet.experiments.sweep import Sweep
    from tinynet.story.content import Table

BARS = "·▁▂▃▄▅▆▇█"
BINS = 5  # bars of a histogram in a cell; the middle bar counts unsure predictions
MAX_ROWS, MAX_PROBES = 200, 16
MAX_COLUMNS = 5  # columns of predictions that fit into a line of 80 characters


def as_json(sweep: "Sweep") -> dict[str, Any]:
    """Return the results of a sweep, ready for JSON."""
    about = {"networks": len(sweep.plan.seeds), "first_seed": sweep.plan.seeds.start}
    state = {"complete": sweep.complete, "interrupted": sweep.interrupted}
    return {"command": "sweep", **about, **state, "trials": sweep.rows()}


def show(sweep: "Sweep") -> None:
    """Print the results of a sweep.

    The output is the shared settings, how many networks learned, and the predictions for the probes.
    """
    from tinynet.cli import terminal
    from tinynet.experiments.trials import format_value, varying_axes

    rows, axes = sweep.rows(), list(varying_axes(sweep.trials))
    shared = [
        f"{_words(name)} {format_value(value)}"
        for name, value in sweep.trials[0].axes.items()
        if name not in axes and name in _notable_axes(sweep)
    ]
    if shared:
        say(f"{'All trials' if len(rows) > 1 else 'The trial'}: {', '.join(shared)}.")
    shown = rows[:MAX_ROWS]
    if sweep.plan.examples.regression:
        terminal.show_table(_r2_table(shown, axes, sweep.plan.examples))
    else:
        terminal.show_table(_learned_table(shown, axes))
        for table in _probe_tables(sweep, shown, axes):
            terminal.show_table(table)
    if len(rows) > len(shown):
        say(f"… and {len(rows) - len(shown):,} more trials. --out writes all trials as Parquet.")


def _notable_axes(sweep: "Sweep") -> set[str]:
    """Return the main axes, and axes with other values.

    The other values are those that differ from the default.
    """
    from tinynet.experiments.trials import Trial

    usual = Trial().axes
    changed = {name for name, value in sweep.trials[0].axes.items() if value != usual[name]}
    return changed | {"learning_rate", "epochs", "loss", "order", "optimizer", "hidden"}


def _learned_table(rows: list[dict[str, Any]], axes: list[str]) -> "Table":
    from tinynet.evaluation.verdicts import percent
    from tinynet.story.content import Table

    columns = (
        "learned",
        "percentage\n(95 % interval)",
        "median\ntraining loss",
        "epochs until\nlearned (80 %)",
    )
    numbers, cells = {row["networks"] for row in rows}, []
    for row in rows:
        percentage = "" if row["learned_fraction"] is None else percent(row["learned_fraction"])
        percentage += _interval(
            row["learned_low"], row["learned_high"], lambda x: percent(x).removesuffix(" %")
        )
        loss = "" if row["loss_q50"] is None else f"{row['loss_q50']:.2g}"
        low, middle, high = (row[f"epochs_to_learn_q{q}"] for q in (10, 50, 90))
        epochs = "" if middle is None else f"{middle:,}{_interval(low, high, '{:,}'.format)}"
        count = f"{row['learned']:,}" + (f"/{row['networks']:,}" if len(numbers) > 1 else "")
        cells.append((*_values(row, axes), count, percentage, loss, epochs))
    each = f", of {numbers.pop():,} per trial" if len(numbers) == 1 else ""
    return Table(
        f"Networks that classify every example correctly{each}", (*map(_words, axes), *columns), tuple(cells)
    )


def _r2_table(rows: list[dict[str, Any]], axes: list[str], examples: "Examples") -> "Table":
    """Return the losses of each trial as a table, with R², and RMSE in the units of a single target."""
    from tinynet.core.notation import number
    from tinynet.story.content import Table

    scaling, cells = examples.target_scaling, []
    single = len(examples.target_names) == 1 and scaling is not None
    for row in rows:
        low, r2, high = (row[f"r2_q{q}"] for q in (10, 50, 90))
        loss = "" if row["loss_q50"] is None else f"{row['loss_q50']:.2g}"
        fit = "" if r2 is None else f"{r2:.3f}{_interval(low, high, '{:.3f}'.format)}".replace("-", "−")
        rmse = ""
        if single and scaling is not None and r2 is not None:
            rmse = number(float(f"{row['loss_q50'] ** 0.5 * (scaling.high[0] - scaling.low[0]):.3g}"))
        cells.append((*_values(row, axes), loss, fit, rmse))
    columns = ("median\ntraining loss", "median R²\n(80 %)", "median\nRMSE")
    keep = slice(None) if single else slice(-1)
    head = f"Predictions of {', '.join(examples.target_names)}"
    return Table(
        head,
        (*map(_words, axes), *columns[keep]),
        tuple(cell if single else cell[:-1] for cell in cells),
    )


def _interval(low: Any, high: Any, write: Any) -> str:
    return "" if low is None else f" ({write(low)}–{write(high)})"


def _probe_tables(sweep: "Sweep", rows: list[dict[str, Any]], axes: list[str]) -> "list[Table]":
    """Return the predictions for each probe as tables.

    A cell has a histogram, and the percentage of the first class. A row of the table is a trial. With many probes it is a
    probe, and each table has a column for some of the trials.
    """
    from tinynet.story.content import Table

    first, *others = sweep.plan.examples.target_names
    title = f"Percentage of networks that predict {first} for each probe"
    if len(others) == 1:
        title += f"\nBars: confident in {others[0]} (left), unsure (middle), confident in {first} (right)"
    names = sweep.plan.probes.names[:MAX_PROBES]
    cells = [[_cell(sweep, row, k, name) for k, name in enumerate(names)] for row in rows]
    if len(names) <= MAX_COLUMNS:
        lines = [(*_values(row, axes), *line) for row, line in zip(rows, cells, strict=True)]
        return [Table(title, (*map(_words, axes), *names), tuple(lines))]
    tables = []
    for start in range(0, len(rows), MAX_COLUMNS):
        chosen = slice(start, start + MAX_COLUMNS)
        columns = [_trial_words(row, axes) for row in rows[chosen]]
        lines = list(zip(names, *cells[chosen], strict=True))
        tables.append(Table("" if start else title, ("probe", *columns), tuple(lines)))
    return tables


def _trial_words(row: dict[str, Any], axes: list[str]) -> str:
    """Return the values of a trial as the head of a column."""
    pairs = zip(map(_words, axes), _values(row, axes), strict=True)
    return "\n".join(f"{name} {value}" for name, value in pairs) or "percentage"


def _cell(sweep: "Sweep", row: dict[str, Any], probe: int, name: str) -> str:
    from tinynet.evaluation.verdicts import whole_percent

    counts, classes = row["probes"][name], sweep.plan.examples.target_names
    if not row["networks"]:
        return ""
    margins = sweep.tallies[row["trial"]].margin_histogram(probe) if len(classes) == 2 else None
    bars = "" if margins is None else sparkline(margins.reshape(BINS, -1).sum(axis=1).tolist())
    not_finite = f" ({counts['not_finite']:,} not finite)" if counts["not_finite"] else ""
    return f"{bars}{whole_percent(counts['predicted'].get(classes[0], 0) / row['networks']):>3}{not_finite}"


def sparkline(counts: list[int]) -> str:
    """Write counts as bars.

    A count above 0 always gets a visible bar.

    >>> sparkline([0, 1, 50, 100])
    '·▁▄█'
    """
    top = max(counts) or 1
    return "".join(BARS[ceil_div(count * (len(BARS) - 1), top)] for count in counts)


def _values(row: dict[str, Any], axes: list[str]) -> list[str]:
    from tinynet.experiments.trials import format_value

    return [format_value(row[name]) for name in axes]


def _words(name: str) -> str:
    return name.replace("_", " ")
