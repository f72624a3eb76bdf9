//! The supervisor's own process: what it watches, and what it does.

#![expect(clippy::disallowed_methods, reason = "watches, kills and starts processes")]

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::pulse::{Pulse, mark_release};
use super::watchdog::Watchdog;
use crate::daemon::reset::Reset;
use crate::host::clock::uptime;
use crate::host::process::Process;

/// What a supervisor is told.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Where the daemon gives its signs of life.
    pub run_dir: PathBuf,
    /// The words of the command that lets go of everything.
    pub release: Vec<OsString>,
    /// How that command ends when it finds a daemon at work.
    pub is_served: i32,
    /// How it ends when people want what runs here left alone for now.
    pub is_postponed: i32,
    /// How this host is reset.
    pub reset: Reset,
    /// The hardware watchdog of this host.
    pub watchdog: Option<PathBuf>,
}

/// How often it looks.
const TICK: Duration = Duration::from_millis(500);
/// After how long without a sign of life a daemon counts as hung.
const HUNG: Duration = Duration::from_secs(10);
/// How long it leaves alone what people want left alone before it asks again.
const AGAIN: Duration = Duration::from_millis(1500);
/// How much sooner than the others take over everything must have ended.
const MARGIN: Duration = Duration::from_secs(2);

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The daemon does its work, or may still come back.
    Wait,
    /// The daemon hangs.
    Kill,
    /// No daemon came back in time.
    LetGo,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Vigil {
    last: Option<Pulse>,
    /// When it was last seen to be another one than before.
    heard: Duration,
    /// Since when there is no daemon.
    dead_since: Option<Duration>,
    seen: Duration,
}

impl Vigil {
    /// The last sign of life. One that cannot be read was not heard.
    fn read(&self, folder: &Path) -> Option<Pulse> {
        Pulse::read(folder).unwrap_or_else(|error| {
            tracing::warn!(%error, "a sign of life cannot be read");
            self.last.clone()
        })
    }

    /// Takes a look. A supervisor that was itself held up grants the daemon the same.
    fn look(&mut self, pulse: &Pulse, is_alive: bool, now: Duration) -> Step {
        let was_held_up = now.saturating_sub(self.seen) > HUNG / 2;
        self.seen = now;
        if self.last.as_ref() != Some(pulse) || was_held_up {
            self.last = Some(pulse.clone());
            self.heard = now;
        }
        if is_alive {
            self.dead_since = None;
            return if now.saturating_sub(self.heard) >= HUNG { Step::Kill } else { Step::Wait };
        }
        let since = *self.dead_since.get_or_insert(now);
        let is_over = now.saturating_sub(since) >= pulse.return_grace;
        if is_over && pulse.release.is_some() { Step::LetGo } else { Step::Wait }
    }
}

/// Watches the daemon of this node until it ends in order, has another supervisor, or is not there any
/// more and everything was let go of.
pub fn stand_guard(charge: &Charge) {
    let own = std::process::id();
    let mut vigil = Vigil { seen: uptime(), heard: uptime(), ..Vigil::default() };
    let mut watchdog = charge.watchdog.as_deref().and_then(|path| {
        let opened = Watchdog::open(path);
        opened.inspect_err(|error| tracing::error!(%error, path = %path.display(), "no watchdog")).ok()
    });
    let mut has_postponed = false;
    loop {
        let pulse = vigil.read(&charge.run_dir);
        let Some(pulse) = pulse.filter(|pulse| pulse.guard == own) else {
            // The first sign that names this supervisor may be on its way.
            if vigil.last.is_none() && uptime().saturating_sub(vigil.heard) < HUNG {
                sleep(TICK);
                continue;
            }
            watchdog.into_iter().for_each(Watchdog::disarm);
            return;
        };
        match vigil.look(&pulse, pulse.daemon.is_alive(), uptime()) {
            Step::Wait => {}
            Step::Kill => {
                tracing::error!(process = pulse.daemon.id, "the daemon gives no sign of life: it is killed");
                kill(pulse.daemon);
            }
            Step::LetGo => {
                let bound = pulse.release.unwrap_or_default();
                if !has_postponed {
                    tracing::error!("no daemon came back: everything that runs here is let go of");
                }
                match let_go(charge, bound, watchdog.as_mut()) {
                    Release::Served => {
                        tracing::warn!("a daemon is at work, and gives no sign of life");
                        vigil.dead_since = None;
                    }
                    // The others wait from the end of that, so that there is no time to lose then.
                    Release::Postponed => {
                        if !std::mem::replace(&mut has_postponed, true) {
                            tracing::warn!("what runs here is left alone for now, as people want it");
                        }
                        sleep(AGAIN);
                    }
                    Release::Ended => {
                        Pulse::remove(&charge.run_dir);
                        watchdog.into_iter().for_each(Watchdog::disarm);
                        return;
                    }
                    // The watchdog, where there is one, is not written to any more.
                    Release::Failed => {
                        charge.reset.perform("what ran here did not end in time, and there is no daemon");
                        return;
                    }
                }
            }
        }
        watchdog.iter_mut().for_each(Watchdog::pet);
        sleep(TICK);
    }
}

