#!/bin/bash
# usage (from up.sh): unshare -m -n -u -i -p -f node.sh <node> <release>
# The first process of a node: builds the node's root over the base layer, moves into it and becomes its init.
# An overlay for the configuration, plain directories for what is large, and nothing shared with the other node but the repository, read-only.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
use_release "$2"
node=$1 state=$LAB/$1 root=$LAB/$1/root
read -r host_pid _ </proc/self/stat # /proc is still the machine's, so this is our pid as the machine sees it
mount --make-rprivate /
mkdir -p "$state"/{upper,work,root,data}
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$state/upper,workdir=$state/work" "$root"
mkdir -p "$root"/{proc,sys,dev,run,tmp,godwit,var/lib/godwit,.old}

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
mkdir -p "$root"/dev/{net,pts,shm}
# deliberately no /dev/kvm: it may exist and answer without being able to run an ordinary guest
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 net/tun:10:200; do
  IFS=: read -r name major minor <<<"$device"
  mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for i in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${i%:*}" "$root/dev/${i#*:}"; done
# a private /run/netns: at its start the l3 agent removes every qrouter-* namespace it does not know
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mkdir -p "$root"/run/{lock,netns,lab}

for name in mysql nova glance cinder godwit; do
  [ -d "$state/data/$name" ] || { [ -d "$BASE/var/lib/$name" ] && cp -a "$BASE/var/lib/$name" "$state/data/$name" || mkdir "$state/data/$name"; }
  mount --bind "$state/data/$name" "$root/var/lib/$name"
done
mount --bind "$REPOSITORY" "$root/godwit"
mount -o remount,bind,ro "$root/godwit"

hostname "${node}1"
echo "${node}1" >"$root/etc/hostname"
echo "$2" >"$root/etc/lab-release"
printf '127.0.0.1 localhost %s1\n' "$node" >"$root/etc/hosts"
cd "$root"
pivot_root . .old
umount -l /.old
echo "$host_pid" >&3
exec 3>&-
cd /
exec /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  python3 /godwit/test/openstack/inside/init.py godwit-lab-init "$node" end
