import functools

from mm_keras import encoders as encoders_module
from mm_keras.layers.branching import Branching
from mm_keras.models import assembly
from mm_keras.models import features
from mm_keras.models import stitching


def branched(
    encoders,
    tasks,
    *,
    blocks=None,
    temperature=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="branched",
):
    """A tree of blocks, which learns where the tasks part.

    ```
             stage1          stage2
    image -+-> block1 -+       +-> block1 -+       +-> digits neck -> head
           |           +-choose+           +-choose+
           +-> block2 -+       +-> block2 -+       +-> mask neck ---> head
    ```

    Every stage of an encoder exists `blocks` times. A block chooses which block
    of the stage before it reads, and a task which one of the last stage; what
    is chosen by nobody is not needed. While training, the choices are drawn at
    random, ever more decidedly, see `mm_keras.layers.Branching`; in evaluation
    they are the most probable ones. `mm_keras.models.fix_branches` then returns
    the plain tree, to be trained further, saved and exported.

    In the paper the choices stay even while the blocks warm up; so they do by
    `mm_keras.training.SharingSchedule({"image_branching2": {0: False, 5: True},
    ...})`.

    Args:
        encoders: Dictionary from modality to encoder with stages, see
            `mm_keras.encoders.stages`. All blocks start from its weights.
        tasks: List of at least two `mm_keras.tasks.Task`.
        blocks: Number of blocks of each stage, at least 1, which is hard
            sharing. Defaults to the number of tasks that read the modality.
        temperature: As in `mm_keras.layers.Branching`.
        fusion: As in `mm_keras.models.independent`.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`.

    Raises:
        ValueError: As in `mm_keras.models.cross_stitch`, and if `blocks` or
            `temperature` is out of range.

    Example:

    >>> table = mm_keras.encoders.mlp(4, units=(8, 8))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.regression("price"),
    ... ]
    >>> model = mm_keras.models.branched({"table": table}, tasks)
    >>> [layer.name for layer in model.layers if "branching" in layer.name]
    ['table_branching2', 'table_branching']
    >>> tree = mm_keras.models.fix_branches(model)
    >>> tree.count_params() < model.count_params()
    True

    Reference:
        [Guo et al., 2020](https://arxiv.org/abs/2006.01895).
    """
    check_blocks(blocks)
    heads = assembly.make_many_heads(tasks, "branched")
    features.check(encoders, heads)
    inputs = features.inputs_of(encoders)

    def make_run(modality, readers):
        return functools.partial(
            run_tree,
            encoder=encoders[modality],
            modality=modality,
            blocks=blocks or len(readers),
            temperature=temperature,
        )

    own = stitching.own_features(encoders, heads, inputs, fusion, make_run)
    return assembly.compiled(
        inputs,
        assembly.predict(heads, own),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )


def run_tree(parts, given, *, encoder, modality, blocks, temperature):
    """Runs the blocks of all stages; returns what each task has chosen.

    Args:
        parts: Dictionary whose keys are the tasks.
        given: List of the inputs of the encoder.
        encoder: The encoder whose stages the blocks are copies of.
        modality: Name of the modality, with which the names of layers begin.
        blocks, temperature: As in `branched`.

    Returns:
        Dictionary from task to the list of the outputs of all stages on the
        way to its choice.
    """
    columns = [
        encoders_module.stages(
            encoders_module.copy(encoder, f"{modality}_block{j}")
        )
        for j in range(1, blocks + 1)
    ]
    first = given[0] if len(given) == 1 else given
    # What each block gives, and what the blocks before it gave, by stage.
    ways = [{"stage1": column[0](first)} for column in columns]
    for i in range(2, len(columns[0]) + 1):
        choice = Branching(blocks, temperature, name=f"{modality}_branching{i}")
        ways = [
            {**way, f"stage{i}": column[i - 1](way[f"stage{i - 1}"])}
            for way, column in zip(choice(ways), columns, strict=True)
        ]
    choice = Branching(len(parts), temperature, name=f"{modality}_branching")
    return {
        task: [way[f"stage{i}"] for i in range(1, len(way) + 1)]
        for task, way in zip(parts, choice(ways), strict=True)
    }


def check_blocks(blocks):
    if blocks is None or (isinstance(blocks, int) and blocks >= 1):
        return
    raise ValueError(
        "Argument `blocks` of branched expects an integer of at least 1, or "
        f"None. Received: blocks={blocks!r}. 1 is hard sharing; None has a "
        "block for each task."
    )
