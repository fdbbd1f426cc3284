"""A machine-learning platform for recommendation models, as Airflow operators. Import what you need from its modules."""

__version__ = "0.1.0"
