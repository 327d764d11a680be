"""What users choose: in configuration files, in their editor, and in comments."""

from loopless.settings.files import ConfigurationFile, PlacedProblem, in_folder, nearest, parsed
from loopless.settings.model import Settings, VerifySettings, is_test
from loopless.settings.read import Layer, Problem, layer, settings_from
from loopless.settings.suppressions import Remark, directives, suppressed, suppressing

__all__ = [
    "ConfigurationFile",
    "Layer",
    "PlacedProblem",
    "Problem",
    "Remark",
    "Settings",
    "VerifySettings",
    "directives",
    "in_folder",
    "is_test",
    "layer",
    "nearest",
    "parsed",
    "settings_from",
    "suppressed",
    "suppressing",
]
