"""A local Azure Functions host for machines without Azure Functions Core Tools.

`python -m local.host` loads the same `function_app.py` that Azure runs, through `azure.functions`
itself, and serves it: HTTP routes, Event Grid blob triggers with their queue, queue triggers and
timers. A development tool: production code never imports it. How it behaves beside the real
host, and what it leaves out, is in docs/local-host.md.
"""


class HostError(Exception):
    """The host cannot start or go on; the text is a sentence for a person."""
