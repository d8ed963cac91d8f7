#!/bin/sh
# busybox' DHCP client calls this with the lease in its environment
case $1 in
  deconfig)
    ip addr flush dev $interface
    ip link set $interface up
    ;;
  bound | renew)
    ip addr replace $ip/$mask dev $interface
    [ -n "$mtu" ] && ip link set $interface mtu $mtu
    # classless static routes come as pairs of destination and router, the default route among them
    set -- $staticroutes
    while [ $# -ge 2 ]; do
      if [ "$2" = 0.0.0.0 ]; then ip route replace $1 dev $interface; else ip route replace $1 via $2 dev $interface; fi
      shift 2
    done
    [ -n "$router" ] && ip route replace default via ${router%% *} dev $interface
    for server in $dns; do echo nameserver $server; done >/etc/resolv.conf
    ;;
esac
exit 0
