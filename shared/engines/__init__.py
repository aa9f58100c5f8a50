"""Engines measure faces. They know nothing of Azure or SQL."""
