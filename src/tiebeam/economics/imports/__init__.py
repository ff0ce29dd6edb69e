"""What was used before, and beside, the gateway: exports of other gateways and providers taken into the same ledger."""

from tiebeam.economics.imports.tables import usage_import

__all__ = ["usage_import"]
