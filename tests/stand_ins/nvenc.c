/* A stand-in for libnvidia-encode.so.1: what opens a session and lists its codecs, with NVIDIA's layouts and versions
   checked as the real library checks them. Set by environment variables.

   STAND_IN_NVENC_API      newest API, major*16+minor                                (193: 12.1)
   STAND_IN_NVENC_SESSION  what opening a session returns: 2 unsupported device, 10 no session is free, …   (0)
   STAND_IN_HANGS, STAND_IN_CRASHES   as in cuda.c
*/
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
enum { INVALID_PTR = 6, INVALID_PARAM = 8, INVALID_VERSION = 15 };

struct list { uint32_t version, reserved; void *calls[33], *reserved2[285]; };
struct session { uint32_t version, type; void *device, *reserved; uint32_t api, reserved1[253]; void *reserved2[64]; };
struct guid { uint32_t one; uint16_t two, three; uint8_t rest[8]; };

static const struct guid codecs[] = {
    {0x6bc82762, 0x4e63, 0x4ca4, {0xaa, 0x85, 0x1e, 0x50, 0xf3, 0x21, 0xf6, 0xbf}},
    {0x790cdc88, 0x4522, 0x4d7b, {0x94, 0x25, 0xbd, 0xa9, 0x97, 0x5f, 0x76, 0x03}},
};
static int opened;

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static uint32_t newest(void) { return (uint32_t)atoi(setting("STAND_IN_NVENC_API", "193")); }

/* The API is major | minor << 24; a structure's version has its own number and 7 << 28 beside it. */
static int fits(uint32_t version, uint32_t structure) {
    uint32_t major = version & 0xff, minor = version >> 24 & 0xf;
    return major && (major << 4 | minor) <= newest() && version == (major | minor << 24 | structure << 16 | 7u << 28);
}

static int open_session(struct session *session, void **encoder) {
    int code = atoi(setting("STAND_IN_NVENC_SESSION", "0"));
    if (!strcmp(setting("STAND_IN_HANGS", ""), "nvEncOpenEncodeSessionEx")) for (;;) pause();
    if (!strcmp(setting("STAND_IN_CRASHES", ""), "nvEncOpenEncodeSessionEx")) *(volatile int *)0 = 1;
    if (!fits(session->version, 1) || session->api != (session->version & 0xf0000ff)) return INVALID_VERSION;
    if (!session->device || session->type != 1) return INVALID_PARAM;
    if (code) return code;
    opened = 1;
    *encoder = &opened;
    return 0;
}

static int count(void *encoder, uint32_t *number) {
    if (encoder != &opened || !opened) return INVALID_PTR;
    *number = sizeof codecs / sizeof *codecs;
    return 0;
}

static int guids(void *encoder, struct guid *to, uint32_t size, uint32_t *written) {
    if (encoder != &opened || !opened) return INVALID_PTR;
    *written = size < sizeof codecs / sizeof *codecs ? size : sizeof codecs / sizeof *codecs;
    memcpy(to, codecs, *written * sizeof *codecs);
    return 0;
}

static int destroy(void *encoder) {
    if (encoder != &opened || !opened) return INVALID_PTR;
    opened = 0;
    return 0;
}

API int NvEncodeAPIGetMaxSupportedVersion(uint32_t *version) {
    *version = newest();
    return 0;
}

API int NvEncodeAPICreateInstance(struct list *list) {
    if (!fits(list->version, 2)) return INVALID_VERSION;
    list->calls[1] = (void *)count;
    list->calls[4] = (void *)guids;
    list->calls[27] = (void *)destroy;
    list->calls[29] = (void *)open_session;
    return 0;
}
