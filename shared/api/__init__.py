"""The HTTP API: per noun its operations and bodies, and the document that describes them."""
