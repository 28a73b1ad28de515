// The floors of cog's pkg/doctor/gpu_compatibility.go and nothing else of it; see ../../../README.md.
{12, 0}: {MinTorch: "2.7.0", MinCUDA: "12.8"},
{10, 0}: {MinTorch: "2.7.0", MinCUDA: "12.8"},
{9, 0}: {MinTorch: "2.0.1", MinCUDA: "11.8"},
