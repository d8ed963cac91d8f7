#!/bin/bash
# usage: base.sh <release>. Builds the layer under the nodes of a release once: Debian with the OpenStack packages, never installed on the machine itself.
set -euo pipefail
. "$(dirname "$0")/lab.sh"
use_release "$1"
packages=(
  # what an operator expects on a controller, and what the lab's scripts use
  iproute2 iptables ipset ebtables arptables bridge-utils conntrack dnsmasq-base dnsmasq-utils haproxy iputils-ping iputils-arping
  procps psmisc curl netcat-openbsd sudo tcpdump openssh-client openssh-server jq
  # the OpenStack services: nova-compute-kvm, because nova-compute-qemu brings every architecture's emulator
  mariadb-server python3-pymysql rabbitmq-server python3-memcache
  keystone placement-api glance-api nova-api nova-conductor nova-scheduler nova-compute nova-compute-kvm
  neutron-api neutron-rpc-server "${PACKAGES[@]}" neutron-l3-agent neutron-dhcp-agent neutron-metadata-agent
  cinder-api cinder-scheduler cinder-volume
  qemu-system-x86 qemu-utils libvirt-daemon-system libvirt-clients genisoimage
  # the proof's own eyes
  python3-openstackclient
  # the guest image is made of and with these
  busybox-static dropbear-bin e2fsprogs fdisk grub-pc-bin grub-common
)

# a layer of other packages is of no use, nor is a cloud that stood on it
[ "$(cat "$BASE/.complete" 2>/dev/null)" = "${packages[*]}" ] && exit 0
[ ! -e "$BASE/.complete" ] || { PURGE=1 "$HERE/down.sh"; rm -rf "${LAB:?}/$GOLDEN" "$BASE"; }

sources=$("$HERE/mirror.sh" "$SUITE")
mirror=$(awk -v suite="$SUITE" '$3 == suite { print $2; exit }' <<<"$sources")
for suite in "${SOURCES[@]}"; do sources+=$'\n'"deb $mirror $suite main"; done

bootstrap() {
  # one whose packages did not install is tried again from there
  [ ! -e "$BASE/.bootstrapped" ] || return 0
  say "debootstrap from $mirror"
  rm -rf "$BASE"
  debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$BASE" "$mirror" >"$LAB/log/debootstrap.log" 2>&1 ||
    { tail -5 "$LAB/log/debootstrap.log" >&2; return 1; }
  echo "$sources" >"$BASE/etc/apt/sources.list"
  cp -L /etc/resolv.conf /etc/hosts "$BASE/etc/"
  # no service starts at installation, and nobody reads manuals in a node
  printf '#!/bin/sh\nexit 101\n' >"$BASE/usr/sbin/policy-rc.d"
  chmod 755 "$BASE/usr/sbin/policy-rc.d"
  printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/\* >"$BASE/etc/dpkg/dpkg.cfg.d/lab"
  printf '%s\n' 'APT::Install-Recommends "false";' 'Acquire::Languages "none";' 'APT::Sandbox::User "root";' 'Acquire::Check-Valid-Until "false";' >"$BASE/etc/apt/apt.conf.d/99lab"
  apt-config dump | grep -E '^Acquire::https?::.*[Pp]roxy' >"$BASE/etc/apt/apt.conf.d/98proxy" || true
  touch "$BASE/.bootstrapped"
}

install() {
  say "installing OpenStack $TITLE into the base layer"
  in_base 'mount -t proc proc "$ROOT/proc"; mount -t sysfs -o ro sysfs "$ROOT/sys"; mount --rbind /dev "$ROOT/dev"; mount -t tmpfs tmpfs "$ROOT/run"; mkdir -p "$ROOT/run/lock"' \
    env http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true sh -euc '
      apt-get update
      apt-get install -y --no-install-recommends "$@"
      # the guest boots this kernel; the base itself never does, so it is unpacked and not installed
      mkdir -p /opt/kernel && cd /opt/kernel
      apt-get download "$(apt-cache depends linux-image-cloud-amd64 | sed -n "s/.*Depends: //p" | head -1)"
      dpkg -x ./*.deb . && rm ./*.deb
      rm -f /var/cache/apt/archives/*.deb' install "${packages[@]}" >"$LAB/log/install.log" 2>&1 ||
    { tail -20 "$LAB/log/install.log" >&2; return 1; }
}

timed "base: debootstrap, $SUITE" bootstrap
timed "base: packages, $SUITE" install
if declare -F mend_base >/dev/null; then mend_base; fi
echo "${packages[*]}" >"$BASE/.complete"
