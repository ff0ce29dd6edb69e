"""The HTTP API under /api/v1: every verb and everything the console shows, as JSON."""

from tiebeam.api.application import PREFIX, build_api

__all__ = ["PREFIX", "build_api"]
