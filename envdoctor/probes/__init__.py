"""What is OBSERVED on a running system, one file per family of facts.

A probe is `probe(root) -> facts` plus pure `parse_…(text)` functions. `root` is "/" for this machine or the folder of a
recorded one (a tree of `etc/…`, `proc/…`); pointed at a recording, a probe runs no command and loads no library.
What is not there is absent (or the next source is asked); any other error, a timeout or text that cannot be parsed is
unknown, with the reason. To add one: a file here, a line in `envdoctor/observation/`, its field in the schema (and in
`envdoctor/facts/`, if a rule reads it), a recording under `tests/recordings/` and a test.
"""