/// How letting go of everything ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Release {
    /// Nothing runs here any more.
    Ended,
    /// There is a daemon after all, which has what runs here in its care.
    Served,
    /// People want what runs here left alone, and nobody takes it over as long as they do.
    Postponed,
    /// It was not done in time.
    Failed,
}

/// Lets another process let go of everything.
fn let_go(charge: &Charge, bound: Duration, mut watchdog: Option<&mut Watchdog>) -> Release {
    tracing::debug!("starts what lets go");
    let until = uptime() + bound.saturating_sub(MARGIN);
    let spawned = Command::new("/proc/self/exe")
        .args(&charge.release)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn();
    let mut child: Child = match spawned {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(%error, "cannot start what lets go");
            return Release::Failed;
        }
    };
    if let Some(process) = Process::of(child.id())
        && let Err(error) = mark_release(&charge.run_dir, process)
    {
        tracing::warn!(%error, "a new daemon will not wait for the release");
    }
    while uptime() < until {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Release::Ended,
            Ok(Some(status)) if status.code() == Some(charge.is_served) => return Release::Served,
            Ok(Some(status)) if status.code() == Some(charge.is_postponed) => return Release::Postponed,
            Ok(Some(_)) => return Release::Failed,
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "cannot wait for what lets go"),
        }
        watchdog.iter_mut().for_each(|watchdog| watchdog.pet());
        sleep(TICK);
    }
    Release::Failed
}

fn kill(process: Process) {
    if let Some(pid) = i32::try_from(process.id).ok().and_then(Pid::from_raw).filter(|_| process.is_alive()) {
        // It may have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pulse(at: u32, release: Option<Duration>) -> Pulse {
        let daemon = Process { id: 1, started: 0, session: 0 };
        let mut pulse = Pulse::new(daemon, 2, SECOND * 10, release);
        pulse.at = SECOND * at;
        pulse
    }

    /// What is done second by second, from the first to the last, with the daemon's last sign at `last`.
    fn steps(last: u32, dies_at: u32, release: Option<Duration>) -> Vec<(u32, Step)> {
        let mut vigil = Vigil::default();
        let looks = (0..60).map(|second| {
            let sign = pulse(second.min(last), release);
            (second, vigil.look(&sign, second < dies_at, SECOND * second))
        });
        looks.filter(|(_, step)| *step != Step::Wait).collect()
    }

    #[test]
    fn a_daemon_that_hangs_is_killed_and_what_runs_is_let_go_of_when_none_comes_back() {
        let steps = steps(5, 16, Some(SECOND * 20));
        assert_eq!(steps[..2], [(15, Step::Kill), (26, Step::LetGo)]);
    }

    #[test]
    fn a_sign_that_cannot_be_read_was_not_heard_and_one_is_given_without_room_for_another() {
        let folder = tempfile::tempdir().unwrap();
        let sign = pulse(1, None);
        sign.write(folder.path()).unwrap();
        // Where another file cannot be made, as on a full disk.
        std::fs::create_dir_all(folder.path().join("pulse.json.new/x")).unwrap();
        let later = pulse(2, Some(SECOND));
        later.write(folder.path()).unwrap();
        let mut vigil = Vigil::default();
        assert_eq!(vigil.read(folder.path()), Some(later.clone()));
        vigil.look(&later, true, SECOND);
        std::fs::write(folder.path().join("pulse.json"), "{").unwrap();
        assert_eq!(vigil.read(folder.path()), Some(later));
        std::fs::remove_file(folder.path().join("pulse.json")).unwrap();
        assert_eq!(vigil.read(folder.path()), None, "it ended in order");
    }

    #[test]
    fn where_nobody_takes_over_nothing_is_let_go_of() {
        assert_eq!(steps(60, 3, None), []);
        assert_eq!(steps(60, 3, Some(SECOND))[0], (13, Step::LetGo));
    }

    #[test]
    fn a_supervisor_that_was_held_up_blames_nobody() {
        let mut vigil = Vigil::default();
        let sign = pulse(0, None);
        assert_eq!(vigil.look(&sign, true, SECOND), Step::Wait);
        assert_eq!(vigil.look(&sign, true, SECOND * 60), Step::Wait);
        assert_eq!(vigil.look(&sign, true, SECOND * 64), Step::Wait);
        assert_eq!(vigil.look(&sign, true, SECOND * 68), Step::Wait);
        assert_eq!(vigil.look(&sign, true, SECOND * 72), Step::Kill);
    }
}
