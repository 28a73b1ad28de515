"""Is the curated matrix as it must be? Schemas, form, sources and what must hold between rows.

`verify()` asks everything and answers with problems; the tests of the matrix ask the same functions. To add an
invariant: one function in `invariants/` that yields a Problem for each row that breaks it, one line in
`invariants/__init__.py`, and one broken row in tests/upkeep/test_invariants.py that it must catch.
"""

from __future__ import annotations

from envdoctor.upkeep.problems import Problem
from envdoctor.upkeep.verify import Verified, verify

__all__ = ["Problem", "Verified", "verify"]
