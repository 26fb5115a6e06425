"""Drift: what of ours in a director's kernel is not as the cluster's head has it."""
