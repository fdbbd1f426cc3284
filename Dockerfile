# Airflow with this package: for its own services, and for Spark's and the Hive metastore's, which come with pyspark.
# Build in the repository's root:  docker build -t airflow-mlp/airflow .
FROM apache/airflow:slim-3.3.2-python3.11

USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=airflow --group=0 --mode=0775 /mlp /build
USER airflow

# Another source for torch, as for make: --build-arg TORCH_SOURCE=--extra-index-url=URL
ARG TORCH_SOURCE=
COPY --chown=airflow:0 pyproject.toml README.md LICENSE constraints.txt /build/
COPY --chown=airflow:0 airflow_mlp /build/airflow_mlp
COPY --chown=airflow:0 dags_examples /build/dags_examples
COPY --chown=airflow:0 feature_dsl /build/feature_dsl
COPY --chown=airflow:0 mlp_core /build/mlp_core
COPY --chown=airflow:0 spark_jobs /build/spark_jobs
COPY --chown=airflow:0 training_images /build/training_images
# pyspark goes last: pyspark-client, which the Spark provider asks for, writes over files of it.
RUN pip install --no-cache-dir --constraint /build/constraints.txt ${TORCH_SOURCE} \
        "/build[local,hive,kubernetes,hdfs]" psycopg2-binary==2.9.13 asyncpg==0.32.0 \
    && pip install --no-cache-dir --constraint /build/constraints.txt --force-reinstall --no-deps pyspark \
    && ln -s "$(python -c 'import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)')" /opt/airflow/spark

ENV SPARK_HOME=/opt/airflow/spark MLP_HOME=/mlp PYSPARK_PYTHON=python NUMBA_CACHE_DIR=/tmp/numba
