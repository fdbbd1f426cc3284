"""The main job: every day, learn from the last ninety days who likes what, and serve the model if it is better.

Warehouse tables go in (behaviour by day, profiles of users and items, statistics of items by day, which count only days
before their own), a Triton model that takes raw columns comes out. The run of a day makes the partition of the day before:
the test set is that day, the training set the ninety days before it.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from airflow.sdk import DAG, CronPartitionTimetable, Param

from airflow_mlp.operators.deploy_triton import DeployTritonOperator
from airflow_mlp.operators.evaluate import EvaluateOperator
from airflow_mlp.operators.feature import FeatureOperator
from airflow_mlp.operators.sample import SampleOperator
from airflow_mlp.operators.statistics import StatisticsOperator
from airflow_mlp.operators.train import TrainOperator
from airflow_mlp.operators.trait_join import Trait, TraitJoinOperator
from airflow_mlp.operators.xql import XqlOperator
from airflow_mlp.sensors.hive_partition import HivePartitionSensor
from airflow_mlp.weak import weak

# Days relative to the run's own.
WINDOW = {"partitionColumn": "dt", "valType": "range", "start": -90, "end": 0}
LABELLED = """
SELECT user_id, item_id, CAST(rating >= 4 AS BIGINT) AS label
FROM t1
WHERE rating <> 3
"""

FEATURES = [
    *("user", "gender", "age_group", "job", "region"),
    *("item", "release", "genre", "popularity", "liking"),
    *("gender_x_age", "gender_x_item"),
]

with DAG(
    dag_id="movielens_daily",
    schedule=CronPartitionTimetable("0 0 * * *", timezone="UTC", run_offset=-1, key_format="%Y-%m-%d"),
    # The first day that has ninety days of data before it, and the last day that has data.
    start_date=datetime(2000, 7, 25),
    end_date=datetime(2003, 3, 1),
    catchup=False,
    params={
        "partition": Param(None, type=["null", "string"], description="The day to make, YYYY-MM-DD; else the run's own."),
        "warm_start": Param(
            "none", enum=["none", "parent"], description="parent: go on from the last deployed model, on newer days only."
        ),
        "fail_stats": Param(False, type="boolean", description="Let the statistics step fail: training runs all the same."),
    },
    doc_md=__doc__,
    tags=["example", "recommendation"],
) as dag:
    behaviour = HivePartitionSensor(task_id="wait_behaviour", table="behaviour", partitions=WINDOW, poke_interval=30, mode="reschedule")
    item_statistics = HivePartitionSensor(
        task_id="wait_item_statistics", table="item_statistics", partitions=WINDOW, poke_interval=30, mode="reschedule"
    )
    users = HivePartitionSensor(task_id="user_profile", table="user_profile")
    items = HivePartitionSensor(task_id="item_profile", table="item_profile")

    labels = XqlOperator(task_id="label", inputs={"t1": behaviour.output}, sql=LABELLED, per_partition=True)
    joined = TraitJoinOperator(
        task_id="join_profiles",
        input=labels.output,
        traits=[
            Trait(source=users.output, on="user_id", columns=["gender", "age", "occupation", "zip"]),
            Trait(source=items.output, on="item_id", columns=["title", "year", "genres"]),
            Trait(source=item_statistics.output, on=["dt", "item_id"], columns=["ratings", "likes"]),
        ],
    )
    features = FeatureOperator(
        task_id="features",
        input=joined.output,
        features=str(Path(__file__).with_name("movielens_features.yaml")),
        select=FEATURES,
        bind={"zip_code": "zip"},
        keep=["label", "user_id"],
    )
    samples = SampleOperator(task_id="sample", input=features.output, label="label", validation_days=1, seed=1)
    statistics = StatisticsOperator(
        task_id="statistics",
        input=joined.output,
        label="label",
        expect={"min_rows": "{{ 10 ** 12 if params.fail_stats else 1 }}"},
    )
    model = TrainOperator(
        task_id="train",
        name="ctr",
        train=samples.outputs["train"],
        validation=samples.outputs["validation"],
        algorithm="deepfm",
        epochs=3,
        batch_size=1024,
        label="label",
        group="user_id",
        warm_start="{{ params.warm_start }}",
    )
    weak(statistics) >> model
    judged = EvaluateOperator(task_id="evaluate", name="ctr", model=model.output, test=samples.outputs["test"])
    DeployTritonOperator(task_id="deploy", name="ctr", model=model.output, decision=judged.output)
