"""TraitJoinOperator: widens rows by the profiles that their keys name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_mlp.operators.base import BadInput
from airflow_mlp.operators.sources import Source, source
from airflow_mlp.operators.spark import SparkOperator, check_columns
from airflow_mlp.operators.step import Step
from mlp_core.artifacts import Artifact, Identity
from mlp_core.artifacts.digest import type_name
from mlp_core.specs import jobs

if TYPE_CHECKING:
    from airflow.sdk import Context

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Trait:
    """A profile table to join.

    source: an output of another task, the URI of a table or a reference, or a table of the local warehouse by its name; on: the key column,
    or several, of the same name on both sides; columns: those to take, None for all but the key; prefix: put before their names.

    A table with a state for every day is joined by day where `on` names the partition column too, `on=["dt", "item_id"]`: a row meets
    the profile of its own day, and another day's profiles do not matter to it.
    """

    source: Any
    on: str | Sequence[str]
    columns: Sequence[str] | None = None
    prefix: str = ""

    template_fields: ClassVar[tuple[str, ...]] = ("source",)

    @property
    def keys(self) -> tuple[str, ...]:
        """The key columns."""
        return (self.on,) if isinstance(self.on, str) else tuple(self.on)


class TraitJoinOperator(SparkOperator):
    """Join columns of profile tables to every row, partition by partition. Rows without a profile get nulls; no row is lost or doubled.

    A partition's result depends on that partition and on the profile tables as a whole, or on their partition of the same day
    where that is part of the key. A key that a profile table has twice
    fails the task, which then publishes nothing.

    :param input: the rows to widen: an output of another task, or a URI. (templated)
    :param traits: the profile tables, joined in this order. (their sources are templated)
    """

    template_fields: ClassVar[tuple[str, ...]] = (*SparkOperator.template_fields, "input", "sources")  # type: ignore[misc]
    step_name: ClassVar[str] = "trait_join"
    job_module: ClassVar[str] = "spark_jobs.trait_join"
    ui_color = "#dff0ea"

    def __init__(self, *, input: Any, traits: Sequence[Trait], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.input = input
        self.traits = list(traits)
        # A list of their own, so that Airflow sees the edges and renders the templates.
        self.sources = [trait.source for trait in traits]

    def make(self, step: Step, context: Context) -> Mapping[str, Artifact]:
        """Check the columns, then join the partitions that are missing."""
        if not self.traits:
            raise BadInput("traits is empty: name at least one profile table to join")
        rows = source("input", self.input)
        profiles = [source(f"traits[{place}]", value) for place, value in enumerate(self.sources)]
        columns = self._columns(rows, profiles)
        params = {"traits": [{"on": trait.keys, "columns": names} for trait, names in zip(self.traits, columns, strict=True)]}
        by_day = [(profile, _joined_by_partition(trait, rows, profile)) for trait, profile in zip(self.traits, profiles, strict=True)]
        identities = {
            partition: Identity(
                operation="trait_join",
                version=_VERSION,
                partition=partition,
                params=params,
                inputs=(rows.input_of(partition), *(profile.input_of(partition) if own else profile.input for profile, own in by_day)),
            )
            for partition in rows.entries
        }

        def job(attempts: dict[str, str]) -> jobs.TraitJoinJob:
            traits = tuple(
                jobs.Trait(table=profile.table(attempts if own else None), on=trait.keys, columns=names)
                for trait, (profile, own), names in zip(self.traits, by_day, columns, strict=True)
            )
            return jobs.TraitJoinJob(attempts=attempts, input=rows.table(attempts), traits=traits)

        return {"output": step.make_reference(self.make_partitions(step, context, identities, job))}

    def _columns(self, rows: Source, profiles: Sequence[Source]) -> list[dict[str, str]]:
        """The columns to take of each profile table, with their names in the result. Raises BadInput for what does not fit."""
        taken = list(rows.columns)
        found = []
        for trait, profile in zip(self.traits, profiles, strict=True):
            for key in trait.keys:
                check_columns(f"on of {profile.name}", [key], rows.columns, rows.uri)
                check_columns(f"on of {profile.name}", [key], profile.columns, profile.uri)
                _check_types(key, rows, profile)
            wanted = [name for name in profile.schema.names if name not in trait.keys] if trait.columns is None else list(trait.columns)
            check_columns(f"columns of {profile.name}", wanted, profile.schema.names, profile.uri)
            names = {name: f"{trait.prefix}{name}" for name in wanted}
            for name in names.values():
                if name in taken:
                    raise BadInput(f"columns of {profile.name} gives a column {name!r}, which the rows have: give the trait a prefix")
            taken += names.values()
            found.append(names)
        return found


def _joined_by_partition(trait: Trait, rows: Source, profile: Source) -> bool:
    """True if a row meets profiles of its own partition alone. Raises BadInput if the profiles of some partition are not there."""
    if not rows.column or rows.column != profile.column or rows.column not in trait.keys:
        return False
    missing = [partition for partition in rows.entries if partition not in profile.entries]
    if missing:
        raise BadInput(
            f"on of {profile.name} names {rows.column}, and {profile.uri} has no partition {missing[0]} ({len(missing)} such): "
            "let its sensor wait for the days of the rows"
        )
    return True


def _check_types(key: str, rows: Source, profile: Source) -> None:
    if key in (rows.column, profile.column):
        return
    left, right = (type_name(item.schema.field(key).type) for item in (rows, profile))
    if left != right and not (left.startswith(("int", "uint")) and right.startswith(("int", "uint"))):
        raise BadInput(f"on of {profile.name}: the key {key!r} is {left} in the rows and {right} in {profile.uri}: cast one of them first")
