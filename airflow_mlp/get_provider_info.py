"""What Airflow's provider discovery reads about this package."""

from __future__ import annotations

from typing import Any

_INTEGRATION = "Machine learning platform"


def get_provider_info() -> dict[str, Any]:
    """The provider's description, valid against Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "airflow-mlp",
        "name": "Machine learning platform",
        "description": "From Hive partitions to a served recommendation model: operators, a feature language, training, serving.",
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://pypi.org/project/airflow-mlp/",
                "tags": ["software"],
            }
        ],
        "operators": [
            {
                "integration-name": _INTEGRATION,
                "python-modules": [
                    "airflow_mlp.operators.xql",
                    "airflow_mlp.operators.trait_join",
                    "airflow_mlp.operators.feature",
                    "airflow_mlp.operators.sample",
                    "airflow_mlp.operators.statistics",
                    "airflow_mlp.operators.train",
                    "airflow_mlp.operators.evaluate",
                    "airflow_mlp.operators.deploy_triton",
                ],
            }
        ],
        "sensors": [{"integration-name": _INTEGRATION, "python-modules": ["airflow_mlp.sensors.hive_partition"]}],
        "config": {"mlp": {"description": "Where the platform keeps things and where its jobs run.", "options": _OPTIONS}},
    }


def _option(description: str, example: str, default: str | None = None) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "string",
        "example": example,
        "default": default,
    }


_OPTIONS = {
    "artifact_root": _option(
        "URI below which steps publish their artifacts. Empty: a folder of the machine's own home.",
        "hdfs://namenode:8020/mlp/artifacts",
        "",
    ),
    "warehouse": _option(
        "URI of the folder of tables that is read where no Hive metastore is named. Empty: a folder of the machine's own home.",
        "hdfs://namenode:8020/user/hive/warehouse",
        "",
    ),
    "spark_launcher": _option("Where Spark steps run unless their operator says so.", "spark_submit", "spark_local"),
    "triton_conn_id": _option(
        "Connection of the Triton server that models are deployed to. Empty: a server of this machine.", "triton_default", ""
    ),
    "train_launcher": _option("Where training runs unless its operator says so.", "pytorchjob", "process"),
}
