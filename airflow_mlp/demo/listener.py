"""Tells the demo when a task begins and how it ends."""

from __future__ import annotations

from typing import Any

from airflow.listeners import hookimpl

from airflow_mlp.demo.dag_run import tell


@hookimpl
def on_task_instance_running(previous_state: Any, task_instance: Any) -> None:
    """A task begins."""
    tell({"event": "running", "task": task_instance.task_id})


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:
    """A task has succeeded."""
    tell({"event": "success", "task": task_instance.task_id})


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:
    """A task has failed; error: what it raised."""
    tell({"event": "failed", "task": task_instance.task_id, "error": str(error)})


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:
    """A task has been skipped."""
    tell({"event": "skipped", "task": task_instance.task_id})
