//! Each audit can fail: what it looks for is done, and it says so.

use rustix::process::Signal;

use crate::audit::{all, faults};
use crate::lab::Lab;
use crate::members::{ADDRESS, LOG, PATIENCE, SITE, WORK, active, bring_up, form, holder, other};

/// Site and services together.
fn everything() -> String {
    SITE.replacen("resources:\n", WORK, 1)
}

#[test]
fn audits_see_what_is_wrong() {
    Lab::of(2).test(|lab| {
        form(lab, &everything());
        all(lab);
        let finds = |what: &str, words: &str| {
            let found = faults(lab);
            assert!(found.iter().any(|fault| fault.contains(words)), "{what}: {found:?}");
        };
        let away = other(lab, holder(lab, "Base"));

        away.run("touch /run/marker/Base");
        finds("a service too many", "Base is active at");
        finds("a status that is not so", "says Base is at");
        away.run("mv /run/marker/Base /run/marker/Front");
        finds("a group torn apart", "before it at");
        away.run("rm /run/marker/Front");
        active(lab).run(&format!("ip address del {ADDRESS}/24 dev eth0"));
        finds("a server without its address", "against");
        form_again(lab);

        let other_host = other(lab, active(lab));
        other_host.run(&format!("ip address add {ADDRESS}/24 dev eth0"));
        finds("an address twice", "ClusterIP is active at");
        lab.until("the watch on the address", PATIENCE, || !lab.overlaps().is_empty());
        other_host.run(&format!("ip address del {ADDRESS}/24 dev eth0"));
        lab.expect("the address was at the same time on");

        let mut stray = other_host.command("exec tail -f /dev/null").spawn().unwrap();
        lab.until("the stray process", PATIENCE, || !other_host.processes("tail").is_empty());
        finds("a process that nobody knows", "is left over");
        other_host.end("tail");
        stray.wait().unwrap();

        other_host.run("quorate node standby node1 --no-wait");
        finds("an override", "overrides are left");
        other_host.run("quorate clear --all");
        form_again(lab);

        let desired = "/var/lib/quorate/cluster.json";
        let text = other_host.read(desired);
        other_host.write(desired, &text.replace("Alone", "Other"));
        finds("a desired state that differs", "do not agree on the desired state");
        other_host.write(desired, &text);

        other_host.run(&format!("echo 'ERROR something' >>{LOG}"));
        finds("an error in a log", "ERROR something");
        lab.expect("ERROR something");

        // Its supervisor would not stand by for as long as all audits take.
        other_host.signal("quorate-guard", Signal::STOP);
        other_host.signal("quorate", Signal::STOP);
        finds("a daemon that does not answer", "does not answer");
        other_host.signal("quorate", Signal::CONT);
        lab.settle();
        other_host.signal("quorate-guard", Signal::CONT);

        crate::members::tell_to_end(other_host);
        lab.until("the end of the daemon", PATIENCE, || other_host.processes("quorate").is_empty());
        other_host.run("touch /run/marker/Alone");
        finds("a service without a daemon", "no daemon runs, but Alone does");
        other_host.run("rm /run/marker/Alone");
        bring_up(lab);
        all(lab);
    });
}

/// Lets the cluster look at what was changed behind its back, and waits until all is well.
fn form_again(lab: &Lab) {
    lab.host("node1").run("quorate refresh --no-wait");
    lab.settle();
    all(lab);
}
