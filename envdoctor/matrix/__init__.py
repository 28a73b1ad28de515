"""The curated matrix: which driver, CUDA, GPU, image and wheel go together, each row with its source.

`Matrix.load()` opens the tables that ship in data/; nothing is read before a question needs it. A question about
something that no row holds answers None or an empty tuple, which means "not known", never "does not exist".
To add knowledge add a row to data/; to add a kind of it add a NamedTuple in rows.py, a table, and a question here.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from envdoctor import versions
from envdoctor.matrix import gpu_names, location, rows
from envdoctor.matrix.table import MatrixError, Reader, Row, Table

if TYPE_CHECKING:
    import os

__all__ = ["Matrix", "MatrixError"]


class Matrix:
    """Every table, opened lazily. Raises MatrixError from any question whose table is damaged."""

    def __init__(self, root: str | os.PathLike[str] | Reader) -> None:
        read = root if callable(root) else location.folder(root)
        self._toolkits = Table("toolkits", rows.ToolkitRow, read)
        self._major_floors = Table("major_floors", rows.MajorFloorRow, read)
        self._windows = Table("windows", rows.WindowRow, read)
        self._branches = Table("branches", rows.BranchRow, read)
        self._architectures = Table("architectures", rows.ArchitectureRow, read)
        self._gpus = Table("gpus", rows.GpuRow, read)
        self._requirements = Table("requirements", rows.RequirementRow, read)
        self._compat = Table("compat", rows.CompatRow, read)
        self._l4t = Table("l4t", rows.L4tRow, read)
        self._cuda_tags = Table("cuda_tags", rows.CudaTagRow, read)
        self._ngc = Table("ngc_pytorch", rows.NgcRow, read)
        self._ngc_images = Table("ngc_images", rows.NgcImageRow, read)
        self._l4t_images = Table("l4t_images", rows.L4tImageRow, read)
        self._service_images = Table("service_images", rows.ServiceImageRow, read)
        self._torch_images = Table("torch_images", rows.TorchImageRow, read)
        self._onnxruntime = Table("onnxruntime", rows.OrtRow, read)
        self._torch = Table("torch", rows.TorchRow, read)
        self._companions = Table("companions", rows.CompanionRow, read)
        self._cudnn = Table("cudnn", rows.CudnnRow, read)
        self._needs = Table("needs", rows.NeedRow, read)
        self._brings = Table("brings", rows.BringsRow, read)
        self._named: dict[str, tuple[rows.GpuRow, ...]] = {}
        self._tags_of: dict[str, tuple[rows.CudaTagRow, ...]] = {}
        self._opencv = Table("opencv", rows.OpenCvRow, read)
        self._system_libraries = Table("system_libraries", rows.SystemLibraryRow, read)
        self._system_brings = Table("system_brings", rows.SystemBringsRow, read)
        self._video_engines = Table("video_engines", rows.VideoEngineRow, read)
        self._video_sdks = Table("video_sdks", rows.VideoSdkRow, read)
        self._video_packages = Table("video_packages", rows.VideoPackageRow, read)
        self._caches = Table("caches", rows.CacheRow, read)
        self._toolkit_users = Table("toolkit_users", rows.ToolkitUserRow, read)
        self._pythons = Table("python_versions", rows.PythonRow, read)
        self._torch_indexes = Table("torch_indexes", rows.TorchIndexRow, read)
        self._torch_requires = Table("torch_requires", rows.TorchRequiresRow, read)
        self._torch_abi = Table("torch_abi", rows.TorchAbiRow, read)
        self._distributions = Table("distributions", rows.DistributionRow, read)
        self._engine_features = Table("engine_features", rows.EngineRow, read)
        self._driver_packages = Table("driver_packages", rows.DriverPackageRow, read)

    @classmethod
    def load(cls) -> Matrix:
        """The matrix that ships with this envdoctor."""
        return cls(location.shipped())

    @property
    def tables(self) -> dict[str, Table[tuple[object, ...]]]:
        """Every table by its name, for tests and for browsing."""
        return {table.name: table for table in vars(self).values() if isinstance(table, Table)}

    @property
    def date(self) -> str:
        """The newest `checked` of any row."""
        found = (re.findall(rb'"checked":"([0-9-]{10})"', table.content) for table in self.tables.values())
        return max((day for days in found for day in days), default=b"").decode("ascii")

    # --- toolkits and drivers ---

    def toolkits(self, cuda: str) -> tuple[rows.ToolkitRow, ...]:
        """The releases that "12.4.1" or "12.4" can mean, newest first."""
        return tuple(row for row in reversed(self._toolkits.rows()) if _may_be(row.cuda, cuda))

    def toolkits_all(self) -> tuple[rows.ToolkitRow, ...]:
        """Every toolkit release, oldest first."""
        return self._toolkits.rows()

    def major_floors(self) -> tuple[rows.MajorFloorRow, ...]:
        """The floor of every CUDA major, oldest first."""
        return self._major_floors.rows()

    def major_floor(self, major: int) -> rows.MajorFloorRow | None:
        return next((row for row in self._major_floors.rows() if row.cuda_major == major), None)

    def window(self, cuda: str) -> rows.WindowRow | None:
        """The SM targets of a release's toolkit ("12.4.1" is asked as "12.4")."""
        return _first(self._windows.find(_minor(cuda)))

    def branches(self) -> tuple[rows.BranchRow, ...]:
        """Every driver branch, oldest first."""
        return self._branches.rows()

    def branch(self, driver: str, windows: bool = False) -> rows.BranchRow | None:
        """The branch of a driver. Its first number is the branch's; on Windows it runs on within one (551 is R550)."""
        number = (versions.numbers(driver) or (0,))[0]
        older = [row for row in self.branches() if row.branch <= number]
        if not older or (windows and number in _WINDOWS_ONLY):
            return None
        longest = _WINDOWS_RUN if older[-1] is not self.branches()[-1] else _NEWEST_RUN
        return older[-1] if number - older[-1].branch <= (longest if windows else 0) else None

    def branch_for_cuda(self, cuda: str) -> rows.BranchRow | None:
        """The oldest branch whose drivers report that CUDA version."""
        return next((row for row in self.branches() if row.cuda == _minor(cuda)), None)

    def engine_feature(self, engine: str, feature: str) -> rows.EngineRow | None:
        """From which release on "docker" or "podman" passes GPUs that way ("gpus", "cdi")."""
        return next((row for row in self._engine_features.find(engine) if row.feature == feature), None)

    def driver_package(self, name: str) -> rows.DriverPackageRow | None:
        """The row of a package that installs libraries of NVIDIA's driver; None for any other."""
        return next((row for row in self._driver_packages.rows() if fnmatchcase(name, row.name)), None)

    # --- GPUs ---

    def architectures(self) -> tuple[rows.ArchitectureRow, ...]:
        """Every architecture, oldest first; one that was dropped in parts has a row for each part."""
        return self._architectures.rows()

    def architecture(self, capability: str) -> rows.ArchitectureRow | None:
        return next((row for row in self.architectures() if capability in row.capabilities), None)

    def gpus_named(self, text: str) -> tuple[rows.GpuRow, ...]:
        """The products that a name can mean; several if it means several chips, none if unknown. Remembered: a fleet is
        of few products."""
        if text not in self._named:
            self._named[text] = self._gpus_named(text)
        return self._named[text]

    def _gpus_named(self, text: str) -> tuple[rows.GpuRow, ...]:
        name = gpu_names.take_apart(text)
        for key in gpu_names.spellings(name):
            found = gpu_names.choose(name, self._gpus.find(key))
            if gpu_names.only_geforce(name, key):
                found = tuple(row for row in found if row.brand == "geforce")
            if found:
                return tuple(row._replace(brand=None) for row in found) if name.vgpu else found
        return ()

    def video_engines(self, name: str) -> rows.VideoEngineRow | None:
        """What a GPU of that name lacks for video; None if nothing is known to be missing."""
        named = self.gpus_named(name)
        found = [_first(self._video_engines.find(row.key)) for row in named]
        return found[0] if found and all(found) else None

    def video_sdks(self) -> tuple[rows.VideoSdkRow, ...]:
        """Every release of the Video Codec SDK with its driver, oldest first."""
        return self._video_sdks.rows()

    def nearest_gpus(self, text: str, n: int = 3) -> tuple[str, ...]:
        """Names of products that look like the text, for a message about one that is unknown."""
        names = {row.key: row.name for row in reversed(self._gpus.rows())}
        return gpu_names.alike(gpu_names.take_apart(text).key, names, n)

    # --- images and what starts them ---

    def requirements(self, cuda: str, arch: str, os: str | None) -> tuple[rows.RequirementRow, ...]:
        """The NVIDIA_REQUIRE_CUDA expressions that a release's images carry; "12.8" is all of its patch releases."""
        found = self._requirements.find(cuda) or self._requirements.starting(f"{_minor(cuda)}.")
        found = found or self._requirements.find(_minor(cuda))
        fitting = (row for row in found if row.arch == arch and _may_be(row.cuda, cuda))
        return tuple(row for row in fitting if os is None or not row.os or os in row.os)

    def compat(self, cuda: str, branch: int) -> tuple[rows.CompatRow, ...]:
        """What is said of that release's cuda-compat package on that driver branch; the basis says by whom."""
        return tuple(row for row in self._compat.find(_minor(cuda)) if row.branch == branch)

    def l4t(self, release: str) -> rows.L4tRow | None:
        """The row of a Jetson release, or of the line it belongs to ("36.4.3" is asked as "36.4.3", "36.4", "36")."""
        parts = release.split(".")
        tries = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((row for each in tries if (row := _first(self._l4t.find(each)))), None)

    def l4t_lines(self) -> tuple[rows.L4tRow, ...]:
        """Every row of the L4T table, oldest first."""
        return self._l4t.rows()

    def jetpack(self, release: str) -> str | None:
        """The JetPack of a Jetson release, or of the newest one before it in its major; of a partial one the oldest that
        it can be."""
        asked = versions.numbers(release)
        lines = [(versions.numbers(row.l4t), row) for row in self._l4t.rows()]
        older = [row for line, row in lines if line[:1] == asked[:1] and line <= asked]
        return older[-1].jetpack if older else None

    def cuda_tag(self, tag: str) -> rows.CudaTagRow | None:
        """A tag of nvidia/cuda. None: newer than the matrix, or never seen."""
        return _first(self._cuda_tags.find(tag))

    def cuda_tags_of(self, cuda: str) -> tuple[rows.CudaTagRow, ...]:
        """Every tag of a release, "12.4.1" or "12.4". Remembered: remedies ask again and again."""
        if cuda not in self._tags_of:
            found = self._cuda_tags.starting(f"{cuda}-") + self._cuda_tags.starting(f"{cuda}.")
            self._tags_of[cuda] = tuple(row for row in found if _may_be(row.cuda, cuda))
        return self._tags_of[cuda]

    def cuda_tag_names(self) -> tuple[str, ...]:
        """Every tag of nvidia/cuda that a row holds, oldest CUDA first, without reading the rows."""
        return self._cuda_tags.keys()

    def newest_cuda_tag_release(self) -> str:
        """The newest CUDA release that has a tag in the matrix, "13.4.2"."""
        row = self._cuda_tags.last()
        return row.cuda if row else ""

    def ngc(self, release: str) -> rows.NgcRow | None:
        """An NGC PyTorch release, "24.05"."""
        return _first(self._ngc.find(release))

    def ngc_releases(self) -> tuple[str, ...]:
        """Every NGC PyTorch release known, oldest first."""
        return self._ngc.keys()

    def torch_images(self) -> tuple[rows.TorchImageRow, ...]:
        """Every version of Docker Hub's pytorch/pytorch, oldest first."""
        return self._torch_images.rows()

    def torch_image(self, torch: str) -> rows.TorchImageRow | None:
        """What is known of Docker Hub's pytorch/pytorch images of that version, beyond what their tags say."""
        return _first(self._torch_images.find(torch))

    def ngc_image(self, repository: str, release: str, variant: str = "") -> rows.NgcImageRow | None:
        """A release of NGC's "tensorrt" or "tritonserver"; `variant` "trtllm" or "vllm" has a row of its own."""
        return _first(self._ngc_images.find(f"{repository}:{release}" + (f"-{variant}" if variant else "")))

    def ngc_image_releases(self, repository: str) -> tuple[str, ...]:
        """Every release of that repository known, oldest first; not one of which only a variant is."""
        names = self._ngc_images.keys()
        parts = (name.partition(":") for name in names)
        return tuple(release for owner, _, release in parts if owner == repository and "-" not in release)

    def l4t_image(self, reference: str) -> rows.L4tImageRow | None:
        """An image for Jetson boards, "nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3"."""
        return _first(self._l4t_images.find(reference))

    def service_image(self, repository: str) -> rows.ServiceImageRow | None:
        """A public image without CUDA, by its repository; None if no row says so."""
        return _first(self._service_images.find(repository))

    def l4t_images(self) -> tuple[rows.L4tImageRow, ...]:
        """Every known image for Jetson boards."""
        return self._l4t_images.rows()

    def l4t_images_of(self, repository: str) -> tuple[rows.L4tImageRow, ...]:
        """Every known tag of such a repository, "nvcr.io/nvidia/l4t-pytorch"."""
        return self._l4t_images.starting(f"{repository}:")

    def pythons(self) -> tuple[rows.PythonRow, ...]:
        """Every minor version of CPython, oldest first."""
        return self._pythons.rows()

    def distribution(self, os: str, name: str) -> rows.DistributionRow | None:
        """A release of "debian" or "ubuntu", by its number ("22.04") or its codename ("jammy")."""
        asked = name.lower()
        found = self._distributions.where("os", os.lower())
        return next((row for row in found if asked in (row.version, row.codename)), None)

    def system_python(self, os: str, version: str) -> str | None:
        """The Python of a distribution's own package python3: ("ubuntu", "22.04") -> "3.10"."""
        row = self.distribution(os, version)
        return row.python if row else None

    # --- Python packages ---

    def onnxruntime(self, platform: str = "linux_x86_64") -> tuple[rows.OrtRow, ...]:
        """Every onnxruntime-gpu build of a platform, newest first."""
        return self._onnxruntime.where("platform", platform)[::-1]

    def torch(self, platform: str = "linux_x86_64") -> tuple[rows.TorchRow, ...]:
        """Every PyTorch build of a platform, newest first; of one version the newest CUDA first, the CPU build last."""
        return self._torch.where("platform", platform)[::-1]

    def torch_indexes(self) -> tuple[rows.TorchIndexRow, ...]:
        """Every folder of download.pytorch.org/whl with CUDA builds, oldest CUDA first."""
        return self._torch_indexes.rows()

    def torch_requires(self, version: str, cuda: str) -> rows.TorchRequiresRow | None:
        """What that build of PyTorch for Linux x86_64 requires exactly; None where its metadata was not read."""
        public = version.partition("+")[0]
        return next((row for row in self._torch_requires.find(public) if row.cuda == _minor(cuda)), None)

    def torch_cxx11_abi(self, version: str, cuda: str | None, platform: str) -> bool | None:
        """Is that wheel of PyTorch compiled for the new C++ ABI? None where it is not known."""
        asked = versions.numbers(version.partition("+")[0])
        found = {
            row.cxx11abi
            for row in self._torch_abi.rows()
            if row.platform == platform
            and versions.numbers(row.first) <= asked <= (versions.numbers(row.last) if row.last else asked)
            and (row.cuda is None or cuda is None or cuda in row.cuda)
        }
        return found.pop() if asked and len(found) == 1 else None

    def companions(self, name: str) -> tuple[rows.CompanionRow, ...]:
        """Every version of torchvision or torchaudio with the torch it asks for, oldest first."""
        return self._companions.find(_normalised(name))

    def companion_for(self, name: str, torch: str) -> str | None:
        """The newest torchvision or torchaudio that was released for that torch ("2.4.0+cu121" is asked as "2.4.0").

        None: not known, as for a torch that no row holds. A loose requirement (">=2.14.0") says nothing: only the torch
        that the release came with is answered, and what its project states."""
        public = torch.partition("+")[0]
        fitting = [row.version for row in self.companions(name) if _released_for(row, public)]
        return fitting[-1] if fitting and self._torch.find(public) else None

    def cudnn(self, version: str, cuda_major: int) -> rows.CudnnRow | None:
        """The GPUs of a cuDNN release; of an unlisted one those of the newest listed release before it.

        None for a partial version ("9") whose releases differ, and for a major that no row holds."""
        wanted = versions.numbers(version)
        listed = [row for row in self._cudnn.rows() if row.cuda_major == cuda_major]
        within = [row for row in listed if wanted and versions.numbers(row.version)[: len(wanted)] == wanted]
        if within:
            alike = {row[2:4] for row in within}
            return within[-1] if len(alike) == 1 else None
        older = [
            row
            for row in listed
            if wanted[:1] == versions.numbers(row.version)[:1] and versions.numbers(row.version) < wanted
        ]
        return older[-1] if older and len(wanted) > 2 else None

    def cudnn_rows(self) -> tuple[rows.CudnnRow, ...]:
        """Every cuDNN release, for every CUDA major, oldest first."""
        return self._cudnn.rows()

    def cudnn_within(self, version: str, cuda_major: int) -> tuple[rows.CudnnRow, ...]:
        """Every listed release that a version can mean ("9" is all of 9.x), oldest first; else what `cudnn` answers."""
        wanted = versions.numbers(version)
        listed = (row for row in self._cudnn.rows() if row.cuda_major == cuda_major)
        within = tuple(row for row in listed if wanted and versions.numbers(row.version)[: len(wanted)] == wanted)
        return within or tuple(row for row in (self.cudnn(version, cuda_major),) if row)

    def needs(self, name: str) -> tuple[rows.NeedRow, ...]:
        """What a Python package (not torch, not ONNX Runtime) needs of CUDA and cuDNN, by version."""
        return self._needs.find(_normalised(name))

    def brings(self, name: str) -> tuple[rows.BringsRow, ...]:
        """Does a Python package require torch, onnxruntime or OpenCV unconditionally? torchvision and torchaudio: see `companions`."""
        return self._brings.find(_normalised(name))

    def opencv(self, name: str, version: str | None = None) -> tuple[rows.OpenCvRow, ...]:
        """What is known of a package that provides cv2, oldest first; of one version those that hold it.

        Empty: no row says that this package provides cv2, or the version is older or newer than the matrix."""
        found = self._opencv.find(_normalised(name))
        return found if version is None else tuple(row for row in found if _from_to(row, version))

    def system_packages(self, soname: str, os: str = "", os_version: str = "") -> tuple[rows.SystemLibraryRow, ...]:
        """The packages that hold a shared library in that release of a distribution; in any, if it is not known which."""
        found = self._system_libraries.find(soname)
        return tuple(row for row in found if os in ("", row.os) and os_version in ("", *row.os_versions))

    def video_package(self, name: str) -> rows.VideoPackageRow | None:
        """What the wheel of a package for video uses of the GPU; None if no row says."""
        return _first(self._video_packages.find(_normalised(name)))

    def cache(self, name: str) -> rows.CacheRow | None:
        """Where a Python package keeps what it downloads or compiles; None if no row says."""
        return _first(self._caches.find(_normalised(name)))

    def toolkit_user(self, name: str) -> rows.ToolkitUserRow | None:
        """Whether a Python package needs CUDA's compiler or headers, and when; None if no row says."""
        return _first(self._toolkit_users.find(_normalised(name)))

    def system_brings(self, package: str) -> rows.SystemBringsRow | None:
        """The graphics libraries that a Debian package brings along; None: not measured."""
        return _first(self._system_brings.find(package))

    def system_package(self, soname: str, os: str, os_version: str) -> rows.SystemLibraryRow | None:
        """The package of a distribution's release ("ubuntu", "22.04") that holds a shared library."""
        found = (row for row in self._system_libraries.find(soname) if row.os == os)
        return next((row for row in found if os_version in row.os_versions), None)


