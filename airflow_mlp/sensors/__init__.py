"""Sensors: tasks that wait for data."""
