//! Units of systemd as resources, on hosts with a real one: whoever stops the daemon does not wait for ever.

use std::time::Duration;

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, bring_up, form, holder, other};

/// A unit that notes, when it is stopped, whether what depends on it was stopped before.
const WEB: &str = "[Unit]
Description=Web
[Service]
ExecStart=/bin/sleep 100000
ExecStop=/bin/sh -c 'test -e /run/marker/Desk && echo before Desk >>/var/lib/web-stops || echo after Desk >>/var/lib/web-stops'
";

/// Another one that needs it, so that systemd stops the two together whenever it stops the first.
const PAGES: &str = "[Unit]
Requires=web.service
After=web.service
[Service]
ExecStart=/bin/sleep 100000
";

const RESOURCES: &str = "resources:
  Pages: {agent: 'systemd:pages'}
  Web: {agent: 'systemd:web', ops: [{name: monitor, interval: 10s}]}
  Desk: {agent: ocf:lab:marker, ops: [{name: monitor, interval: 2s}]}
  Shop: {group: [Web, Desk]}
constraints:
  colocation: [{resource: Pages, with: Desk, score: INFINITY}]
";

fn is_active(host: &Host, unit: &str) -> bool {
    host.succeeds(&format!("systemctl is-active {unit}"))
}

/// Where the shop is, once it is there as a whole.
fn shop(lab: &Lab) -> &Host {
    lab.until("the shop", PATIENCE, || {
        lab.hosts_on().any(|host| {
            host.path("/run/marker/Desk").exists() && is_active(host, "web") && is_active(host, "pages")
        })
    });
    lab.settle();
    holder(lab, "Desk")
}

/// How the unit was stopped on this host, from the first time on.
fn stops(host: &Host) -> Vec<String> {
    host.kept("/var/lib/web-stops").lines().map(str::to_owned).collect()
}

#[test]
fn a_daemon_with_units_is_stopped_restarted_and_shut_down_with_its_host() {
    Lab::of(2).systemd().test(|lab| {
        for host in lab.hosts() {
            host.write("/etc/systemd/system/web.service", WEB);
            host.write("/etc/systemd/system/pages.service", PAGES);
            host.run("systemctl daemon-reload");
        }
        form(lab, RESOURCES);
        let first = shop(lab);
        let second = other(lab, first);
        assert!(first.run("systemctl show -P Before web").contains("quorate.service"));

        // The shop moves, and what is stopped waits for nothing that waits for it.
        first.run("timeout 60 systemctl restart quorate");
        assert_eq!(shop(lab).name, second.name);
        assert_eq!(stops(first), ["after Desk"]);
        second.run("timeout 60 systemctl stop quorate");
        assert_eq!(shop(lab).name, first.name);
        assert!(!is_active(second, "web") && !is_active(second, "pages"));
        assert!(first.run("systemctl show -P Before web").contains("quorate.service"));
        second.run("timeout 60 systemctl start quorate");
        lab.settle();

        // On shutdown systemd leaves the unit to the cluster, which goes from the last to the first.
        first.run("echo 3 >/srv/slow-stop.Desk");
        first.run_quietly("systemctl --no-block reboot");
        lab.until("the end of the host", Duration::from_secs(90), || first.has_ended());
        assert_eq!(stops(first), ["after Desk", "after Desk"]);
        assert_eq!(shop(lab).name, second.name);
        first.boot();
        bring_up(lab);
        lab.settle();
        assert_eq!(shop(lab).name, second.name);
    });
}
