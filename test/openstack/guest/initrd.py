"""usage: initrd.py <modules folder> <busybox> <output.gz> <module>...
Writes a cpio archive with busybox, the modules (with what they depend on, in load order) and an /init that finds the root disk by its label."""

import gzip
import lzma
import pathlib
import re
import stat
import sys

folder, busybox, output, *wanted = sys.argv[1:]

INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
for name in $(/bin/busybox cat /modules); do /bin/busybox insmod /m/$name.ko 2>/dev/null; done
n=0
root=
while [ $n -lt 100 ]; do
  root=$(/bin/busybox findfs LABEL=guest-root 2>/dev/null) && break
  n=$((n + 1))
  /bin/busybox usleep 100000
done
[ -n "$root" ] || { echo "GUEST-PANIC no root disk"; /bin/busybox cat /proc/partitions; exec /bin/busybox sh; }
/bin/busybox mount -t ext4 -o rw,relatime $root /root || exec /bin/busybox sh
/bin/busybox mount --move /dev /root/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /sbin/init
"""


def module(path):
    """The bytes of a kernel module, which Debian compresses since version 13."""
    return lzma.decompress(path.read_bytes()) if path.suffix == ".xz" else path.read_bytes()


def load_order(paths, names):
    """Lists the modules so that each follows what it depends on; what is built into the kernel has no file and is left out."""
    order = []

    def add(name):
        name = name.replace("-", "_")
        if name in order or name not in paths:
            return
        depends = re.search(rb"\x00depends=([^\x00]*)\x00", module(paths[name]))
        for other in filter(None, depends[1].decode().split(",") if depends else []):
            add(other)
        order.append(name)

    for name in names:
        add(name)
    return order


def entry(inode, name, mode, data=b"", device=(0, 0)):
    """One member in the "newc" format of cpio: 13 hexadecimal fields, the name, the data, each padded to 4 bytes."""
    path = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    head += b"\0" * (-len(head) % 4)
    return head + data + b"\0" * (-len(data) % 4)


paths = {path.name.split(".ko")[0].replace("-", "_"): path for path in pathlib.Path(folder).rglob("*.ko*")}
order = load_order(paths, wanted)
members = [(name, stat.S_IFDIR | 0o755) for name in ("bin", "dev", "proc", "root", "m")]
members += [("dev/console", stat.S_IFCHR | 0o600, b"", (5, 1))]
members += [("bin/busybox", stat.S_IFREG | 0o755, pathlib.Path(busybox).read_bytes())]
members += [(f"m/{name}.ko", stat.S_IFREG | 0o644, module(paths[name])) for name in order]
members += [("modules", stat.S_IFREG | 0o644, ("\n".join(order) + "\n").encode())]
members += [("init", stat.S_IFREG | 0o755, INIT.encode()), ("TRAILER!!!", 0)]
archive = b"".join(entry(inode, *member) for inode, member in enumerate(members, 1))
pathlib.Path(output).write_bytes(gzip.compress(archive, 6))
print("modules in load order:", *order)
