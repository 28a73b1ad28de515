"""uv.lock: what uv installs for the extras and groups that are chosen. The answers are those of `uv export` (0.13.9)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin, Package
from envdoctor.readers.uv_lock import Locked, locked_packages, read_lock

CU124 = "https://download.pytorch.org/whl/cu124"
PYPI = 'source = { registry = "https://pypi.org/simple" }'
LOCK = f"""\
version = 1
revision = 3
requires-python = ">=3.10"
resolution-markers = [
    "extra != 'extra-8-detector-cpu'",
]
conflicts = [[
    {{ package = "detector", extra = "cpu" }},
    {{ package = "detector", extra = "gpu" }},
]]

[[package]]
name = "detector"
version = "0.1.0"
source = {{ editable = "." }}
dependencies = [
    {{ name = "colorama", marker = "sys_platform == 'win32'" }},
    {{ name = "timm", extra = ["train"] }},
    {{ name = "tomli", marker = "python_full_version < '3.11'" }},
]

[package.optional-dependencies]
cpu = [
    {{ name = "torch", version = "2.5.1+cpu", source = {{ registry = "https://download.pytorch.org/whl/cpu" }} }},
]
gpu = [
    {{ name = "onnxruntime-gpu", marker = "platform_machine == 'x86_64'" }},
    {{ name = "torch", version = "2.5.1+cu124", source = {{ registry = "{CU124}" }} }},
]

[package.dev-dependencies]
dev = [
    {{ name = "tracker" }},
]

[package.metadata]
requires-dist = [
    {{ name = "torch", marker = "extra == 'gpu'", specifier = "==2.5.1" }},
]

[[package]]
name = "colorama"
version = "0.4.6"
{PYPI}

[[package]]
name = "huggingface-hub"
version = "0.26.0"
{PYPI}
dependencies = [
    {{ name = "timm" }},
]
sdist = {{ url = "https://files.pythonhosted.org/packages/huggingface_hub-0.26.0.tar.gz", hash = "sha256:00" }}
wheels = [
    {{ url = "https://files.pythonhosted.org/packages/huggingface_hub-0.26.0-py3-none-any.whl", hash = "sha256:00" }},
]

[[package]]
name = "nvidia-nccl-cu12"
version = "2.21.5"
{PYPI}

[[package]]
name = "onnxruntime-gpu"
version = "1.20.1"
{PYPI}

[[package]]
name = "pyyaml"
version = "6.0.2"
{PYPI}

[[package]]
name = "timm"
version = "1.0.11"
{PYPI}
dependencies = [
    {{ name = "huggingface-hub" }},
    {{ name = "torch", version = "2.5.1+cpu", source = {{ registry = "https://download.pytorch.org/whl/cpu" }}, marker = "extra == 'extra-8-detector-cpu'" }},
    {{ name = "torch", version = "2.5.1+cu124", source = {{ registry = "{CU124}" }}, marker = "extra == 'extra-8-detector-gpu' or extra != 'extra-8-detector-cpu'" }},
]

[package.optional-dependencies]
train = [
    {{ name = "pyyaml" }},
]

[[package]]
name = "tomli"
version = "2.0.2"
{PYPI}

[[package]]
name = "torch"
version = "2.5.1+cpu"
source = {{ registry = "https://download.pytorch.org/whl/cpu" }}

[[package]]
name = "torch"
version = "2.5.1+cu124"
source = {{ registry = "{CU124}" }}
dependencies = [
    {{ name = "nvidia-nccl-cu12", marker = "platform_machine == 'x86_64' and sys_platform == 'linux'" }},
]

[[package]]
name = "tracker"
version = "1.0"
source = {{ git = "https://github.com/example/tracker?rev=v1#0011" }}
"""


def locked(
    text: str = LOCK, extras: tuple[str, ...] = (), groups: tuple[str, ...] = (), **named: Origin
) -> list[Package] | None:
    return locked_packages(read_lock(text), "uv.lock", "detector", (extras, groups), named)


def versions(*extras: str, groups: tuple[str, ...] = ()) -> dict[str, str | None]:
    return {item.name: item.version for item in locked(extras=extras, groups=groups) or ()}


def test_the_base() -> None:
    assert versions() == {
        "timm": "1.0.11",
        "pyyaml": "6.0.2",
        "huggingface-hub": "0.26.0",
        "torch": "2.5.1+cu124",
        "nvidia-nccl-cu12": "2.21.5",
    }


def test_extras_choose_the_build() -> None:
    assert versions("cpu")["torch"] == "2.5.1+cpu"
    gpu = {item.name: item for item in locked(extras=("gpu",)) or ()}
    assert (gpu["torch"].version, gpu["torch"].cuda, gpu["torch"].index) == ("2.5.1+cu124", "12.4", CU124)
    assert (gpu["onnxruntime-gpu"].version, gpu["onnxruntime-gpu"].index) == ("1.20.1", None)
    assert gpu["onnxruntime-gpu"].marker == "platform_machine == 'x86_64'"
    assert gpu["torch"].manager == "uv"


def test_what_is_for_some_machines_alone_and_bears_on_no_gpu_is_left_out() -> None:
    assert not {"tomli", "colorama"} & set(versions("gpu"))
    (nccl,) = [item for item in locked(extras=("gpu",)) or () if item.name == "nvidia-nccl-cu12"]
    assert nccl.marker == "platform_machine == 'x86_64' and sys_platform == 'linux'"
    place = Origin("pyproject.toml:5", "pyproject.toml", 5)
    named = {item.name: item for item in locked(tomli=place) or ()}
    assert named["tomli"].marker == "python_full_version < '3.11'"
    assert named["tomli"].origin == Origin(f"pyproject.toml:5, uv.lock:{_line('tomli')}", "pyproject.toml", 5)


def test_lines_and_sources() -> None:
    found = {item.name: item for item in locked(groups=("dev",)) or ()}
    assert found["timm"].origin == Origin(f"uv.lock:{_line('timm')}", "uv.lock", _line("timm"))
    assert (found["tracker"].version, found["tracker"].installed) == (None, True)


def _line(name: str) -> int:
    return LOCK[: LOCK.index(f'[[package]]\nname = "{name}"')].count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version = 1\n",
        LOCK.replace('source = { editable = "." }', PYPI),
        LOCK.replace("dependencies = [\n    {", "dependencies = [{", 1),
    ],
)
def test_what_does_not_tell(text: str) -> None:
    assert locked(text) is None


@settings(max_examples=100)
@given(st.lists(st.sampled_from(LOCK.split("\n")), max_size=60), st.data())
def test_lines_in_any_order_are_read(lines: list[str], data: st.DataObject) -> None:
    for each in read_lock("\n".join(lines)).values():
        assert all(isinstance(item, Locked) for item in each)
    shuffled = data.draw(st.permutations(LOCK.split("\n\n")))
    found = locked("\n\n".join(shuffled), extras=("gpu",))
    assert found is None or all(item.name for item in found)
