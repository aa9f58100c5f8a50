"""The local Functions host, as a real process on a real Azurite."""
