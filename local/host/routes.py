"""Route templates: the part of ASP.NET's that the app uses.

A template has literals, `{name}` for a segment, and at its end `{*name}` for the rest of the path;
either may have a constraint `:regex(...)`. Anything else that ASP.NET knows is refused.

The real host tries the routes in the order of the functions' names and takes the first that fits
path and method; it knows no precedence of literals over parameters, and neither does this one. A
path that fits with another method only is "not found", as there. Literals match without regard
to case. Segments are decoded one by one, and an encoded slash stays encoded.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from local.host import HostError

_PARAMETER: Final = re.compile(r"\{(\*?)(\w+)(?::regex\(([^{}]+)\))?\}")
_ENCODED_SLASH: Final = re.compile("%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template; `match` gives the route parameters of a path."""

    text: str
    _pattern: re.Pattern[str] = field(repr=False)
    _constraints: dict[str, re.Pattern[str] | None] = field(repr=False)
    """Of each parameter, in their order."""

    def match(self, raw_path: str) -> dict[str, str] | None:
        """The parameters, decoded; None where the path does not fit."""
        path = "/".join(_decode(segment) for segment in raw_path.strip("/").split("/"))
        match = self._pattern.fullmatch(path)
        if match is None:
            return None
        found = dict(zip(self._constraints, match.groups(""), strict=True))
        checks = ((check, found[name]) for name, check in self._constraints.items() if check)
        return found if all(check.search(text) for check, text in checks) else None


def parse(text: str) -> Template:
    """Raises HostError for a template that is not of these."""
    segments = text.strip("/").split("/")
    constraints: dict[str, re.Pattern[str] | None] = {}
    pattern = ""
    for index, segment in enumerate(segments):
        slash = "/" if index else ""
        parameter = _PARAMETER.fullmatch(segment)
        rest = bool(parameter and parameter[1])
        if (parameter is None and set(segment) & set("{}")) or (rest and index + 1 < len(segments)):
            raise HostError(f"The route '{text}' has a part that the local host does not know.")
        if parameter is None:
            pattern += slash + re.escape(segment)
            continue
        pattern += f"(?:{slash}(.*))?" if rest else f"{slash}([^/]+)"
        constraints[parameter[2]] = _constraint(parameter[3], text)
    return Template(text, re.compile(pattern, re.IGNORECASE | re.DOTALL), constraints)


def _constraint(pattern: str | None, template: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern, re.IGNORECASE) if pattern else None
    except re.error as error:
        raise HostError(f"The route '{template}' has a bad constraint: {error}.") from error


def _decode(segment: str) -> str:
    return _ENCODED_SLASH.sub("%2F", "%2F".join(unquote(p) for p in _ENCODED_SLASH.split(segment)))
