"""No report, notice, label, evidence or error repeats a password or token: names may be shown, values not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from envdoctor.formatters import FORMATS
from tests.repositories.checking import HOSTS, _document, said

_MARKER = re.compile(r"@@([a-z0-9-]+)@@")
# Real tokens are one word of letters and digits: no reader may be saved by an odd character.
_SHOWN = re.compile(r"zq7secret[a-z]+0end")

_SCRIPT = """\
#!/bin/bash
export WANDB_API_KEY=@@export@@
docker login -u bot -p @@login@@ registry.example.com
echo @@echo@@ | docker login --password-stdin registry.example.com
curl -H "Authorization: Bearer @@header@@" https://bot:@@curl@@@example.com/model.onnx
docker build -t plain_image --build-arg X_TOKEN=@@build-arg@@ --build-arg=OTHER_KEY=@@build-arg-joined@@ \\
  --build-arg INDEX=https://bot:@@build-arg-index@@@pypi.example.com/simple --label note=@@build-label@@ .
docker build -t away_image https://bot:@@context@@@github.com/example/away.git
docker build -t away_image "https://github.com/example/away.git?token=@@context-query@@"
docker run -e HF_TOKEN=@@run-env@@ --env API_KEY=@@run-env-long@@ --env=DB=postgres://u:@@run-env-address@@@db/x \\
  --label key=@@run-label@@ --env-file run.env -v /srv/@@volume-ish@@:/data plain_image \\
  serve --api-key @@command-word@@ --hf-token=@@command-joined@@ --password=@@command-password@@
docker run --shm-size 1g --ipc=host --net=host -p 80:80 -e TOKEN="@@quoted@@" plain_image \\
  bash -c "export TOKEN=@@payload-export@@; HF_TOKEN=@@payload-prefix@@ python train.py --num-workers 8 --token @@payload@@"
docker run plain_image -e LATE_TOKEN=@@late-env@@ --gpus all --password @@late-password@@
docker run --gpus all \\
  -e CUT_TOKEN=@@cut-before@@
  -e CUT_KEY=@@cut-after@@ plain_image serve --api-key @@cut-word@@
docker run --gpus all \\ # @@comment@@
  -e BLANK_TOKEN=@@blank-after@@ plain_image
docker run --no-such-option=@@unknown-option@@ plain_image
docker run https://bot:@@image@@@registry.example.com/image
docker run "${IMAGE:-bot:@@image-default@@@registry.example.com/image}"
bash -c "docker run --gpus all -e HF_TOKEN=@@inner-env@@ plain_image serve --api-key @@inner-word@@"
ssh gpu "docker run -e HF_TOKEN=@@ssh-env@@ plain_image"
"""

_COMPOSE = """\
name: stack
x-note: @@extension@@
services:
  api:
    image: ${API_IMAGE:-plain_image}
    container_name: api
    build:
      context: .
      args: {X_TOKEN: @@compose-arg@@, INDEX: "https://bot:@@compose-arg-index@@@pypi.example.com/simple"}
      labels: {token: @@compose-build-label@@}
      secrets: [build_token]
    environment:
      HF_TOKEN: @@compose-env@@
      FROM_DOTENV: ${DOTENV_TOKEN}
      ADDRESS: https://bot:@@compose-address@@@example.com
    env_file: [run.env, {path: https://bot:@@env-file-address@@@example.com/x.env}]
    labels: ["token=@@compose-label@@"]
    command: ["serve", "--api-key", "@@compose-command@@", "--password=@@compose-password@@"]
    secrets: [token]
    gpus: all
    shm_size: 1gb
    ipc: host
  worker:
    image: "https://bot:@@compose-image@@@registry.example.com/image"
    environment: ["API_KEY=@@compose-env-list@@", "OTHER=${DOTENV_TOKEN:-@@compose-default@@}"]
    command: bash -c "export TOKEN=@@compose-payload@@ && python train.py --token @@compose-payload-word@@"
    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all}]}}}
  remote:
    build: "https://bot:@@compose-context@@@github.com/example/x.git"
    environment: {NEEDED: "${NOT_THERE:?@@compose-needed@@}"}
  inline:
    build:
      context: .
      dockerfile_inline: |
        FROM nvidia/cuda:12.4.1-base-ubuntu22.04
        ENV INLINE_TOKEN=@@inline-env@@
        RUN pip install torch==2.1.0 --index-url https://bot:@@inline-index@@@pypi.example.com/simple
  dotted:
    image: registry.example.com/image:${DOTENV_TAG}
    environment: {DOTENV_PASS: "$DOTENV_PASS"}
