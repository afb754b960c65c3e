"""The command line; see the package `mm_keras_cli`."""

from mm_keras_cli import main

__all__ = ["main"]
