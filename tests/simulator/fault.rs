//! What may go wrong, and how often.

use crate::dice::Dice;
use crate::setting::{RESOURCES, Setting, Variant};
use crate::world::{Answer, How};

/// Something that goes wrong, or that somebody does at a bad moment. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// A host loses power, and gets it back.
    Crash { host: usize, back_after: i64 },
    /// All hosts lose power; each gets it back a while after the one before.
    Blackout { apart: i64 },
    /// A daemon dies; whoever looks after it starts another one.
    KillDaemon { host: usize, back_after: i64 },
    /// All daemons die and are started again.
    KillAllDaemons { back_after: i64 },
    /// A daemon stands still.
    HangDaemon { host: usize, lasts: i64 },
    /// A host stands still.
    PauseHost { host: usize, lasts: i64 },
    /// Hosts do not reach the others.
    Cut { hosts: Vec<usize>, lasts: i64 },
    /// One host is not heard by another.
    OneWay { from: usize, to: usize, lasts: i64 },
    /// Two hosts do not reach each other, though both reach the others.
    Overlap { one: usize, other: usize, lasts: i64 },
    /// Messages take up to this long.
    SlowNetwork { delay: usize, lasts: i64 },
    /// The membership layer of a host ends.
    LoseGroup { host: usize, lasts: i64 },
    /// A service ends without a word.
    BreakService { resource: &'static str },
    /// An agent fails, hangs or lies.
    Agent { resource: &'static str, task: &'static str, host: Option<usize>, how: How, times: u32 },
    /// An agent takes long.
    SlowAgent { resource: &'static str, task: &'static str, latency: i64, lasts: i64 },
    /// Fence devices fail or lie.
    Device { answer: Answer, lasts: i64 },
    /// Fence devices take long.
    SlowDevice { latency: i64, lasts: i64 },
    /// The clock of a host jumps.
    Clock { host: usize, by: i64 },
    /// The disk of a host is full.
    DiskFull { host: usize, lasts: i64 },
    /// Somebody pushes another manifest, so long after having read what is in force.
    Push { host: usize, variant: Variant, ponders: i64 },
    /// Two people push different manifests at once.
    PushTwo { hosts: [usize; 2], variants: [Variant; 2] },
    /// A node runs nothing for a while.
    Standby { host: usize, lasts: i64 },
    /// A resource is wanted on a host for a while.
    Move { host: usize, resource: &'static str, lasts: i64 },
    /// Somebody looks which hosts are off, and says so.
    ConfirmDown,
    /// Nothing is decided for a while.
    Pause { lasts: i64 },
    /// Failures of a resource are forgotten. Of one that stays: what is removed before it was looked at
    /// again is out of the cluster's sight.
    Cleanup { host: usize, resource: &'static str },
    /// A resource is looked at again.
    Refresh { host: usize, resource: &'static str },
    /// A daemon is asked to leave, with its resources moved away first or left running.
    Leave { host: usize, is_drained: bool, back_after: i64 },
}

/// Resources that no manifest takes away.
const LASTING: [&str; 5] = ["A", "B", "C", "g", "P"];

/// Kinds of faults, each with how often it comes among all.
const WEIGHTS: [(Kind, usize); 27] = [
    (Kind::Crash, 10),
    (Kind::Blackout, 1),
    (Kind::KillDaemon, 8),
    (Kind::KillAllDaemons, 2),
    (Kind::HangDaemon, 4),
    (Kind::PauseHost, 4),
    (Kind::Cut, 8),
    (Kind::OneWay, 4),
    (Kind::Overlap, 4),
    (Kind::SlowNetwork, 3),
    (Kind::LoseGroup, 3),
    (Kind::BreakService, 10),
    (Kind::Agent, 12),
    (Kind::SlowAgent, 6),
    (Kind::Device, 4),
    (Kind::SlowDevice, 3),
    (Kind::Clock, 3),
    (Kind::DiskFull, 2),
    (Kind::Push, 12),
    (Kind::PushTwo, 4),
    (Kind::Standby, 5),
    (Kind::Move, 5),
    (Kind::ConfirmDown, 4),
    (Kind::Pause, 1),
    (Kind::Cleanup, 4),
    (Kind::Refresh, 4),
    (Kind::Leave, 5),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Crash,
    Blackout,
    KillDaemon,
    KillAllDaemons,
    HangDaemon,
    PauseHost,
    Cut,
    OneWay,
    Overlap,
    SlowNetwork,
    LoseGroup,
    BreakService,
    Agent,
    SlowAgent,
    Device,
    SlowDevice,
    Clock,
    DiskFull,
    Push,
    PushTwo,
    Standby,
    Move,
    ConfirmDown,
    Pause,
    Cleanup,
    Refresh,
    Leave,
}

impl Kind {
    /// Whether a cluster is made to stand this without acting twice. Without fencing nobody can do
    /// anything about daemons that are gone while their services run on, about agents that do not
    /// stop what they should, or about networks that fall apart; with evidence of isolation, about
    /// anything but a host that is cut off from everything.
    const fn is_fair(self, setting: Setting) -> bool {
        match setting {
            Setting::Fenced | Setting::Wide => true,
            Setting::Pair => !matches!(self, Self::Overlap),
            Setting::Isolated => !matches!(
                self,
                Self::KillDaemon
                    | Self::KillAllDaemons
                    | Self::HangDaemon
                    | Self::PauseHost
                    | Self::OneWay
                    | Self::Overlap
                    | Self::Agent
                    | Self::SlowAgent
                    | Self::DiskFull
                    | Self::Leave
                    | Self::Device
                    | Self::SlowDevice
                    | Self::Pause
                    // Whoever says so takes it on himself that it does not come back meanwhile.
                    | Self::ConfirmDown
            ),
            Setting::Bare => !matches!(
                self,
                Self::KillDaemon
                    | Self::KillAllDaemons
                    | Self::HangDaemon
                    | Self::PauseHost
                    | Self::Cut
                    | Self::OneWay
                    | Self::Overlap
                    | Self::LoseGroup
                    | Self::DiskFull
                    | Self::Device
                    | Self::SlowDevice
            ),
        }
    }

    fn draw(dice: &mut Dice, setting: Setting) -> Self {
        let fair = || WEIGHTS.iter().filter(|(kind, _)| kind.is_fair(setting));
        let mut left = dice.roll(fair().map(|(_, weight)| weight).sum());
        for (kind, weight) in fair() {
            if left < *weight {
                return *kind;
            }
            left -= weight;
        }
        Self::Crash
    }
}

impl Fault {
    /// A fault that a cluster of this setting is made to stand.
    pub(crate) fn draw(dice: &mut Dice, setting: Setting) -> Self {
        let hosts = setting.hosts();
        let host = dice.roll(hosts);
        let other = (host + 1 + dice.roll(hosts - 1)) % hosts;
        let lasts = millis(dice, 500, 60_000);
        let back_after = millis(dice, 3000, 60_000);
        match Kind::draw(dice, setting) {
            Kind::Crash => Self::Crash { host, back_after },
            Kind::Blackout => Self::Blackout { apart: millis(dice, 0, 20_000) },
            Kind::KillDaemon if dice.one_in(3) => Self::KillDaemon { host, back_after },
            Kind::KillDaemon => Self::KillDaemon { host, back_after: 1000 },
            Kind::KillAllDaemons => Self::KillAllDaemons { back_after: millis(dice, 500, 8000) },
            Kind::HangDaemon => Self::HangDaemon { host, lasts },
            Kind::PauseHost => Self::PauseHost { host, lasts },
            Kind::Cut => {
                let several = hosts > 2 && dice.one_in(3);
                Self::Cut { hosts: if several { vec![host, other] } else { vec![host] }, lasts }
            }
            Kind::OneWay => Self::OneWay { from: host, to: other, lasts },
            Kind::Overlap => Self::Overlap { one: host, other, lasts },
            Kind::SlowNetwork => Self::SlowNetwork { delay: 20 + dice.roll(400), lasts },
            Kind::LoseGroup => Self::LoseGroup { host, lasts },
            Kind::BreakService => {
                Self::BreakService { resource: dice.pick(&["A", "B", "C", "D", "g1", "g2", "P"]) }
            }
            Kind::Agent => Self::draw_agent(dice, setting, host),
            Kind::SlowAgent => {
                let task = dice.pick(&["start", "stop", "monitor", "promote"]);
                Self::SlowAgent {
                    resource: resource_for(dice, task),
                    task,
                    latency: millis(dice, 1000, 30_000),
                    lasts,
                }
            }
            Kind::Device => {
                let answers = [Answer::Failure, Answer::Failure, Answer::FalseFailure, Answer::FalseSuccess];
                Self::Device { answer: dice.pick(&answers), lasts }
            }
            Kind::SlowDevice => Self::SlowDevice { latency: millis(dice, 5000, 90_000), lasts },
            Kind::Clock => {
                let by = dice.pick(&[-3_600_000, -60_000, -2000, 2000, 60_000, 3_600_000]);
                Self::Clock { host, by }
            }
            Kind::DiskFull => Self::DiskFull { host, lasts },
            Kind::Push => {
                Self::Push { host, variant: Variant::draw(dice), ponders: dice.pick(&[0, 0, 20, 3000]) }
            }
            Kind::PushTwo => {
                Self::PushTwo { hosts: [host, other], variants: [Variant::draw(dice), Variant::draw(dice)] }
            }
            Kind::Standby => Self::Standby { host, lasts },
            Kind::Move => Self::Move { host, resource: dice.pick(&["A", "B", "D", "g"]), lasts },
            Kind::ConfirmDown => Self::ConfirmDown,
            Kind::Pause => Self::Pause { lasts },
            Kind::Cleanup => Self::Cleanup { host, resource: dice.pick(&LASTING) },
            Kind::Refresh => Self::Refresh { host, resource: dice.pick(&LASTING) },
            Kind::Leave => {
                Self::Leave { host, is_drained: setting == Setting::Bare || !dice.one_in(3), back_after }
            }
        }
    }

    fn draw_agent(dice: &mut Dice, setting: Setting, host: usize) -> Self {
        let task = dice.pick(&["start", "start", "stop", "monitor", "promote", "demote", "probe"]);
        let failures = [How::Answers(1), How::Answers(1), How::WorksButAnswers(1), How::Hangs];
        let lies = [How::Answers(0), How::Answers(7)];
        let how = match task {
            "monitor" | "start" | "stop" if dice.one_in(5) => dice.pick(&lies),
            // A monitor that hangs is one that never answers again.
            "monitor" => How::Answers(1),
            _ => dice.pick(&failures),
        };
        let is_stopping = matches!(task, "stop" | "demote") && !setting.has_fencing();
        let task = if is_stopping { "start" } else { task };
        let host = dice.one_in(2).then_some(host);
        let times = u32::try_from(1 + dice.roll(4)).unwrap();
        Self::Agent { resource: resource_for(dice, task), task, host, how, times }
    }
}

fn resource_for(dice: &mut Dice, task: &str) -> &'static str {
    if matches!(task, "promote" | "demote") { "P" } else { dice.pick(&RESOURCES) }
}

/// Short times are as likely as long ones.
fn millis(dice: &mut Dice, least: usize, most: usize) -> i64 {
    let most = if dice.one_in(2) { least + (most - least) / 8 } else { most };
    i64::try_from(least + dice.roll(most - least + 1)).unwrap()
}
