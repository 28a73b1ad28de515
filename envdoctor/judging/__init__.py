"""The field's arithmetic that several rules share: no rule, no I/O, only facts and matrix rows in, answers out.

`requirement` evaluates NVIDIA_REQUIRE_* as the container library does; `code` tells whether a GPU has code in a
binary; `builds` finds which wheel builds a package can mean; `components` tells what in a workload needs which CUDA;
`evidence` writes facts down as evidence; `each` judges a list item by item.
"""
