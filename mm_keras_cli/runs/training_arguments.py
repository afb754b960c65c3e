"""The arguments of `mm-keras train`."""

from mm_keras_cli import arguments as types
from mm_keras_cli import data_arguments
from mm_keras_cli import part_arguments

PART = part_arguments.SYNTAX
DEFAULTS = {
    "model": part_arguments.Part("hard_sharing"),
    "epochs": 10,
    "batch_size": 32,
    "monitor": "val_loss",
    "seed": 0,
}


def add_arguments(parser):
    """Adds everything that can be said of a training.

    Nothing has a default here: what is None was not said.
    """
    data_arguments.add_data(parser, nargs="?")
    add_splits(parser)
    add_model(parser)
    add_training(parser)


def add_splits(parser):
    """Adds which parts of the data are used for what."""
    parser.add_argument(
        "--split", metavar="NAME", help="what to train on (default: train)"
    )
    parser.add_argument(
        "--validation",
        metavar="NAME_OR_SHARE",
        help="what to validate on: a split, or a share of the training data "
        "to hold out (default: the split validation or val, or else 0.1)",
    )
    parser.add_argument(
        "--test",
        metavar="NAME",
        help="a split to measure the best model on in the end",
    )
    parser.add_argument(
        "--augment",
        type=part_arguments.parse_options,
        metavar="OPTIONS",
        help="random changes of the training pictures, as in "
        "mm_keras.data.Augmentation: horizontal_flip=0.5,rotation=10",
    )
    parser.add_argument(
        "--text",
        type=part_arguments.parse_options,
        metavar="OPTIONS",
        help="how texts become ids: vocabulary_size=10000,length=50 (default: "
        "all words, and the length of the longest text)",
    )


def add_model(parser):
    """Adds what the model is made of."""
    parser.add_argument(
        "--encoder",
        dest="encoders",
        action="append",
        type=part_arguments.parse_encoder,
        metavar="ENCODER",
        help=f"{PART}, one of mm_keras.encoders, such as "
        "resnet:18:width=16,stem_stride=2; with several inputs one for each, "
        "text=lstm:units=64 (default: resnet:18 for pictures, lstm for texts, "
        "mlp for numbers)",
    )
    parts = {
        "--model": "a structure of mm_keras.models, or a whole model, such as "
        "zoo.digit_scenes (default: hard_sharing)",
        "--fusion": "how several inputs are joined (default: concatenate)",
        "--balancing": "how tasks are balanced, such as pcgrad (default: the "
        "weighted sum of their losses)",
        "--optimizer": "an optimizer of Keras, such as "
        "adamw:weight_decay=1e-3,global_clipnorm=5 (default: adam)",
    }
    for name, about in parts.items():
        parser.add_argument(
            name, type=part_arguments.parse, metavar="PART", help=about
        )


def add_training(parser):
    """Adds how the model is trained."""
    number = types.positive_integer
    rows = {
        "--learning-rate": (types.positive_number, "that of the optimizer"),
        "--epochs": (number, DEFAULTS["epochs"]),
        "--batch-size": (number, DEFAULTS["batch_size"]),
        "--seed": (types.seed, "0, of weights, order and augmentation"),
    }
    for name, (kind, default) in rows.items():
        parser.add_argument(
            name, type=kind, metavar="N", help=f"default: {default}"
        )
    parser.add_argument(
        "--monitor",
        metavar="NAME",
        help="the number by which the best epoch is chosen, such as "
        "val_digits_ap (default: val_loss)",
    )
    parser.add_argument(
        "--patience",
        type=number,
        metavar="N",
        help="stop once it has not become better for so many epochs",
    )
    parser.add_argument(
        "--deterministic",
        action="store_true",
        default=None,
        help="the same numbers to the last bit whenever it is repeated, which "
        "is slower",
    )
