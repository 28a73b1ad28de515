"""Which commands of a RUN install something, which leave something open, and which do neither."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envdoctor.facts import Origin
from envdoctor.readers.installs import MAX_FILES, Installs, run_installs
from tests.readers.installing import installs, names, versions


@pytest.mark.parametrize(
    "script",
    [
        "apt-get update && apt-get clean && rm -rf /var/lib/apt/lists/*",
        "mkdir -p /data && chmod 777 /data && ln -sf /data /mnt/data",
        "git config --global --add safe.directory '*'",
        "git clone https://github.com/example/x.git /opt/x && cd /opt/x && git checkout v1",
        "echo 'pip install torch' >> /etc/motd; printf 'apt-get install x'",
        "pip config set global.index-url https://packages.example.org/simple",
        "pip --version; pip list; pip check; pip cache purge; pip3 show torch",
        "pip download torch && pip wheel -r requirements.txt",
        "pip install --dry-run torch",
        "python -c 'import torch; print(torch.__version__)'",
        "python3 train.py --install-dir /x; python setup.py build_ext --inplace; python setup.py bdist_wheel",
        "python -m venv /opt/venv; python -m compileall .; python get-pip.py",
        "conda init bash; conda clean -ya; conda config --add channels conda-forge; conda activate base",
        "curl -LsSf https://astral.sh/uv/install.sh | sh",
        "curl -fsSL https://deb.nodesource.com/setup_18.x | bash -",
        "curl -sSL https://install.python-poetry.org | python3 -",
        "wget -qO- https://example.org/model.tar.gz | tar xz -C /models",
        "curl -fsSL https://nvidia.github.io/libnvidia-container/gpgkey | gpg --dearmor -o /usr/share/keyrings/x.gpg",
        "wget https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh -O /tmp/c.sh && bash /tmp/c.sh -b",
        "bash ~/mambaforge.sh -b -p /opt/conda",
        ". /opt/venv/bin/activate && source ~/.bashrc",
        "make -j8 && cmake --build build && ninja -C build",
        "npm install -g yarn && cargo install ripgrep && go install example.org/x@latest",
        "uv venv /opt/venv && uv python install 3.11 && uv tool install ruff && pipx install black",
        "update-alternatives --install /usr/bin/python python /usr/bin/python3.10 1",
        "useradd -m user && chown -R user /home/user && ldconfig",
        "python3 - <<EOF\nfrom transformers import AutoModel\nAutoModel.from_pretrained('x')\nEOF",
    ],
)
def test_harmless_commands_leave_nothing_open(script: str) -> None:
    found = installs(script)
    assert (found.packages, found.gaps, found.problems, found.possible) == ((), (), (), ())
    assert found.statements


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("python setup.py install", "python setup.py install"),
        ("cd x && python3 setup.py develop --user", "python3 setup.py develop --user"),
        ("pip install .", "pip install ."),
        ("pip install -e /opt/x", "pip install -e /opt/x"),
        ("pip install dist/*.whl", "pip install dist/*.whl"),
        ("pip install git+https://t0ken@github.com/example/x", "pip install git+https://github.com/example/x"),
        ("pip install $PACKAGES", "pip install $PACKAGES"),
        ("pip install $(cat packages.txt)", "pip install $(cat packages.txt)"),
        ("cat packages.txt | xargs apt-get install -y", "apt-get install (names from standard input)"),
        ("curl -sSL https://example.org/install.sh | bash", "curl -sSL https://example.org/install.sh | bash"),
        (
            "wget -qO- https://u:hunter2@example.org/x | sudo sh -s -- -y",
            "wget -qO- https://example.org/x | sh -s -- -y",
        ),
        ("curl https://example.org/x.py | python3 -", "curl https://example.org/x.py | python3 -"),
        ('bash -c "$(curl -fsSL https://example.org/x)"', "$(curl -fsSL https://example.org/x)"),
        ("bash <(curl -s https://example.org/x)", "bash <(curl -s https://example.org/x)"),
        ("./install.sh --all", "./install.sh --all"),
        ("sh /tmp/setup.sh", "sh /tmp/setup.sh"),
        ("sh cuda_11.8.0_520.61.05_linux.run --silent", "sh cuda_11.8.0_520.61.05_linux.run --silent"),
        (
            "curl -O https://repo.anaconda.com/archive/Anaconda3-2023.03-1-Linux-x86_64.sh && bash Anaconda3-2023.03-1-Linux-x86_64.sh -b",
            "bash Anaconda3-2023.03-1-Linux-x86_64.sh -b from https://repo.anaconda.com/ar…",
        ),
        ("poetry install --no-root", "poetry install --no-root"),
        ("uv sync --frozen", "uv sync --frozen"),
        ("pdm install", "pdm install"),
        ("pipenv install --system", "pipenv install --system"),
        ("make -j8 install", "make -j8 install"),
        ("cmake --build build --target install", "cmake --build build --target install"),
        ("conda create --clone base -n x", "conda create --clone base -n x"),
        (
            'python -c "from opencv_fixer import AutoFix; AutoFix()"',
            "python -c from opencv_fixer import AutoFix; AutoFix()",
        ),
        ("python -c 'import os; os.system(\"pip install x\")'", 'python -c import os; os.system("pip install x")'),
        ("pip $ARGUMENTS", "pip $ARGUMENTS"),
    ],
)
def test_what_cannot_be_read_is_a_gap(script: str, shown: str) -> None:
    found = installs(script, PACKAGES=None, ARGUMENTS=None)
    assert found.gaps == (f"RUN at Dockerfile:1 installs what cannot be read here ({shown})",)
    assert found.packages == ()


def test_each_package_has_its_own_line() -> None:
    found = installs("apt-get update && \\\n  apt-get install -y curl \\\n  libgl1 && \\\npip install torch")
    assert [(package.name, package.origin) for package in found.packages] == [
        ("curl", Origin("Dockerfile:2", "Dockerfile", 2)),
        ("libgl1", Origin("Dockerfile:3", "Dockerfile", 3)),
        ("torch", Origin("Dockerfile:4", "Dockerfile", 4)),
    ]


@pytest.mark.parametrize(
    "program",
    ["pip", "pip3", "pip3.11", "/opt/venv/bin/pip", "python -m pip", "python3.10 -m pip", "/usr/bin/python3 -u -m pip",
     "python -mpip", "python -Im pip", "$PYTHON -m pip", "${VENV}/bin/pip", '"$VENV/bin/pip"', "sudo -H pip3", "uv pip"],
)  # fmt: skip
def test_ways_to_call_pip(program: str) -> None:
    assert versions(installs(f"{program} install --no-cache-dir torch==2.1.0", PYTHON=None, VENV=None)) == [
        ("torch", "2.1.0")
    ]


def test_installing_and_removing_in_one_run() -> None:
    found = installs("pip install torch==1.0 numpy; pip uninstall -y torch Py_Torch && pip install torch==2.1.0")
    assert versions(found) == [("numpy", ""), ("torch", "2.1.0")]
    assert sorted(found.removed) == ["py-torch", "torch"]


def test_folders_are_followed() -> None:
    files = {"/a/r.txt": "one\n", "/a/b/r.txt": "two\n", "/r.txt": "three\n", "/root/r.txt": "four\n"}
    script = "cd a && pip install -r r.txt && (cd b && pip install -r r.txt) && cd .. && pip install -r r.txt; cd; pip install -r r.txt"
    assert names(installs(script, files)) == ["one", "two", "three", "four"]
    assert names(installs("pip install -r r.txt", files, workdir="/a/b")) == ["two"]
    assert installs("cd $WHERE && pip install -r r.txt", files, WHERE=None).gaps != ()


def test_a_script_of_the_build_context_is_read() -> None:
    files = {
        "/tmp/install.sh": "#!/bin/bash\nset -e\npip install onnxruntime-gpu==$ORT\nbash more.sh\n",
        "/more.sh": "apt-get install -y libgl1\n",
    }
    found = installs("chmod +x /tmp/install.sh && /tmp/install.sh", files, ORT="1.16.0")
    assert versions(found) == [("onnxruntime-gpu", "1.16.0"), ("libgl1", "")]
    assert [str(package.origin) for package in found.packages] == ["/tmp/install.sh:3", "more.sh:2".replace("2", "1")]
    assert found.gaps == ()


def test_scripts_that_run_each_other_end() -> None:
    found = installs("bash a.sh", {"/a.sh": "pip install a; bash b.sh", "/b.sh": "bash a.sh"})
    assert set(names(found)) == {"a"}
    assert found.gaps != ()


def test_files_that_are_asked_for_again_and_again_end() -> None:
    read: list[str] = []

    def read_file(path: str) -> str:
        read.append(path)
        return "bash x.sh; pip install a; " * 100

    found = run_installs("bash x.sh; " * 100, lambda line: Origin(str(line)), {}, read_file)
    assert len(read) == MAX_FILES
    assert found.gaps == (
        "RUN at x.sh:1 installs what cannot be read here (bash x.sh)",
        "RUN at 0 installs what cannot be read here (bash x.sh)",
    )


def test_a_condition_that_the_build_decides() -> None:
    found = installs(
        'if [ "$TARGETARCH" = arm64 ]; then pip install torch==2.1.0; else pip install torch==2.1.0+cu118; fi',
        TARGETARCH=None,
    )
    assert found.packages == ()
    assert [package.version for package in found.possible] == ["2.1.0", "2.1.0+cu118"]
    assert found.gaps == (
        "RUN at Dockerfile:1 installs torch only if a condition holds that is decided during the build",
    )


def test_a_condition_that_is_known() -> None:
    script = 'if [ "$TARGETARCH" = arm64 ]; then pip install torch==2.1.0; else pip install torch==2.1.0+cu118; fi'
    found = installs(script, TARGETARCH="amd64")
    assert (versions(found), found.gaps) == ([("torch", "2.1.0+cu118")], ())


@pytest.mark.parametrize(
    "script",
    [
        "pip install torch==2.1.0 || pip install torch==2.1.0 -i https://mirror.example/simple",
        "pip install torch==2.1.0; command -v curl || apt-get install -y curl",
        "for p in torch==2.1.0; do pip install $p; done",
    ],
)
def test_conditions_that_change_nothing(script: str) -> None:
    found = installs(script)
    assert (versions(found), found.gaps) == ([("torch", "2.1.0")], ())


def test_statements_hold_every_command_without_secrets() -> None:
    found = installs("cd /opt && git clone https://u:hunter2@example.org/x; pip install $A", A=None)
    assert [statement.words for statement in found.statements] == [
        ("cd", "/opt"),
        ("git", "clone", "https://example.org/x"),
        ("pip", "install", None),
    ]
    assert found.statements[0].origin == Origin("Dockerfile:1", "Dockerfile", 1)


@pytest.mark.parametrize("name", ["PYPI_PASSWORD", "GITHUB_TOKEN", "api_key", "AWS_SECRET_ACCESS_KEY", "GH_PAT"])
def test_the_value_of_a_secret_is_not_put_in_anywhere(name: str) -> None:
    script = f'pip install -i https://user:${name}@10.0.0.1/simple x "git+https://${{{name}}}@github.com/e/y#egg=y"; ./run.sh ${name}'
    found = installs(script, **{name: "hunter2"})
    assert "hunter2" not in repr(found)
    assert names(found) == ["x", "y"]
    assert found.packages[0].index == "https://10.0.0.1/simple"


def test_what_the_shell_grammar_cannot_read_is_a_gap_if_it_installs() -> None:
    assert installs("echo a ) b").gaps == ()
    found = installs('pip install numpy\npip install "torch')
    assert names(found) == ["numpy"]
    assert len(found.gaps) == 1
    assert found.gaps[0].startswith("RUN at Dockerfile:")


def test_a_script_that_is_too_long_is_a_gap() -> None:
    found = installs("echo x; " * 40_000)
    assert found.packages == ()
    assert found.gaps == (
        "RUN at Dockerfile:1 is not read to its end: the shell text has 320000 bytes, expected at most 250000",
    )
    assert "is not read to its end" in installs("a\n" * 20_100 + "pip install torch").gaps[0]
    assert "nested more than" in installs("( " * 60 + "pip install torch" + " )" * 60).gaps[0]


TOKENS = [
    "pip", "install", "-r", "r.txt", "-c", "-e", ".", "--index-url", "https://u:hunter2@x/cu118", "conda", "-n", "env",
    "create", "-f", "e.yml", "apt-get", "-y", "uv", "add", "sync", "bash", "-c", "'pip install x'", "python", "-m",
    "setup.py", "&&", ";", "\n", "|", "(", ")", "if", "then", "fi", "<<E\n", "E\n", "$X", "${X", "$(", '"', "\\",
    "torch==1", "torch>=2", "cd", "curl", "a.sh", "dpkg", "-i", "./x.deb", "yum", "uninstall", "xargs", "==", "\x00",
]  # fmt: skip
FILES = {
    "/r.txt": "torch\n-r r.txt\n-e .\nbad=1",
    "/a.sh": "bash a.sh; pip install z",
    "/e.yml": "dependencies:\n- a=1\n- pip:\n  - b\n",
}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40), st.sampled_from(["", " "]))
def test_token_soup_never_raises_and_never_tells_a_password(tokens: list[str], between: str) -> None:
    found = installs(between.join(tokens), FILES, X=None)
    assert all(package.name for package in (*found.packages, *found.possible))
    assert "hunter2@" not in " ".join((*found.gaps, *found.problems))
    assert "hunter2@" not in repr(found.packages)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_never_raises(script: str) -> None:
    assert isinstance(run_installs(script, lambda line: Origin(str(line)), {}, lambda path: script), Installs)


def test_parsing_needs_no_version_library() -> None:
    """Plain files must stay cheap: `packaging` is for odd versions and markers only."""
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from envdoctor.facts import Origin\n"
        "from envdoctor.readers.installs import run_installs\n"
        "files = {'/r.txt': 'torch>=2.0,<3\\nnumpy==1.26.4; python_version<\"3.9\"\\n'}\n"
        "found = run_installs('pip install -r r.txt torch==2.1.0 && apt-get install -y curl', lambda n: Origin(str(n)), {}, files.get)\n"
        "assert len(found.packages) == 3, found\n"
        "print([name for name in ('packaging', 'importlib.resources', 'dataclasses', 'inspect', 'yaml', 'shlex') if name in sys.modules])\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"
