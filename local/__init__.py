"""The development stack: everything that the app needs on one machine, started by `dev.py`.

A development tool. Nothing in the product imports it, and it is not deployed.
"""
