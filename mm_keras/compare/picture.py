"""Draws a comparison: a panel a score, a line a candidate."""


def draw(rows, scores):
    """Returns a figure with a panel for each score, and for `delta_m`.

    Args:
        rows: What `Comparison.rows` gives.
        scores: Dictionary from name to `"max"` or `"min"`.
    """
    from matplotlib.figure import Figure

    panels = {
        f"{score} ({way})": [row["scores"][score] for row in rows]
        for score, way in scores.items()
    }
    if rows and rows[0]["delta_m"] is not None:
        panels["delta_m, % (min)"] = [row["delta_m"] for row in rows]
    size = (2.6 * len(panels) + 1.5, 0.35 * len(rows) + 1.0)
    figure = Figure(figsize=size, dpi=120)
    figure.set_layout_engine("constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axis, (title, spreads) in zip(axes, panels.items(), strict=True):
        draw_panel(axis, title, spreads)
    axes[0].set_yticks(range(len(rows)), [row["candidate"] for row in rows])
    axes[0].invert_yaxis()
    return figure


def draw_panel(axis, title, spreads):
    """Draws one number of all candidates, and where the first one is."""
    axis.axvline(spreads[0]["mean"], color="#9aa5b1", linewidth=0.8)
    for height, values in enumerate(spreads):
        many = [height] * len(values["values"])
        axis.plot(values["values"], many, "o", color="#1f6feb", alpha=0.4)
        axis.plot(values["mean"], height, "|", color="#1f6feb", markersize=14)
    axis.set_title(title, fontsize=10)
    axis.tick_params(labelsize=8)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
