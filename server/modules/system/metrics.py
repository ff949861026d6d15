"""The numbers of `/api/system/metrics`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.kernel.database import Connection, Database
from server.kernel.jobs import count_jobs
from server.kernel.module import Gauge
from server.kernel.sealing import read_lag
from server.modules.system import machine
from server.modules.system.exposition import Family, Sample, gauge, histogram, labelled
from server.modules.system.meters import BUCKETS_SECONDS, HttpMeter, LoopMeter


@dataclass(frozen=True, slots=True)
class Metrics:
    """Collects what is measured here and what the modules count."""

    database: Database
    http: HttpMeter
    loop: LoopMeter
    live_sockets: Callable[[], int]
    restarts: Callable[[], int]
    gauges: Sequence[Gauge]

    async def collect(self, connection: Connection) -> list[Family]:
        """Return all metrics as they are now."""
        lag = await read_lag(connection)
        families = [
            *self._process(),
            *_machine(),
            gauge(
                "genba_journal_unsealed_entries",
                "Committed journal entries without a position.",
                lag.entries,
            ),
            gauge(
                "genba_journal_sealing_lag_seconds",
                "Age of the oldest journal entry without a position.",
                lag.seconds,
            ),
        ]
        families.append(
            labelled(
                "genba_jobs",
                "gauge",
                "Jobs by state; failed ones were given up.",
                "state",
                await count_jobs(connection),
            )
        )
        for each in self.gauges:
            value = await each.read(connection)
            if isinstance(value, int | float):
                families.append(gauge(each.name, each.help, value))
            else:
                families.append(labelled(each.name, "gauge", each.help, each.label, value))
        return families

    def _process(self) -> list[Family]:
        use = self.database.use()
        return [
            labelled(
                "genba_http_requests_total",
                "counter",
                "Answers by class of status.",
                "status",
                dict(self.http.by_class),
            ),
            histogram(
                "genba_http_request_duration_seconds",
                "How long answers took.",
                BUCKETS_SECONDS,
                self.http.buckets,
                self.http.seconds,
            ),
            gauge(
                "genba_event_loop_delay_p99_seconds",
                "How late the event loop was, 99 of 100 times at most, within the last minute.",
                self.loop.p99_seconds,
            ),
            labelled(
                "genba_database_connections",
                "gauge",
                "Connections of the pool.",
                "state",
                {"idle": use.idle, "in_use": use.in_use},
            ),
            gauge("genba_database_waiting", "Callers that wait for a connection.", use.waiting),
            gauge("genba_live_sockets", "Open live WebSockets.", self.live_sockets()),
            Family(
                "genba_service_restarts_total",
                "counter",
                "How often a part of the server had to be started again.",
                [Sample(self.restarts())],
            ),
            Family(
                "process_cpu_seconds_total",
                "counter",
                "Processor time used.",
                [Sample(machine.cpu_seconds())],
            ),
        ]


def _machine() -> list[Family]:
    families = [
        labelled("genba_load", "gauge", "Load average by minutes.", "minutes", machine.load())
    ]
    if (memory := machine.memory_bytes()) is not None:
        families.append(gauge("process_resident_memory_bytes", "Resident memory.", memory))
    if (celsius := machine.temperature_celsius()) is not None:
        families.append(gauge("genba_temperature_celsius", "Hottest thermal zone.", celsius))
    disks = machine.disks()
    families += [
        labelled(
            "genba_disk_size_bytes",
            "gauge",
            "Size of the file system.",
            "path",
            {disk.path: disk.size for disk in disks},
        ),
        labelled(
            "genba_disk_free_bytes",
            "gauge",
            "Free for an ordinary user.",
            "path",
            {disk.path: disk.free for disk in disks},
        ),
    ]
    return families
