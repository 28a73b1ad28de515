"""Packages come over plain http, or from a host whose certificate is not checked: who is on the way can replace them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from envdoctor.facts import FactAbsent, Facts, Origin, Statement, Variable
from envdoctor.findings import Evidence, Finding, Kind, Severity
from envdoctor.judging.shell_words import program
from envdoctor.matrix import Matrix
from envdoctor.patterns import lazily
from envdoctor.rules.rule import Rule

_SOURCES = (
    "https://pip.pypa.io/en/stable/cli/pip/#cmdoption-trusted-host",
    "https://docs.astral.sh/uv/reference/cli/#uv-pip-install--allow-insecure-host",
    "https://github.com/pypa/pip/issues/6886",
)
_INSTALLERS = lazily(r"pip[0-9.]*|python[0-9.]*|uv|conda|mamba|micromamba|poetry|pdm")
_INDEX_OPTIONS = frozenset(
    "--index-url -i --extra-index-url --find-links -f --default-index --index -c --channel".split()
)
_TRUST = ("--trusted-host", "--allow-insecure-host")
_INDEX_VARIABLES = lazily(r"(?:PIP|UV)_(?:(?:EXTRA_)?INDEX(?:_URL)?|DEFAULT_INDEX|FIND_LINKS)")
_TRUST_VARIABLES = frozenset({"PIP_TRUSTED_HOST", "UV_INSECURE_HOST"})
_HTTP = lazily(r"http://(?:[^/@\s]{1,500}@)?([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]+\])?", re.IGNORECASE)
# On the same machine, or another container of the same build: nothing is on the way
_NEAR = lazily(r"localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0|host\.docker\.internal|172\.17\.0\.1|[a-z0-9-]+", re.I)
_PIP_CONFIG = ("global.trusted-host", "install.trusted-host")


class _Place(NamedTuple):
    """Where packages come from without protection. `host` "" is one that a variable names."""

    host: str
    is_http: bool
    has_password: bool
    origin: Origin
    written: str


def check(facts: Facts, matrix: Matrix) -> Iterator[Finding]:
    build, packages = facts.build.get(), facts.packages.get()
    if build is None and (packages is None or not packages.items):
        raise FactAbsent("no packages are installed from an index")
    found: list[_Place] = []
    if build is not None:
        for statement in (*build.statements, *build.other_statements):
            found.extend(_of_statement(statement))
        found.extend(_of_variables(build.variables))
    for item in packages.items if packages is not None else ():
        for url in (item.index, *item.extra_indexes):
            host = _http_host(url or "")
            if host is not None:
                found.append(_Place(host, True, False, item.origin, f"{item.name} from http://{host}"))
    yield from map(_finding, _once(found))


def _of_statement(statement: Statement) -> Iterator[_Place]:
    if _INSTALLERS.fullmatch(program(statement)) is None:
        return
    is_setting = "config" in statement.words[1:5] and "set" in statement.words
    addresses = [each for each in statement.addresses if each.option in _INDEX_OPTIONS or is_setting]
    plain = [each for each in addresses if each.scheme == "http" and not _is_near(each.host)]
    for each in plain[:1]:
        yield _Place(
            each.host, True, bool(each.password), statement.origin, f"{each.option} http://{each.host}".strip()
        )
    trusted = [host for host in _trusted(statement.words) if not _is_near(host)]
    hosts = {each.host.partition(":")[0] for each in addresses}
    # Without an address of its own, pip asks PyPI: a trusted host that is not asked changes nothing
    asked = [host for host in trusted if not hosts or host.partition(":")[0] in hosts or _is_pypi(host)]
    if not plain and asked:
        yield _Place(
            asked[0], False, any(each.password for each in addresses), statement.origin, f"--trusted-host {asked[0]}"
        )


def _trusted(words: tuple[str | None, ...]) -> Iterator[str]:
    """The hosts of --trusted-host HOST, --trusted-host=HOST and `pip config set global.trusted-host HOST`."""
    for word, following in zip(words, (*words[1:], None), strict=False):
        if word is None:
            continue
        option, equals, value = word.partition("=")
        if option in _TRUST and equals:
            yield value
        elif (word in _TRUST or word in _PIP_CONFIG) and following:
            yield from following.split()[:5]


def _of_variables(variables: tuple[Variable, ...]) -> Iterator[_Place]:
    for each in variables:
        if each.keyword != "ENV" or not each.value:
            continue
        if _INDEX_VARIABLES.fullmatch(each.name):
            host = _http_host(each.value)
            if host is not None:
                has_password = "@" in each.value
                yield _Place(host, True, has_password, each.origin, f"{each.name}=http://{host}")
        elif each.name in _TRUST_VARIABLES:
            host = each.value.split()[0] if each.value.split() else ""
            if not _is_near(host):
                shown = host if "$" not in host else ""
                yield _Place(shown, False, False, each.origin, f"{each.name}={shown or '…'}")


def _http_host(url: str) -> str | None:
    """The host of a plain http address that is not near."""
    match = _HTTP.search(url[:2000])
    if match is None:
        return None
    host = (match.group(1) or "").lower()
    return None if _is_near(host) else host


def _is_near(host: str) -> bool:
    bare = host if host.startswith("[") else host.partition(":")[0]
    return bool(bare) and _NEAR.fullmatch(bare) is not None


def _is_pypi(host: str) -> bool:
    return host.partition(":")[0].lower() in ("pypi.org", "pypi.python.org", "files.pythonhosted.org")


def _once(places: list[_Place]) -> Iterator[_Place]:
    """One finding for a host: a variable and the commands that use it tell the same."""
    seen: set[tuple[str, str | None]] = set()
    for place in sorted(places, key=lambda each: (not each.is_http, not each.has_password)):
        key = (place.host.partition(":")[0], place.origin.path)
        if key not in seen:
            seen.add(key)
            yield place


def _finding(place: _Place) -> Finding:
    host = place.host or "a host that a variable names"
    what = (
        f"Packages come from {host} over plain http"
        if place.is_http
        else f"The certificate of {host}, from where packages come, is not checked"
    )
    read = ", and read the password that is sent along" if place.has_password else ""
    return Finding(
        message=f"{what}: whoever is on the way to it can replace a package, whose code then runs as root in the build{read}.",
        severity=Severity.WARNING,
        remedy=_remedy(place),
        verify=f"curl -sSI https://{place.host or 'HOST'}/",
        at=place.origin,
        evidence=(Evidence("build.index", place.written[:120], str(place.origin)),),
        sources=_SOURCES,
    )


def _remedy(place: _Place) -> tuple[str, ...]:
    pinned = "or, where the server stays as it is, install with hashes: pip install --require-hashes -r requirements.txt (uv pip compile --generate-hashes writes them)"
    if _is_pypi(place.host):
        return (
            "leave --trusted-host out: PyPI has a valid certificate",
            "behind a proxy that puts its own certificate in place, give pip that one: COPY proxy.crt /etc/ssl/proxy.crt and ENV PIP_CERT=/etc/ssl/proxy.crt",
        )
    own = "for a server with a certificate of its own: ENV PIP_CERT=/etc/ssl/our-ca.crt (uv: SSL_CERT_FILE)"
    first = "write https:// (public mirrors serve it) and leave" if place.is_http else "leave"
    first = f"{first} --trusted-host out; {own}"
    secret = "and give the password by RUN --mount=type=secret,id=pip,target=/etc/pip.conf, not in the address"
    return (first, *((secret,) if place.has_password else ()), pinned)


RULE = Rule(
    id="package-index-unprotected",
    kind=Kind.HYGIENE,
    severity=Severity.WARNING,
    title="packages come over plain http or from a host whose certificate is not checked",
    seen=(
        "The repository located at 192.168.1.5 is not a trusted or secure host and is being ignored.",
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    ),
    why=(
        "pip and uv check what they get by https alone, unless hashes are given. --trusted-host (uv: --allow-insecure-host) makes them take plain http and any certificate, so that a proxy, a router or"
        " another machine of the network can hand out packages of its own. A password in an http address can be read on the way."
    ),
    remedy=("serve the index over https, with your own certificate by PIP_CERT", "or install with --require-hashes"),
    sources=_SOURCES,
    check=check,
)