_WINDOWS_RUN = 9  # how far Windows numbers run on within a branch: 427 is R418, 475 is R470
_NEWEST_RUN = 4  # the same for the newest branch known, which may have a successor: 617 is R615, 620 may not be
_WINDOWS_ONLY = range(445, 450)  # R445, a branch that only Windows had and no row holds


def _first(found: tuple[Row, ...]) -> Row | None:
    return found[0] if found else None


def _minor(cuda: str) -> str:
    return ".".join(str(part) for part in versions.numbers(cuda)[:2])


def _may_be(row: str, asked: str) -> bool:
    """Is the row's release within what was asked, or what was asked within it ("10.2.89" is within the row 10.2)?"""
    ours, theirs = versions.numbers(row), versions.numbers(asked)
    shared = min(len(ours), len(theirs))
    return bool(theirs) and ours[:shared] == theirs[:shared]


def _released_for(row: rows.CompanionRow, torch: str) -> bool:
    stated = row.pairs or row.torch.partition("+")[0]
    wanted = versions.numbers(stated.lstrip("=>"))
    if stated.startswith("=="):
        return versions.numbers(torch) == wanted
    return row.pairs is not None and versions.numbers(torch) >= wanted


def _from_to(row: rows.OpenCvRow, version: str) -> bool:
    """Can the version ("4.13.0.92", or "4.13" for any of them) be one of the row's?"""
    asked = versions.numbers(version)
    first, last = versions.numbers(row.first or version), versions.numbers(row.last or version)
    return bool(asked) and first[: len(asked)] <= asked <= last[: len(asked)]


def _normalised(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
