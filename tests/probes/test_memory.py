"""Memory that is left, from files as cgroup versions 1 and 2 have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from envdoctor.probes import memory

MIB = 1024 * 1024


def tree(root: Path, **files: str) -> str:
    """`files` are paths with "__" for "/"."""
    for path, content in files.items():
        target = root / path.replace("__", "/").replace("_dot_", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return str(root)


def test_nothing_is_known_without_proc_and_cgroups(tmp_path: Path) -> None:
    assert memory.free(str(tmp_path)) is None
    assert memory.oom_kills(str(tmp_path)) is None


def test_no_limit_leaves_what_the_machine_has(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        proc__meminfo="MemTotal:  2048 kB\nMemAvailable:   1024 kB\n",
        proc__self__cgroup="0::/\n",
        sys__fs__cgroup__memory_dot_max="max\n",
        sys__fs__cgroup__memory_dot_current="4096\n",
    )
    assert memory.free(root) == MIB


def test_version_2_counts_the_cache_as_free_and_the_tightest_level(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        proc__self__cgroup="0::/pod/app\n",
        sys__fs__cgroup__pod__app__memory_dot_max=f"{500 * MIB}\n",
        sys__fs__cgroup__pod__app__memory_dot_high="max\n",
        sys__fs__cgroup__pod__app__memory_dot_current=f"{400 * MIB}\n",
        sys__fs__cgroup__pod__app__memory_dot_stat=f"anon 1\ninactive_file {100 * MIB}\nactive_file {50 * MIB}\n",
        sys__fs__cgroup__pod__app__memory_dot_events="low 0\noom 3\noom_kill 2\n",
        sys__fs__cgroup__pod__memory_dot_max=f"{1000 * MIB}\n",
        sys__fs__cgroup__pod__memory_dot_current=f"{900 * MIB}\n",
    )
    assert memory.free(root) == 100 * MIB  # of the pod; the container alone would have 225
    assert memory.oom_kills(root) == 2
    (tmp_path / "sys/fs/cgroup/pod/app/memory.high").write_text(f"{350 * MIB}\n")
    assert memory.free(root) == 75 * MIB


@pytest.mark.parametrize("path", ["/docker/0d3f", "/", "/../../x"])
def test_version_1_where_only_the_top_is_mounted(tmp_path: Path, path: str) -> None:
    """Docker without a cgroup namespace: the path is the host's, /sys/fs/cgroup/memory the container's own."""
    root = tree(
        tmp_path,
        proc__self__cgroup=f"5:cpu,cpuacct:{path}\n4:memory:{path}\n0::{path}\n",
        sys__fs__cgroup__memory__memory_dot_limit_in_bytes=f"{300 * MIB}\n",
        sys__fs__cgroup__memory__memory_dot_usage_in_bytes=f"{200 * MIB}\n",
        sys__fs__cgroup__memory__memory_dot_stat=f"inactive_file 0\ntotal_inactive_file {20 * MIB}\n",
        sys__fs__cgroup__memory__memory_dot_oom_control="oom_kill_disable 0\nunder_oom 0\noom_kill 7\n",
    )
    assert memory.free(root) == 120 * MIB
    assert memory.oom_kills(root) == 7


def test_version_1_without_a_limit(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        proc__self__cgroup="4:memory:/\n",
        sys__fs__cgroup__memory__memory_dot_limit_in_bytes="9223372036854771712\n",
        sys__fs__cgroup__memory__memory_dot_usage_in_bytes="1\n",
    )
    assert memory.free(root) is None


@pytest.mark.parametrize("text", ["", "x", "-1", "9" * 30, "MemAvailable: kB", "4:memory", "\0"])
def test_nonsense(tmp_path: Path, text: str) -> None:
    root = tree(
        tmp_path,
        proc__meminfo=text,
        proc__self__cgroup=text,
        sys__fs__cgroup__memory__memory_dot_limit_in_bytes=text,
    )
    assert memory.free(root) is None
