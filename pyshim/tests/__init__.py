"""Tests of the Python side, in one process; the embedded start is tested in a child."""
