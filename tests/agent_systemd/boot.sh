# Becomes the systemd of a host of its own, with the units that a bus needs and those in $1. To be run
# as the first process of new namespaces. The default target is what it brings up.
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/cgroup /run/lock /run/units

# A control group of its own, so that this systemd sees itself at the root of the tree.
mount -t cgroup2 cgroup2 /run/cgroup
rmdir /run/cgroup/quorate-test.* 2>/dev/null || true # of hosts that are gone
# Until somebody is in it, a host that boots beside this one may take it for one of those.
until group=$(mktemp -d /run/cgroup/quorate-test.XXXXXX) && echo $$ 2>/dev/null >"$group/cgroup.procs"; do
  sleep 0.1
done
umount /run/cgroup

units=/lib/systemd/system
for unit in basic.target sysinit.target multi-user.target shutdown.target umount.target final.target \
  sockets.target timers.target paths.target slices.target local-fs.target swap.target poweroff.target \
  systemd-poweroff.service dbus.service dbus.socket; do
  cp "$units/$unit" /run/units/
done
cp "$1"/* /run/units/
mount --bind /run/units "$units"
mount -t tmpfs tmpfs /lib/systemd/system-generators
mount -t tmpfs tmpfs /etc/systemd
exec unshare --cgroup --mount --propagation private sh -c '
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec env -i container=quorate-test PATH="$PATH" /lib/systemd/systemd --log-target=console --show-status=no'
