"""How the parts of a volume are told from each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envdoctor.facts import Launch, Origin, known
from envdoctor.judging.volumes import has_mount, volumes


def launch(*texts: str, tmpfs: tuple[str, ...] = ()) -> Launch:
    return Launch(volumes=known(texts, Origin("run.sh:1")), tmpfs=known(tmpfs, Origin("run.sh:1")))


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        ("/a:/b", "/a", "/b"),
        ("/a:/b:ro,z", "/a", "/b"),
        ("/b", None, "/b"),
        (":/b", "", "/b"),
        ("${X:-/a}:/b", "${X:-/a}", "/b"),
        ("${X:?say where}/d:/b:ro", "${X:?say where}/d", "/b"),
        ("$(cut -d: -f1 x):/b", "$(cut -d: -f1 x)", "/b"),
        ("`a:b`:/b", "`a:b`", "/b"),
        ("C:\\a:/b", "C:\\a", "/b"),
        ("c:/a:/b:ro", "c:/a", "/b"),
    ],
)
def test_source_and_target(text: str, source: str | None, target: str) -> None:
    (volume,) = volumes(launch(text))
    assert (volume.source, volume.target, volume.shown) == (source, target, text)


def test_what_is_mounted_at_a_place() -> None:
    assert has_mount(launch("/dev/shm:/dev/shm"), "/dev/shm")
    assert has_mount(launch("/dev:/dev/"), "/dev/shm")
    assert has_mount(launch(tmpfs=("/dev/shm:size=1g",)), "/dev/shm")
    assert not has_mount(launch("/dev/shm:/shm", "/a:/dev/shm2", tmpfs=("/dev/shm2",)), "/dev/shm")
    assert not has_mount(Launch(), "/dev/shm")


@given(st.text(alphabet="a/:$`{}()~.C\\\n ", max_size=60))
def test_any_text(text: str) -> None:
    for volume in volumes(launch(text)):
        assert volume.target in text
        assert volume.source is None or text.startswith(f"{volume.source}:")
        assert volume.is_at("/data") in (True, False)
