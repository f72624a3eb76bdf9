//! Units of systemd, over the system bus. What counts is the state that a job leaves the unit in.

#![expect(clippy::disallowed_methods, reason = "waits for jobs of systemd")]

mod bus;
mod r#override;
mod watch;

use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::installation::{Installation, bad_name};
use super::invocation::{Completed, Invocation};
use crate::status::{ResultCode, ResultStatus};
use bus::{Manager, Unit};
use r#override::{Known, Order};

pub use bus::Bus;
pub use watch::Departures;

/// The unit of the daemon.
const DAEMON: &str = "quorate.service";

/// How often a job that goes on is looked at for what it waits for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Kinds of unit that a name may end in, as systemd calls them; a bare name is a service.
const UNIT_KINDS: [(&str, &str); 5] = [
    (".service", "Service"),
    (".socket", "Socket"),
    (".mount", "Mount"),
    (".timer", "Timer"),
    (".path", "Path"),
];

pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    let begun = Instant::now();
    let Some(unit) = unit_name(&call.agent.kind) else { return bad_name(&call.agent.kind) };
    let deadline = begun + call.timeout;
    let done = match timeout_at(deadline, act(site, &unit, &call.action)).await {
        Ok(Ok(done) | Err(Failure::Known(done))) => done,
        Ok(Err(Failure::Bus(error))) => unreachable(&error),
        Err(_) => {
            let limit = crate::model::period::format(call.timeout);
            let reason = format!("{unit} was not done with {} within {limit}", call.action);
            Completed::refused(ResultCode::ERROR, ResultStatus::TimedOut, reason)
        }
    };
    Completed { took: begun.elapsed(), ..done }
}

/// The whole name of a unit; `None` when it cannot be one.
pub fn unit_name(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(['-', '.']) || name.contains(['/', '\0', ' ']) {
        return None;
    }
    let has_kind = UNIT_KINDS.iter().any(|(suffix, _)| name.ends_with(suffix) && name.len() > suffix.len());
    Some(if has_kind { name.to_owned() } else { format!("{name}.service") })
}

/// Whether a file in a unit folder is a unit that can be a resource; gives its name as written in a manifest.
pub(super) fn listed_name(file: &str) -> Option<&str> {
    let (suffix, _) = UNIT_KINDS.iter().find(|(suffix, _)| file.ends_with(suffix))?;
    Some(if *suffix == ".service" { file.trim_end_matches(".service") } else { file })
}

/// Why an action came to no good end.
enum Failure {
    /// As an agent's answer.
    Known(Completed),
    /// systemd cannot be asked.
    Bus(zbus::Error),
}

impl From<zbus::Error> for Failure {
    fn from(error: zbus::Error) -> Self {
        Self::Bus(error)
    }
}

impl From<Completed> for Failure {
    fn from(done: Completed) -> Self {
        Self::Known(done)
    }
}

/// Without a bus nothing is known of any unit.
fn unreachable(error: &zbus::Error) -> Completed {
    let reason = format!("systemd cannot be asked over the system bus: {error}");
    Completed::refused(ResultCode::ERROR, ResultStatus::Error, reason)
}

async fn act(site: &Installation, name: &str, action: &str) -> Result<Completed, Failure> {
    let manager = site.bus.manager().await?;
    let unit = manager.unit(name).await?;
    let session = Session { site, name, manager, unit };
    match action {
        "start" => session.start().await,
        "stop" => session.stop().await,
        "reload" => session.reload().await,
        "monitor" | "status" => session.monitor().await,
        other => {
            let reason = format!("units know no action `{other}`");
            Ok(Completed::refused(ResultCode::UNIMPLEMENTED, ResultStatus::NotSupported, reason))
        }
    }
}

/// One action on one unit.
struct Session<'a> {
    site: &'a Installation,
    name: &'a str,
    manager: Manager,
    unit: Unit,
}

