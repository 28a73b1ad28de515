"""Makes docs/check.svg, the picture in the README, from real output: python docs/make_picture.py"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
ARGUMENTS = ["check", "examples/inference", "--driver", "535.104.05", "--gpu", "T4"]


def main() -> None:
    environment = {**os.environ, "COLUMNS": "100"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "envdoctor", *ARGUMENTS, "--color", "always"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        console = Console(record=True, width=100, file=nothing, color_system="standard", force_terminal=True)
        console.print(Text(f"$ envdoctor {' '.join(ARGUMENTS)}", style="bold"))
        console.print(Text.from_ansi(run.stdout + run.stderr))
        picture = console.export_svg(title="envdoctor")
    # The fonts would be fetched from elsewhere; a browser's own monospace does.
    picture = re.sub(r"@font-face \{[^}]*\}", "", picture)
    (ROOT / "docs" / "check.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
