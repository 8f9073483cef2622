/* SPDX-License-Identifier: MIT
 *
 * usage: trace_calls LOG [FAULT]... -- COMMAND...
 *
 * Runs a command under ptrace, counts its calls to the kernel about files, and makes some of them
 * fail. Unlike a preloaded library this sees what glibc's stdio asks inside; the loader's own calls
 * are not counted. Faults, with numbers of errors:
 *
 *   N=ERROR     call number N fails once; close() still closes, as it does
 *   N=ERROR+    that call and all later ones of its name, but for standard error
 *   NAME=ERROR  all calls of this name
 *   short       each read and write does a part of what is asked, at least a byte
 *   data        what is written goes into LOG.data, as it comes
 *
 * The log has a line a call, by tabs: number, name, result (-ERROR), descriptor or -1, an argument
 * (bytes asked, flags of an open, address of a munmap), path, second path, "hit" where a fault was.
 * Ends as the command does, with 128 and more for a signal, with 77 where nothing may be traced.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FAULTS 16
#define MAX_THREADS 256
#define MAX_MAPPED 64
#define CANNOT_TRACE 77

/* Where a call has its parts; -1: nowhere. A path's folder is in the argument before it if so. */
typedef struct call_kind {
    long number;
    const char *name;
    int fd, path, path2, extra;
    int is_at;
} call_kind;

static const call_kind kinds[] = {
    { SYS_open, "open", -1, 0, -1, 1, 0 },
    { SYS_openat, "open", -1, 1, -1, 2, 1 },
    { SYS_read, "read", 0, -1, -1, 2, 0 },
    { SYS_pread64, "read", 0, -1, -1, 2, 0 },
    { SYS_write, "write", 0, -1, -1, 2, 0 },
    { SYS_pwrite64, "pwrite", 0, -1, -1, 2, 0 },
    { SYS_writev, "writev", 0, -1, -1, 2, 0 },
    { SYS_lseek, "lseek", 0, -1, -1, 1, 0 },
    { SYS_fsync, "fsync", 0, -1, -1, -1, 0 },
    { SYS_fdatasync, "fsync", 0, -1, -1, -1, 0 },
    { SYS_ftruncate, "ftruncate", 0, -1, -1, 1, 0 },
    { SYS_close, "close", 0, -1, -1, -1, 0 },
    { SYS_dup, "dup", 0, -1, -1, -1, 0 },
    { SYS_fstat, "stat", 0, -1, -1, -1, 0 },
    { SYS_stat, "stat", -1, 0, -1, -1, 0 },
    { SYS_lstat, "stat", -1, 0, -1, -1, 0 },
    { SYS_newfstatat, "stat", -1, 1, -1, -1, 1 },
    { SYS_statx, "stat", -1, 1, -1, -1, 1 },
    { SYS_access, "access", -1, 0, -1, -1, 0 },
    { SYS_readlink, "readlink", -1, 0, -1, -1, 0 },
    { SYS_getdents64, "getdents", 0, -1, -1, -1, 0 },
    { SYS_mmap, "mmap", 4, -1, -1, 1, 0 },
    { SYS_munmap, "munmap", -1, -1, -1, 0, 0 },
    { SYS_flock, "flock", 0, -1, -1, 1, 0 },
    { SYS_fchmod, "fchmod", 0, -1, -1, 1, 0 },
    { SYS_fchown, "fchown", 0, -1, -1, 1, 0 },
    { SYS_mkdir, "mkdir", -1, 0, -1, -1, 0 },
    { SYS_rmdir, "rmdir", -1, 0, -1, -1, 0 },
    { SYS_rename, "rename", -1, 0, 1, -1, 0 },
    { SYS_renameat, "rename", -1, 1, 3, -1, 1 },
    { SYS_renameat2, "rename", -1, 1, 3, -1, 1 },
    { SYS_link, "link", -1, 0, 1, -1, 0 },
    { SYS_linkat, "link", -1, 1, 3, -1, 1 },
    { SYS_unlink, "unlink", -1, 0, -1, -1, 0 },
    { SYS_unlinkat, "unlink", -1, 1, -1, 2, 1 },
    { SYS_getrandom, "getrandom", -1, -1, -1, 1, 0 },
};

