"""From a specification's `algorithm` to the class that it names: a preset's, or one of an engineer's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from mlp_core.specs import TrainingSpec, preset_params
from mlp_core.specs.decoding import convert
from mlp_core.specs.presets import CommonParams
from mlp_train.errors import TrainError


class Model(Protocol):
    """A class that an algorithm may name. Params: the class of its hyper-parameters."""

    Params: ClassVar[type[CommonParams]]


Found = TypeVar("Found", bound=Model)


def find_class(spec: TrainingSpec, presets: Mapping[str, type[Found]], base: Any) -> tuple[type[Found], CommonParams]:
    """The class and its hyper-parameters; presets: a framework's, by name; base: what a class of an engineer's own has to extend.

    Raises TrainError when there is no such class, SpecError for wrong parameters.
    """
    name = spec.algorithm or ""
    if name in presets:
        return presets[name], preset_params(spec)
    model = _import(name, base)
    return model, convert(spec.params, model.Params, f"params of algorithm {name!r}")


def _import(name: str, base: type[Any]) -> Any:
    module, _, class_name = name.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = getattr(import_module(module), class_name)
    except (ImportError, AttributeError) as error:
        raise TrainError(f"algorithm {name!r} cannot be imported: {error}; install its package or start where the module lies") from error
    if not (isinstance(found, type) and issubclass(found, base)):
        package = base.__module__.rpartition(".")[0]
        raise TrainError(f"algorithm {name!r} is not a {base.__name__}; extend {package}.{base.__name__}")
    return found
