"""The container runs as a uid that its image has no account for: no home to keep caches in, no name to ask for."""

from __future__ import annotations

from collections.abc import Iterator

from envdoctor.facts import FactAbsent, Facts, Package
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.evidence import of_package
from envdoctor.judging.identity import User, may_have_account, on_other_terms, sets, user_of
from envdoctor.matrix import Matrix
from envdoctor.matrix.rows import CacheRow
from envdoctor.rules.rule import Rule
from envdoctor.versions import numbers

_INDUCTOR = "https://github.com/pytorch/pytorch/issues/140765"
_MENDED = "https://github.com/pytorch/pytorch/pull/184208"
_NUMBA = "https://github.com/librosa/librosa/issues/1156"
_SOURCES = (_INDUCTOR, _MENDED, _NUMBA, "https://docs.docker.com/engine/containers/run/")
_WITH_INDUCTOR, _WITH_FALLBACK = (2, 0), (2, 13)


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    user = user_of(facts)
    packages = facts.packages.get()
    if user is None or packages is None or user.is_root or (user.number is None and not user.of_caller):
        raise FactAbsent("the container runs as root or by a name, or what it holds or runs as is not stated")
    if on_other_terms(facts) or may_have_account(facts, user):
        raise FactAbsent("the uid has an account in the container")
    rows = tuple(row for row in _caches(packages.items, matrix) if _cannot_write(row, facts))
    if rows:
        yield _no_home(rows, user, [item for item in packages.items if item.name in {row.name for row in rows}])
    torch = next((item for item in packages.named("torch") if _asks_for_name(item)), None)
    names = ("LOGNAME", "USER", "LNAME", "USERNAME")  # in getpass.getuser's order
    if torch is not None and not sets(facts, *names, "TORCHINDUCTOR_CACHE_DIR"):
        yield _no_name(torch, user)


def _caches(packages: tuple[Package, ...], matrix: Matrix) -> Iterator[CacheRow]:
    for name in dict.fromkeys(item.name for item in packages):
        row = matrix.cache(name)
        if row is not None and row.fails:
            yield row


def _cannot_write(row: CacheRow, facts: Facts) -> bool:
    variables = ["HOME", *([row.variable] if row.variable else []), *(["XDG_CACHE_HOME"] if row.xdg else [])]
    folder = row.folder[1:].split("/")[1]
    mounted = any(f":/{folder}" in volume for volume in facts.launch.volumes.get() or ())
    return not mounted and not sets(facts, *variables)


def _no_home(rows: tuple[CacheRow, ...], user: User, packages: list[Package]) -> Finding:
    shown = ", ".join(f"{row.name} keeps {row.when} ({row.folder})" for row in rows[:5])
    variables = list(dict.fromkeys(f"-e {row.variable}=/tmp/{row.name}" for row in rows if row.variable))[:4]
    remedy = [f"add {' '.join(variables)} to the launch, or an ENV with a folder that the user may write"]
    return Finding(
        message=(
            f'The container runs as {user.shown}, for which the image has no account: HOME is "/", where only root may write.'
            f" There {shown}; that fails with a permission error (numba: no locator available)."
        ),
        severity=Severity.NOTE,
        remedy=(
            *(remedy if variables else ()),
            "or add -e HOME=/tmp, or a HOME on a volume, so that the cache outlives the container",
            "or create the user in the image (RUN useradd -m -u UID NAME)",
        ),
        verify='docker run --rm --user UID IMAGE sh -c \'echo "$HOME"; touch "$HOME/x"\'',
        at=user.origin,
        evidence=(Evidence(user.fact, user.name, str(user.origin)), *(of_package(item) for item in packages[:5])),
        sources=_SOURCES,
    )


def _asks_for_name(torch: Package) -> bool:
    """TorchInductor names its folder after the user. From 2.13 on it falls back to the uid. An unpinned torch is new."""
    if torch.version is None:
        return torch.installed and torch.origin.line is None  # a document says that it is there
    version = numbers(torch.version)[:2]
    return _WITH_INDUCTOR <= version < _WITH_FALLBACK


def _no_name(torch: Package, user: User) -> Finding:
    return Finding(
        message=(
            f"The container runs as {user.shown}, for which the image's /etc/passwd has no entry: torch.compile in PyTorch before 2.13, and what imports TorchInductor,"
            " asks getpass.getuser() for a name and ends with KeyError: getpwuid(): uid not found."
        ),
        severity=Severity.NOTE,
        remedy=(
            "add -e USER=user to the launch: getpass.getuser() takes it and asks no further",
            "or add -e TORCHINDUCTOR_CACHE_DIR=/tmp/torchinductor (some packages ask for the name all the same)",
            "or mount the host's accounts (-v /etc/passwd:/etc/passwd:ro), or create the user in the image",
        ),
        verify="docker run --rm --user UID IMAGE python -c 'import getpass; print(getpass.getuser())'",
        at=user.origin,
        evidence=(Evidence(user.fact, user.name, str(user.origin)), of_package(torch)),
        sources=(_INDUCTOR, _MENDED),
    )


RULE = Rule(
    id="uid-without-account",
    kind=Kind.COMPATIBILITY,
    severity=Severity.NOTE,
    title="the container runs as a uid that the image has no account for",
    seen=(
        "KeyError: 'getpwuid(): uid not found: 955'",
        "RuntimeError: cannot cache function '__shear_dense': no locator available for file",
        "PermissionError: [Errno 13] Permission denied: '/.cache'",
        "I have no name!",
    ),
    why=(
        'With --user and a uid that /etc/passwd of the image does not know, Docker sets HOME to "/", which only root may write, and the process has no name.'
        " Packages that keep models or compiled code in the home directory fail when they first write, TorchInductor when it asks for the name."
    ),
    remedy=(
        "give each cache a folder by its variable (NUMBA_CACHE_DIR, HF_HOME, TORCH_HOME, TORCHINDUCTOR_CACHE_DIR)",
        "or set HOME and USER in the launch",
        "or create the user in the image",
    ),
    sources=_SOURCES,
    check=check,
)