typedef struct fault {
    unsigned long number; /* 0: by name */
    char name[16];
    int error;
    int lasts;
} fault;

/* A call between its beginning and its end. */
typedef struct open_call {
    pid_t thread; /* 0: free */
    const call_kind *kind;
    unsigned long number;
    int error; /* that it shall end with, or 0 */
    int is_short, fd;
    uint64_t extra, data;
    char path[PATH_MAX], path2[PATH_MAX];
} open_call;

static fault faults[MAX_FAULTS];
static int n_faults, cuts_short, keeps_data;
static open_call calls[MAX_THREADS];
static unsigned long n_calls;
static uint64_t loader_from, loader_to;
static uint64_t mapped[MAX_MAPPED]; /* where files are mapped; 0: free */
static FILE *log_file, *data_file;

static void die(const char *what)
{
    fprintf(stderr, "trace_calls: %s: %s\n", what, strerror(errno));
    exit(CANNOT_TRACE);
}

/* ---- what the command's memory and descriptors say ---- */

static void get_text(char out[PATH_MAX], pid_t thread, uint64_t from)
{
    size_t n = 0;
    while (n < PATH_MAX - 1) {
        const size_t to_page = 4096 - (from + n) % 4096, room = PATH_MAX - 1 - n;
        struct iovec own = { out + n, to_page < room ? to_page : room };
        struct iovec its = { (void *)(uintptr_t)(from + n), own.iov_len };
        const ssize_t n_got = process_vm_readv(thread, &own, 1, &its, 1, 0);
        if (n_got <= 0 || memchr(out + n, '\0', (size_t)n_got) != NULL)
            break;
        n += (size_t)n_got;
    }
    out[PATH_MAX - 1] = '\0';
}

static void get_fd_path(char out[PATH_MAX], pid_t thread, int fd)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/%d/fd/%d", (int)thread, fd);
    const ssize_t n = readlink(link, out, PATH_MAX - 1);
    out[n > 0 ? n : 0] = '\0';
}

/* The path of an argument, behind its folder where it has one. */
static void get_path(char out[PATH_MAX], pid_t thread, const uint64_t *args, int at, int is_at)
{
    char folder[PATH_MAX], name[PATH_MAX] = "";
    get_text(name, thread, args[at]);
    if (is_at && name[0] != '/' && (int)args[at - 1] != AT_FDCWD) {
        get_fd_path(folder, thread, (int)args[at - 1]);
        if (snprintf(out, PATH_MAX, "%s%s%s", folder, name[0] ? "/" : "", name) < PATH_MAX)
            return;
    }
    strcpy(out, name);
}

static uint64_t loader_of(pid_t process)
{
    char path[64];
    Elf64_auxv_t entry = { 0 };
    snprintf(path, sizeof path, "/proc/%d/auxv", (int)process);
    FILE *file = fopen(path, "r");
    while (file != NULL && fread(&entry, sizeof entry, 1, file) == 1 && entry.a_type != AT_BASE)
        entry.a_un.a_val = 0;
    if (file != NULL)
        fclose(file);
    return entry.a_un.a_val;
}

/* Where the loader lies in a program that has just been started. */
static void find_loader(pid_t process)
{
    char path[64], line[PATH_MAX + 100];
    uint64_t from, to;
    loader_from = loader_to = loader_of(process);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from == loader_to && from != 0)
            loader_to = to;
    if (file != NULL)
        fclose(file);
}

