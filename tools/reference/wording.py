"""How the pages word the type of a field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel

PLAIN = {"str": "text", "int": "whole number", "Decimal": "decimal", "bool": "true or false"}


def type_words(annotation: Any, parts: dict[str, type[BaseModel]]) -> str:
    if get_origin(annotation) is Annotated:
        return type_words(get_args(annotation)[0], parts)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        parts[annotation.__name__] = annotation
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    if get_origin(annotation) is tuple:
        return f"list of {type_words(get_args(annotation)[0], parts)}"
    if get_origin(annotation) in {dict, Mapping}:
        return f"table of {type_words(get_args(annotation)[-1], parts)}"
    inner = [argument for argument in get_args(annotation) if argument is not type(None)]
    if inner and all(isinstance(value, str) for value in inner):
        return " / ".join(f"`{value}`" for value in inner)
    if inner:
        return " or ".join(type_words(argument, parts) for argument in inner)
    return _plain(annotation)


def _plain(annotation: Any) -> str:
    if isinstance(annotation, type) and hasattr(annotation, "__members__"):
        return " / ".join(f"`{value}`" for value in annotation)
    name = getattr(annotation, "__name__", str(annotation))
    return PLAIN.get(name, name)
