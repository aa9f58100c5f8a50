"""The engines by name, imported only when used: the networks' libraries take 1 s and 100 MB."""

from collections.abc import Callable
from importlib import import_module
from types import MappingProxyType
from typing import Final, cast

from shared.engines.base import Engine, EngineFactories

_PLACES: Final = {  # name -> module and the class in it, made without arguments
    "mediapipe": ("shared.engines.mediapipe.engine", "MediapipeEngine"),
    "openface": ("shared.engines.openface", "OpenFaceEngine"),
    "csv": ("shared.engines.csv", "CsvEngine"),
}

NAMES: Final = tuple(_PLACES)


def _factory(module: str, attribute: str) -> Callable[[], Engine]:
    def make() -> Engine:
        return cast("Engine", getattr(import_module(module), attribute)())

    return make


FACTORIES: Final[EngineFactories] = MappingProxyType(
    {name: _factory(*place) for name, place in _PLACES.items()}
)