impl Session<'_> {
    async fn start(&self) -> Result<Completed, Failure> {
        self.require_installed().await?;
        if let Some(folder) = &self.site.unit_overrides {
            let order = if self.is_daemon_leaving().await? { Order::None } else { Order::BeforeDaemon };
            let known = Known { bus: &self.site.bus, folder, manager: &self.manager };
            known.put(self.name, &self.unit, order).await?;
        }
        self.job("StartUnit", "replace").await?;
        let state = self.settled().await?;
        if is_active(&state) {
            return Ok(Completed::done(ResultCode::OK));
        }
        let reason = format!("{} after its start", self.shown(&state).await?);
        Ok(Completed::done(ResultCode::ERROR).because(reason))
    }

    async fn stop(&self) -> Result<Completed, Failure> {
        if self.unit.text("LoadState").await? == "not-found"
            && !is_active(&self.unit.text("ActiveState").await?)
        {
            return Ok(Completed::done(ResultCode::OK));
        }
        // While the host is shut down, units that are the cluster's wait for the end of the cluster.
        // They need not wait when the cluster itself stops them.
        let mode = if self.manager.is_stopping().await? { "ignore-dependencies" } else { "replace" };
        self.job("StopUnit", mode).await?;
        let state = self.settled().await?;
        if is_active(&state) {
            let reason = format!("{} after its stop", self.shown(&state).await?);
            return Ok(Completed::done(ResultCode::ERROR).because(reason));
        }
        Ok(Completed::done(ResultCode::OK))
    }

    async fn reload(&self) -> Result<Completed, Failure> {
        self.job("ReloadUnit", "replace").await?;
        Ok(Completed::done(ResultCode::OK))
    }

    async fn monitor(&self) -> Result<Completed, Failure> {
        let state = self.settled().await?;
        if is_active(&state) {
            return Ok(Completed::done(ResultCode::OK));
        }
        self.require_installed().await?;
        let done = Completed::done(ResultCode::NOT_RUNNING);
        Ok(if state == "failed" { done.because(self.shown(&state).await?) } else { done })
    }

    async fn require_installed(&self) -> Result<(), Failure> {
        let problem = match self.unit.text("LoadState").await?.as_str() {
            "not-found" => "is not installed",
            "masked" => "is masked",
            "bad-setting" | "error" => "cannot be read; `systemctl status` says why",
            _ => return Ok(()),
        };
        let reason = format!("the unit {} {problem}", self.name);
        Err(Completed::refused(ResultCode::NOT_INSTALLED, ResultStatus::NotInstalled, reason).into())
    }

    /// Lets systemd do something, and waits until it is done.
    async fn job(&self, method: &'static str, mode: &str) -> Result<(), Failure> {
        // Before the job: it may end before the answer is here.
        let mut ends = self.manager.job_ends(self.name).await?;
        let job = match self.manager.queue(method, self.name, mode).await {
            Ok(job) => job,
            Err(zbus::Error::MethodError(name, said, _)) => return Err(self.refused(&name, said).into()),
            Err(error) => return Err(error.into()),
        };
        let result = loop {
            // Now and then as well: the daemon may be told to stop while the job waits for something else.
            self.let_go_of_order().await?;
            if let Ok(end) = timeout(LOOK_AGAIN, ends.of(&job)).await {
                break end.unwrap_or_else(|| "lost from sight".to_owned());
            }
        };
        match result.as_str() {
            // Whether it is well done shows the state of the unit.
            "done" | "skipped" => Ok(()),
            "failed" => {
                let state = self.unit.text("ActiveState").await?;
                let reason = self.shown(&state).await?;
                Err(Completed::done(ResultCode::ERROR).because(reason).into())
            }
            other => {
                let reason = format!("the job for {} is {}", self.name, job_result(other));
                Err(Completed::done(ResultCode::ERROR).because(reason).into())
            }
        }
    }

    /// A unit that stops after the daemon cannot be stopped by a daemon that is itself being stopped: each
    /// job would wait for the other one. So the order of all units ends when the daemon's end begins.
    async fn let_go_of_order(&self) -> zbus::Result<()> {
        match &self.site.unit_overrides {
            // While the host is shut down, the jobs of the cluster wait for nothing.
            Some(folder) if self.is_daemon_leaving().await? && !self.manager.is_stopping().await? => {
                Known { bus: &self.site.bus, folder, manager: &self.manager }.end_order().await
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn is_daemon_leaving(&self) -> zbus::Result<bool> {
        self.manager.unit(DAEMON).await?.is_leaving().await
    }

    /// A job that systemd does not begin.
    fn refused(&self, error: &str, said: Option<String>) -> Completed {
        let reason = said.unwrap_or_else(|| format!("{}: {error}", self.name));
        if error.ends_with(".NoSuchUnit") || error.ends_with(".UnitMasked") || error.ends_with(".LoadFailed")
        {
            return Completed::refused(ResultCode::NOT_INSTALLED, ResultStatus::NotInstalled, reason);
        }
        Completed::done(ResultCode::ERROR).because(reason)
    }

    /// The unit's state once it is not changing any more.
    async fn settled(&self) -> Result<String, Failure> {
        let state = self.unit.text("ActiveState").await?;
        if !is_changing(&state) {
            return Ok(state);
        }
        // Listening begins before the next look, so that no change is missed.
        let mut changes = self.unit.changes().await?;
        loop {
            let state = self.unit.text("ActiveState").await?;
            if !is_changing(&state) {
                return Ok(state);
            }
            if changes.next().await.is_none() {
                return Err(zbus::Error::Failure("the connection ended".to_owned()).into());
            }
        }
    }

    /// A state for people: `web.service is failed (exit-code)`.
    async fn shown(&self, state: &str) -> Result<String, Failure> {
        let kind = UNIT_KINDS.iter().find(|(suffix, _)| self.name.ends_with(suffix)).map(|(_, kind)| *kind);
        let result = match kind {
            Some(kind) if state == "failed" => self.unit.result(kind).await,
            Some(_) | None => None,
        };
        let detail = match result {
            Some(result) => result,
            None => self.unit.text("SubState").await?,
        };
        Ok(format!("{} is {state} ({detail})", self.name))
    }
}

fn is_active(state: &str) -> bool {
    matches!(state, "active" | "reloading" | "refreshing")
}

fn is_changing(state: &str) -> bool {
    matches!(state, "activating" | "deactivating")
}

/// How systemd's words for the end of a job read in a sentence.
fn job_result(result: &str) -> &str {
    match result {
        "canceled" => "cancelled by another one",
        "timeout" => "over its time limit",
        "dependency" => "given up, as a unit that it needs cannot be started",
        other => other,
    }
}

/// What systemd says of a unit, for people.
pub(super) async fn description(
    site: &Installation,
    name: &str,
    patience: Duration,
) -> Result<String, Completed> {
    let Some(name) = unit_name(name) else { return Err(bad_name(name)) };
    let describe = async {
        let manager = site.bus.manager().await?;
        let unit = manager.unit(&name).await?;
        let session = Session { site, name: &name, manager, unit };
        session.require_installed().await?;
        Ok(session.unit.text("Description").await?)
    };
    match timeout_at(Instant::now() + patience, describe).await {
        Ok(Ok(description)) => Ok(description),
        Ok(Err(Failure::Known(done))) => Err(done),
        Ok(Err(Failure::Bus(error))) => Err(unreachable(&error)),
        Err(_) => {
            Err(Completed::refused(ResultCode::ERROR, ResultStatus::TimedOut, "systemd does not answer"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_are_services() {
        assert_eq!(unit_name("nginx").as_deref(), Some("nginx.service"));
        assert_eq!(unit_name("getty@tty1").as_deref(), Some("getty@tty1.service"));
        assert_eq!(unit_name("srv-data.mount").as_deref(), Some("srv-data.mount"));
        for bad in ["", "-H", "../x", ".service", "a b"] {
            assert_eq!(unit_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn units_are_told_by_their_place_on_the_bus() {
        assert_eq!(bus::decode("getty_40tty1_2eservice"), "getty@tty1.service");
        assert_eq!(bus::decode("a_2dlong_5fname_2emount"), "a-long_name.mount");
        assert_eq!(bus::decode("odd_"), "odd_");
    }
}
