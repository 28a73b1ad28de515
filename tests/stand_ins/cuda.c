/* A stand-in for libcuda.so.1: the few calls that envdoctor makes, set by environment variables.

   STAND_IN_CUDA     CUDA driver version as a number                                      (12020)
   STAND_IN_GPUS     as for nvml.c: names before the first "|", GPUs joined by ";"         (one Tesla T4)
   STAND_IN_CUINIT   what cuInit returns: 100 no device, 803, 804, 999, …                  (0)
   STAND_IN_HANGS    name of a function that never returns
   STAND_IN_CRASHES  name of a function that writes to address 0
   STAND_IN_KILLED   name of a function in which the process is killed with SIGKILL
   STAND_IN_MAKES    path of a character device that cuInit makes, as the real library does where root may
   STAND_IN_CONTEXT  what cuCtxCreate returns: 2 out of memory, 46 unavailable, …           (0)
   STAND_IN_PRINTS   a text that cuInit prints on the standard output
   STAND_IN_OPENS    path of a device node that cuInit opens, as the real library opens /dev/nvidiactl: 100 where it
                     cannot. That no driver is behind the node (ENXIO) does not count.
*/
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
#define MOST 16

typedef int Result;

static char names[MOST][96];
static int count, ready;

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static void misbehave(const char *function) {
    if (!strcmp(setting("STAND_IN_HANGS", ""), function)) for (;;) pause();
    if (!strcmp(setting("STAND_IN_CRASHES", ""), function)) *(volatile int *)0 = 1;
    if (!strcmp(setting("STAND_IN_KILLED", ""), function)) kill(getpid(), SIGKILL);
}

static int openable(const char *path) {
    int file = *path ? open(path, O_RDWR | O_NONBLOCK) : 0;
    if (file > 0) close(file);
    return file >= 0 || errno == ENXIO;
}

API Result cuInit(unsigned flags) {
    char text[4096], *rest, *part;
    Result code = atoi(setting("STAND_IN_CUINIT", "0"));
    (void)flags;
    misbehave("cuInit");
    if (*setting("STAND_IN_MAKES", "")) mknod(setting("STAND_IN_MAKES", ""), S_IFCHR | 0666, makedev(1, 3));
    printf("%s", setting("STAND_IN_PRINTS", ""));
    fflush(stdout);
    if (code) return code;
    if (!openable(setting("STAND_IN_OPENS", ""))) return 100; /* CUDA_ERROR_NO_DEVICE */
    snprintf(text, sizeof text, "%s", setting("STAND_IN_GPUS", "Tesla T4|"));
    for (part = strtok_r(text, ";", &rest); part && count < MOST; part = strtok_r(NULL, ";", &rest))
        if (sscanf(part, "%95[^|]", names[count]) == 1) count++;
    ready = 1;
    return 0;
}

API Result cuDriverGetVersion(int *version) {
    misbehave("cuDriverGetVersion");
    *version = atoi(setting("STAND_IN_CUDA", "12020"));
    return 0;
}

API Result cuDeviceGetCount(int *number) {
    if (!ready) return 3; /* CUDA_ERROR_NOT_INITIALIZED */
    misbehave("cuDeviceGetCount");
    *number = count;
    return 0;
}

API Result cuDeviceGet(int *device, int index) {
    if (!ready) return 3;
    if (index < 0 || index >= count) return 101; /* CUDA_ERROR_INVALID_DEVICE */
    *device = index;
    return 0;
}

API Result cuDeviceGetName(char *to, int length, int device) {
    if (!ready) return 3;
    if (device < 0 || device >= count) return 101;
    snprintf(to, (size_t)length, "%s", names[device]);
    return 0;
}

/* GPU n is at 0000:0n:00.0, which nvml.c knows too. */
API Result cuDeviceGetPCIBusId(char *to, int length, int device) {
    if (!ready) return 3;
    if (device < 0 || device >= count) return 101;
    snprintf(to, (size_t)length, "0000:%02x:00.0", device);
    return 0;
}

API Result cuCtxCreate_v2(void **context, unsigned flags, int device) {
    Result code = atoi(setting("STAND_IN_CONTEXT", "0"));
    (void)flags;
    misbehave("cuCtxCreate_v2");
    if (!ready) return 3;
    if (device < 0 || device >= count) return 101;
    if (code) return code;
    *context = names[device];
    return 0;
}

API Result cuCtxDestroy_v2(void *context) { return context ? 0 : 201; /* CUDA_ERROR_INVALID_CONTEXT */ }
