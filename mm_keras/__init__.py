"""Multi-task and multi-modal models for Keras 3.

Everything is a mapping, and data flows through them in this order:

| module | maps |
|---|---|
| `tasks` | a declaration of what to predict |
| `data` | files to batches of `(inputs, targets, sample_weights)` |
| `encoders` | one modality to views: vector, tokens, pyramid |
| `layers` | several modalities to one; features to raw outputs |
| `detection` | a pyramid to boxes |
| `losses`, `metrics` | outputs and targets to a number |
| `balancing` | the losses of all tasks, or their gradients, to one update |
| `training` | all of these to a model that trains: `MultiTaskModel` |
| `models` | encoders and tasks to a compiled model |
| `zoo` | a name to a model |
| `explain` | predictions and logs to pictures |
| `export` | a trained model to files that run elsewhere |
| `compare` | candidates, tasks and seeds to a table |

Imports point the other way: losses, metrics, layers and detection know of
nothing above them; then come tasks; encoders and data; balancing; training;
models; zoo, explain and export; and compare. `tests/test_package.py` holds
them to it.
"""

from mm_keras import balancing
from mm_keras import compare
from mm_keras import data
from mm_keras import detection
from mm_keras import encoders
from mm_keras import explain
from mm_keras import export
from mm_keras import layers
from mm_keras import losses
from mm_keras import metrics
from mm_keras import models
from mm_keras import tasks
from mm_keras import training
from mm_keras import zoo
from mm_keras.export import serving_model
from mm_keras.training import MultiTaskModel
from mm_keras.version import __version__

__all__ = [
    "MultiTaskModel",
    "__version__",
    "balancing",
    "compare",
    "data",
    "detection",
    "encoders",
    "explain",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "serving_model",
    "tasks",
    "training",
    "zoo",
]
