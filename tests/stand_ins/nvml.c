/* A stand-in for libnvidia-ml.so.1: the few calls that envdoctor makes through pynvml, set by environment variables.

   STAND_IN_DRIVER   driver version                                   (535.104.05)
   STAND_IN_CUDA     CUDA driver version as a number                  (12020)
   STAND_IN_GPUS     "name|brand number|major.minor|MiB|MIG" joined by ";" ; MIG: 0, 1, or -1 for "not supported"
   STAND_IN_INIT     what nvmlInit returns: 9 driver not loaded, 18 driver/library version mismatch, …   (0)
   STAND_IN_LOST     index of a GPU that is lost (NVML_ERROR_GPU_IS_LOST)
   STAND_IN_USED     MiB in use on every GPU                                    (0)
   STAND_IN_MODE     compute mode: 2 prohibited, 3 exclusive                     (0)
   STAND_IN_HANGS    name of a function that never returns
   STAND_IN_CRASHES  name of a function that writes to address 0
   STAND_IN_PRINTS   a text that nvmlInit prints on the standard output
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define MOST 16

typedef int Return;
struct gpu { char name[96]; unsigned brand; int major, minor; unsigned long long mib; int mig; int index; };
typedef struct gpu *Device;
struct memory { unsigned long long total, free, used; };

static struct gpu gpus[MOST];
static unsigned count;

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static void misbehave(const char *function) {
    if (!strcmp(setting("STAND_IN_HANGS", ""), function)) for (;;) pause();
    if (!strcmp(setting("STAND_IN_CRASHES", ""), function)) *(volatile int *)0 = 1;
}

static Return copy(char *to, unsigned length, const char *from) {
    if (strlen(from) + 1 > length) return 7; /* NVML_ERROR_INSUFFICIENT_SIZE */
    strcpy(to, from);
    return 0;
}

API Return nvmlInitWithFlags(unsigned flags) {
    char text[4096], *rest, *part;
    Return code = atoi(setting("STAND_IN_INIT", "0"));
    (void)flags;
    misbehave("nvmlInitWithFlags");
    printf("%s", setting("STAND_IN_PRINTS", ""));
    fflush(stdout);
    if (code) return code;
    snprintf(text, sizeof text, "%s", setting("STAND_IN_GPUS", "Tesla T4|2|7.5|15360|-1"));
    for (part = strtok_r(text, ";", &rest); part && count < MOST; part = strtok_r(NULL, ";", &rest)) {
        struct gpu *gpu = &gpus[count];
        gpu->index = (int)count;
        if (sscanf(part, "%95[^|]|%u|%d.%d|%llu|%d", gpu->name, &gpu->brand, &gpu->major, &gpu->minor, &gpu->mib, &gpu->mig) == 6)
            count++;
    }
    return 0;
}

API const char *nvmlErrorString(Return code) {
    switch (code) {
    case 3: return "Not Supported";
    case 9: return "Driver Not Loaded";
    case 15: return "GPU is lost";
    case 18: return "Driver/library version mismatch";
    default: return "Unknown Error";
    }
}

API Return nvmlSystemGetDriverVersion(char *to, unsigned length) {
    misbehave("nvmlSystemGetDriverVersion");
    return copy(to, length, setting("STAND_IN_DRIVER", "535.104.05"));
}

API Return nvmlSystemGetCudaDriverVersion(int *version) {
    misbehave("nvmlSystemGetCudaDriverVersion");
    *version = atoi(setting("STAND_IN_CUDA", "12020"));
    return 0;
}

API Return nvmlDeviceGetCount_v2(unsigned *number) {
    misbehave("nvmlDeviceGetCount");
    *number = count;
    return 0;
}

API Return nvmlDeviceGetHandleByIndex_v2(unsigned index, Device *device) {
    misbehave("nvmlDeviceGetHandleByIndex");
    if (index >= count) return 2; /* NVML_ERROR_INVALID_ARGUMENT */
    if ((int)index == atoi(setting("STAND_IN_LOST", "-1"))) return 15;
    *device = &gpus[index];
    return 0;
}

API Return nvmlDeviceGetName(Device device, char *to, unsigned length) { return copy(to, length, device->name); }

API Return nvmlDeviceGetBrand(Device device, unsigned *brand) {
    *brand = device->brand;
    return 0;
}

API Return nvmlDeviceGetCudaComputeCapability(Device device, int *major, int *minor) {
    *major = device->major;
    *minor = device->minor;
    return 0;
}

API Return nvmlDeviceGetMemoryInfo(Device device, struct memory *memory) {
    misbehave("nvmlDeviceGetMemoryInfo");
    memory->total = device->mib << 20;
    memory->used = (unsigned long long)atoi(setting("STAND_IN_USED", "0")) << 20;
    memory->free = memory->total - memory->used;
    return 0;
}

API Return nvmlDeviceGetMigMode(Device device, unsigned *current, unsigned *pending) {
    if (device->mig < 0) return 3;
    *current = *pending = (unsigned)device->mig;
    return 0;
}

API Return nvmlDeviceGetHandleByPciBusId_v2(const char *address, Device *device) {
    unsigned index;
    if (sscanf(address, "0000:%2x:00.0", &index) != 1) return 2;
    return nvmlDeviceGetHandleByIndex_v2(index, device);
}

struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char address[32]; };

API Return nvmlDeviceGetPciInfo_v3(Device device, struct pci *pci) {
    memset(pci, 0, sizeof *pci);
    pci->bus = (unsigned)device->index;
    snprintf(pci->legacy, sizeof pci->legacy, "0000:%02X:00.0", pci->bus & 0xff);
    snprintf(pci->address, sizeof pci->address, "00000000:%02X:00.0", pci->bus & 0xff);
    return 0;
}

API Return nvmlDeviceGetComputeMode(Device device, unsigned *mode) {
    (void)device;
    misbehave("nvmlDeviceGetComputeMode");
    *mode = (unsigned)atoi(setting("STAND_IN_MODE", "0"));
    return 0;
}
