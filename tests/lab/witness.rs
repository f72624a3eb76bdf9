//! Two hosts and a witness outside of the cluster, which gives its vote to one of them.

use std::time::Duration;

use crate::lab::Lab;
use crate::members::{WORK, bring_up, form_as, holder, holders, is_whole, is_working, manifest, other};

/// The witness, and what asks it.
const PROGRAMS: [(&str, &str); 2] =
    [("/usr/bin/corosync-qnetd", "corosync-qnetd"), ("/usr/sbin/corosync-qdevice", "corosync-qdevice")];
/// How long the witness, and the wait for a host that lets go, may take together.
const LONG: Duration = Duration::from_secs(120);

#[test]
fn of_two_hosts_only_the_one_that_the_witness_sees_goes_on() {
    Lab::of(2).needs(&PROGRAMS).test(|lab| {
        certify(lab);
        let witness = format!("corosync: {{token: 2s, qdevice: {{host: {}}}}}", lab.client().addresses[0]);
        form_as(lab, &manifest(lab, WORK).replace("corosync: {token: 2s}", &witness));
        lab.until("the services", LONG, || is_working(lab));
        lab.settle();
        lab.until("health", LONG, || check(lab).starts_with("QUORATE OK"));
        end_witness(lab);
        let said = "the witness does not vote: 2 of 3 votes are there, one more loss and nothing runs";
        lab.until("the loss of the witness being told", LONG, || {
            let line = check(lab);
            line.starts_with("QUORATE WARNING") && line.contains(said)
        });
        lab.client().run("corosync-qnetd");
        lab.until("the vote of the witness", LONG, || check(lab).starts_with("QUORATE OK"));

        let cut = holder(lab, "Alone");
        let stays = other(lab, cut);
        cut.cut();
        lab.until("the cut-off host letting go", LONG, || {
            !cut.path("/run/marker/Alone").exists() && !cut.path("/run/marker/Base").exists()
        });
        lab.until("the other with all", LONG, || {
            ["Base", "Front", "Alone"].iter().all(|name| holders(lab, name) == [stays.name.as_str()])
        });
        cut.heal();
        bring_up(lab);
        lab.until("all again", LONG, || is_whole(lab));
    });
}

/// What monitoring is told.
fn check(lab: &Lab) -> String {
    String::from_utf8_lossy(&lab.host("node1").attempt("quorate status --check").stdout).into_owned()
}

/// Ends the witness; the next one can listen where it did.
fn end_witness(lab: &Lab) {
    let client = lab.client();
    client.run("kill -9 $(cat /run/corosync-qnetd/corosync-qnetd.pid)");
    lab.until("the end of the witness", LONG, || client.processes("corosync-qnetd").is_empty());
}

/// Starts the witness on the client's machine, and gives the hosts its certificates, as their administrator would.
fn certify(lab: &Lab) {
    let client = lab.client();
    client.run("rm -rf /etc/corosync/qnetd && corosync-qnetd-certutil -i && mkdir -p /run/corosync-qnetd && corosync-qnetd");
    let authority = "/etc/corosync/qnetd/nssdb/qnetd-cacert.crt";
    let request = "/etc/corosync/qdevice/net/nssdb/qdevice-net-node.crq";
    for host in lab.hosts() {
        host.run("rm -rf /etc/corosync/qdevice/net/nssdb");
        std::fs::copy(client.path(authority), host.path("/tmp/authority.crt")).unwrap();
        host.run("corosync-qdevice-net-certutil -i -c /tmp/authority.crt && mkdir -p /run/corosync-qdevice");
    }
    let (node1, node2) = (lab.host("node1"), lab.host("node2"));
    node1.run("corosync-qdevice-net-certutil -r -n web");
    std::fs::copy(node1.path(request), client.path("/tmp/node.crq")).unwrap();
    client.run("corosync-qnetd-certutil -s -c /tmp/node.crq -n web");
    std::fs::copy(
        client.path("/etc/corosync/qnetd/nssdb/cluster-web.crt"),
        node1.path("/tmp/cluster-web.crt"),
    )
    .unwrap();
    node1.run("corosync-qdevice-net-certutil -M -c /tmp/cluster-web.crt");
    let package = "/etc/corosync/qdevice/net/nssdb/qdevice-net-node.p12";
    std::fs::copy(node1.path(package), node2.path("/tmp/node.p12")).unwrap();
    node2.run("corosync-qdevice-net-certutil -m -c /tmp/node.p12");
}
