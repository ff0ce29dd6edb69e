"""The gateway: model calls of everybody in the company, over OpenAI's and Anthropic's APIs."""

from tiebeam.gateway.gateway import Gateway
from tiebeam.gateway.heads import CallerProtocol
from tiebeam.gateway.opening import Opening
from tiebeam.gateway.running import run_gateway

__all__ = ["CallerProtocol", "Gateway", "Opening", "run_gateway"]
