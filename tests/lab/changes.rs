//! Changes of what should be: from afar, at once, on a full disk.

use std::thread::scope;

use crate::lab::Lab;
use crate::members::{
    DAEMON, LOG, PATIENCE, WORK, actions, form, is_whole, is_working, manifest, start, until_ended,
};

#[test]
fn of_two_plans_applied_at_once_from_afar_one_wins_and_the_other_is_told_of_it() {
    Lab::of(2).test(|lab| {
        form(lab, WORK);
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        let client = lab.client();
        for (name, host) in [("First", "node1"), ("Second", "node2")] {
            let more = format!("{WORK}  {name}: {{agent: ocf:lab:marker}}\n");
            client.write(&format!("/tmp/{name}.yaml"), &manifest(lab, &more));
            client
                .run(&format!("quorate -f /tmp/{name}.yaml --host root@{host} plan --out /tmp/{name}.json"));
        }
        let apply = |name: &str, host: &str| {
            client.attempt(&format!("quorate --host root@{host} apply /tmp/{name}.json --auto-approve"))
        };
        let outcomes = scope(|scope| {
            [("First", "node1"), ("Second", "node2")]
                .map(|(name, host)| scope.spawn(move || apply(name, host)))
                .map(|thread| thread.join().unwrap())
        });
        let codes: Vec<_> = outcomes.iter().map(|outcome| outcome.status.code()).collect();
        assert!(codes == [Some(0), Some(103)] || codes == [Some(103), Some(0)], "{outcomes:?}");
        let winner = usize::from(codes[1] == Some(0));
        let loser = String::from_utf8_lossy(&outcomes[1 - winner].stderr).into_owned();
        assert!(loser.contains("generation"), "{loser}");
        let exists = |name: &str| !crate::members::holders(lab, name).is_empty();
        assert_eq!(
            (exists("First"), exists("Second")),
            (winner == 0, winner == 1),
            "nothing of the other is done"
        );
    });
}

#[test]
fn a_daemon_that_cannot_keep_its_word_ends_and_is_not_missed_once_it_can() {
    Lab::of(3).test(|lab| {
        form(lab, WORK);
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();
        let host = lab.host("node3");
        let before = actions(lab);
        // A disk without room, with what was on it.
        host.run(
            "cp -a /var/lib/quorate /tmp/kept && mount -t tmpfs -o size=64k,mode=700 tmpfs /var/lib/quorate \
             && cp -a /tmp/kept/. /var/lib/quorate/ && (cat /dev/zero >/var/lib/quorate/full || true) 2>/dev/null",
        );
        lab.expect("cannot write");
        let more = format!("{WORK}  Extra: {{agent: ocf:lab:marker}}\n");
        lab.client().write("/tmp/more.yaml", &manifest(lab, &more));
        lab.client().run("quorate -f /tmp/more.yaml --host root@node1 apply --auto-approve --no-wait");
        lab.until("the end of the daemon", PATIENCE, || host.processes("quorate").is_empty());
        assert!(host.read(LOG).contains("cannot write"), "it says why");
        host.run("umount /var/lib/quorate");
        until_ended(lab, [host]);
        start(host, DAEMON);
        lab.until("all again", PATIENCE, || is_whole(lab));
        lab.settle();
        let since = actions(lab).split_off(before.len());
        assert!(since.iter().all(|entry| entry.name == "Extra"), "nothing else is touched: {since:?}");
    });
}
