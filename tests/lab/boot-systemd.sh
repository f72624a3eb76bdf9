# For boot.sh: going on as systemd, with the few units that a small server has. Generators and the
# outer machine's units stay out.
go_on_as_systemd() {
  # A control group of its own, so that this systemd sees itself at the root of the tree.
  mkdir /run/cgroup
  mount -t cgroup2 cgroup2 /run/cgroup
  rmdir /run/cgroup/quorate-lab.* 2>/dev/null || true # of hosts that are gone
  # Until somebody is in it, a host that boots beside this one may take it for one of those.
  until group=$(mktemp -d /run/cgroup/quorate-lab.XXXXXX) && echo $$ 2>/dev/null >"$group/cgroup.procs"; do
    sleep 0.1
  done
  umount /run/cgroup

  units=/lib/systemd/system
  mkdir -p /run/units
  for unit in basic sysinit multi-user shutdown umount final reboot poweroff halt sockets timers paths slices \
    network network-online network-pre nss-lookup time-sync local-fs remote-fs swap rescue emergency; do
    cp $units/$unit.target /run/units/ 2>/dev/null || true
  done
  cp $units/{systemd-journald.service,systemd-journald.socket,systemd-journald-dev-log.socket,dbus.service,dbus.socket} \
    $units/{corosync.service,ssh.service,systemd-reboot.service,systemd-poweroff.service,apache2.service} /run/units/ 2>/dev/null || true
  # As a package would, but with the program that is tested.
  printf '%s\n' "$quorate_unit" >/run/units/quorate.service
  mount --bind /run/units $units
  mount -t tmpfs tmpfs /lib/systemd/system-generators
  if [ -n "$fresh" ]; then
    rm -rf /etc/systemd/system /etc/rc?.d /etc/systemd/*.conf.d
    mkdir -p /etc/systemd/system/multi-user.target.wants /etc/systemd/journald.conf.d
    ln -s $units/ssh.service $units/dbus.service /etc/systemd/system/multi-user.target.wants/
    ln -sf $units/multi-user.target /etc/systemd/system/default.target
    printf '[Journal]\nReadKMsg=no\nStorage=persistent\n' >/etc/systemd/journald.conf.d/lab.conf
    mkdir -p /var/log/journal
    cat /proc/sys/kernel/random/uuid | tr -d - >/etc/machine-id
  fi
  touch /run/booted
  exec unshare --cgroup --mount --propagation private sh -c '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i container=lab PATH="$PATH" /lib/systemd/systemd --log-target=console --show-status=no'
}
