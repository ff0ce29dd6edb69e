"""Names in a request that could be read in two ways.

A name given twice is taken by one provider as the first and by another as the last; some servers do not tell capitals
from small letters, and take a long s or the sign of Kelvin for the letters they look like. Whoever bounds the cost of a
request must read what the provider reads, so both are refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from tiebeam.economics.tokens.members import is_each_once, members_of
from tiebeam.economics.tokens.problems import Malformed
from tiebeam.economics.tokens.unbounded import REFUSED
from tiebeam.spec import Endpoint

# A quotation mark within a JSON string is always escaped, so what looks like a name here never is a part of a text.
_NAME = re.compile(rb'"([A-Za-z_]+)"\s*:')

_READ = "model stream service_tier tools"
_WATCHED = {
    Endpoint.CHAT: f"{_READ} messages stream_options max_tokens max_completion_tokens n best_of modalities",
    Endpoint.RESPONSES: f"{_READ} input max_output_tokens",
    Endpoint.EMBEDDINGS: f"{_READ} input",
    Endpoint.MESSAGES: f"{_READ} messages system max_tokens",
}
WATCHED: dict[Endpoint, frozenset[bytes]] = {
    endpoint: frozenset(names.encode().split()) | REFUSED[endpoint] for endpoint, names in _WATCHED.items()
}
_USUAL = frozenset(
    b"role content type text name description parameters properties required function arguments id temperature top_p "
    b"stop seed user metadata tool_choice tool_calls tool_call_id response_format json_schema schema strict items enum "
    b"url image_url detail source data media_type cache_control ttl additionalProperties include_usage input_schema "
    b"presence_penalty frequency_penalty parallel_tool_calls title default logprobs top_logprobs reasoning_effort "
    b"verbosity store safety_identifier prompt_cache_key instructions reasoning effort summary include encoding_format "
    b"dimensions thinking budget_tokens tool_use_id is_error top_k stop_sequences input output call_id".split()
)
_SHORT = 4_096
"""In bodies of fewer bytes it is quicker to look at every name anywhere than to walk the outermost object."""
_ALL = {endpoint: watched | _USUAL for endpoint, watched in WATCHED.items()}


def check_names(endpoint: Endpoint, body: bytes) -> set[bytes]:
    """The names given, at least those of the outermost object. Raises Malformed when one that matters is given twice
    there, or in other letters."""
    if len(body) < _SHORT and body.isascii():
        names = _NAME.findall(body)
        watched = WATCHED[endpoint]
        distinct = set(names)
        mattering = [name for name in names if name in watched]
        odd = distinct - _ALL[endpoint]
        if len(set(mattering)) == len(mattering) and not any(name.lower() in watched for name in odd):
            return distinct
    members = members_of(body)
    if not is_each_once(body, members):
        check_closely(endpoint, body)
    _check_letters(endpoint, members)
    return {name.encode() for name in members}


def check_closely(endpoint: Endpoint, body: bytes) -> None:
    """The same by reading the whole body, which takes longer; here no name may be given twice in any object."""
    _check_letters(endpoint, _read_closely(body))


def _check_letters(endpoint: Endpoint, names: Iterable[str]) -> None:
    watched = WATCHED[endpoint]
    for name in names:
        plain = name.casefold()
        if name != plain and plain.encode("utf-8", "replace") in watched:
            raise Malformed(f"the request names {name!r}; write it as {plain!r}")


def _read_closely(body: bytes) -> dict[str, Any]:
    try:
        # Numbers are not looked at, and one of a million digits takes long to read.
        top = json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except (ValueError, UnicodeError) as problem:
        raise Malformed(f"the request is not valid JSON: {problem}") from None
    except RecursionError:
        raise Malformed("the request is nested too deeply; send fewer levels of lists and objects") from None
    return top if isinstance(top, dict) else {}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(f"the request gives {twice!r} twice in one object; give it once")
    return found
