"""What the functions share. Arrows point one way:

triggers -> pipeline -> (storage, database, engines, analysis) -> settings and errors
"""
