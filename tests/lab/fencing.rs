//! Hosts that are switched off by the others: before anything of theirs is started elsewhere.

use std::time::{Duration, Instant};

use crate::client::Watch;
use crate::host::Host;
use crate::journal;
use crate::lab::Lab;
use crate::members::{
    ADDRESS, PATIENCE, SITE, WORK, active, bring_up, form_as, holder, holders, is_whole, is_working,
    manifest, other,
};
use crate::power;

/// Devices of two hosts: whoever loses the others has to wait before it fences node1, so that two that do not
/// see each other do not fence each other.
const DEVICES: &str =
    "  Power1: {agent: stonith:fence_lab, params: {pcmk_host_list: node1, pcmk_delay_base: 3s}}
  PowerRest: {agent: stonith:fence_lab, params: {pcmk_host_list: node2 node3}}
";

/// A manifest with fencing.
pub(crate) fn fenced(lab: &Lab, rest: &str) -> String {
    let text = manifest(lab, &rest.replacen("resources:\n", &format!("resources:\n{DEVICES}"), 1));
    text.replace("stonith-enabled: false", "stonith-enabled: true")
}

/// How often the power switch was used.
fn tries(lab: &Lab) -> usize {
    journal::entries(lab.room()).iter().filter(|entry| entry.name == "power").count()
}

#[test]
fn a_host_whose_cable_is_pulled_is_fenced_before_the_other_takes_over() {
    Lab::of(2).test(|lab| {
        form_as(lab, &fenced(lab, SITE));
        let watch = Watch::from(lab.client(), ADDRESS, 80);
        lab.until("the site", PATIENCE, || watch.last_page().is_some());
        lab.settle();
        for host in lab.hosts() {
            lab.host("node1").run(&format!("quorate move ClusterIP --to {} --timeout 60s", host.name));
            lab.host("node1").run("quorate clear ClusterIP");
            lab.settle();
            let (cut, start) = (active(lab), Instant::now());
            cut.cut();
            let page = format!("this is {}", other(lab, cut).name);
            // The fenced host boots, and its link with it; which of the two is fenced the delay decides.
            lab.until("a host being fenced", PATIENCE, || {
                lab.hosts().iter().any(|host| host.processes("quorate").is_empty())
            });
            lab.hosts().iter().for_each(Host::heal);
            lab.until("the site", PATIENCE, || watch.last_page().is_some());
            eprintln!(
                "a cable was pulled, and {} fenced: outage {:?}",
                if watch.last_page() == Some(page) { "its host" } else { "the other" },
                watch.outage_since(start)
            );
            lab.until("both hosts", PATIENCE, || lab.hosts().iter().all(Host::is_on));
            bring_up(lab);
            lab.settle();
        }
    });
}

#[test]
fn nothing_is_recovered_before_a_slow_or_failing_device_has_fenced() {
    Lab::of(3).test(|lab| {
        form_as(lab, &fenced(lab, WORK));
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();

        // The journal is audited: a start elsewhere before the end of the host would be found there.
        power::behave(lab, "slow 4");
        let lost = holder(lab, "Alone");
        lost.cut();
        lab.until("its end", PATIENCE, || tries(lab) > 0 && lost.processes("quorate").is_empty());
        lab.until("its return", PATIENCE, || lost.is_on() && lost.path("/run/booted").exists());
        bring_up(lab);
        lab.until("all again", PATIENCE, || is_whole(lab));
        lab.settle();

        power::behave(lab, "fail");
        lab.expect("fencing failed");
        let (lost, before) = (holder(lab, "Alone"), tries(lab));
        let keeps = lost.name.clone();
        lost.cut();
        lab.until("a first try", PATIENCE, || tries(lab) > before);
        std::thread::sleep(Duration::from_secs(8));
        // The cut-off host has let go by itself, but nobody can know.
        assert!(holders(lab, "Alone").iter().all(|name| *name == keeps), "not recovered unproven");
        let tried = tries(lab) - before;
        assert!((2..=12).contains(&tried), "bounded retries: {tried}");
        power::behave(lab, "work");
        lab.until("its end", PATIENCE, || lost.processes("quorate").is_empty());
        lab.until("its return", PATIENCE, || lost.is_on() && lost.path("/run/booted").exists());
        bring_up(lab);
        lab.until("all again", PATIENCE, || is_whole(lab));
    });
}

#[test]
fn a_host_on_which_a_stop_fails_is_fenced_before_its_service_starts_elsewhere() {
    Lab::of(3).test(|lab| {
        form_as(lab, &fenced(lab, WORK));
        lab.until("the services", PATIENCE, || is_working(lab));
        lab.settle();

        let (home, before) = (holder(lab, "Alone"), tries(lab));
        home.run("echo stop >/run/marker/Alone.fail");
        home.run("quorate node standby $(hostname) --for 10min --no-wait");
        // That nothing starts in between is found in the journal.
        lab.until("the end of its host", PATIENCE, || {
            tries(lab) > before && home.processes("quorate").is_empty()
        });
        lab.until("the service elsewhere", PATIENCE, || {
            let holders = holders(lab, "Alone");
            !holders.is_empty() && !holders.contains(&home.name)
        });
        lab.until("its return", PATIENCE, || home.is_on() && home.path("/run/booted").exists());
        bring_up(lab);
        home.run("quorate node unstandby $(hostname)");
        lab.until("all again", PATIENCE, || is_whole(lab));
        lab.settle();
        assert_eq!(tries(lab) - before, 1, "it is fenced once");
    });
}
