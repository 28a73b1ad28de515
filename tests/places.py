"""Where the package under test lies: in the checkout, or installed from a wheel while the tests stand elsewhere."""

from __future__ import annotations

from pathlib import Path

import envdoctor

PACKAGE = Path(envdoctor.__file__).resolve().parent
ABOVE = PACKAGE.parent  # what goes on the path
DATA = PACKAGE / "data" if (PACKAGE / "data").is_dir() else ABOVE / "data"
