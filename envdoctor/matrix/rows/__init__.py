"""The typed rows of the curated matrix, one NamedTuple per table in data/. Field names are the JSON keys.

Every row has `source` (one or more addresses or citations) and `checked` (ISO date). None means "no source
found", never "not there". Versions are dotted strings; capabilities are "8.9"; SM names are as the binaries
carry them: "86", "90a", "103f" for SASS, the same for PTX.
"""

from envdoctor.matrix.rows.hardware import (
    ArchitectureRow,
    BranchRow,
    CompatRow,
    GpuRow,
    L4tRow,
    MajorFloorRow,
    ToolkitRow,
    WindowRow,
)
from envdoctor.matrix.rows.images import (
    CudaTagRow,
    DistributionRow,
    L4tImageRow,
    NgcImageRow,
    NgcRow,
    RequirementRow,
    TorchImageRow,
)
from envdoctor.matrix.rows.packages import (
    BringsRow,
    CompanionRow,
    CudnnRow,
    NeedRow,
    OpenCvRow,
    OrtRow,
    PythonRow,
    SystemLibraryRow,
    TorchRow,
)

__all__ = [
    "ArchitectureRow",
    "BranchRow",
    "BringsRow",
    "CompanionRow",
    "CompatRow",
    "CudaTagRow",
    "CudnnRow",
    "DistributionRow",
    "GpuRow",
    "L4tImageRow",
    "L4tRow",
    "MajorFloorRow",
    "NeedRow",
    "NgcImageRow",
    "NgcRow",
    "OpenCvRow",
    "OrtRow",
    "PythonRow",
    "RequirementRow",
    "SystemLibraryRow",
    "ToolkitRow",
    "TorchImageRow",
    "TorchRow",
    "WindowRow",
]
