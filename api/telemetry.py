"""What an operator learns of the queries: one line in the log for each, and metrics."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily

from kg.remote import RemotePool
from kg.workers import WorkerPool

__all__ = ["LOGGER", "QueryLog", "Telemetry"]

#: The logger of queries. It has no handler of its own; ``alliance serve`` gives it one.
LOGGER = logging.getLogger("alliance.query")

QueryLog = Literal["off", "on", "text"]


class Telemetry:
    """Counts queries and writes them down. Who asked is neither counted nor written.

    :param log: whether queries are written to the log, and whether with their text.
    """

    def __init__(self, pool: RemotePool | WorkerPool, *, log: QueryLog) -> None:
        self._log = log
        self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._registry.register(_Pool(pool))
        self._queries = Counter(
            "alliance_queries_total",
            "Queries from outside by outcome: answered, cached, input, or the limit they met.",
            ["outcome"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "alliance_query_seconds",
            "Time from a query's arrival to its answer, waiting included.",
            buckets=(0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30),
            registry=self._registry,
        )
        self._bytes = Counter(
            "alliance_answer_bytes_total",
            "Bytes of answers, before compression.",
            registry=self._registry,
        )

    def record(
        self, query: str, *, outcome: str, seconds: float, rows: int | None, size: int
    ) -> None:
        """Count a query and write it down.

        :param rows: how many rows its table has, where it has one.
        :param size: bytes of its answer.
        """
        self._queries.labels(outcome).inc()
        self._seconds.observe(seconds)
        self._bytes.inc(size)
        if self._log != "off" and LOGGER.isEnabledFor(logging.INFO):
            line = {
                "query": hashlib.sha256(query.encode()).hexdigest()[:16],
                "outcome": outcome,
                "seconds": round(seconds, 6),
                "rows": rows,
                "bytes": size,
            }
            if self._log == "text":
                line["text"] = query[:10_000]
            LOGGER.info(json.dumps(line, ensure_ascii=False))

    def render(self) -> bytes:
        """Write the metrics in Prometheus's text format."""
        return generate_latest(self._registry)


class _Pool:
    """The pool's state at the time it is asked for."""

    def __init__(self, pool: RemotePool | WorkerPool) -> None:
        self._pool = pool

    def collect(self) -> list[GaugeMetricFamily]:
        gauges = {
            "alliance_queries_running": ("Queries being answered.", self._pool.running),
            "alliance_queries_waiting": ("Queries that wait for a worker.", self._pool.waiting),
            "alliance_workers": ("Worker processes.", len(self._pool.workers)),
            "alliance_workers_replaced": (
                "Workers that were put in another's place since the start.",
                self._pool.replaced,
            ),
        }
        return [
            GaugeMetricFamily(name, text, value=value) for name, (text, value) in gauges.items()
        ]
