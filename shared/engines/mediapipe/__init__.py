"""The embedded engine: Action Units from MediaPipe's face mesh and blendshapes."""
