"""Prometheus text, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MEDIA_TYPE = "text/plain; version=0.0.4"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric; each sample is a suffix of the name, its labels and its value."""

    name: str
    kind: str
    help: str
    samples: Sequence["Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


def gauge(name: str, text: str, value: float) -> Family:
    """Return a metric that is one number."""
    return Family(name, "gauge", text, [Sample(value)])


def labelled(name: str, kind: str, text: str, label: str, values: Mapping[str, float]) -> Family:
    """Return a metric that is one number for each value of a label."""
    return Family(name, kind, text, [Sample(v, {label: key}) for key, v in values.items()])


def histogram(
    name: str, text: str, bounds: Sequence[float], counts: Sequence[int], total: float
) -> Family:
    """Return a histogram from one count a bucket, the last beyond all bounds."""
    samples: list[Sample] = []
    below = 0
    for bound, count in zip([*bounds, float("inf")], counts, strict=True):
        below += count
        samples.append(Sample(below, {"le": _number(bound)}, "_bucket"))
    samples += [Sample(total, suffix="_sum"), Sample(below, suffix="_count")]
    return Family(name, "histogram", text, samples)


def write(families: Sequence[Family]) -> bytes:
    """Return the metrics as text."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_escape(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        for sample in family.samples:
            labels = ",".join(
                f'{name}="{_escape(value, quotes=True)}"' for name, value in sample.labels.items()
            )
            braces = f"{{{labels}}}" if labels else ""
            lines.append(f"{family.name}{sample.suffix}{braces} {_number(sample.value)}")
    return ("\n".join(lines) + "\n").encode()


def _escape(text: str, *, quotes: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quotes else escaped


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
