//! The lab itself: hosts are apart, can be cut off, crash and come back.

use std::time::{Duration, Instant};

use crate::client::Watch;
use crate::lab::Lab;

#[test]
fn hosts_have_names_disks_and_networks_of_their_own() {
    Lab::of(2).links(2).test(|lab| {
        for host in lab.hosts() {
            assert_eq!(host.run("hostname").trim(), host.name);
            host.run("echo kept >/var/lib/note; echo gone >/run/note");
        }
        let node1 = lab.host("node1");
        node1.run("ping -c 1 -W 2 node2");
        node1.run("ping -c 1 -W 2 10.0.2.12");
        assert_eq!(lab.client().run("ssh -o BatchMode=yes node1 hostname").trim(), "node1");

        node1.cut_link(0);
        assert!(!node1.succeeds("ping -c 1 -W 1 node2"));
        node1.run("ping -c 1 -W 2 10.0.2.12");
        node1.heal();
        node1.run("ping -c 1 -W 5 node2");
        node1.isolate();
        assert!(!node1.succeeds("ping -c 1 -W 1 10.0.2.12"));

        node1.reset();
        assert_eq!(node1.read("/var/lib/note"), "kept\n");
        assert_eq!(node1.read("/run/note"), "");
        node1.run("ping -c 1 -W 5 node2");
    });
}

#[test]
fn a_client_sees_an_outage() {
    Lab::of(1).test(|lab| {
        let node1 = lab.host("node1");
        node1.run("apache2ctl start");
        let watch = Watch::from(lab.client(), &node1.addresses[0], 80);
        let limit = Duration::from_secs(20);
        lab.until("the page", limit, || watch.last_page().as_deref() == Some("this is node1"));
        let start = Instant::now();
        node1.cut();
        lab.until("the outage", limit, || watch.last_page().is_none());
        node1.heal();
        lab.until("the page again", limit, || watch.last_page().is_some());
        assert!(watch.outage_since(start).is_some_and(|outage| outage > Duration::from_millis(50)));
    });
}

#[test]
fn a_host_can_have_a_systemd() {
    Lab::of(1).systemd().test(|lab| {
        let node1 = lab.host("node1");
        assert_eq!(node1.run("cat /proc/1/comm").trim(), "systemd");
        assert_eq!(lab.client().run("ssh node1 systemctl is-active ssh").trim(), "active");
        node1.run("systemctl enable --now apache2");
        node1.reset();
        lab.until("apache", Duration::from_secs(20), || node1.succeeds("systemctl is-active apache2"));
    });
}
