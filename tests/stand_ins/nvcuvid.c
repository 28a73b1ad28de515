/* A stand-in for libnvcuvid.so.1: its capability query, set by environment variables.

   STAND_IN_DECODES      numbers of cudaVideoCodec that are decoded, joined by ","   (1,4,5,8,9,10)
   STAND_IN_DECODER_CAPS what cuvidGetDecoderCaps returns                             (0)
   STAND_IN_HANGS, STAND_IN_CRASHES   as in cuda.c
*/
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct caps {
    int codec, chroma;
    unsigned depth_minus_8, reserved1[3];
    unsigned char supported, decoders;
    unsigned short formats;
    unsigned widest, highest, most_blocks;
    unsigned short narrowest, lowest;
    unsigned char histogram, counter_depth;
    unsigned short bins;
    unsigned reserved3[10];
};
_Static_assert(sizeof(struct caps) == 88, "CUVIDDECODECAPS");

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

__attribute__((visibility("default"))) int cuvidGetDecoderCaps(struct caps *caps) {
    char text[100], *rest, *part;
    int code = atoi(setting("STAND_IN_DECODER_CAPS", "0"));
    if (!strcmp(setting("STAND_IN_HANGS", ""), "cuvidGetDecoderCaps")) for (;;) pause();
    if (!strcmp(setting("STAND_IN_CRASHES", ""), "cuvidGetDecoderCaps")) *(volatile int *)0 = 1;
    if (code) return code;
    if (caps->chroma != 1 || caps->depth_minus_8) return 1; /* CUDA_ERROR_INVALID_VALUE */
    memset(&caps->supported, 0, sizeof *caps - 24);
    snprintf(text, sizeof text, "%s", setting("STAND_IN_DECODES", "1,4,5,8,9,10"));
    for (part = strtok_r(text, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
        if (atoi(part) == caps->codec) caps->supported = caps->decoders = 1;
    caps->widest = caps->highest = 8192;
    return 0;
}
