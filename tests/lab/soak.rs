//! Faults at random, one after another, with all audits after each.
//!
//! `QUORATE_SOAK` is how many seconds it goes on (120), `QUORATE_SEED` where it begins; both are printed. The
//! same seed chooses the same faults, on a cluster that may be placed differently by then.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::audit;
use crate::fencing::fenced;
use crate::host::Host;
use crate::lab::Lab;
use crate::members::{PATIENCE, WORK, form_as, is_whole, is_working, manifest, starting, tell_to_end};

/// What can go wrong.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Crash,
    Reset,
    DaemonKilled,
    DaemonStopped,
    AllDaemonsKilled,
    CorosyncKilled,
    Cut,
    Isolated,
    Halves,
    Deaf,
    Paused,
    ServiceDies,
    StartFails,
    StartIsSlow,
    Standby,
    Forgotten,
}

const FAULTS: [Fault; 16] = [
    Fault::Crash,
    Fault::Reset,
    Fault::DaemonKilled,
    Fault::DaemonStopped,
    Fault::AllDaemonsKilled,
    Fault::CorosyncKilled,
    Fault::Cut,
    Fault::Isolated,
    Fault::Halves,
    Fault::Deaf,
    Fault::Paused,
    Fault::ServiceDies,
    Fault::StartFails,
    Fault::StartIsSlow,
    Fault::Standby,
    Fault::Forgotten,
];

/// Numbers that a seed decides (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(sides).unwrap()).unwrap()
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[ignore = "takes as long as it is told: see docs/lab.md"]
fn a_soak_of_random_faults_breaks_nothing() {
    Lab::of(3).test(|lab| {
        // Nobody can know when hosts that are cut off have let go.
        lab.expect(", cut off");
        soak(lab, &manifest(lab, WORK), false);
    });
}

#[test]
#[ignore = "takes as long as it is told: see docs/lab.md"]
fn a_soak_of_random_faults_with_fencing_breaks_nothing() {
    Lab::of(3).test(|lab| soak(lab, &fenced(lab, WORK), true));
}

/// Does faults to a cluster of this manifest, until it has been long enough.
fn soak(lab: &Lab, text: &str, is_fenced: bool) {
    let length = Duration::from_secs(number("QUORATE_SOAK").unwrap_or(120));
    let clock = u64::try_from(jiff::Timestamp::now().as_second()).unwrap();
    let seed = number("QUORATE_SEED").unwrap_or(clock);
    eprintln!("soak: QUORATE_SEED={seed} QUORATE_SOAK={} fencing: {is_fenced}", length.as_secs());
    // What is an alarm for operators is caused here.
    lab.expect("the cluster cannot be reached");
    form_as(lab, text);
    lab.until("the services", PATIENCE, || is_working(lab));
    let (mut dice, begin, mut steps) = (Dice(seed), Instant::now(), 0);
    while begin.elapsed() < length {
        let host = &lab.hosts()[dice.roll(lab.hosts().len())];
        let fault = FAULTS[dice.roll(FAULTS.len())];
        let pause = Duration::from_millis(u64::try_from(dice.roll(8000)).unwrap());
        steps += 1;
        eprintln!("soak: {steps} at {:?}: {fault:?} of {} for {pause:?}", begin.elapsed(), host.name);
        inflict(lab, host, fault, pause);
        if !is_fenced && !host.is_on() {
            host.boot();
        }
        lab.until("all again", PATIENCE * 2, || {
            mend(lab, host);
            is_whole(lab)
        });
        for host in lab.hosts() {
            host.run_quietly("quorate clear --all --no-wait; quorate cleanup --no-wait");
        }
        audit::all(lab);
    }
    eprintln!("soak: {steps} faults in {:?}", begin.elapsed());
}

fn inflict(lab: &Lab, host: &Host, fault: Fault, pause: Duration) {
    match fault {
        Fault::Crash => host.crash(),
        Fault::Reset => host.reset(),
        Fault::DaemonKilled => host.end("quorate"),
        Fault::DaemonStopped => tell_to_end(host),
        Fault::AllDaemonsKilled => lab.hosts().iter().for_each(|host| host.end("quorate")),
        Fault::CorosyncKilled => host.end("corosync"),
        Fault::Cut => host.cut(),
        Fault::Isolated => host.isolate(),
        Fault::Halves => lab.split(&[&[&host.name]]),
        Fault::Deaf => {
            host.note_cut(true);
            let address = &host.addresses[0];
            for other in lab.hosts().iter().filter(|other| other.name != host.name) {
                other.run_quietly(&format!(
                    "ip neighbour replace {address} lladdr 02:00:00:00:00:fe nud permanent dev eth0"
                ));
            }
        }
        Fault::Paused => host.signal("quorate", Signal::STOP),
        Fault::ServiceDies => {
            host.run_quietly("rm -f /run/marker/Base /run/marker/Alone /run/marker/Everywhere");
        }
        Fault::StartFails => {
            host.run_quietly("echo start >/run/marker/Alone.fail; rm -f /run/marker/Alone");
        }
        Fault::StartIsSlow => {
            lab.room().write("shared/slow.Alone", "3");
            host.run_quietly("rm -f /run/marker/Alone");
        }
        Fault::Standby => host.run_quietly("quorate node standby $(hostname) --no-wait"),
        Fault::Forgotten => {
            host.end("quorate");
            host.run_quietly("rm -rf /var/lib/quorate");
        }
    }
    std::thread::sleep(pause);
}

/// Ends the fault, as far as hosts are on: one that was fenced comes back by itself.
fn mend(lab: &Lab, host: &Host) {
    host.signal("quorate", Signal::CONT);
    if host.is_cut() {
        host.heal();
    }
    for other in lab.hosts().iter().filter(|other| other.name != host.name) {
        other.run_quietly(&format!("ip neighbour del {} dev eth0 2>/dev/null", host.addresses[0]));
    }
    host.run_quietly("rm -f /srv/slow.Alone /run/marker/Alone.fail; quorate clear --all --no-wait");
    for host in lab.hosts_on().filter(|host| host.path("/run/booted").exists()) {
        if host.processes("quorate").is_empty() || host.processes("corosync").is_empty() {
            host.run_quietly(&starting("sh -c 'pidof quorate >/dev/null || exec quorate daemon'"));
        }
    }
}
