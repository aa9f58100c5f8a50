"""The commands: `add` puts one on the command line, `run` does it and returns the exit code."""
