"""Tests of the analysis: synthetic signals with known answers, and properties."""
