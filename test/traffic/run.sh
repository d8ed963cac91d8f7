#!/usr/bin/env bash
# usage: run.sh. Servers in network namespaces talk over a Linux bridge and over Open vSwitch, and every collector of `sender observe`
# is held against the counters of their interfaces. Installs from Debian what it lacks; what cannot run here is skipped by name, with the reason.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Whatever runs in our namespaces is ended, and they go, however the tests ended.
clean() {
  local namespace
  for namespace in $(ip netns list | awk '$1 ~ /^gwt-/ { print $1 }'); do
    ip netns pids "$namespace" | xargs -r kill -KILL || true
    ip netns del "$namespace"
  done
}

if [ "$(id -u)" = 0 ]; then
  lacking=''
  for pair in ip:iproute2 nft:nftables conntrack:conntrack tcpdump:tcpdump ovs-vswitchd:openvswitch-switch pmacctd:pmacct \
    ethtool:ethtool python3:python3 sshd:openssh-server; do
    command -v "${pair%%:*}" >/dev/null || lacking+=" ${pair##*:}"
  done
  if [ -n "$lacking" ]; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $lacking
  fi
  # Where they are modules. A kernel without them has no conntrack for bridged packets, and those tests say so.
  modprobe -aq nf_conntrack br_netfilter || true
  clean
  trap clean EXIT
fi
npx vitest run --config test/vitest.config.ts --project traffic
