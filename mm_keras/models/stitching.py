"""Columns whose encoders are run stage by stage."""

import itertools

from mm_keras import encoders as encoders_module
from mm_keras.encoders import views as views_module
from mm_keras.layers.stitch import stitch as make_stitch
from mm_keras.models import columns
from mm_keras.models import features


def own_features(encoders, heads, inputs, fusion, make_run):
    """Builds the features of each task on encoders run stage by stage.

    Args:
        encoders: Dictionary from modality to encoder.
        heads: Dictionary from task to head.
        inputs: What `mm_keras.models.features.inputs_of` returned.
        fusion: Name or layer, for the vectors; see `mm_keras.layers.fusion`.
        make_run: Function from a modality and the tasks that read it to what
            `encode` takes as `run`.

    Returns:
        Dictionary from task to its features by view.
    """
    own = {
        task: columns.own_encoders(encoders, task, head)
        for task, head in heads.items()
    }
    encoded = {task: {} for task in heads}
    for modality in encoders:
        copies = {t: own[t][modality] for t in heads if modality in own[t]}
        run = make_run(modality, list(copies))
        views = encode(copies, heads, modality, inputs, run)
        for task, given in views.items():
            encoded[task][modality] = given
    return {
        task: features.fuse(
            encoded[task], [features.view_of(head)], fusion, f"{task}_"
        )
        for task, head in heads.items()
    }


def encode(encoders, heads, modality, inputs, run):
    """Runs the encoders of all tasks on one modality, joined if several.

    Args:
        encoders: Dictionary from task to its own copy of the encoder, of the
            tasks that read the modality.
        heads: Dictionary from task to head.
        modality: Name of the modality.
        inputs: What `mm_keras.models.features.inputs_of` returned.
        run: Function from the encoders by task, cut to what the tasks read,
            and the list of their inputs, to the outputs of their stages, by
            task a list.

    Returns:
        Dictionary from task to the views of its encoder.
    """
    wanted = {task: [features.view_of(heads[task])] for task in encoders}
    if len(encoders) == 1:
        ((task, encoder),) = encoders.items()
        encoded = features.encode(
            {modality: encoder}, inputs, wanted[task], f"{task}_"
        )
        return {task: encoded[modality]}
    parts = {
        task: views_module.restrict(
            encoder,
            features.asked_of(encoder, wanted[task]),
            f"{task}_{modality}",
        )
        for task, encoder in encoders.items()
    }
    given = features.inputs_for(modality, inputs)
    stages = run(parts, given)
    return {
        task: run_neck(part, given, stages[task])
        for task, part in parts.items()
    }


def run_stages(encoders, given, *, name, stitch):
    """Runs encoders stage by stage; returns the stitched outputs by task.

    Args:
        encoders: Dictionary from task to encoder.
        given: List of the inputs of each.
        name: What the names of the stitches begin with.
        stitch: As in `mm_keras.models.cross_stitch`.
    """
    stages = {
        task: encoders_module.stages(encoder)
        for task, encoder in encoders.items()
    }
    first = given[0] if len(given) == 1 else given
    outputs = {task: [first] for task in encoders}
    for i in itertools.count():
        reached = {
            task: parts[i](outputs[task][-1])
            for task, parts in stages.items()
            if i < len(parts)
        }
        if not reached:
            return {task: tensors[1:] for task, tensors in outputs.items()}
        if len(reached) > 1:
            reached = make_stitch(stitch, f"{name}{i + 1}")(reached)
        for task, tensor in reached.items():
            outputs[task].append(tensor)


def run_neck(encoder, given, stages):
    """Returns the views of an encoder, given its inputs and its stages."""
    names = [tensor.name for tensor in encoder.inputs]
    names += [f"stage{i}" for i in range(1, len(stages) + 1)]
    tensors = dict(zip(names, [*given, *stages], strict=True))
    neck = encoders_module.neck(encoder)
    return neck({name: tensors[name] for name in neck.input})
