// Makes file system calls fail on purpose: preloaded into the binary by faults.rs.
//
// FAULT_UNDER  the directory whose files it is about
// FAULT_CALLS  which calls: names as below, separated by commas; "change" is every call that would change something
// FAULT_AT     the first that fails, counted from 1
// FAULT_ONCE   if it is set, only that one fails
// FAULT_ERRNO  with which error
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static int is_under(const char *path) {
    const char *dir = getenv("FAULT_UNDER");
    return dir && path && !strncmp(path, dir, strlen(dir));
}

static int is_open_under(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_under(path);
}

static int is_meant(const char *call) {
    const char *names = getenv("FAULT_CALLS");
    if (!names) return 0;
    if (!strcmp(names, "change")) return 1;
    size_t length = strlen(call);
    for (const char *at = names; (at = strstr(at, call)); at += length)
        if ((at == names || at[-1] == ',') && (!at[length] || at[length] == ',')) return 1;
    return 0;
}

// Whether this call fails now; errno is set then.
static int fails(const char *call) {
    if (!is_meant(call)) return 0;
    long at = atol(getenv("FAULT_AT")), now = ++calls;
    if (getenv("FAULT_ONCE") ? now != at : now < at) return 0;
    errno = atoi(getenv("FAULT_ERRNO"));
    return 1;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(write);
    return is_open_under(fd) && fails("write") ? -1 : real(fd, bytes, length);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    REAL(pwrite64);
    return is_open_under(fd) && fails("write") ? -1 : real(fd, bytes, length, at);
}
int fsync(int fd) {
    REAL(fsync);
    return is_open_under(fd) && fails("fsync") ? -1 : real(fd);
}
int fdatasync(int fd) {
    REAL(fdatasync);
    return is_open_under(fd) && fails("fdatasync") ? -1 : real(fd);
}
int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    return is_open_under(fd) && fails("ftruncate") ? -1 : real(fd, length);
}
int rename(const char *from, const char *to) {
    REAL(rename);
    return is_under(to) && fails("rename") ? -1 : real(from, to);
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return is_under(path) && fails("mkdir") ? -1 : real(path, mode);
}
int unlink(const char *path) {
    REAL(unlink);
    return is_under(path) && fails("unlink") ? -1 : real(path);
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    int changes = flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
    return changes && is_under(path) && fails("open") ? -1 : real(path, flags, mode);
}
