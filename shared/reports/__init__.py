"""Measurements held to parameter sets, as they are stored."""
