//! The story that must always work, from a machine that is no member.

use crate::client::Watch;
use crate::host::Host;
use crate::lab::Lab;
use crate::members::{ADDRESS, PATIENCE, SITE, active, manifest, with_address};

/// The address alone.
fn address() -> String {
    SITE[..SITE.find("  WebSite:").unwrap()].to_owned()
}

/// Address and server, with nothing that joins them.
fn apart() -> String {
    SITE[..SITE.find("constraints:").unwrap()].to_owned()
}

/// Applies this from the client, over ssh, and waits until it holds.
fn apply(lab: &Lab, rest: &str) {
    lab.client().write("/tmp/cluster.yaml", &story(lab, rest));
    lab.client().run("quorate -f /tmp/cluster.yaml --host root@node2 apply --auto-approve --allow all");
}

/// A manifest without stickiness.
fn story(lab: &Lab, rest: &str) -> String {
    let text = manifest(lab, rest);
    text.lines().filter(|line| !line.starts_with("defaults:")).map(|line| format!("{line}\n")).collect()
}

fn server(lab: &Lab) -> Vec<&str> {
    lab.hosts()
        .iter()
        .filter(|host| !host.processes("apache2").is_empty())
        .map(|host| host.name.as_str())
        .collect()
}

fn both_at(lab: &Lab, host: &Host) -> bool {
    with_address(lab) == [host.name.as_str()] && server(lab) == [host.name.as_str()]
}

#[test]
fn the_story_of_the_two_nodes_works_from_a_machine_that_is_no_member() {
    Lab::of(2).test(|lab| {
        let (client, node1, node2) = (lab.client(), lab.host("node1"), lab.host("node2"));
        client.write("/tmp/cluster.yaml", &story(lab, &address()));
        client.run("quorate -f /tmp/cluster.yaml cluster init");

        // 1 and 2: the address, and a node that leaves and returns.
        apply(lab, &address());
        assert_eq!(active(lab).name, "node1");
        node1.crash();
        lab.until("the address on node2", PATIENCE, || node2.has_address(ADDRESS));
        node1.boot();
        client.run("quorate -f /tmp/cluster.yaml cluster init");
        client.run("quorate -f /tmp/cluster.yaml --host root@node2 wait --timeout 60s");

        // 3: a server beside it, first apart, then together and in order.
        apply(lab, &apart());
        assert_ne!(server(lab), [active(lab).name.as_str()], "the emptier node gets it");
        apply(lab, SITE);
        assert_eq!(server(lab), [active(lab).name.as_str()]);
        let watch = Watch::from(client, ADDRESS, 80);
        lab.until("the page", PATIENCE, || watch.last_page().is_some());

        // 4: both prefer node1; an override that is there for a while; and without it.
        let prefer = format!("{SITE}  location: [{{resource: WebSite, node: node1, score: 50}}]\n");
        apply(lab, &prefer);
        assert!(both_at(lab, node1));
        client.run("quorate --host root@node2 move WebSite --to node2 --for 1h");
        assert!(both_at(lab, node2), "an override moves both");
        let shown = client.run("quorate -f /tmp/cluster.yaml --host root@node1 plan");
        assert!(shown.contains("node2"), "plans show it: {shown}");
        client.run("quorate --host root@node2 clear WebSite");
        lab.until("both where they are preferred", PATIENCE, || both_at(lab, node1));
        lab.until("the page of node1", PATIENCE, || watch.last_page().as_deref() == Some("this is node1"));

        // Standby by a verb, and back.
        client.run("quorate --host root@node2 node standby node1");
        assert!(both_at(lab, node2));
        client.run("quorate --host root@node2 node unstandby node1");
        assert!(both_at(lab, node1));

        // 5: fencing without a device is refused with advice, and nothing has changed.
        let fenced = story(lab, &prefer).replace("stonith-enabled: false", "stonith-enabled: true");
        client.write("/tmp/fenced.yaml", &fenced);
        let refused = client.attempt("quorate -f /tmp/fenced.yaml --host root@node1 apply --auto-approve");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("stonith-enabled"), "{said}");
        assert!(both_at(lab, node1));
    });
}
