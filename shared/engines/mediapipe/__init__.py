"""The embedded engine: Action Units from the geometry of MediaPipe's face mesh."""
