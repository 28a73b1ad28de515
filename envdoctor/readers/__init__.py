"""What is DECLARED, one file per kind of declaration: Dockerfiles, requirements, image references, environment documents.

A reader takes text and a name for it, opens nothing by itself (a function that reads files beside the declaration is
handed to it), executes nothing, and raises one error of its own with what was read, what was expected and what to do.
"""