static void keep_data(pid_t thread, uint64_t from, uint64_t n)
{
    uint8_t bytes[4096];
    while (n > 0) {
        struct iovec own = { bytes, n < sizeof bytes ? n : sizeof bytes };
        struct iovec its = { (void *)(uintptr_t)from, own.iov_len };
        const ssize_t n_got = process_vm_readv(thread, &own, 1, &its, 1, 0);
        if (n_got <= 0)
            die("reading what is written");
        fwrite(bytes, 1, (size_t)n_got, data_file);
        from += (uint64_t)n_got;
        n -= (uint64_t)n_got;
    }
}

/* ---- a call's beginning and end ---- */

static void set_register(pid_t thread, size_t offset, uint64_t value)
{
    ptrace(PTRACE_POKEUSER, thread, (void *)offset, (void *)(uintptr_t)value);
}

/* Whether a file is mapped there; memory is shim_malloc's. */
static int is_mapped(uint64_t address)
{
    for (int i = 0; i < MAX_MAPPED; i++)
        if (mapped[i] == address)
            return 1;
    return 0;
}

static void see_mapping(const open_call *call, uint64_t address)
{
    const int is_made = strcmp(call->kind->name, "mmap") == 0;
    const int is_gone = strcmp(call->kind->name, "munmap") == 0;
    for (int i = 0; i < MAX_MAPPED && (is_made || is_gone); i++)
        if (mapped[i] == (is_made ? 0 : call->extra)) {
            mapped[i] = is_made ? address : 0;
            return;
        }
}

static const call_kind *kind_of(const struct __ptrace_syscall_info *info)
{
    if (info->instruction_pointer >= loader_from && info->instruction_pointer < loader_to)
        return NULL;
    if (info->entry.nr == SYS_mmap && (info->entry.args[3] & MAP_ANONYMOUS))
        return NULL;
    if (info->entry.nr == SYS_munmap && !is_mapped(info->entry.args[0]))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].number == (long)info->entry.nr)
            return &kinds[i];
    return NULL;
}

static int error_of(const open_call *call)
{
    for (int i = 0; i < n_faults; i++) {
        fault *f = &faults[i];
        if (f->number == call->number && f->number > 0 && f->lasts) {
            snprintf(f->name, sizeof f->name, "%s", call->kind->name); /* from now on by name */
            f->number = 0;
        }
        if (f->number > 0 ? f->number == call->number
                          : strcmp(f->name, call->kind->name) == 0 && call->fd != STDERR_FILENO)
            return f->error;
    }
    return 0;
}

static open_call *call_of(pid_t thread)
{
    for (int i = 0; i < MAX_THREADS; i++)
        if (calls[i].thread == thread)
            return &calls[i];
    return NULL;
}

static void cut_short(open_call *call, pid_t thread)
{
    const char *name = call->kind->name;
    if (!cuts_short || call->extra < 2 || (strcmp(name, "read") != 0 && strcmp(name, "write") != 0))
        return;
    call->is_short = 1;
    call->extra = 1 + call->number * 2654435761u % (call->extra - 1);
    set_register(thread, offsetof(struct user_regs_struct, rdx), call->extra);
}

static void begin_call(pid_t thread, const struct __ptrace_syscall_info *info)
{
    const call_kind *kind = kind_of(info);
    open_call *call = kind != NULL ? call_of(0) : NULL;
    if (call == NULL)
        return;
    uint64_t args[6];
    for (int i = 0; i < 6; i++)
        args[i] = info->entry.args[i];
    *call = (open_call){ .thread = thread, .kind = kind, .number = ++n_calls };
    call->fd = kind->fd >= 0 ? (int)args[kind->fd] : -1;
    call->extra = kind->extra >= 0 ? args[kind->extra] : 0;
    call->data = args[1];
    if (kind->fd >= 0)
        get_fd_path(call->path, thread, call->fd);
    if (kind->path >= 0)
        get_path(call->path, thread, args, kind->path, kind->is_at);
    if (kind->path2 >= 0)
        get_path(call->path2, thread, args, kind->path2, kind->is_at);
    call->error = error_of(call);
    if (call->error == 0)
        cut_short(call, thread);
    else if (strcmp(kind->name, "close") != 0)
        set_register(thread, offsetof(struct user_regs_struct, orig_rax), UINT64_MAX);
}

