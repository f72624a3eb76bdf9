#!/bin/bash
# The boot of a lab host, as the first process of its namespaces: boot.sh NAME DISK INIT
# What is on DISK outlives the host; all else (run, tmp, shared memory) begins empty.
set -e
name=$1 disk=$2 init=$3
. "$(dirname "$0")/boot-systemd.sh"
hostname "$name"
# Read while the folder of the checkout is still to be seen, wherever that is.
quorate_unit=$(sed 's,/usr/bin/quorate,/usr/local/bin/quorate,' "$QUORATE_UNIT")

mkdir -p "$disk"/{etc,var,bin,admin,ocf,sbin,work-etc,work-var,work-bin,work-ocf,work-sbin}
chmod 700 "$disk/admin"
overlay() { mount -t overlay overlay -o "lowerdir=$1,upperdir=$disk/$2,workdir=$disk/work-$2" "$1"; }
if [ ! -e "$disk/installed" ]; then
  # The first boot: nothing of the outer machine's own clusters, logs and keys is there.
  fresh=yes
fi
overlay /etc etc
overlay /var var
overlay /usr/local/bin bin
overlay /usr/lib/ocf/resource.d ocf
overlay /usr/sbin sbin
# What all hosts of the lab share: the journal of services, and the power switch.
mount --bind "$(dirname "$0")/shared" /srv
if [ -n "$fresh" ]; then
  # A second time where the outer machine wrote beneath the overlay meanwhile.
  old="/var/lib/corosync /var/lib/pacemaker /var/lib/quorate /var/log /var/www/html /etc/quorate"
  # shellcheck disable=SC2086 # a list of folders
  rm -rf $old 2>/dev/null || { sleep 1; rm -rf $old; }
  rm -f /etc/corosync/* 2>/dev/null || true
  mkdir -p /var/lib/corosync /var/log/corosync /var/log/apache2 /var/www/html /etc/corosync
  echo "this is $name" >/var/www/html/index.html
  echo "$name" >/etc/hostname
  touch "$disk/installed"
fi
rm -f /etc/nologin
mount --bind "$disk/admin" "$HOME"
touch /usr/local/bin/quorate
mount --bind "$QUORATE_BINARY" /usr/local/bin/quorate

mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/resource-agents /run/apache2 /run/sshd
ip link set lo up

[ "$init" != systemd ] || go_on_as_systemd
[ "$init" = client ] || /usr/sbin/sshd
touch /run/booted
# A host without systemd: its first process only reaps what daemons leave behind.
while :; do sleep 3600 & wait $!; done
