//! Processes as the kernel shows them: which one a number means, and whether it still runs.

#![expect(clippy::disallowed_methods, reason = "reads what the kernel shows of processes")]

use std::fs;

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

/// A process. Its number alone may be given to another one day; with its beginning it is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub(crate) id: u32,
    /// When it began, in clock ticks since the host was booted.
    pub(crate) started: u64,
    pub(crate) session: u32,
}

/// How a process is told that nobody wrote down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting<'a> {
    pub(crate) variable: &'a str,
    pub(crate) value: &'a str,
    pub(crate) session: u32,
}

/// The fields of `/proc/ID/stat` that count here.
struct Stat {
    state: char,
    group: u32,
    session: u32,
    started: u64,
}

impl Process {
    /// The process that has this number now.
    pub(crate) fn of(id: u32) -> Option<Self> {
        let stat = Stat::read(id)?;
        Some(Self { id, started: stat.started, session: stat.session })
    }

    /// This process.
    pub(crate) fn own() -> Option<Self> {
        Self::of(std::process::id())
    }

    /// Whether it still runs; one that only waits to be reaped does not.
    pub(crate) fn is_alive(self) -> bool {
        Stat::read(self.id)
            .is_some_and(|stat| stat.started == self.started && !matches!(stat.state, 'Z' | 'X'))
    }

    /// The process that leads a group within the session and has the variable in its environment.
    /// What an agent leaves running has it too, but in a session of its own.
    pub(crate) fn find(sighting: &Sighting<'_>) -> Option<Self> {
        let entry = format!("{}={}", sighting.variable, sighting.value);
        let numbers = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
        let ids = numbers.filter_map(|folder| folder.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| {
            let stat = Stat::read(*id);
            stat.is_some_and(|stat| {
                stat.group == *id && stat.session == sighting.session && stat.state != 'Z'
            })
        })
        .find(|id| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_bytes())
        })
        .and_then(Self::of)
    }

    /// Sends a signal to it and to all of its group.
    pub(crate) fn signal_group(self, signal: Signal) {
        let pid = i32::try_from(self.id).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.is_alive()) {
            // Failure means that nobody is left to be told.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Stat {
    fn read(id: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// The name of the program stands in brackets and may hold anything; the fields come after it.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            state: fields.first()?.chars().next()?,
            group: fields.get(2)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_may_be_called_anything() {
        let fields = (0..20).map(|number| number.to_string()).collect::<Vec<_>>().join(" ");
        let stat = Stat::parse(&format!("7 (a) S b) S {fields}")).unwrap();
        assert_eq!((stat.state, stat.group, stat.session, stat.started), ('S', 1, 2, 18));
        assert!(Stat::parse("7 (a) S").is_none() && Stat::parse("").is_none());
    }

    #[test]
    fn a_number_that_was_given_again_is_not_the_same_process() {
        let own = Process::own().unwrap();
        assert!(own.is_alive());
        assert!(!Process { started: own.started + 1, ..own }.is_alive());
    }

    #[test]
    fn a_group_is_found_by_its_mark_and_ended() {
        let mark = format!("test-{}", std::process::id());
        let session = Process::own().unwrap().session;
        let find = || Process::find(&Sighting { variable: "QUORATE_TEST_MARK", value: &mark, session });
        let mut child =
            Command::new("sleep").arg("60").env("QUORATE_TEST_MARK", &mark).process_group(0).spawn().unwrap();
        // The kernel shows the environment a moment after the program has begun.
        let found = std::iter::repeat_with(&find).take(100_000).flatten().next().unwrap();
        assert_eq!(found.id, child.id());
        found.signal_group(Signal::KILL);
        child.wait().unwrap();
        assert!(find().is_none() && !found.is_alive());
    }
}
