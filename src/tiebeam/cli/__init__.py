"""The command line. Starting it imports click and nothing heavier; each command imports what it needs."""

from tiebeam.cli.main import main

__all__ = ["main"]
