# What a host says of itself: one "KEY VALUE" a line. Changes nothing.
say() { printf '%s %s\n' "$1" "$2"; }
say user "$(id -u)"
say name "$(uname -n)"
say clock "$(date +%s.%N)"
say quorate "$(quorate --version 2>/dev/null | sed 's/^quorate //')"
say corosync "$(corosync -v 2>/dev/null | sed -n "s/.*version '\([^']*\)'.*/\1/p")"
if [ -d /run/systemd/system ]; then say systemd yes; fi
if [ -n "$(processes corosync)" ]; then
  say runs corosync
  say revision "$(corosync-cmapctl -g totem.config_version 2>/dev/null | sed 's/.*= //')"
fi
if [ -n "$(processes pacemakerd)" ]; then say runs pacemaker; fi
if [ -n "$(daemons)" ]; then say runs quorate; fi
if command -v corosync-qdevice >/dev/null; then say qdevice yes; fi
if [ -e /etc/corosync/qdevice/net/nssdb/cert9.db ] || [ -e /etc/corosync/qdevice/net/nssdb/cert8.db ]; then
  say certificate yes
fi
if [ -r /etc/corosync/authkey ]; then
  say key "$(sha256sum </etc/corosync/authkey | cut -d' ' -f1)"
fi
if [ -r /etc/corosync/corosync.conf ]; then sed 's/^/conf /' /etc/corosync/corosync.conf; fi
say end yes
