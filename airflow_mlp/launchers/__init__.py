"""Where a job runs: as a process here, or on a cluster. `airflow_mlp.launchers.registry` finds one by name."""
