//! Faults come about, and end.

use quorate::cluster::{Change, Leave, Moment, OverrideId, Overriding, Pause};
use quorate::model::ResourceId;

use crate::fault::Fault;
use crate::setting::{Setting, Variant};
use crate::world::trace::Seen;
use crate::world::{Answer, Device, Failure, Item, World};

/// Lets a fault come about.
pub(crate) fn strike(world: &mut World, setting: Setting, number: usize, fault: &Fault) {
    match fault.clone() {
        Fault::Crash { host, back_after } => {
            world.crash(host);
            world.plan(back_after, Item::Boot(host));
        }
        Fault::Blackout { apart } => {
            for host in 0..world.hosts.len() {
                world.crash(host);
                world.plan(5000 + apart * i64::try_from(host).unwrap(), Item::Boot(host));
            }
        }
        Fault::KillDaemon { host, back_after } => {
            world.kill_daemon(host);
            world.plan(back_after, Item::StartDaemon(host));
        }
        Fault::KillAllDaemons { back_after } => {
            for host in 0..world.hosts.len() {
                world.kill_daemon(host);
                world.plan(back_after, Item::StartDaemon(host));
            }
        }
        Fault::HangDaemon { host, lasts } => suspend(world, host, lasts, World::hang_daemon),
        Fault::PauseHost { host, lasts } => suspend(world, host, lasts, World::pause),
        Fault::LoseGroup { host, lasts } => {
            if world.hosts[host].has_group {
                world.lose_group(host);
                world.later(lasts, move |world| world.regain_group(host));
            }
        }
        Fault::Clock { host, by } => world.hosts[host].clock += by,
        Fault::DiskFull { host, lasts } => {
            world.hosts[host].is_disk_full = true;
            world.later(lasts, move |world| world.hosts[host].is_disk_full = false);
        }
        Fault::Cut { .. } | Fault::OneWay { .. } | Fault::Overlap { .. } | Fault::SlowNetwork { .. } => {
            strike_network(world, setting, fault);
        }
        Fault::BreakService { .. } | Fault::Agent { .. } | Fault::SlowAgent { .. } => {
            strike_agents(world, fault);
        }
        Fault::Device { answer, lasts } => {
            world.device.answer = answer;
            world.later(lasts, |world| world.device.answer = Answer::Honest);
        }
        Fault::SlowDevice { latency, lasts } => {
            world.device.latency = latency;
            world.later(lasts, |world| world.device.latency = Device::default().latency);
        }
        Fault::Push { .. }
        | Fault::PushTwo { .. }
        | Fault::Standby { .. }
        | Fault::Move { .. }
        | Fault::ConfirmDown
        | Fault::Pause { .. }
        | Fault::Cleanup { .. }
        | Fault::Refresh { .. }
        | Fault::Leave { .. } => ask(world, setting, number, fault),
    }
}

/// Holds something of a host up for a while, unless the host boots meanwhile.
fn suspend(world: &mut World, host: usize, lasts: i64, hold: fn(&mut World, usize, bool)) {
    let boot = world.hosts[host].boot;
    if !world.hosts[host].is_up {
        return;
    }
    hold(world, host, true);
    world.later(lasts, move |world| {
        if world.hosts[host].boot == boot {
            hold(world, host, false);
        }
    });
}

fn strike_network(world: &mut World, setting: Setting, fault: &Fault) {
    match fault.clone() {
        // Without fencing one fault of that kind is what a cluster stands: if a host that is left alone is cut
        // off in its turn, and the other comes back meanwhile, neither can know of the other.
        Fault::Cut { .. } if setting == Setting::Isolated && world.rings != [[0, 1]] => {}
        Fault::Cut { hosts, lasts } => {
            world.cut(&hosts);
            if setting == Setting::Isolated {
                // Cut off from everything, the gateway included.
                hosts.iter().for_each(|host| world.hosts[*host].has_evidence = true);
            }
            world.later(lasts, move |world| {
                hosts.iter().for_each(|host| world.hosts[*host].has_evidence = false);
                world.mend(|from, to| hosts.contains(&from) != hosts.contains(&to));
            });
        }
        Fault::OneWay { from, to, lasts } => {
            world.cut_one_way(from, to);
            world.later(lasts, move |world| world.mend(|one, other| (one, other) == (from, to)));
        }
        Fault::Overlap { one, other, lasts } => {
            world.cut_one_way(one, other);
            world.cut_one_way(other, one);
            world.later(lasts, move |world| {
                world.mend(|from, to| (from, to) == (one, other) || (from, to) == (other, one));
            });
        }
        Fault::SlowNetwork { delay, lasts } => {
            let usual = World::MESSAGE_DELAY;
            world.message_delay = delay;
            world.later(lasts, move |world| world.message_delay = usual);
        }
        _ => {}
    }
}

fn strike_agents(world: &mut World, fault: &Fault) {
    match fault.clone() {
        Fault::BreakService { resource } => {
            let place = world.hosts.iter().position(|host| host.active.contains_key(resource));
            if let Some(host) = place {
                world.break_service(host, resource);
            }
        }
        Fault::Agent { resource, task, host, how, times } => {
            world.failures.push(Failure { resource, task, host, how, times });
        }
        Fault::SlowAgent { resource, task, latency, lasts } => {
            let key = (resource.into(), task);
            world.slow.insert(key, latency);
            world.later(lasts, move |world| {
                world.slow.remove(&(resource.into(), task));
            });
        }
        _ => {}
    }
}

