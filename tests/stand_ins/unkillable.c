/* Preloaded, it turns the kills of this program into nothing, also the one at its parent's death, so that its child
   outlives SIGKILL as a process does that waits in the kernel (state D). */
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

int kill(pid_t pid, int number) {
    (void)pid;
    (void)number;
    return 0;
}

int killpg(pid_t group, int number) {
    (void)group;
    (void)number;
    return 0;
}

int prctl(int option, ...) {
    va_list rest;
    va_start(rest, option);
    unsigned long value = va_arg(rest, unsigned long);
    va_end(rest);
    return option == PR_SET_PDEATHSIG ? 0 : (int)syscall(SYS_prctl, option, value, 0, 0, 0);
}
