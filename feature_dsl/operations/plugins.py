"""Operations of other packages, found by the entry point group ``feature_dsl.operations``."""

from __future__ import annotations

import functools
from importlib import metadata

from feature_dsl.errors import FeatureError

GROUP = "feature_dsl.operations"


@functools.cache
def load_plugins() -> None:
    """Imports every module that an installed package names in the group; importing registers its operations.

    :raises FeatureError: where one cannot be imported, or registers what is taken.
    """
    for point in metadata.entry_points(group=GROUP):
        try:
            point.load()
        except (ImportError, AttributeError, ValueError) as problem:
            package = point.dist.name if point.dist else point.value
            message = f"the feature operations {point.name!r} of the package {package} do not load: {problem}"
            raise FeatureError(message, hint="mend or uninstall that package") from problem
