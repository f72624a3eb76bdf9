//! The shell scripts that carry out what was decided, each for one host.
//!
//! Files are put in place at once: written beside, flushed, renamed. Corosync itself judges a configuration
//! before it is renamed. Scripts come in on the standard input of a shell, so that a key never shows in a
//! process list.

use std::fmt::Write as _;

use super::{CONF_FILE, KEY_FILE, Work};

/// Ends the text of a file within a script.
const END: &str = "END-OF-FILE-OF-QUORATE";

/// How every script begins.
const OPEN: &str = concat!("set -eu\numask 077\n", include_str!("prelude.sh"));

/// Stops corosync where no systemd does, and waits until it has ended.
const STOP_COROSYNC: &str = "corosync-cfgtool -H --force >/dev/null 2>&1 || true
  while [ -n \"$(processes corosync)\" ]; do sleep 0.1; done";

/// Writes the files that a host needs. Running it again changes nothing.
pub fn install(work: Work, conf: &str, key: &[u8]) -> String {
    let mut script = format!("{OPEN}mkdir -p -m 755 /etc/corosync /var/log/corosync\n");
    if work.writes_key {
        let octal: String = key.iter().map(|byte| format!("\\{byte:03o}")).collect();
        // Writing to a String cannot fail.
        let _ = write!(
            script,
            "rm -f {KEY_FILE}.new\nprintf '{octal}' >{KEY_FILE}.new\nchmod 400 {KEY_FILE}.new\nsync\nmv {KEY_FILE}.new {KEY_FILE}\n"
        );
    }
    if work.writes_conf {
        if work.keeps_old_conf {
            let _ = writeln!(
                script,
                "[ -e {CONF_FILE}.before-quorate ] || cp -p {CONF_FILE} {CONF_FILE}.before-quorate"
            );
        }
        let _ = write!(
            script,
            "cat >{CONF_FILE}.new <<'{END}'\n{conf}{END}\nchmod 644 {CONF_FILE}.new\n\
             if ! said=$(corosync -t -c {CONF_FILE}.new 2>&1); then\n  \
             rm -f {CONF_FILE}.new\n  \
             echo \"corosync does not take this configuration (are the node's addresses this host's?) $said\" >&2\n  \
             exit 1\nfi\n\
             sync\nmv {CONF_FILE}.new {CONF_FILE}\n"
        );
    }
    script
}

/// Starts what does not run, and lets it start when the host does.
pub fn start(work: Work, has_qdevice: bool) -> String {
    let verb = if work.restarts_corosync { "restart" } else { "start" };
    let witness = if has_qdevice { "corosync-qdevice" } else { "" };
    let stop = if work.restarts_corosync { STOP_COROSYNC } else { "" };
    format!(
        "{OPEN}if [ -d /run/systemd/system ]; then
  systemctl --quiet enable corosync {witness} quorate
  systemctl {verb} corosync
  systemctl start {witness} quorate
else
  {stop}
  corosync-cfgtool -s >/dev/null 2>&1 || corosync
  tries=0
  until corosync-cfgtool -s >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ $tries -gt 100 ]; then
      echo 'corosync does not answer; its log is /var/log/corosync/corosync.log' >&2
      exit 1
    fi
    sleep 0.1
  done
  {witness}
  mkdir -p -m 755 /var/log/quorate
  if [ -r /etc/default/quorate ]; then set -a; . /etc/default/quorate; set +a; fi
  setsid quorate daemon </dev/null >>/var/log/quorate/daemon.log 2>&1 &
fi
"
    )
}

/// Tells all members, through one of them, that there is a new configuration.
pub fn reload() -> String {
    format!("{OPEN}corosync-cfgtool -R\n")
}

/// Prints a member's key in hexadecimal.
pub fn read_key() -> String {
    format!("{OPEN}od -An -v -tx1 {KEY_FILE}\n")
}

/// Says which members a host sees, and whether they have quorum.
pub fn look() -> String {
    format!("{OPEN}corosync-quorumtool -s -p 2>/dev/null || true\n")
}

/// Stops the daemons, and removes what [`install`] and [`start`] made.
pub fn destroy() -> String {
    format!(
        "{OPEN}if [ -d /run/systemd/system ]; then
  systemctl --quiet disable --now quorate corosync-qdevice 2>/dev/null || systemctl --quiet disable --now quorate || true
  systemctl --quiet disable --now corosync || true
  # What is put on top of units while they are the cluster's.
  for file in /run/systemd/system/*.d/50-quorate.conf; do
    if [ -e \"$file\" ]; then rm -f \"$file\"; rmdir \"${{file%/*}}\" 2>/dev/null || true; fi
  done
  systemctl daemon-reload || true
else
  # The daemon first: it stops the node's resources.
  for process in $(daemons) $(processes corosync-qdevi); do kill \"$process\" 2>/dev/null || true; done
  while [ -n \"$(daemons)$(processes corosync-qdevi)\" ]; do sleep 0.1; done
  {STOP_COROSYNC}
fi
rm -f {CONF_FILE} {KEY_FILE}
if [ -e {CONF_FILE}.before-quorate ]; then mv {CONF_FILE}.before-quorate {CONF_FILE}; fi
rm -rf /var/lib/quorate /run/quorate
"
    )
}
