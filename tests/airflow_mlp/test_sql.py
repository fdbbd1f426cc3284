"""What the analysis of SQL tells before a job starts."""

from __future__ import annotations

import pytest

from airflow_mlp.operators.base import BadInput
from airflow_mlp.sql import check_columns, read_query


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, b + 1 AS c FROM t1 WHERE a <> 3",
        "select * from T1;",
        "SELECT x.* EXCEPT (a) FROM t1 AS x",
        "SELECT IF(a > 1, upper(b), 'n') AS c, CASE WHEN b IS NULL THEN 0 ELSE 1 END AS d FROM t1",
        "SELECT transform(split(a, ','), v -> v + 1) AS parts FROM t1",
        "-- a comment\nSELECT a -- another\nFROM t1",
    ],
)
def test_row_wise_statements(sql: str) -> None:
    assert read_query(sql, ["t1"]).row_wise


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) AS n FROM t1",
        "SELECT a, sum(b) AS s FROM t1 GROUP BY a",
        "SELECT a, row_number() OVER (ORDER BY b) AS r FROM t1",
        "SELECT DISTINCT a FROM t1",
        "SELECT a FROM t1 LIMIT 3",
        "SELECT a FROM t1 ORDER BY a",
        "SELECT a FROM t1 UNION ALL SELECT a FROM t1",
        "SELECT a FROM (SELECT a FROM t1) AS x",
        "WITH x AS (SELECT a FROM t1) SELECT a FROM x",
        "SELECT a FROM t1 WHERE a IN (SELECT a FROM t2)",
        "SELECT t1.a FROM t1 JOIN t2 ON t1.a = t2.a",
        "SELECT a FROM t2",
        "SELECT rand() AS r FROM t1",
        "SELECT current_timestamp() AS now FROM t1",
        "SELECT monotonically_increasing_id() AS i FROM t1",
        "SELECT explode(split(a, ',')) AS part FROM t1",
        "SELECT a, part FROM t1 LATERAL VIEW explode(split(a, ',')) p AS part",
        "SELECT a FROM t1 TABLESAMPLE (10 PERCENT)",
        "SELECT a_function_that_is_not_known(a) AS f FROM t1",
        "SELECT /*+ REPARTITION(3) */ a FROM t1",
        "SELECT ALL a FROM t1",
        "SELECT max_by(a, b) AS m FROM t1",
        "SELECT a FROM t1 CLUSTER BY a",
    ],
)
def test_statements_that_look_beyond_their_row(sql: str) -> None:
    assert not read_query(sql, ["t1", "t2"]).row_wise


def test_the_partition_is_selected_without_touching_the_rest_of_the_text() -> None:
    assert read_query("-- x\nselect  a FROM t1", ["t1"]).routed == "-- x\nselect `__mlp_partition`,  a FROM t1"
    assert read_query("SELECT *, 1 AS one FROM t1", ["t1"]).routed == "SELECT *, 1 AS one FROM t1"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT a FROM t3", r"sql reads the table 't3' \(line 1, column 15\), which is not an input: the inputs are t1, t2"),
        ("SELECT a\nFROM other.t1", r"sql reads the table 'other.t1' \(line 2, column \d+\), which is not an input"),
        ("SELECT a FROM t1 WHERE (", r"sql does not parse: .*\(line 1, column \d+"),
        ("SELECT 'a FROM t1", r"sql does not parse: "),
        ("", "not nothing"),
        ("DROP TABLE t1", "sql has to be one SELECT statement .*, not DROP"),
        ("SELECT a FROM t1; SELECT b FROM t1", "not SELECT, SELECT: give each statement an operator of its own"),
        ("INSERT INTO t1 SELECT a FROM t2", "not INSERT"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_query(sql, ["t1", "t2"])


def test_a_column_that_the_table_does_not_have() -> None:
    query = read_query("SELECT user_id,\n       ratng >= 4 AS label FROM t1", ["t1"])
    with pytest.raises(
        BadInput, match=r"the column 'ratng' \(line 2, column 8\), which its table does not have: it has user_id, rating, dt"
    ):
        check_columns(query, ["user_id", "rating", "dt"])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a, transform(b, x -> x + a) AS c FROM t1",
        "SELECT a AS z, z + 1 AS y FROM t1",
        "SELECT b.field AS f FROM t1",
        "SELECT A, `B` FROM t1 AS x WHERE x.a > 1",
        "SELECT count(nothing_is_said_of_this) AS n FROM t1",
    ],
)
def test_columns_that_are_not_complained_of(sql: str) -> None:
    check_columns(read_query(sql, ["t1"]), ["a", "b"])
