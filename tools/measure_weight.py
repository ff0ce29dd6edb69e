"""Installs the core from requirements.lock into a fresh environment and prints what it weighs, as JSON.

The answer is kept in .venv by the digest of what was installed, so that only a changed lock or package costs time.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
# What every environment made by `venv` holds before anything is installed.
BEFORE = {"pip", "setuptools", "wheel"}


def measure(wheel: Path) -> dict[str, object]:
    """Distributions by name and megabytes (10^6 bytes, compiled modules included) of the core and Tiebeam itself."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "core"
        venv.create(home, with_pip=True)
        python = home / "bin" / "python"
        install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", LOCK], check=True)
        subprocess.run([*install, "--no-deps", wheel], check=True)
        report = subprocess.run([python, "-c", WEIGH], check=True, capture_output=True, text=True).stdout
    sizes: dict[str, int] = {name: size for name, size in json.loads(report).items() if name not in BEFORE}
    return {
        "distributions": len(sizes),
        "megabytes": round(sum(sizes.values()) / 1e6, 1),
        "heaviest": dict(sorted(sizes.items(), key=lambda item: -item[1])[:10]),
        "names": sorted(sizes),
    }


WEIGH = """
import json
from importlib.metadata import distributions
sizes = {}
for found in distributions():
    files = [found.locate_file(file) for file in found.files or ()]
    sizes[found.metadata["Name"].lower()] = sum(file.stat().st_size for file in files if file.is_file())
print(json.dumps(sizes))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = Path(folder).glob("*.whl")
        digest = hashlib.sha256(LOCK.read_bytes() + wheel.read_bytes()).hexdigest()[:20]
        kept = ROOT / ".venv" / "weight" / f"{digest}.json"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(measure(wheel), indent=1), encoding="utf-8")
        print(kept.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
