"""What image registries and package indexes say now, asked within bounds; nothing here runs unless the user says so.

`transport` is HTTP with limits, `registry` reads images and tags, `package_index` reads wheels' names and metadata
through the user's own configured indexes, `drift` compares the matrix with both (`verify_online`) and proposes rows
as a diff. To compare one more table: one function in a module `…_drift`, one line in `drift.py`. httpx is imported
by the functions that ask, so that importing this package costs nothing.
"""
