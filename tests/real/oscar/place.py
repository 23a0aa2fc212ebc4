"""What install, start and books of this shop have in common."""

import contextlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import real_shop  # noqa: E402

PROJECT = HERE / "project"
HOME = real_shop.TARGET / "oscar"
PYTHON = HOME / "venv" / "bin" / "python"
DATABASES = ("sqlite", "postgres")


def template(database):
    return HOME / f"template-{database}"


def environment(folder, **settings):
    """The environment of the shop's Django; `folder` is the copy it works on."""
    return {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "SHOP_FOLDER": str(folder),
        **settings,
    }


@contextlib.contextmanager
def database(name, folder, log):
    """The environment settings that lead to the copy's database, which is up meanwhile."""
    if name == "sqlite":
        yield {"SHOP_DATABASE": name}
        return
    import postgres

    with postgres.serve(folder / "cluster", log) as host:
        yield {"SHOP_DATABASE": name, "SHOP_POSTGRES_HOST": host}


def manage(what, folder, settings, *arguments):
    """Runs one of Django's commands and gives what it printed."""
    return real_shop.run(what, [str(PYTHON), str(PROJECT / "manage.py"), *arguments], env=environment(folder, **settings), cwd=folder)
