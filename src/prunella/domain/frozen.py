"""What every domain type is made of."""

from pydantic import BaseModel, ConfigDict, JsonValue

__all__ = ["Frozen", "JsonValue"]


class Frozen(BaseModel):
    """An immutable value: unknown fields are refused, equal content means equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