/// Somebody asks for something.
fn ask(world: &mut World, setting: Setting, number: usize, fault: &Fault) {
    match fault.clone() {
        Fault::Push { host, variant, ponders } => {
            push(world, setting, host, variant, &format!("push {number}"), ponders);
        }
        Fault::PushTwo { hosts, variants } => {
            for ((host, variant), who) in hosts.into_iter().zip(variants).zip(["one", "two"]) {
                push(world, setting, host, variant, &format!("push {number} of {who}"), 0);
            }
        }
        Fault::Standby { host, lasts } => {
            let who = dc_or(world, host);
            let what = Overriding::Standby(world.hosts[host].name.clone());
            if let Some(who) = who {
                world.set_override(who, &format!("standby {host}"), what, Some(lasts));
            }
        }
        Fault::Move { host, resource, lasts } => {
            let (resource, node) = (ResourceId::new(resource), world.hosts[host].name.clone());
            let what = Overriding::Prefer { resource, node, role: None };
            if let Some(who) = dc_or(world, host) {
                world.set_override(who, &format!("move to {host}"), what, Some(lasts));
            }
        }
        Fault::ConfirmDown => {
            let Some(who) = world.hosts.iter().position(|host| host.daemon.is_some()) else { return };
            for host in 0..world.hosts.len() {
                if !world.hosts[host].is_up {
                    world.see(Seen::Confirmed { host });
                    world.change(who, Change::ConfirmDown(world.hosts[host].name.clone()));
                }
            }
        }
        Fault::Pause { lasts } => {
            if let Some(who) = dc_or(world, 0) {
                let until = Some(Moment(world.moment(who).0 + lasts));
                world.change(who, Change::Pause(Pause { until, origin: "simulator".to_owned() }));
            }
        }
        Fault::Cleanup { host, resource } if world.hosts[host].daemon.is_some() => {
            world.change(host, Change::Cleanup { resource: Some(ResourceId::new(resource)), node: None });
        }
        Fault::Refresh { host, resource } if world.hosts[host].daemon.is_some() => {
            world.change(host, Change::Refresh { resource: Some(ResourceId::new(resource)), node: None });
        }
        Fault::Leave { host, is_drained, back_after } if world.hosts[host].daemon.is_some() => {
            world.leave(host, if is_drained { Leave::Drained } else { Leave::Detached });
            world.plan(back_after, Item::StartDaemon(host));
        }
        _ => {}
    }
}

fn dc_or(world: &World, host: usize) -> Option<usize> {
    world.hosts[host]
        .daemon
        .is_some()
        .then_some(host)
        .or_else(|| world.hosts.iter().position(|host| host.daemon.is_some()))
}

/// Somebody reads what is in force on a host, thinks for a while, and proposes something else.
fn push(world: &mut World, setting: Setting, host: usize, variant: Variant, origin: &str, ponders: i64) {
    let Some(node) = world.hosts[host].daemon.as_ref().filter(|node| node.is_settled()) else { return };
    let (base, on) = (node.durable().generation, node.durable().origin.clone());
    let origin = origin.to_owned();
    world.later(ponders, move |world| {
        if world.hosts[host].daemon.is_some() {
            let id = world.propose_on(host, setting.cluster(variant, &origin), base, &origin);
            world.see(Seen::Proposed { id, host, origin, on });
        }
    });
}

/// All faults end: there is power, the network is whole, agents and devices do what they say, and who
/// took something out of service puts it back.
pub(crate) fn calm(world: &mut World) {
    world.failures.clear();
    world.slow.clear();
    world.device = Device::default();
    world.message_delay = World::MESSAGE_DELAY;
    for host in 0..world.hosts.len() {
        let known = &mut world.hosts[host];
        known.is_disk_full = false;
        known.has_evidence = false;
        if known.is_hung {
            world.hang_daemon(host, false);
        }
        if world.hosts[host].is_paused {
            world.pause(host, false);
        }
        if !world.hosts[host].has_group {
            world.regain_group(host);
        }
        world.boot(host);
        world.plan(3000, Item::StartDaemon(host));
    }
    world.heal();
}

/// An operator starts what is off or left, forgets failures, lets decisions be made, and puts nodes back in
/// service; if that was not enough, he lets everything be looked at again, as agents may have lied.
pub(crate) fn tidy_up(world: &mut World, is_first: bool) {
    for host in 0..world.hosts.len() {
        world.boot(host);
        world.plan(3000, Item::StartDaemon(host));
    }
    let Some(host) = dc_or(world, 0) else { return };
    world.change(host, Change::Resume);
    for place in 0..world.hosts.len() {
        world.change(host, Change::Restore(OverrideId(format!("standby {place}"))));
        world.change(host, Change::Restore(OverrideId(format!("move to {place}"))));
    }
    world.change(host, Change::Cleanup { resource: None, node: None });
    if !is_first {
        world.change(host, Change::Refresh { resource: None, node: None });
    }
}
