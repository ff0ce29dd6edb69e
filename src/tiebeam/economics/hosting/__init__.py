"""Hosting a model on GPUs: what it can do, and what an hour, a month and a million tokens cost."""

from tiebeam.economics.hosting.batch import BrokenBatch, estimate_batch
from tiebeam.economics.hosting.benchmarks import BrokenBenchmark, read_benchmark
from tiebeam.economics.hosting.catalogs import BrokenCatalog, CatalogOffer, read_catalog
from tiebeam.economics.hosting.estimating import (
    Estimate,
    Method,
    MethodUnavailable,
    Throughput,
    UnknownAccelerator,
    UnknownArchitecture,
    Wanted,
    precision_of,
    usd_per_month,
    usd_per_mtok,
)
from tiebeam.economics.hosting.kernels import (
    KernelModelFailed,
    KernelRequest,
    NeedsKernels,
    kernel_points,
    kernel_source,
)
from tiebeam.economics.hosting.offers import OfferView, TermPrice, UnknownOffer, find_offer, list_offers
from tiebeam.economics.hosting.taking import Taken, take_benchmark, take_computed, take_offers

__all__ = [
    "BrokenBatch",
    "BrokenBenchmark",
    "BrokenCatalog",
    "CatalogOffer",
    "Estimate",
    "KernelModelFailed",
    "KernelRequest",
    "Method",
    "MethodUnavailable",
    "NeedsKernels",
    "OfferView",
    "Taken",
    "TermPrice",
    "Throughput",
    "UnknownAccelerator",
    "UnknownArchitecture",
    "UnknownOffer",
    "Wanted",
    "estimate_batch",
    "find_offer",
    "kernel_points",
    "kernel_source",
    "list_offers",
    "precision_of",
    "read_benchmark",
    "read_catalog",
    "take_benchmark",
    "take_computed",
    "take_offers",
    "usd_per_month",
    "usd_per_mtok",
]
