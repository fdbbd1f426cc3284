"""Specifications of jobs: typed, checked, without any framework. The specifications of Spark jobs are in `mlp_core.specs.jobs`."""

from __future__ import annotations

from mlp_core.specs.errors import SpecError
from mlp_core.specs.presets import Preset, presets
from mlp_core.specs.resources import Resources
from mlp_core.specs.training import TrainingSpec, preset_params, validate

__all__ = ["Preset", "Resources", "SpecError", "TrainingSpec", "preset_params", "presets", "validate"]
