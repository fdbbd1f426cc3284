"""Example Dags. They are the demo and the acceptance tests, and a place to copy a first Dag from."""
