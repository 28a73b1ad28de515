"""envdoctor: will this GPU workload run on those hosts, and if not, what to type.

The package judges declarations (Dockerfiles, requirements, image references, environment documents)
against hosts (driver, GPUs) with a curated matrix. Data flows one way:

    cli -> targets -> readers + probes -> Facts (frozen) -> rules (+ Matrix) -> Report -> formatter -> exit code
"""

__version__ = "0.1.0"
