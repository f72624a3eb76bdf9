//! Networks in pieces: who goes on, who lets go, and what holds when they meet again.

use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, WORK, are_members, form, holders, is_whole, is_working, manifest, work};

fn hosts<'a>(lab: &'a Lab, names: &[&str]) -> Vec<&'a Host> {
    names.iter().map(|name| lab.host(name)).collect()
}

#[test]
fn of_five_hosts_in_pieces_only_a_majority_goes_on_and_its_changes_win() {
    Lab::of(5).test(|lab| {
        work(lab);
        // Without fencing a majority does not wait until the others have let go, which they do at once.
        lab.expect(", cut off");
        lab.split(&[&["node1", "node2"], &["node3", "node4"], &["node5"]]);
        lab.until("all letting go", PATIENCE, || {
            ["Base", "Front", "Alone", "Everywhere"].iter().all(|name| holders(lab, name).is_empty())
        });
        lab.hosts().iter().for_each(Host::heal);
        lab.until("all again", PATIENCE, || is_whole(lab));

        lab.split(&[&["node1", "node2"], &["node3", "node4", "node5"]]);
        let (minority, majority) =
            (hosts(lab, &["node1", "node2"]), hosts(lab, &["node3", "node4", "node5"]));
        lab.until("two sides", PATIENCE, || are_members(&minority) && are_members(&majority));
        lab.until("the majority with all", PATIENCE, || {
            ["Base", "Front", "Alone"].iter().all(|name| {
                holders(lab, name).len() == 1
                    && majority.iter().any(|host| holders(lab, name) == [host.name.as_str()])
            })
        });
        // Each side is told something else.
        for (host, name) in [(minority[0], "Small"), (majority[0], "Large")] {
            let more = format!("{WORK}  {name}: {{agent: ocf:lab:marker}}\n");
            host.write("/tmp/changed.yaml", &manifest(lab, &more));
            host.attempt("quorate -f /tmp/changed.yaml apply --auto-approve --no-wait");
        }
        lab.until("what the majority was told", PATIENCE, || !holders(lab, "Large").is_empty());
        assert!(holders(lab, "Small").is_empty(), "without quorum nothing starts");
        lab.hosts().iter().for_each(Host::heal);
        lab.until("all again", PATIENCE, || is_whole(lab));
        lab.until("one desired state", PATIENCE, || {
            lab.hosts().iter().all(|host| {
                let text = host.kept("/var/lib/quorate/cluster.json");
                text.contains("Large") && !text.contains("Small")
            })
        });
    });
}

#[test]
fn a_host_that_is_heard_but_does_not_hear_is_no_second_cluster() {
    Lab::of(3).test(|lab| {
        work(lab);
        let deaf = lab.host(&holders(lab, "Alone")[0]);
        let others: Vec<&Host> = lab.hosts().iter().filter(|host| host.name != deaf.name).collect();
        // What the others send to it goes to nobody.
        lab.expect(", cut off");
        deaf.note_cut(true);
        let address = &deaf.addresses[0];
        for host in &others {
            host.run(&format!(
                "ip neighbour replace {address} lladdr 02:00:00:00:00:fe nud permanent dev eth0"
            ));
        }
        lab.until("the others alone", PATIENCE, || are_members(&others));
        lab.until("its services with them", PATIENCE, || holders(lab, "Alone") != [deaf.name.as_str()]);
        for host in &others {
            host.run(&format!("ip neighbour del {address} dev eth0"));
        }
        lab.until("all again", PATIENCE, || is_whole(lab));
    });
}

#[test]
fn without_fencing_or_witness_both_halves_say_that_they_do_not_know() {
    Lab::of(2).test(|lab| {
        form(lab, WORK);
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        // Nothing keeps the two halves apart: `validate` warns of it.
        lab.expect(", cut off");
        let checked = lab.client().attempt("quorate -f /tmp/cluster.yaml validate");
        let said =
            String::from_utf8_lossy(&checked.stderr).into_owned() + &String::from_utf8_lossy(&checked.stdout);
        assert!(said.contains("two-nodes-unprotected"), "{said}");

        let [node1, node2] = lab.hosts() else { panic!("two hosts") };
        node1.cut();
        lab.until("two halves", PATIENCE, || are_members(&[node1]) && are_members(&[node2]));
        for (host, lost) in [(node1, node2), (node2, node1)] {
            let status = host.run("quorate status || true");
            assert!(status.contains(&lost.name) && status.contains("lost"), "{}: {status}", host.name);
            let row =
                status.lines().find(|line| line.trim_start().starts_with(&lost.name)).unwrap_or_default();
            assert!(!row.contains("online"), "{status}");
        }
        node1.heal();
        lab.until("all again", PATIENCE, || is_whole(lab));
    });
}
