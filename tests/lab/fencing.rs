//! Real fencing: a device takes the power of a host, and nothing it ran starts elsewhere before.

use std::time::Instant;

use crate::client::Watch;
use crate::host::Host;
use crate::lab::Lab;
use crate::members::{ADDRESS, PATIENCE, SITE, active, form_as, manifest};

/// Asks for the power of a host to be taken, and waits until it is.
const AGENT: &str = r#"#!/bin/sh
while read -r line; do case $line in *=*) eval "${line%%=*}='${line#*=}'" ;; esac; done
case $action in
metadata) echo '<resource-agent name="fence_lab"><parameters><parameter name="plug"/></parameters></resource-agent>'; exit 0 ;;
monitor) exit 0 ;;
esac
mkdir -p /run/power && touch "/run/power/$plug"
until [ -e "/run/power/$plug.off" ]; do sleep 0.05; done
"#;

/// A site with a fence device; the agent of the site's server comes from the host's own memory.
fn fenced_site(lab: &Lab) -> Watch {
    lab.hosts().iter().for_each(install);
    let device = "  power: {agent: stonith:fence_lab, params: {pcmk_host_list: 'node1 node2', pcmk_off_action: off}}\n";
    let rest = SITE.replacen("resources:\n", &format!("resources:\n{device}"), 1);
    let text =
        manifest(lab, &rest).replace("stonith-enabled: false", "stonith-enabled: true, stonith-action: off");
    form_as(lab, &text);
    let watch = Watch::from(lab.client(), ADDRESS, 80);
    lab.until("the site", PATIENCE, || watch.last_page().is_some());
    lab.settle();
    watch
}

fn install(host: &Host) {
    host.write("/run/fence_lab", AGENT);
    host.run(
        "chmod 755 /run/fence_lab && mkdir -p /run/up /run/work && \
         mount -t overlay overlay -o lowerdir=/usr/sbin,upperdir=/run/up,workdir=/run/work /usr/sbin && \
         cp /run/fence_lab /usr/sbin/fence_lab",
    );
}

/// Takes the power of a host when a device asks for it.
fn obey(lab: &Lab, target: &Host, device: &Host) {
    let asked = format!("/run/power/{}", target.name);
    lab.until("a request for its power", PATIENCE, || device.path(&asked).exists());
    assert!(target.has_address(ADDRESS), "nothing was taken over before");
    target.crash();
    device.write(&format!("{asked}.off"), "");
}

fn other<'a>(lab: &'a Lab, host: &Host) -> &'a Host {
    lab.hosts().iter().find(|other| other.name != host.name).unwrap()
}

#[test]
fn a_host_whose_service_cannot_be_stopped_loses_its_power_and_the_site_goes_on_elsewhere() {
    Lab::of(2).test(|lab| {
        let watch = fenced_site(lab);
        let stuck = active(lab);
        let device = other(lab, stuck);
        stuck.run(
            "cp /usr/lib/ocf/resource.d/heartbeat/apache /run/apache-agent && \
             sed -i '2i [ \"$1\" != stop ] || exit 1' /run/apache-agent && \
             mount --bind /run/apache-agent /usr/lib/ocf/resource.d/heartbeat/apache",
        );
        let start = Instant::now();
        device.run(&format!("quorate node standby {} --no-wait", stuck.name));
        obey(lab, stuck, device);
        let elsewhere = || watch.last_page().is_some_and(|page| page == format!("this is {}", device.name));
        lab.until("the site elsewhere", PATIENCE, elsewhere);
        eprintln!("a stop failed: fenced and taken over after {:?}", start.elapsed());
        let history = device.run("quorate history");
        assert!(history.contains(&format!("off {}", stuck.name)), "{history}");
    });
}
