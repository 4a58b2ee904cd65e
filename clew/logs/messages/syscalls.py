"""Names of the system calls that logs are asked about, by architecture.

Numbers are those of Linux 6.12: arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl, and
include/uapi/asm-generic/unistd.h for 64-bit ARM. Architectures are named as auditd writes them: the ELF machine, and
whether it has 64 bits and the low byte first.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_X86_64 = {
    2: "open",
    42: "connect",
    43: "accept",
    49: "bind",
    56: "clone",
    57: "fork",
    58: "vfork",
    59: "execve",
    62: "kill",
    82: "rename",
    83: "mkdir",
    84: "rmdir",
    85: "creat",
    86: "link",
    87: "unlink",
    88: "symlink",
    90: "chmod",
    91: "fchmod",
    92: "chown",
    93: "fchown",
    101: "ptrace",
    105: "setuid",
    106: "setgid",
    133: "mknod",
    165: "mount",
    175: "init_module",
    176: "delete_module",
    188: "setxattr",
    257: "openat",
    258: "mkdirat",
    259: "mknodat",
    260: "fchownat",
    263: "unlinkat",
    264: "renameat",
    265: "linkat",
    266: "symlinkat",
    268: "fchmodat",
    288: "accept4",
    308: "setns",
    313: "finit_module",
    316: "renameat2",
    319: "memfd_create",
    321: "bpf",
    322: "execveat",
}
_I386 = {
    2: "fork",
    5: "open",
    8: "creat",
    9: "link",
    10: "unlink",
    11: "execve",
    14: "mknod",
    15: "chmod",
    21: "mount",
    23: "setuid",
    26: "ptrace",
    37: "kill",
    38: "rename",
    39: "mkdir",
    40: "rmdir",
    46: "setgid",
    83: "symlink",
    94: "fchmod",
    102: "socketcall",
    120: "clone",
    128: "init_module",
    129: "delete_module",
    190: "vfork",
    295: "openat",
    296: "mkdirat",
    301: "unlinkat",
    302: "renameat",
    306: "fchmodat",
    350: "finit_module",
    353: "renameat2",
    356: "memfd_create",
    357: "bpf",
    358: "execveat",
    361: "bind",
    362: "connect",
}
_AARCH64 = {
    5: "setxattr",
    33: "mknodat",
    34: "mkdirat",
    35: "unlinkat",
    36: "symlinkat",
    37: "linkat",
    38: "renameat",
    40: "mount",
    52: "fchmod",
    53: "fchmodat",
    54: "fchownat",
    55: "fchown",
    56: "openat",
    105: "init_module",
    106: "delete_module",
    117: "ptrace",
    129: "kill",
    144: "setgid",
    146: "setuid",
    200: "bind",
    202: "accept",
    203: "connect",
    220: "clone",
    221: "execve",
    242: "accept4",
    268: "setns",
    273: "finit_module",
    276: "renameat2",
    279: "memfd_create",
    280: "bpf",
    281: "execveat",
}
_TABLES: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {"c000003e": _X86_64, "40000003": _I386, "c00000b7": _AARCH64}
)


def syscall_name(architecture: str, number: str) -> str:
    """What a call is called; its number where that is not known here.

    >>> syscall_name("c000003e", "59")
    'execve'
    """
    return _TABLES.get(architecture, {}).get(int(number), number) if number.isdecimal() else number
