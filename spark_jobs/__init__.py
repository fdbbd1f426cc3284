"""Spark jobs, one file each: `spark-submit spark_jobs/xql.py --job job.json`. Rows stay in the executors."""
