"""Tests that run on the lab's director, in one process: `lab/run python -m tests.lab.inside`."""
