"""The OpenAPI 3.1 document, made from the rows that the routes are registered from.

Schemas of bodies, queries and answers come from pydantic, statuses and titles of problems from
`shared.platform.errors`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.api.http import PROBLEM_TYPE
from shared.api.operation import Content, Json, Link, Operation
from shared.platform.errors import STATUS, Code

Mode = Literal["validation", "serialization"]

REFERENCE: Final = "#/components/schemas/{model}"
EVERYWHERE: Final = (Code.NOT_SIGNED_IN, Code.INTERNAL, Code.SERVICE_UNAVAILABLE)
"""What any operation may end in."""

PUBLISHED: Final = {"EventKind": "Happening"}
"""Class to schema, where a schema keeps the name under which clients know it."""

_PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")


class ProblemField(BaseModel):
    field: str
    detail: str


class ProblemBody(BaseModel):
    """The one error body (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str = Field(description="A sentence that says what to do.")
    code: Code = Field(description="A stable word; the same stand on failed jobs.")
    errors: list[ProblemField] = Field(default=[], description="What is wrong with which field.")


def document(operations: Sequence[Operation]) -> Json:
    schemas = _Schemas(operations)
    paths: dict[str, Json] = defaultdict(dict)
    for operation in operations:
        paths[operation.path][operation.method] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Avatar validation",
            "version": "1",
            "description": "Measures whether a talking avatar's face still moves like a person's.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {}],
        "tags": [{"name": tag} for tag in dict.fromkeys(item.tag for item in operations)],
        "paths": dict(paths),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "key": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-functions-key",
                    "description": "The function key, in Azure; none locally.",
                }
            },
        },
    }


class _Names(GenerateJsonSchema):
    """Generated clients know the names: they stay as they were before classes moved.

    Two models are called Media, and pydantic tells them apart by their modules.
    """

    def normalize_name(self, name: str) -> str:
        name = PUBLISHED.get(name, name)
        return super().normalize_name(name.replace("shared.api.job_bodies.", "shared.views."))


class _Schemas:
    """The schemas of all models, under one name each."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        wanted: dict[tuple[type[BaseModel], Mode], None] = {(ProblemBody, "serialization"): None}
        for operation in operations:
            for answer in operation.answers.values():
                wanted |= _wanted(answer.content, "serialization")
            wanted |= _wanted(operation.body, "validation")
        queries = dict.fromkeys(item.query for item in operations if item.query is not None)
        wanted |= dict.fromkeys((query, "validation") for query in queries)
        self._references, definitions = models_json_schema(
            list(wanted), ref_template=REFERENCE, schema_generator=_Names
        )
        self._all: Json = definitions["$defs"]
        for name in self._all.keys() & PUBLISHED.values():
            self._all[name]["title"] = name
        inline = {self._name(query, "validation") for query in queries}
        self.components: Json = {
            name: schema for name, schema in sorted(self._all.items()) if name not in inline
        }
        """Those of bodies; a query's fields stand with its operation."""

    def reference(self, model: type[BaseModel], mode: Mode) -> Json:
        return dict(self._references[model, mode])

    def _name(self, model: type[BaseModel], mode: Mode) -> str:
        return str(self._references[model, mode]["$ref"]).rpartition("/")[2]

    def query(self, model: type[BaseModel]) -> Iterator[tuple[str, Json, bool]]:
        """Name, schema and whether it is required, of each field of a query."""
        schema = self._all[self._name(model, "validation")]
        for field_name, found in schema["properties"].items():
            yield field_name, _given(found), field_name in schema.get("required", ())


def _wanted(content: Mapping[str, Content], mode: Mode) -> dict[tuple[type[BaseModel], Mode], None]:
    models = (model for item in content.values() if not isinstance(item, dict) for model in item)
    return dict.fromkeys((model, mode) for model in models)


def _given(schema: Json) -> Json:
    """A query's field is given or not: null is neither."""
    found = {key: value for key, value in schema.items() if key != "title"}
    if found.get("default", "") is None:
        del found["default"]
    kinds = [kind for kind in found.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        found |= kinds[0]
    elif kinds:
        found["anyOf"] = kinds
    return found


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    found: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "parameters": list(_parameters(operation, schemas)),
        "responses": _responses(operation, schemas),
    }
    if operation.description:
        found["description"] = operation.description
    if operation.body:
        content = _content(operation.body, "validation", schemas)
        found["requestBody"] = {"required": True, "content": content}
    return found


def _content(content: Mapping[str, Content], mode: Mode, schemas: _Schemas) -> Json:
    found: Json = {}
    for content_type, item in content.items():
        if isinstance(item, dict):
            schema = item
        else:
            references = [schemas.reference(model, mode) for model in item]
            schema = references[0] if len(references) == 1 else {"anyOf": references}
        found[content_type] = {"schema": schema}
    return found


def _parameters(operation: Operation, schemas: _Schemas) -> Iterator[Json]:
    for name in _PATH_PARAMETER.findall(operation.path):
        schema = operation.parameters.get(name, {"type": "string", "minLength": 1})
        yield {"name": name, "in": "path", "required": True, "schema": schema}
    for header in operation.headers:
        yield {
            "name": header.name,
            "in": "header",
            "required": False,
            "description": header.description,
            "schema": dict(header.schema),
        }
    if operation.query is None:
        return
    for name, schema, required in schemas.query(operation.query):
        description = schema.pop("description", None)
        yield {
            "name": name,
            "in": "query",
            "required": required and not operation.query_optional,
            "schema": schema,
            **({"description": description} if description else {}),
        }


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    responses: Json = {}
    for status, answer in operation.answers.items():
        responses[str(status)] = {
            "description": answer.description,
            "links": dict(_links(answer.link)),
            "headers": {
                header.name: {"description": header.description, "schema": dict(header.schema)}
                for header in answer.headers
            },
            "content": _content(answer.content, "serialization", schemas),
        }
    for status, codes in _by_status(_refusals(operation)).items():
        words = "; ".join(f"`{code}`: {STATUS[code][1]}" for code in codes)
        response = responses.setdefault(str(status), {"description": words, "content": {}})
        response["content"][PROBLEM_TYPE] = {
            "schema": schemas.reference(ProblemBody, "serialization")
        }
    return dict(sorted(responses.items()))


def _refusals(operation: Operation) -> tuple[Code, ...]:
    foreign = () if operation.method == "get" else (Code.FOREIGN_ORIGIN,)
    return (*operation.refusals, *foreign, *EVERYWHERE)


def _links(link: Link | None) -> Iterator[tuple[str, Json]]:
    if link is not None:
        for operation in link.operations:
            parameters = {link.parameter: f"$response.body#{link.place}"}
            yield operation, {"operationId": operation, "parameters": parameters}


def _by_status(codes: Sequence[Code]) -> dict[int, list[Code]]:
    found: dict[int, list[Code]] = defaultdict(list)
    for code in dict.fromkeys(codes):
        found[STATUS[code][0]].append(code)
    return found
