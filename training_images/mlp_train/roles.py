"""Which columns play a model's parts: the target and the history that belongs to it, a user's side and an item's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlp_core.specs.decoding import nearest
from mlp_train.errors import TrainError
from mlp_train.shape import Shape


@dataclass(frozen=True)
class Attention:
    """An id column, and the list columns whose ids are of the same kind (one embedding table): what a user has met before."""

    target: str
    sequences: tuple[str, ...]


def attention(shape: Shape, target: str | None, sequences: Sequence[str] | None) -> Attention:
    """The target and its sequences: as named, otherwise the lists that share a table with an id column.

    Raises TrainError where there are none, or where a named column is not there or not of that kind.
    """
    ids = {column.name: column for column in shape.columns if column.kind == "id"}
    lists = {column.name: column for column in shape.columns if column.kind == "list"}
    if target is not None and target not in ids:
        raise TrainError(f"params.target names {target!r}, which is not an id column{nearest(target, ids)}; it has {', '.join(ids)}")
    for name in sequences or ():
        if name not in lists:
            known = ", ".join(lists)
            raise TrainError(f"params.sequences names {name!r}, which is not a list column{nearest(name, lists)}; it has {known}")
    targets = [target] if target is not None else list(ids)
    for candidate in targets:
        table = ids[candidate].table
        shared = tuple(name for name in (sequences or lists) if lists[name].table == table)
        if sequences and len(shared) < len(sequences):
            continue
        if shared:
            return Attention(candidate, shared)
    wanted = f"{target or 'an id column'} and {', '.join(sequences) if sequences else 'a list column'}"
    raise TrainError(f"{wanted} do not share an embedding table; give them the same `table:` in the feature file")


@dataclass(frozen=True)
class Towers:
    """The columns of a user's side and of an item's."""

    user: tuple[str, ...]
    item: tuple[str, ...]


def towers(shape: Shape, user: Sequence[str] | None, item: Sequence[str] | None) -> Towers:
    """The two sides: as named, otherwise by the domains that the feature plan gives its columns.

    Raises TrainError where a side has no column, and for a name that is not there. Columns of both domains belong to neither side.
    """
    names = [column.name for column in shape.columns]
    for field, chosen in (("user", user), ("item", item)):
        for name in chosen or ():
            if name not in names:
                raise TrainError(f"params.{field} names {name!r}, which is no column{nearest(name, names)}; it has {', '.join(names)}")
    sides = [
        tuple(chosen) if chosen else tuple(column.name for column in shape.columns if column.domains == (domain,))
        for domain, chosen in (("user", user), ("item", item))
    ]
    for field, side in zip(("user", "item"), sides, strict=True):
        if not side:
            raise TrainError(f"no column belongs to the {field} side; name them in params.{field}, or give the feature file domains")
    return Towers(*sides)
