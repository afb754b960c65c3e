def curves(history, *, columns=3):
    """Draws the numbers that training logged, epoch by epoch.

    One panel for each number; where there is also one of the validation data,
    `val_<name>`, it joins as a second line.

    Args:
        history: What `fit` returns, or its dictionary `history`.
        columns: Number of panels beside each other.

    Returns:
        A `matplotlib.figure.Figure`; see `mm_keras.explain.gallery`.

    Raises:
        ValueError: If there is nothing to draw.

    Example:

    >>> history = {"loss": [2.0, 1.0], "val_loss": [2.1, 1.4]}
    >>> len(mm_keras.explain.curves(history).axes)
    1
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    history = getattr(history, "history", history)
    names = list(dict.fromkeys(name.removeprefix("val_") for name in history))
    if not names:
        raise ValueError(
            "Argument `history` of curves expects at least one number for each "
            "epoch. Received: none. Pass what `model.fit` returned."
        )
    columns = min(columns, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(3.0 * columns, 2.1 * lines), dpi=120)
    figure.set_layout_engine("constrained")
    axes = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axis, name in zip(axes, names, strict=False):
        draw_curve(axis, history, name)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    for axis in axes[len(names) :]:
        axis.remove()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2)
    return figure


def draw_curve(axis, history, name):
    """Draws one number, of the training and of the validation data."""
    kinds = {"training": name, "validation": f"val_{name}"}
    for (label, key), color in zip(
        kinds.items(), ("#9aa5b1", "#1f6feb"), strict=True
    ):
        values = history.get(key, [])
        epochs = range(1, len(values) + 1)
        axis.plot(epochs, values, marker=".", color=color, label=label)
    axis.set_title(name, fontsize=10)
    axis.tick_params(labelsize=8)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
