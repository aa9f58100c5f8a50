"""Route templates as ASP.NET has them: `jobs/{id:guid}`, `{page?}`, `{*path}`, `{name}.{format}`.

The real host tries the routes in the order of the functions' names and takes the first that fits
path and method; it knows no precedence of literals over parameters, and neither does this one. A
path that fits with another method only is "not found", as there. Literals match without regard
to case. Segments are decoded one by one, and an encoded slash stays encoded.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from local.host import HostError

Check = Callable[[str], bool]

_PARAMETER: Final = re.compile(
    r"(?P<star>\*{0,2})(?P<name>[^:=?*()]+)(?P<constraints>(?::.+?)*?)(?:=(?P<default>.*))?(?P<optional>\?)?"
)
_CONSTRAINT: Final = re.compile(r":(?P<name>\w+)(?:\((?P<arguments>.*?)\)(?=:|$))?")
_ENCODED_SLASH: Final = re.compile("%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    catch_all: bool = False
    optional: bool = False
    default: str | None = None
    checks: tuple[Check, ...] = ()

    def accepts(self, text: str) -> bool:
        return all(check(text) for check in self.checks)


_Part = str | _Parameter


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template; `match` gives the route parameters of a path."""

    text: str
    segments: tuple[tuple[_Part, ...], ...] = field(repr=False)

    def match(self, raw_path: str) -> dict[str, str] | None:
        """The parameters, decoded; None where the path does not fit."""
        path = [_decode(segment) for segment in raw_path.strip("/").split("/")]
        if path == [""]:
            path = []
        found: dict[str, str] = {}
        for index, parts in enumerate(self.segments):
            first = parts[0]
            if isinstance(first, _Parameter) and first.catch_all:
                text = "/".join(path[index:])
                return found | {first.name: text} if first.accepts(text) else None
            if index >= len(path):
                return found if _may_be_absent(self.segments[index:], found) else None
            values = _match_segment(parts, path[index])
            if values is None:
                return None
            found |= values
        return found if len(path) <= len(self.segments) else None


def parse(text: str) -> Template:
    """Raises HostError for a template that ASP.NET would refuse too."""
    template = text.removeprefix("~/").strip("/")
    segments = tuple(tuple(_parts(segment, text)) for segment in _split(template)) or ()
    return Template(text, segments if template else ())


def _split(template: str) -> Iterator[str]:
    """Cut at the slashes outside braces."""
    start = depth = 0
    for index, character in enumerate(template):
        depth += (character == "{") - (character == "}")
        if character == "/" and depth == 0:
            yield template[start:index]
            start = index + 1
    yield template[start:]


def _parts(segment: str, template: str) -> Iterator[_Part]:
    position = 0
    while position < len(segment):
        if segment[position] != "{":
            end = segment.find("{", position)
            end = len(segment) if end < 0 else end
            yield segment[position:end]
        else:
            end = _closing_brace(segment, position, template) + 1
            yield _parameter(segment[position + 1 : end - 1], template)
        position = end


def _closing_brace(segment: str, start: int, template: str) -> int:
    depth = 0
    for index in range(start, len(segment)):
        depth += (segment[index] == "{") - (segment[index] == "}")
        if depth == 0:
            return index
    raise HostError(f"The route '{template}' has a brace that is not closed.")


def _parameter(text: str, template: str) -> _Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise HostError(f"The route '{template}' has a parameter that cannot be read: '{text}'.")
    checks = tuple(
        _check(found["name"], found["arguments"], template)
        for found in _CONSTRAINT.finditer(match["constraints"])
    )
    return _Parameter(
        match["name"], bool(match["star"]), bool(match["optional"]), match["default"], checks
    )


def _may_be_absent(segments: tuple[tuple[_Part, ...], ...], found: dict[str, str]) -> bool:
    for parts in segments:
        part = parts[0]
        if len(parts) > 1 or not isinstance(part, _Parameter):
            return False
        if part.default is not None:
            found[part.name] = part.default
        elif part.catch_all:
            found[part.name] = ""
        elif not part.optional:
            return False
    return True


def _match_segment(parts: tuple[_Part, ...], text: str) -> dict[str, str] | None:
    last = parts[-1]
    whole = _match_parts(parts, text)
    if whole is None and len(parts) > 2 and isinstance(last, _Parameter) and last.optional:
        return _match_parts(parts[:-2], text)  # `{name}.{format?}` without the dot
    return whole


def _match_parts(parts: tuple[_Part, ...], text: str) -> dict[str, str] | None:
    pattern = "".join(re.escape(p) if isinstance(p, str) else "(.+)" for p in parts)
    match = re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    parameters = [part for part in parts if isinstance(part, _Parameter)]
    values = list(zip(parameters, match.groups(), strict=True))
    if not all(parameter.accepts(value) for parameter, value in values):
        return None
    return {parameter.name: value for parameter, value in values}


def _decode(segment: str) -> str:
    return _ENCODED_SLASH.sub("%2F", "%2F".join(unquote(p) for p in _ENCODED_SLASH.split(segment)))


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _regex(pattern: str, flags: re.RegexFlag = re.IGNORECASE) -> Check:
    compiled = re.compile(pattern, flags)
    return lambda text: compiled.search(text) is not None


def _integer(bits: int) -> Check:
    limit = 1 << (bits - 1)
    return lambda text: bool(re.fullmatch(r"[+-]?\d+", text)) and -limit <= int(text) < limit


def _number_check(test: Callable[[int], bool]) -> Check:
    is_long = _integer(64)
    return lambda text: is_long(text) and test(int(text))


_PLAIN: Final[Mapping[str, Check]] = {
    "guid": _is_guid,
    "int": _integer(32),
    "long": _integer(64),
    "bool": _regex("^(true|false)$"),
    "alpha": _regex("^[a-z]*$"),
    "decimal": _regex(r"^[+-]?\d[\d,]*(\.\d*)?$"),
    "double": _regex(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$"),
    "float": _regex(r"^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$"),
    "datetime": _is_datetime,
    "required": bool,
}
_SIZED: Final[Mapping[str, Callable[..., Check]]] = {
    "minlength": lambda low: lambda text: len(text) >= low,
    "maxlength": lambda high: lambda text: len(text) <= high,
    "length": lambda low, high=None: lambda text: low <= len(text) <= (high or low),
    "min": lambda low: _number_check(lambda number: number >= low),
    "max": lambda high: _number_check(lambda number: number <= high),
    "range": lambda low, high: _number_check(lambda number: low <= number <= high),
}


def _check(name: str, arguments: str | None, template: str) -> Check:
    name = name.lower()
    if arguments is None and name in _PLAIN:
        return _PLAIN[name]
    try:
        if arguments is not None and name == "regex":
            return _regex(arguments.replace("{{", "{").replace("}}", "}"))
        if arguments is not None and name in _SIZED:
            return _SIZED[name](*(int(argument) for argument in arguments.split(",")))
    except (TypeError, ValueError, re.error) as error:
        raise HostError(f"The route '{template}' has a bad constraint: {error}.") from error
    raise HostError(f"The route '{template}' has a constraint that is not known: '{name}'.")
