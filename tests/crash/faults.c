/* Stands between a process and the system, by LD_PRELOAD: numbers what is done to the files of one folder, writes it
   down, and lets one of these operations go wrong. Until faults_arm is called nothing is different. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) static __typeof__(&name) next_##name; if (!next_##name) next_##name = dlsym(RTLD_NEXT, #name)
#define DESCRIPTORS 1024
#define LONGEST 4096

/* Beside the numbers of errors: half of a write arrives and then the disk is full; the process is killed. */
enum { SHORT = -1, KILL = -2 };

static char folder[LONGEST];
static size_t folder_length;
static char inside[DESCRIPTORS];
static long count, fail_at;
static int how, lasting, record = -1;

void faults_arm(const char *where, long at, int what, int for_good, int to)
{
    strncpy(folder, where, sizeof folder - 1);
    folder_length = strlen(folder);
    count = 0, fail_at = at, how = what, lasting = for_good, record = to;
}

static void say(const void *text, size_t length)
{
    NEXT(write);
    while (record >= 0 && length > 0) {
        ssize_t done = next_write(record, text, length);
        if (done <= 0) _exit(99);
        text = (const char *)text + done, length -= done;
    }
}

void faults_mark(const char *text)
{
    char line[256];
    say(line, snprintf(line, sizeof line, "0 mark 0 0 0 %s -\n", text));
}

/* The name within the folder; "." for the folder itself, and nothing for any other place. */
static const char *name_of(const char *path)
{
    if (!folder_length || !path || strncmp(path, folder, folder_length)) return NULL;
    if (!path[folder_length]) return ".";
    return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

static int is_inside(int fd) { return fd >= 0 && fd < DESCRIPTORS && inside[fd]; }

static long inode(int fd)
{
    struct stat found;
    return fstat(fd, &found) ? 0 : (long)found.st_ino;
}

static void tell(const char *what, long file, long place, const void *data, size_t length, const char *a, const char *b)
{
    char line[2 * LONGEST];
    int kept = errno;
    say(line, snprintf(line, sizeof line, "%ld %s %ld %ld %zu %s %s\n", count, what, file, place, length, a, b));
    if (data) say(data, length);
    errno = kept;
}

/* The number of an error, or SHORT, if this is the operation that goes wrong; 0 if it is as any other. */
static int trouble(int needs_room)
{
    count++;
    if (!fail_at || (lasting ? count < fail_at || !needs_room : count != fail_at)) return 0;
    return how;
}

#define FAIL(needs_room, what) do { \
        int wrong = trouble(needs_room); \
        if (wrong == KILL) kill(getpid(), SIGKILL); \
        if (wrong) { tell("failed", 0, 0, NULL, 0, what, "-"); errno = wrong > 0 ? wrong : EIO; return -1; } \
    } while (0)

static ssize_t put(int fd, const void *data, size_t length, off_t place, int placed)
{
    NEXT(write);
    NEXT(pwrite64);
    if (!is_inside(fd)) return placed ? next_pwrite64(fd, data, length, place) : next_write(fd, data, length);
    int wrong = trouble(1);
    if (wrong > 0) { tell("failed", 0, 0, NULL, 0, "write", "-"); errno = wrong; return -1; }
    size_t part = wrong ? (length + 1) / 2 : length;
    if (!placed) place = lseek(fd, 0, SEEK_CUR);
    ssize_t done = placed ? next_pwrite64(fd, data, part, place) : next_write(fd, data, part);
    if (wrong == KILL) kill(getpid(), SIGKILL);
    if (wrong == SHORT) fail_at = count + 1, how = ENOSPC;
    if (done > 0) tell("write", inode(fd), place, data, done, "-", "-");
    return done;
}

ssize_t write(int fd, const void *data, size_t length) { return put(fd, data, length, 0, 0); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t place) { return put(fd, data, length, place, 1); }
ssize_t pwrite64(int fd, const void *data, size_t length, off_t place) { return put(fd, data, length, place, 1); }

ssize_t read(int fd, void *data, size_t length)
{
    NEXT(read);
    if (is_inside(fd)) { FAIL(0, "read"); tell("read", 0, 0, NULL, 0, "-", "-"); }
    return next_read(fd, data, length);
}

ssize_t pread64(int fd, void *data, size_t length, off_t place)
{
    NEXT(pread64);
    if (is_inside(fd)) { FAIL(0, "read"); tell("read", 0, 0, NULL, 0, "-", "-"); }
    return next_pread64(fd, data, length, place);
}

ssize_t pread(int fd, void *data, size_t length, off_t place) { return pread64(fd, data, length, place); }

static int opened(int at, const char *path, int flags, mode_t mode)
{
    NEXT(openat);
    const char *name = name_of(path);
    if (!name) {
        int fd = next_openat(at, path, flags, mode);
        if (fd >= 0 && fd < DESCRIPTORS) inside[fd] = 0;
        return fd;
    }
    int makes = (flags & O_CREAT) && access(path, F_OK);
    FAIL(makes, makes ? "create" : "open");
    int fd = next_openat(at, path, flags, mode);
    if (fd < 0 || fd >= DESCRIPTORS) { tell("open", 0, 0, NULL, 0, name, "-"); return fd; }
    inside[fd] = 1;
    tell(makes ? "create" : "open", inode(fd), 0, NULL, 0, name, "-");
    if (flags & O_TRUNC) tell("truncate", inode(fd), 0, NULL, 0, "-", "-");
    return fd;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE; return opened(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE; return opened(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE; return opened(at, path, flags, mode); }

int close(int fd)
{
    NEXT(close);
    if (is_inside(fd)) inside[fd] = 0;
    return next_close(fd);
}

static int synced(int fd, int (*next)(int))
{
    if (!is_inside(fd)) return next(fd);
    FAIL(0, "sync");
    int result = next(fd);
    struct stat found;
    int of_folder = !fstat(fd, &found) && S_ISDIR(found.st_mode);
    if (!result) tell(of_folder ? "keep" : "sync", inode(fd), 0, NULL, 0, "-", "-");
    return result;
}

int fsync(int fd) { NEXT(fsync); return synced(fd, next_fsync); }
int fdatasync(int fd) { NEXT(fdatasync); return synced(fd, next_fdatasync); }

int ftruncate64(int fd, off_t size)
{
    NEXT(ftruncate64);
    if (!is_inside(fd)) return next_ftruncate64(fd, size);
    FAIL(0, "truncate");
    int result = next_ftruncate64(fd, size);
    if (!result) tell("truncate", inode(fd), size, NULL, 0, "-", "-");
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int unlink(const char *path)
{
    NEXT(unlink);
    const char *name = name_of(path);
    if (name) FAIL(0, "unlink");
    int result = next_unlink(path);
    if (name) tell(result ? "nothing" : "unlink", 0, 0, NULL, 0, name, "-");
    return result;
}

static int named(const char *what, const char *old, const char *new, int (*next)(const char *, const char *))
{
    const char *from = name_of(old), *to = name_of(new);
    if (from && to) FAIL(1, what);
    int result = next(old, new);
    if (from && to) tell(result ? "nothing" : what, 0, 0, NULL, 0, from, to);
    return result;
}

int link(const char *old, const char *new) { NEXT(link); return named("link", old, new, next_link); }
int rename(const char *old, const char *new) { NEXT(rename); return named("rename", old, new, next_rename); }