secrets:
  token: {environment: HF_TOKEN}
  build_token: {file: ./token.txt}
"""

_DOCKERFILE = """\
# syntax=docker/dockerfile:experimental
ARG GLOBAL_TOKEN=@@global-arg@@
FROM nvidia/cuda:12.4.1-cudnn-devel-ubuntu20.04 AS build
ARG X_TOKEN=@@arg@@
ARG NPM_PASSWORD
ENV HF_TOKEN=@@env@@ PIP_INDEX_URL=https://bot:@@env-index@@@pypi.example.com/simple
ENV PIP_EXTRA_INDEX_URL "https://@@env-extra@@@pypi.example.com/simple"
LABEL token=@@label@@ maintainer="https://bot:@@label-address@@@example.com"
RUN export TOKEN=@@export-run@@
RUN export A_TOKEN=@@export-run-two@@ && cd /srv/app
RUN TOKEN=@@prefix-run@@ pip install torch==2.1.0 --index-url http://bot:@@index@@@pypi.example.com/simple --trusted-host pypi.example.com
RUN pip install --extra-index-url https://@@extra@@@pypi.example.com/simple torchvision==0.15.0 opencv-python opencv-python-headless
RUN pip install "onnxruntime-gpu @ https://bot:@@direct@@@example.com/onnxruntime_gpu-1.20.0-cp310-cp310-linux_x86_64.whl"
RUN pip install git+https://bot:@@git@@@github.com/example/private.git@main flash-attn
RUN pip install numpy>=1.26 --index-url https://bot:@@redirected@@@pypi.example.com/simple
RUN pip install --no-such-option=@@pip-option@@ torch
RUN pip config set global.index-url https://bot:@@pip-config@@@pypi.example.com/simple
RUN git clone https://bot:@@clone@@@github.com/example/private.git && cd private && pip install .
RUN curl -u bot:@@curl-user@@ -H "X-Api-Key: @@curl-header@@" -o /model https://example.com/model?token=@@curl-query@@
RUN wget --password=@@wget@@ https://bot:@@wget-address@@@example.com/a.tar.gz
RUN huggingface-cli login --token @@cli-login@@
RUN echo "machine example.com login bot password @@netrc@@" > /root/.netrc && echo "HF_TOKEN=@@written@@" >> /etc/environment
RUN conda install -c https://conda.example.com/t/@@conda-channel@@/nvidia cuda=12.1
RUN conda config --add channels https://conda.example.com/t/@@conda-config@@/main
RUN apt-get install -y cuda-toolkit-12-1 && echo "deb https://bot:@@apt@@@apt.example.com stable main" > /etc/apt/sources.list.d/x.list
RUN ["sh", "-c", "export TOKEN=@@exec-form@@"]
RUN chmod -R 777 /usr/local/lib/python3.10/dist-packages && echo @@chmod@@
RUN /bin/bash -c "export LATE=@@bash-c@@"
RUN /bin/bash
ADD https://bot:@@add@@@example.com/file.bin /srv/
COPY run.env requirements.txt /srv/
RUN pip install -r /srv/requirements.txt
SHELL ["/bin/bash", "-c", "TOKEN=@@shell@@ exec $0"]
FROM build
HEALTHCHECK CMD curl -f -H "Bearer @@health@@" https://bot:@@health-address@@@localhost/
ENTRYPOINT ["serve", "--api-key", "@@entrypoint@@"]
CMD ["--password=@@cmd@@", "--token", "@@cmd-two@@"]
"""

_ENV = "HF_TOKEN=@@env-file@@\nexport OTHER_KEY='@@env-file-quoted@@'\nbroken line @@env-file-broken@@\nNVIDIA_DRIVER_CAPABILITIES=compute\n"
_DOTENV = "DOTENV_TOKEN=@@dotenv@@\nDOTENV_PASS=@@dotenv-pass@@\nDOTENV_TAG=1.0\n= @@dotenv-broken@@\n"

_REQUIREMENTS = """\
--index-url https://bot:@@requirements-index@@@pypi.example.com/simple
--extra-index-url http://@@requirements-extra@@@pypi.example.com/simple
--find-links https://bot:@@requirements-links@@@example.com/wheels?sig_token=@@requirements-query@@
--trusted-host pypi.example.com
torch==2.1.0
-r https://bot:@@requirements-included@@@example.com/more.txt
onnxruntime-gpu @ https://bot:@@requirements-direct@@@example.com/onnxruntime_gpu-1.20.0-cp310-cp310-linux_x86_64.whl
-e git+https://bot:@@requirements-git@@@github.com/example/private.git#egg=private
scipy @ nonsense https://bot:@@requirements-nonsense@@@example.com
"""

_CONDA = """\
name: training
channels: [https://conda.example.com/t/@@conda-token@@/main, "https://bot:@@conda-password@@@conda.example.com/x", conda-forge]
dependencies:
  - python=3.10
  - https://conda.example.com/t/@@conda-package@@/linux-64/pytorch-2.5.1-py3.11_cuda12.4_0.conda
  - https://conda.example.com/t/@@conda-spec-channel@@/main::pytorch=2.5.1
  - pip:
    - --index-url https://bot:@@conda-index@@@pypi.example.com/simple
    - onnxruntime-gpu==1.20.0
    - git+https://bot:@@conda-git@@@github.com/example/private.git
variables: {HF_TOKEN: @@conda-variable@@}
"""

_PYPROJECT = """\
[project]
name = "service"
version = "1"
requires-python = ">=3.10"
dependencies = ["torch==2.1.0", "onnxruntime-gpu @ https://bot:@@project-direct@@@example.com/onnxruntime_gpu-1.20.0-cp310-cp310-linux_x86_64.whl", "x @ nonsense https://bot:@@project-nonsense@@@example.com"]
[[tool.uv.index]]
name = "own"
url = "https://bot:@@uv-index@@@pypi.example.com/simple"
[tool.uv]
find-links = ["https://bot:@@uv-links@@@example.com/wheels"]
extra-index-url = ["https://@@uv-extra@@@pypi.example.com/simple"]
[tool.uv.sources]
torch = { index = "own" }
private = { git = "https://bot:@@uv-git@@@github.com/example/private.git" }
torchvision = { url = "https://bot:@@uv-url@@@example.com/torchvision-0.16.0-cp310-cp310-linux_x86_64.whl" }
[[tool.poetry.source]]
name = "poetry-own"
url = "https://bot:@@poetry-source@@@pypi.example.com/simple"
[tool.poetry.dependencies]
torch = { url = "https://bot:@@poetry-url@@@example.com/torch-2.1.0-cp310-cp310-linux_x86_64.whl" }
numpy = { git = "https://bot:@@poetry-git@@@github.com/example/private.git" }
"""

_LOCK = """\
version = 1
requires-python = ">=3.10"
[[package]]
name = "torch"
version = "2.1.0"
source = { registry = "https://bot:@@lock-registry@@@pypi.example.com/simple" }
wheels = [{ url = "https://bot:@@lock-wheel@@@example.com/torch-2.1.0-cp310-cp310-linux_x86_64.whl" }]
[[package]]
name = "private"
version = "1"
source = { git = "https://bot:@@lock-git@@@github.com/example/private.git" }
"""

_TREE = {
    "run.sh": _SCRIPT,
    "compose.yaml": _COMPOSE,
    "Dockerfile": _DOCKERFILE,
    "run.env": _ENV,
    ".env": _DOTENV,
    "requirements.txt": _REQUIREMENTS,
    "environment.yml": _CONDA,
    "locked/pyproject.toml": _PYPROJECT,
    "locked/uv.lock": _LOCK,
    "service/pyproject.toml": _PYPROJECT.replace("//@@", "//@@two-").replace(":@@", ":@@two-"),
    "token.txt": "@@token-file@@\n",
    "away/Dockerfile": "FROM https://bot:@@from@@@registry.example.com/image:1\nRUN pip install torch==2.1.0\n",
    "broken/Dockerfile": "FROM ubuntu:22.04\nNOSUCH --token @@instruction@@\nENV A_TOKEN @@unread@@\n",
    "broken/compose.yaml": "services:\n  a: {environment: {A_TOKEN: @@broken-yaml@@}\n",
    "broken/pyproject.toml": "[project]\nx = https://bot:@@broken-toml@@@example.com\n",
    "broken/environment.yml": "dependencies: [https://bot:@@broken-conda@@@example.com/t/@@broken-conda-token@@/x, *x]\n",
    "broken/requirements.txt": "numpy == 1 !! https://bot:@@broken-requirements@@@example.com\n",
    "broken/run.sh": "docker run --gpus all -e TOKEN='@@broken-script@@ image\n",
}


def _marked(text: str) -> str:
    return _MARKER.sub(lambda found: f"zq7secret{found[1].replace('-', '')}0end", text)


def _leaked(*texts: str) -> set[str]:
    """Also where a value is broken over two lines."""
    return {found for text in texts for found in _SHOWN.findall("".join(text.split()))}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "tree"
    (root / ".git").mkdir(parents=True)
    for name, text in _TREE.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(_marked(text), encoding="utf-8")
    monkeypatch.chdir(root)
    return root


def test_the_markers_are_distinct_and_found() -> None:
    names = [name for text in _TREE.values() for name in _MARKER.findall(text)]
    assert len(names) == len(set(names))
    assert _leaked(_marked("-p @@login@@,")) == {"zq7secretlogin0end"}


@pytest.mark.parametrize("host", [None, "T4 on R550", "no toolkit"])
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_check_of_the_repository_shows_no_value(tree: Path, form: str, host: str | None) -> None:
    stated = () if host is None else ("--host", _document(HOSTS[host]))
    code, out, err = said("check", ".", *stated, "--format", form, "-v")
    assert out
    assert code in (0, 1, 3)
    assert _leaked(out, err) == set()


@pytest.mark.parametrize("name", _TREE)
@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_check_of_one_file_shows_no_value(tree: Path, form: str, name: str) -> None:
    _, out, err = said("check", name, "--host", _document(HOSTS["T4 on R550"]), "--format", form, "-v")
    assert out + err
    assert _leaked(out, err) == set()


@pytest.mark.parametrize("name", ["Dockerfile", "environment.yml", "locked/pyproject.toml"])
def test_a_suggestion_shows_no_value(tree: Path, name: str) -> None:
    host = ("--host", _document(HOSTS["T4 on R550"]))
    code, out, err = said("suggest", name, *host, "--explain", "--format", "json")
    assert code in (0, 1)
    assert _leaked(out, err) == set()


def test_a_patch_tells_no_value_of_other_lines(tree: Path) -> None:
    Path("Dockerfile").write_text(
        _marked("FROM ubuntu:22.04\nENV HF_TOKEN=@@patched-env@@\n")
        + "RUN true\n" * 9
        + "RUN pip install torch==2.1.0\n"
    )
    _, out, err = said(
        "suggest", "--patch", "Dockerfile", "--host", _document(HOSTS["T4 on R550"]), "--for", "training"
    )
    assert "HF_TOKEN" not in err
    assert _leaked(err) == set()
    assert out + err


@pytest.mark.parametrize("form", ["terminal", "json", "markdown"])
def test_a_comparison_shows_no_value(tree: Path, form: str) -> None:
    host = ("--host", _document(HOSTS["T4 on R550"]), "--all", "--format", form)
    new = "nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04"
    for arguments in (("Dockerfile", "requirements.txt"), (new, "--dockerfile", "Dockerfile")):
        _, out, err = said("diff", *arguments, *host)
        assert out + err
        assert _leaked(out, err) == set()
