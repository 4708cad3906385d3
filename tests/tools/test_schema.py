from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from prunella.tools.schema import model_of, say, type_of


class Address(BaseModel):
    host: str
    port: int = 80


class Tree(BaseModel):
    name: str
    children: list["Tree"] = []


class Order(BaseModel):
    address: Address
    tags: list[str]
    note: str | None = None
    amount: Annotated[float, Field(gt=0)] = 1


@pytest.mark.parametrize(
    ("given", "is_accepted"),
    [
        ({"address": {"host": "a"}, "tags": []}, True),
        ({"address": {"host": "a", "port": "80"}, "tags": ["x"], "note": None, "amount": 2}, True),
        ({"address": {"host": "a", "port": "x"}, "tags": []}, False),
        ({"address": {}, "tags": []}, False),
        ({"address": {"host": "a"}, "tags": "x"}, False),
        ({"address": {"host": "a"}, "tags": [], "more": 1}, False),
        ({"tags": []}, False),
    ],
)
def test_a_schema_accepts_what_its_model_accepts(given: dict[str, Any], is_accepted: bool):
    model = model_of({**Order.model_json_schema(), "additionalProperties": False})
    if is_accepted:
        Order.model_validate(model.model_validate(given).model_dump(by_alias=True, exclude_unset=True))
    else:
        with pytest.raises(ValidationError):
            model.model_validate(given)


def test_schemas_that_hold_themselves_end():
    model = model_of(Tree.model_json_schema())
    model.model_validate({"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]})


@pytest.mark.parametrize(
    ("schema", "fits", "fails"),
    [
        ({"type": ["integer", "null"]}, None, "x"),
        ({"enum": ["a", 1, None]}, 1, 2),
        ({"const": "a"}, "a", "b"),
        ({"enum": [1.5]}, "anything", None),
        ({"oneOf": [{"type": "boolean"}, {"type": "string"}]}, True, []),
        ({"type": "array"}, [1, "a"], 3),
        ({"type": "object"}, {"a": 1}, 3),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": "b", "more": 1}, {"a": []}),
        ({"anyOf": [{}, {"type": "string"}]}, object(), None),
        ({"$ref": "#/$defs/Gone"}, object(), None),
        ({"type": "null"}, None, 1),
    ],
)
def test_types_of_schemas(schema: dict[str, Any], fits: object, fails: object):
    adapter: TypeAdapter[Any] = TypeAdapter(type_of(schema))
    adapter.validate_python(fits)
    if fails is not None:
        with pytest.raises(ValidationError):
            adapter.validate_python(fails)


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "integer"),
        (str | None, "string or null"),
        (list[str], "list of string"),
        (Address, "object"),
        (Any, "anything"),
    ],
)
def test_schemas_in_words(annotation: Any, words: str):
    assert say(TypeAdapter(annotation).json_schema()) == words


def test_references_and_choices_in_words():
    assert say({"$ref": "#/$defs/A"}, {"A": {"enum": ["x", 1]}}) == 'one of "x", 1'
    assert say({"type": ["integer", "null"]}) == "integer or null"
