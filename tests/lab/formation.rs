//! `quorate cluster` over real ssh: forming, forming again, joining, refusing, taking apart.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Output;
use std::time::Duration;

use crate::host::Host;
use crate::lab::Lab;

const CONF: &str = "/etc/corosync/corosync.conf";
const KEY: &str = "/etc/corosync/authkey";

/// A manifest of the first so many hosts of a lab, on the client.
fn manifest(lab: &Lab, nodes: usize, more: &str) {
    let nodes: String = lab.hosts()[..nodes]
        .iter()
        .map(|host| format!("  {}: {{addresses: [{}]}}\n", host.name, host.addresses.join(", ")))
        .collect();
    let text = format!(
        "apiVersion: quorate/v1\nkind: Cluster\nname: web\nnodes:\n{nodes}properties:\n  stonith-enabled: false\n{more}"
    );
    lab.client().write("/tmp/cluster.yaml", &text);
}

/// Runs `quorate cluster` on the client, however it ends.
fn cluster(lab: &Lab, words: &str) -> Output {
    lab.client().attempt(&format!("quorate -f /tmp/cluster.yaml cluster {words}"))
}

/// Runs `quorate cluster` on the client; it must succeed. What it printed as data.
fn cluster_ok(lab: &Lab, words: &str) -> String {
    lab.client().run(&format!("quorate -f /tmp/cluster.yaml cluster {words}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn sees(host: &Host, members: usize) -> bool {
    let said = host.run("corosync-quorumtool -s || true");
    let nodes =
        said.lines().find_map(|line| line.strip_prefix("Nodes:")).map(|count| count.trim().to_owned());
    nodes == Some(members.to_string()) && said.contains("Quorate:          Yes")
}

#[test]
fn a_cluster_forms_over_ssh_and_forming_it_again_changes_nothing() {
    Lab::of(2).links(2).test(|lab| {
        manifest(lab, 2, "corosync:\n  token: 2s\n  links: [{priority: 10}, {}]\n");
        let said = cluster_ok(lab, "init");
        assert!(said.contains("node1, node2, all members see each other, with quorum"), "{said}");
        assert!(said.contains("5405/udp") && said.contains("5406/udp"), "{said}");
        let keys: Vec<Vec<u8>> =
            lab.hosts().iter().map(|host| std::fs::read(host.path(KEY)).unwrap()).collect();
        assert_eq!(keys[0], keys[1]);
        for host in lab.hosts() {
            assert!(sees(host, 2), "{}", host.name);
            let mode = |file: &str| std::fs::metadata(host.path(file)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(KEY), mode(CONF)), (0o400, 0o644));
            assert!(!host.succeeds("ls /etc/corosync/*.new"), "nothing is left half done");
        }
        let state = |host: &Host| {
            let inode = |file: &str| std::fs::metadata(host.path(file)).unwrap().ino();
            (inode(KEY), inode(CONF), host.processes("corosync"))
        };
        let before: Vec<_> = lab.hosts().iter().map(state).collect();
        cluster_ok(lab, "init");
        assert_eq!(lab.hosts().iter().map(state).collect::<Vec<_>>(), before);

        // Which agents there are only the host itself knows.
        let node2 = lab.host("node2");
        node2.run("mount -t tmpfs -o ro tmpfs /usr/lib/ocf/resource.d/heartbeat");
        let ask = |host: &str| {
            lab.client().run(&format!("quorate --host root@{host} resource list heartbeat:Dummy"))
        };
        assert!(ask("node1").starts_with("ocf:heartbeat:Dummy\n"));
        assert_eq!(ask("node2"), "");
        node2.run("umount /usr/lib/ocf/resource.d/heartbeat");
    });
}

#[test]
fn a_run_after_one_failed_host_goes_on_with_the_same_key() {
    Lab::of(2).test(|lab| {
        manifest(lab, 2, "");
        let (node1, node2) = (lab.host("node1"), lab.host("node2"));
        node2.run("mount -t tmpfs -o ro tmpfs /etc/corosync");
        let failed = cluster(lab, "init");
        assert_eq!(failed.status.code(), Some(1));
        assert!(said(&failed).contains("error: node2: "), "{}", said(&failed));
        assert!(said(&failed).contains("Read-only file system"), "{}", said(&failed));
        assert!(!node1.succeeds("corosync-cfgtool -s"), "nothing is started before all have their files");
        let key = std::fs::read(node1.path(KEY)).unwrap();

        node2.run("umount /etc/corosync");
        cluster_ok(lab, "init");
        assert_eq!(std::fs::read(node2.path(KEY)).unwrap(), key);
        assert!(sees(node1, 2));
    });
}

#[test]
fn a_node_joins_a_running_cluster() {
    Lab::of(3).test(|lab| {
        manifest(lab, 2, "");
        cluster_ok(lab, "init");
        let node1 = lab.host("node1");
        let corosync = node1.processes("corosync");

        manifest(lab, 3, "corosync: {token: 2s}\n");
        let refused = cluster(lab, "init");
        assert_eq!(refused.status.code(), Some(107), "{}", said(&refused));
        assert!(said(&refused).contains("`quorate cluster join` brings"), "{}", said(&refused));

        // Cut off before those that run were told: the next one goes on there.
        let tool = "/usr/local/bin/corosync-cfgtool";
        for host in [node1, lab.host("node2")] {
            host.run(&format!("printf '#!/bin/sh\\nexit 1\\n' >{tool}; chmod +x {tool}"));
        }
        let broken_off = cluster(lab, "join");
        assert!(said(&broken_off).contains("reload corosync through"), "{}", said(&broken_off));
        for host in [node1, lab.host("node2")] {
            host.run(&format!("rm {tool}"));
        }
        cluster_ok(lab, "join");
        for host in lab.hosts() {
            lab.until("three members", Duration::from_secs(20), || sees(host, 3));
        }
        assert_eq!(node1.processes("corosync"), corosync, "who runs goes on running");
        assert!(node1.run("corosync-cmapctl -g runtime.config.totem.token").contains("= 2650"));
        let again = cluster(lab, "join");
        assert!(again.status.success(), "{}", said(&again));

        // A node that is no longer in the manifest is not thrown out by the way.
        manifest(lab, 2, "corosync: {token: 2s}\n");
        let refused = cluster(lab, "join");
        assert_eq!(refused.status.code(), Some(107));
        assert!(said(&refused).contains("the running cluster has node3"), "{}", said(&refused));

        // Taken out by its name it is out for good: the others do not count on it.
        manifest(lab, 3, "corosync: {token: 2s}\n");
        cluster_ok(lab, "destroy node3 --auto-approve");
        assert_eq!(node1.processes("corosync"), corosync, "who runs goes on running");
        for name in ["node1", "node2"] {
            let host = lab.host(name);
            assert!(sees(host, 2) && !host.read(CONF).contains("node3"), "{name}");
            assert!(host.run("corosync-quorumtool -s || true").contains("Expected votes:   2"), "{name}");
        }
        manifest(lab, 2, "corosync: {token: 2s}\n");
        let again = cluster(lab, "join");
        assert!(again.status.success(), "{}", said(&again));
    });
}

#[test]
fn a_host_that_is_dead_for_good_is_taken_out_by_its_name() {
    Lab::of(3).test(|lab| {
        manifest(lab, 3, "corosync: {token: 2s}\n");
        cluster_ok(lab, "init");
        let refused = cluster(lab, "destroy node3 --gone --auto-approve");
        assert_eq!(refused.status.code(), Some(107), "{}", said(&refused));
        assert!(said(&refused).contains("node3 is not gone: it answers"), "{}", said(&refused));
        assert!(sees(lab.host("node1"), 3));

        lab.host("node3").crash();
        lab.until("the loss", Duration::from_secs(20), || sees(lab.host("node1"), 2));
        let refused = cluster(lab, "destroy node3 --auto-approve");
        assert_eq!(refused.status.code(), Some(69), "{}", said(&refused));
        assert!(said(&refused).contains("`--gone`"), "{}", said(&refused));
        let told = cluster_ok(lab, "destroy node3 --gone --auto-approve");
        assert_eq!(told, "node3 was taken out of web.\n");
        for name in ["node1", "node2"] {
            let host = lab.host(name);
            assert!(!host.read(CONF).contains("node3"), "{name}");
            assert!(host.run("corosync-quorumtool -s || true").contains("Expected votes:   2"), "{name}");
        }
        manifest(lab, 2, "corosync: {token: 2s}\n");
        let again = cluster(lab, "join");
        assert!(again.status.success(), "{}", said(&again));
    });
}

#[test]
fn what_is_in_the_way_is_said_and_nothing_is_changed() {
    Lab::of(2).test(|lab| {
        manifest(lab, 2, "");
        let (node1, node2) = (lab.host("node1"), lab.host("node2"));

        node2.run("hostname webserver");
        node1.write(CONF, "totem {\n  version: 2\n  cluster_name: other\n}\nnodelist {\n  node {\n    nodeid: 1\n    ring0_addr: 192.168.125.11\n  }\n}\n");
        let refused = cluster(lab, "init");
        assert_eq!(refused.status.code(), Some(107));
        assert!(said(&refused).contains("node2: the host calls itself `webserver`"), "{}", said(&refused));
        assert!(said(&refused).contains("configuration for another cluster, `other`"), "{}", said(&refused));
        assert!(said(&refused).contains("--force goes on all the same"), "{}", said(&refused));
        node2.run("hostname node2");

        lab.client().run("rm ~/.ssh/known_hosts");
        let unknown = cluster(lab, "init");
        assert_eq!(unknown.status.code(), Some(69));
        assert!(said(&unknown).contains("compare its key, and log in once by hand"), "{}", said(&unknown));
        lab.client().run("ssh-keyscan node1 192.168.125.11 192.168.125.12 >~/.ssh/known_hosts 2>/dev/null");

        node2.run("mv ~/.ssh/authorized_keys ~/.ssh/kept");
        let unwanted = cluster(lab, "init");
        assert_eq!(unwanted.status.code(), Some(69));
        assert!(said(&unwanted).contains("node2: ") && said(&unwanted).contains("ssh-copy-id"), "{}", said(&unwanted));
        node2.run("mv ~/.ssh/kept ~/.ssh/authorized_keys");

        node2.cut();
        let silent = cluster(lab, "init");
        assert_eq!(silent.status.code(), Some(69), "{}", said(&silent));
        node2.heal();
        assert!(!node1.succeeds("ls /etc/corosync/authkey"));

        // Forced, it keeps what was there; taken apart, it puts that back.
        lab.until("node2", Duration::from_secs(10), || lab.client().succeeds("ssh -o BatchMode=yes 192.168.125.12 true"));
        cluster_ok(lab, "init --force");
        assert!(sees(node1, 2));
        let asked = cluster(lab, "destroy");
        assert_eq!(asked.status.code(), Some(107), "{}", said(&asked));
        cluster_ok(lab, "destroy --auto-approve");
        assert!(node1.read(CONF).contains("cluster_name: other"));
        for host in lab.hosts() {
            assert!(host.processes("corosync").is_empty());
            assert!(!host.succeeds("ls /etc/corosync/authkey"));
        }
        assert!(!node2.succeeds("ls /etc/corosync/corosync.conf"));
        assert!(cluster_ok(lab, "destroy --auto-approve").contains("Nothing to do"));
    });
}

#[test]
fn with_systemd_a_cluster_comes_back_with_its_hosts() {
    Lab::of(2).systemd().test(|lab| {
        manifest(lab, 2, "corosync: {token: 2s}\n");
        let node1 = lab.host("node1");
        // As packages leave a host: corosync runs alone, with the example of a configuration.
        node1.write(CONF, include_str!("example.conf"));
        node1.run("systemctl enable --now corosync");
        cluster_ok(lab, "init");
        for host in lab.hosts() {
            assert!(sees(host, 2), "{}", host.name);
            assert_eq!(host.run("systemctl is-enabled corosync quorate"), "enabled\nenabled\n");
            assert_eq!(host.run("systemctl is-active corosync quorate"), "active\nactive\n");
        }
        let again = String::from_utf8_lossy(&cluster(lab, "init -o json").stdout).into_owned();
        assert!(again.contains("\"changed\": false"), "{again}");

        node1.reset();
        lab.until("node1 coming back", Duration::from_secs(60), || {
            node1.succeeds("systemctl is-active quorate") && sees(node1, 2)
        });
        cluster_ok(lab, "destroy --auto-approve");
        for host in lab.hosts() {
            assert!(!host.succeeds("systemctl is-enabled corosync || systemctl is-enabled quorate"));
            assert!(!host.succeeds("systemctl is-active corosync || systemctl is-active quorate"));
        }
        assert_eq!(node1.read(CONF), include_str!("example.conf"));
    });
}