static void end_call(pid_t thread, int64_t result)
{
    open_call *call = call_of(thread);
    if (call == NULL)
        return;
    if (call->error != 0) {
        result = -call->error;
        set_register(thread, offsetof(struct user_regs_struct, rax), (uint64_t)result);
    }
    fprintf(log_file, "%lu\t%s\t%lld\t%d\t%lld\t%s\t%s\t%s\n", call->number, call->kind->name,
            (long long)result, call->fd, (long long)call->extra, call->path, call->path2,
            call->error != 0 ? "hit" : "");
    if (result >= 0)
        see_mapping(call, (uint64_t)result);
    if (keeps_data && result > 0 && strcmp(call->kind->name, "write") == 0)
        keep_data(thread, call->data, (uint64_t)result);
    call->thread = 0;
}

static void see_call(pid_t thread)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        begin_call(thread, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        end_call(thread, info.exit.rval);
}

/* ---- the command ---- */

static pid_t start(char **words)
{
    const pid_t process = fork();
    int status = 0;
    if (process == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP) != 0)
            _exit(CANNOT_TRACE);
        execvp(words[0], words);
        _exit(127);
    }
    if (process < 0 || waitpid(process, &status, 0) < 0)
        die("starting");
    if (!WIFSTOPPED(status))
        exit(CANNOT_TRACE);
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                         PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, process, NULL, (void *)options) < 0 ||
        ptrace(PTRACE_SYSCALL, process, NULL, NULL) < 0)
        die("tracing");
    return process;
}

/* The signal that a stopped thread is to go on with. */
static int see_stop(pid_t thread, int status)
{
    const int number = WSTOPSIG(status), event = status >> 16;
    if (number == (SIGTRAP | 0x80))
        see_call(thread);
    if (event == PTRACE_EVENT_EXEC)
        find_loader(thread);
    return number == (SIGTRAP | 0x80) || number == SIGSTOP || event != 0 ? 0 : number;
}

/* Until all have ended; 128 and more for a signal. */
static int follow(pid_t process)
{
    int status, code = 0;
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
        if (WIFSTOPPED(status)) {
            const int number = see_stop(thread, status);
            ptrace(PTRACE_SYSCALL, thread, NULL, (void *)(intptr_t)number);
            continue;
        }
        open_call *call = call_of(thread);
        if (call != NULL)
            call->thread = 0;
        if (thread == process)
            code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return code;
}

static void add_fault(const char *word)
{
    const char *equal = strchr(word, '=');
    fault f = { 0 };
    if (strcmp(word, "short") == 0)
        cuts_short = 1;
    else if (strcmp(word, "data") == 0)
        keeps_data = 1;
    if (equal == NULL || n_faults == MAX_FAULTS)
        return;
    f.number = strtoul(word, NULL, 10);
    f.error = atoi(equal + 1);
    f.lasts = word[strlen(word) - 1] == '+';
    if (f.number == 0)
        snprintf(f.name, sizeof f.name, "%.*s", (int)(equal - word), word);
    faults[n_faults++] = f;
}

int main(int argc, char **argv)
{
    char path[PATH_MAX];
    int at = 2;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        add_fault(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr, "usage: trace_calls LOG [FAULT]... -- COMMAND...\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s.data", argv[1]);
    log_file = fopen(argv[1], "we");
    data_file = keeps_data ? fopen(path, "we") : NULL;
    if (log_file == NULL || (keeps_data && data_file == NULL))
        die(argv[1]);
    const int code = follow(start(argv + at + 1));
    if (fclose(log_file) != 0 || (data_file != NULL && fclose(data_file) != 0))
        die(argv[1]);
    return code;
}
