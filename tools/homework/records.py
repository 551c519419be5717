"""What an instructor keeps outside the repository: the secret of variants, the gradebook, names."""

import os
import secrets
from pathlib import Path

from tools import common
from tools.common import Stop

DEFAULT = "~/course_records"


def folder(named: str = "") -> Path:
    """The folder of records: the one that is named, that of COURSE_RECORDS, or ~/course_records; made where needed.

    Stop for a folder inside the course, which is published.
    """
    try:
        found = Path(named or os.environ.get("COURSE_RECORDS", "") or DEFAULT).expanduser().resolve()
    except (RuntimeError, OSError) as error:
        raise Stop(f"there is no folder for records ({error}): name one with --records DIR.") from None
    if common.ROOT in [found, *found.parents]:
        raise Stop(f"{found} lies inside the course, which is published: name another one with --records DIR.")
    try:
        found.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(f"{found} cannot be made ({error.strerror}): name another folder with --records DIR.") from None
    return found


def secret(records: Path) -> str:
    """The secret that variants are drawn from, made once; only its owner may read it."""
    path = records / "secret.txt"
    if not path.exists():
        common.write(path, secrets.token_hex(16) + "\n")
        path.chmod(0o600)
    return path.read_text(encoding="utf-8").strip()
