"""What can be said of a user's SQL before a job starts: that it parses, which tables it reads, whether it works row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_mlp.operators.base import BadInput

if TYPE_CHECKING:
    from sqlglot import exp

DIALECT = "spark"
PARTITION = "__mlp_partition"
"""The column that tells the Spark job which partition a row belongs to (as in spark_jobs.inputs)."""
_ROW_WISE_CLAUSES = frozenset({"expressions", "from", "from_", "where"})
_PLAIN_TABLE = frozenset({"this", "alias"})


@dataclass(frozen=True)
class Query:
    """A statement that was read. row_wise: each row of its result comes from one row of the first table, and from nothing else."""

    text: str
    tree: exp.Query
    row_wise: bool
    random: bool

    @property
    def routed(self) -> str:
        """The text with the column PARTITION selected too, at the front. For row-wise statements."""
        if _has_star(self.tree):
            return self.text
        end = next(token.end for token in _tokens(self.text) if token.token_type.name == "SELECT") + 1
        return f"{self.text[:end]} `{PARTITION}`,{self.text[end:]}"


def read_query(sql: str, tables: Sequence[str]) -> Query:
    """The one SELECT statement in `sql`, over `tables`. Raises BadInput with line and column where it is none."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    text = sql.strip().rstrip(";").rstrip()
    try:
        statements = [statement for statement in sqlglot.parse(text, dialect=DIALECT) if statement is not None]
    except SqlglotError as error:
        raise BadInput(f"sql does not parse: {_reason(error)}") from error
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        kinds = ", ".join(statement.key.upper() for statement in statements) or "nothing"
        raise BadInput(f"sql has to be one SELECT statement (or WITH … SELECT), not {kinds}: give each statement an operator of its own")
    tree = statements[0]
    for table in _unknown_tables(tree, tables):
        where = f"{_full_name(table)!r}{_place(table.this)}"
        raise BadInput(f"sql reads the table {where}, which is not an input: the inputs are {', '.join(tables)}")
    random = tree.find(*_random()) is not None
    return Query(text, tree, not random and _is_row_wise(tree, tables[0], text), random)


def check_columns(query: Query, columns: Collection[str]) -> None:
    """Raise BadInput, with line and column, where a row-wise statement names a column that its table does not have."""
    from sqlglot import exp

    if not query.row_wise:
        return
    known = {name.lower() for name in columns} | {alias.alias.lower() for alias in query.tree.find_all(exp.Alias)}
    known |= {name.name.lower() for function in query.tree.find_all(exp.Lambda) for name in function.expressions}
    table = query.tree.find(exp.Table)
    own = {"", table.alias_or_name.lower() if table else ""}
    for column in query.tree.find_all(exp.Column):
        if column.table.lower() in own and not column.is_star and column.name.lower() not in known:
            where = f"{column.name!r}{_place(column.this)}"
            raise BadInput(f"sql names the column {where}, which its table does not have: it has {', '.join(columns)}")


def _unknown_tables(tree: exp.Query, tables: Sequence[str]) -> Iterator[exp.Table]:
    from sqlglot import exp

    known = {name.lower() for name in tables} | {common.alias.lower() for common in tree.find_all(exp.CTE)}
    for table in tree.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and (table.db or table.name.lower() not in known):
            yield table


def _is_row_wise(tree: exp.Query, first: str, text: str) -> bool:
    """True only where it is certain: functions that are not known count as looking at more than their row."""
    from sqlglot import exp

    if not isinstance(tree, exp.Select) or not {key for key, value in tree.args.items() if value} <= _ROW_WISE_CLAUSES:
        return False
    tables = list(tree.find_all(exp.Table))
    if len(tables) != 1 or tables[0].name.lower() != first.lower():
        return False
    if not {key for key, value in tables[0].args.items() if value} <= _PLAIN_TABLE:
        return False
    wide = (exp.AggFunc, exp.Window, exp.Anonymous, exp.AnonymousAggFunc, exp.UDTF, exp.Subquery, exp.Explode, exp.Posexplode, exp.Inline)
    if tree.find(*wide) is not None or len(list(tree.find_all(exp.Query))) != 1:
        return False
    tokens = _tokens(text)
    return tokens[0].token_type.name == "SELECT" and tokens[1].token_type.name not in ("ALL", "HINT")


def _random() -> tuple[type[Any], ...]:
    """Functions that give something else each time."""
    from sqlglot import exp

    return (exp.Rand, exp.Randn, exp.Uuid, exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentTime, exp.CurrentDatetime)


def _has_star(tree: exp.Query) -> bool:
    return any(projection.is_star for projection in tree.selects)


def _tokens(text: str) -> list[Any]:
    import sqlglot

    return sqlglot.tokenize(text, dialect=DIALECT)


def _full_name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts)


def _place(identifier: Any) -> str:
    line, column = identifier.meta.get("line"), identifier.meta.get("col")
    return f" (line {line}, column {column - len(identifier.name) + 1})" if line and column else ""


def _reason(error: Exception) -> str:
    found = getattr(error, "errors", None)
    if not found:
        return str(error).splitlines()[0]
    first = found[0]
    return f"{first['description'].rstrip('.')} (line {first['line']}, column {first['col']}, near {first['highlight']!r})"
