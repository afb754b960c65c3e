import keras

from mm_keras import encoders as encoders_module
from mm_keras.layers.stage_attention import StageAttention
from mm_keras.models import assembly
from mm_keras.models import features


def mtan(
    encoders,
    tasks,
    *,
    hidden_units=None,
    fusion="concatenate",
    optimizer="adam",
    balancing=None,
    name="mtan",
):
    """One encoder for all tasks; each task attends to every stage of it.

    ```
    image -> image_stage1 ---------> image_stage2 ---------> ...
                  |                       |
                  v                       v
      mask_image_stage1_attention -> mask_image_stage2_attention -> ...
                  |                       |
                  +-----------------------+-> mask_image_neck -> mask_head
    ```

    The stages are shared. For every task and stage a learned mask in (0, 1)
    chooses among the features, seeing what it chose at the stage before. What
    the encoder makes of its stages, such as a pyramid, each task makes of what
    it chose, with a copy of its own. (The paper forms the mask from the first
    features within a block and applies it to the last; here both are the last,
    so that any encoder with stages will do.)

    Args:
        encoders: Dictionary from modality to encoder with stages, see
            `mm_keras.encoders.stages`. The stages are the encoder's own; the
            copies of the rest start from its weights.
        tasks: List of `mm_keras.tasks.Task`.
        hidden_units: Width of the small networks that make the masks. Defaults
            to a quarter of the channels.
        fusion: As in `mm_keras.models.hard_sharing`; each task fuses for
            itself.
        optimizer: As in `keras.Model.compile`.
        balancing: As in `mm_keras.models.hard_sharing`.
        name: Name of the model.

    Returns:
        A compiled `mm_keras.MultiTaskModel`. Its layers
        `<task>_<modality>_stage<i>_attention` give the masks: see
        `mm_keras.layers.StageAttention`.

    Raises:
        ValueError: If an encoder has no stages, a stage is not smaller by a
            whole factor than the one before, or as in
            `mm_keras.models.hard_sharing`.

    Example:

    >>> image = mm_keras.encoders.convnet((16, 16, 3), (8, 8))
    >>> tasks = [
    ...     mm_keras.tasks.classification("kind", 3),
    ...     mm_keras.tasks.segmentation("mask", 3, channels=8),
    ... ]
    >>> model = mm_keras.models.mtan({"image": image}, tasks)
    >>> layer = model.get_layer("mask_image_stage2_attention")
    >>> masks = layer.attention_model(model)
    >>> masks.predict({"image": np.ones((2, 16, 16, 3))}, verbose=0).shape
    (2, 4, 4, 8)

    Reference:
        [Liu et al., 2019](https://arxiv.org/abs/1803.10704).
    """
    heads = assembly.make_heads(tasks)
    features.check(encoders, heads)
    inputs = features.inputs_of(encoders)
    wanted = {task: [features.view_of(head)] for task, head in heads.items()}
    encoded = {task: {} for task in heads}
    for modality, encoder in encoders.items():
        tensors = features.inputs_for(modality, inputs)
        necks = own_necks(modality, encoder, wanted)
        shared = run_stages(modality, encoder, tensors, necks)
        # Those that the neck reads past the stages, by their names.
        direct = {
            tensor.name: x
            for tensor, x in zip(encoder.inputs, tensors, strict=True)
        }
        for task, neck in necks.items():
            kept = attend(f"{task}_{modality}", shared, neck, hidden_units)
            given = {**direct, **kept}
            encoded[task][modality] = neck(
                {source: given[source] for source in neck.input}
            )
    features_of = {
        task: features.fuse(encoded[task], wanted[task], fusion, f"{task}_")
        for task in heads
    }
    return assembly.compiled(
        inputs,
        assembly.predict(heads, features_of),
        tasks,
        optimizer=optimizer,
        balancing=balancing,
        name=name,
    )


def own_necks(modality, encoder, wanted):
    """Returns a copy of an encoder's neck for each task that reads it."""
    necks = {}
    for task, views in wanted.items():
        asked = features.asked_of(encoder, views)
        if asked:
            necks[task] = encoders_module.copy(
                encoders_module.neck(encoder, asked), f"{task}_{modality}_neck"
            )
    return necks


def run_stages(modality, encoder, tensors, necks):
    """Returns the outputs of the shared stages, as far as any neck reads."""
    last = max(len(stages_until(neck)) for neck in necks.values())
    outputs, x = [], tensors[0] if len(tensors) == 1 else tensors
    stages = encoders_module.stages(encoder)[:last]
    for i, stage in enumerate(stages, start=1):
        named = keras.Model(
            stage.input, stage.output, name=f"{modality}_stage{i}"
        )
        x = named(x)
        outputs.append(x)
    return outputs


def stages_until(neck):
    """Returns the names of all stages up to the last one that a neck reads."""
    read = [int(name[5:]) for name in neck.input if name[:5] == "stage"]
    return [f"stage{i}" for i in range(1, max(read, default=0) + 1)]


def attend(prefix, shared, neck, hidden_units):
    """Returns what one task keeps of each stage, by the name of the stage."""
    kept, before = {}, ()
    for stage, x in zip(stages_until(neck), shared, strict=False):
        layer = StageAttention(hidden_units, name=f"{prefix}_{stage}_attention")
        kept[stage] = layer(x, *before)
        before = (kept[stage],)
    return kept
