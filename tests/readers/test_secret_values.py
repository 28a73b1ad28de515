from __future__ import annotations

import pytest

from envdoctor.readers.secret_values import is_secret, without_values, words_without_values


@pytest.mark.parametrize(
    "line",
    [
        "--gpus all -e NVIDIA_VISIBLE_DEVICES=all image",
        "--max-tokens 100 --tokenizer gpt2 --max-tokens=100",
        "export TORCH_CUDA_ARCH_LIST=8.0",
        "-e HF_TOKEN image",
        "--token --gpus all",
    ],
)
def test_what_is_no_secret_stays(line: str) -> None:
    assert without_values(line) == line
    assert words_without_values(line.split()) == tuple(line.split())


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("-e HF_TOKEN=abc image", "-e HF_TOKEN=… image"),
        ("--env=API_KEY='a b' image", "--env=API_KEY=… image"),
        ('-e "DB_PASSWORD=a b c" image', '-e "DB_PASSWORD=…" image'),
        ("serve --api-key abc --password=x", "serve --api-key … --password=…"),
        ('-H "Authorization: Bearer abc"', '-H "Authorization: Bearer …"'),
        ("login hf_0123456789abc", "login …"),
        ("pip install -i https://a:b@example.com/x", "pip install -i https://example.com/x"),
    ],
)
def test_a_secret_is_not_shown_and_its_name_is(line: str, shown: str) -> None:
    assert without_values(line) == shown


def test_words() -> None:
    assert words_without_values(("serve", "--api-key", "abc", None, "--password=x")) == (
        "serve", "--api-key", "…", None, "--password=…",
    )  # fmt: skip
    assert words_without_values(("sh", "-c", "export A_TOKEN=x; run")) == ("sh", "-c", "export A_TOKEN=…; run")


def test_names() -> None:
    assert is_secret("SSH_KEY")
    assert not is_secret("CUDA_VISIBLE_DEVICES")
