"""Columns whose encoders are run stage by stage."""

import itertools

from mm_keras import encoders as encoders_module
from mm_keras.encoders import views as views_module
from mm_keras.layers.stitch import stitch as make_stitch
from mm_keras.models import features


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
