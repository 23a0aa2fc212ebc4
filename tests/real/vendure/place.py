"""What install, start and orders of this shop have in common."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import real_shop  # noqa: E402

HOME = real_shop.TARGET / "vendure"
MODULES = HOME / "modules"
TEMPLATE = HOME / "template"


def node():
    """The path and version of Node.js."""
    path = shutil.which("node")
    if not path:
        raise real_shop.Trouble("Node.js is not installed; install Node.js 20 or later, with npm")
    version = subprocess.check_output([path, "--version"], text=True).strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        raise real_shop.Trouble(f"{path} is Node.js {version}, but this shop needs 20 or later")
    return path, version


def environment(folder, **settings):
    """The environment of the shop's Node.js; `folder` is the copy it works on."""
    return {**os.environ, "NODE_PATH": str(MODULES / "node_modules"), "SHOP_FOLDER": str(folder), "VENDURE_DISABLE_TELEMETRY": "true", **settings}
