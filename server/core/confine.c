/* A list of what is refused, and not of what is allowed: libraries change what they ask for with their versions, and a server that
 * stops for all tenants because libc has learned a new call would be a worse trade than the one that is left open here. systemd's
 * unit and the container engines have such lists of their own beside this one.
 *
 * Refused is EPERM and not death, for the same reason; a new process, another program, somebody else's memory or another view
 * of the machine cannot be had either way. */
#include "confine.h"

#include <errno.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/socket.h>

static const char *const denied[] = {
    /* another program, another process */
    "execve", "execveat", "fork", "vfork",
    /* other processes' memory, descriptors and lives */
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "pidfd_open", "kcmp",
    /* another view of the machine */
    "mount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
    "pivot_root", "chroot", "unshare", "setns", "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat",
    "quotactl", "quotactl_fd", "acct", "swapon", "swapoff", "fanotify_init",
    /* other rights */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset",
    "personality",
    /* large parts of the kernel that nobody here needs, and where its faults have been */
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl",
    "add_key", "request_key", "modify_ldt", "lookup_dcookie", "migrate_pages", "move_pages", "vmsplice",
    /* the machine itself */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "iopl", "ioperm",
    "syslog", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "vhangup"};
enum { DENIED_COUNT = sizeof denied / sizeof denied[0] };

/* Families of sockets that the server speaks: those of its listeners and peers, and the one that libc asks for addresses. */
static bool is_spoken(int family) {
    return family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
}

static bool rules_add(scmp_filter_ctx filter) {
    bool ok = true;
    for (size_t i = 0; i < DENIED_COUNT && ok; i++) {
        int number = seccomp_syscall_resolve_name(denied[i]);
        ok = number != __NR_SCMP_ERROR && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0) == 0;
    }
    /* threads yes, processes no; clone3 has its flags where a filter cannot look, and libc does without it */
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                          SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)) == 0;
    for (int family = 0; family <= AF_NETLINK && ok; family++)
        if (!is_spoken(family))
            ok = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family, 0)) == 0;
    return ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                  SCMP_A0(SCMP_CMP_GT, AF_NETLINK, 0)) == 0;
}

bool hansa_confine(void) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter != NULL && rules_add(filter) && seccomp_load(filter) == 0; /* also sets no_new_privs */
    seccomp_release(filter);
    return ok;
}

const char *const *hansa_confine_denied(size_t *ret_count) {
    *ret_count = DENIED_COUNT;
    return denied;
}
