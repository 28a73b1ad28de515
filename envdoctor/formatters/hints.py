"""What to state so that an undecided rule can decide: from the reason's words to an option.

The reasons come from the readers, the rules and `envdoctor.facts`. Only reasons that an option really decides have a
hint; a test holds every default reason of `facts` against this table.
"""

from __future__ import annotations

from envdoctor.patterns import lazily

_OPTION = lazily(r"--(?:build-arg|image-alias|package|uses) [^\s,;)]{1,300}")
_GPU = "--gpu NAME (nvidia-smi -L prints it)"
_PROBE = "--host FILE, written on that host by: envdoctor probe"
_LAUNCH = '--launch "--gpus all --shm-size 1g" (the options of docker run), or the script or compose file as a target'
_DOCUMENT = "an environment document as the target (envdoctor schema environment)"

_OF_A_LAUNCH = (
    *(
        "the GPU request",
        "the runtime is not",
        "the launch environment",
        "the container is privileged",
        "the devices passed",
    ),
    *(
        "the device cgroup rules",
        "size of /dev/shm",
        "the IPC mode",
        "the network is",
        "published ports",
        "the limits are",
    ),
    *(
        "the user is not",
        "additional groups",
        "the volumes are",
        "the CPU set",
        "security options",
        "added capabilities",
    ),
    *(
        "the entrypoint is replaced",
        "the command is not",
        "the working directory is",
        "root is read-only",
        "tmpfs mounts",
    ),
)

# (texts of which the reason holds one, what to state). The first match counts: the particular stands above the general.
_HINTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("no host was stated",), '--driver 535.104.05 --gpu "RTX 4090"'),
    (("driver version is not stated", "version of the host's driver"), "--driver VERSION (nvidia-smi prints it)"),
    (
        ("GPUs are not stated", "GPU's name", "GPU's compute", "GPU's brand", "state the GPU", "whether this GPU may"),
        _GPU,
    ),
    (("host's CPU architecture",), "--host name=…,driver=…,gpu=…,arch=x86_64"),
    (("is WSL is not stated",), "--host name=…,driver=…,gpu=…,wsl=2"),
    (("L4T release is not stated",), "--host name=…,l4t=35.4.1"),
    (("Container Toolkit",), "--host name=…,driver=…,toolkit=1.17.4"),
    (("container runtime's mode",), "--host name=…,driver=…,mode=legacy (or cdi)"),
    (("container engine",), "--host name=…,driver=…,engine=docker"),
    (("the host's ", "kernel module", "the cgroup ", "/dev/char"), _PROBE),
    (("image's operating system",), _DOCUMENT),
    (
        (
            "is installed is not known",
            "installs is not known",
            "installs what cannot be read",
            "what it requires is not known",
        ),
        "--package NAME==VERSION if it is there, or --uses LIST",
    ),
    (("can mean",), "--package NAME==VERSION with the version that is installed"),
    (("what the workload uses",), "--uses LIST"),
    (("image is not stated", "no image is named"), "a Dockerfile or an image reference as the target"),
    (
        (
            "the image is not known",
            "whether the image holds",
            "image's ",
            "image is built from",
            "the tag can still be pulled",
        ),
        _DOCUMENT,
    ),
    (("no Dockerfile is read",), "a Dockerfile as the target"),
    (_OF_A_LAUNCH, _LAUNCH),
)


def hint(reason: str) -> str | None:
    """What to state, or None if nothing on the command line would decide it. An option that the reason itself names is
    repeated whole, since the reason's own text is wrapped."""
    named = _OPTION.findall(reason)
    if named:
        return " ".join(dict.fromkeys(named))
    for texts, answer in _HINTS:
        if any(text in reason for text in texts):
            return answer or None
    return None
