//! Units of systemd, through `systemctl`. What counts is the state that a job leaves the unit in.

#![expect(clippy::disallowed_methods, reason = "waits while a unit is changing")]

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::installation::{Installation, bad_name};
use super::invocation::{Completed, Invocation};
use super::process::End;
use super::witness::Witness;
use crate::status::{ResultCode, ResultStatus};

/// Kinds of unit that a name may end in; a bare name is a service.
const UNIT_TYPES: [&str; 5] = [".service", ".socket", ".mount", ".timer", ".path"];

/// How often a unit that is changing is looked at.
const POLL: Duration = Duration::from_millis(250);

pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    let begun = Instant::now();
    let Some(unit) = unit_name(&call.agent.kind) else { return bad_name(&call.agent.kind) };
    let session = Session {
        site,
        unit,
        deadline: begun + call.timeout,
        timeout: call.timeout,
        witness: call.witness.clone(),
    };
    let done = match &*call.action {
        "start" => session.start().await,
        "stop" => session.stop().await,
        "reload" => session.job("reload").await.map(|()| Completed::done(ResultCode::OK)),
        "monitor" | "status" => session.monitor().await,
        other => {
            let reason = format!("units know no action `{other}`");
            Err(Completed::refused(ResultCode::UNIMPLEMENTED, ResultStatus::NotSupported, reason))
        }
    };
    Completed { took: begun.elapsed(), ..done.unwrap_or_else(|failure| failure) }
}

/// The whole name of a unit; `None` when it cannot be one.
pub(super) fn unit_name(name: &str) -> Option<String> {
    if name.is_empty() || name.starts_with(['-', '.']) || name.contains(['/', '\0', ' ']) {
        return None;
    }
    let has_type = UNIT_TYPES.iter().any(|suffix| name.ends_with(suffix) && name.len() > suffix.len());
    Some(if has_type { name.to_owned() } else { format!("{name}.service") })
}

/// Whether a file in a unit folder is a unit that can be a resource; gives its name as written in a manifest.
pub(super) fn listed_name(file: &str) -> Option<&str> {
    let suffix = UNIT_TYPES.iter().find(|suffix| file.ends_with(**suffix))?;
    Some(if *suffix == ".service" { file.trim_end_matches(".service") } else { file })
}

/// One action on one unit.
struct Session<'a> {
    site: &'a Installation,
    unit: String,
    deadline: Instant,
    timeout: Duration,
    witness: Option<Witness>,
}

/// A unit's state, as systemd tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct UnitState {
    load: String,
    active: String,
    sub: String,
    result: String,
    description: String,
}

impl Session<'_> {
    async fn start(&self) -> Result<Completed, Completed> {
        let state = self.state().await?;
        self.require_installed(&state)?;
        self.job("start").await?;
        let state = self.settled().await?;
        if state.is_active() {
            return Ok(Completed::done(ResultCode::OK));
        }
        Err(Completed::done(ResultCode::ERROR).because(format!(
            "{} is {} after its start",
            self.unit,
            state.shown()
        )))
    }

    async fn stop(&self) -> Result<Completed, Completed> {
        if self.state().await?.load == "not-found" {
            return Ok(Completed::done(ResultCode::OK));
        }
        self.job("stop").await?;
        let state = self.settled().await?;
        if state.is_active() {
            let reason = format!("{} is {} after its stop", self.unit, state.shown());
            return Err(Completed::done(ResultCode::ERROR).because(reason));
        }
        Ok(Completed::done(ResultCode::OK))
    }

    async fn monitor(&self) -> Result<Completed, Completed> {
        let state = self.settled().await?;
        if state.is_active() {
            return Ok(Completed::done(ResultCode::OK));
        }
        self.require_installed(&state)?;
        Ok(match state.active.as_str() {
            "failed" => Completed::done(ResultCode::NOT_RUNNING)
                .because(format!("{} failed ({})", self.unit, state.result)),
            _ => Completed::done(ResultCode::NOT_RUNNING),
        })
    }

    fn require_installed(&self, state: &UnitState) -> Result<(), Completed> {
        let problem = match state.load.as_str() {
            "not-found" => "is not installed",
            "masked" => "is masked",
            _ => return Ok(()),
        };
        let reason = format!("the unit {} {problem}", self.unit);
        Err(Completed::refused(ResultCode::NOT_INSTALLED, ResultStatus::NotInstalled, reason))
    }

    /// The unit's state once it is not changing any more.
    async fn settled(&self) -> Result<UnitState, Completed> {
        loop {
            let state = self.state().await?;
            if !state.is_changing() {
                return Ok(state);
            }
            if Instant::now() + POLL >= self.deadline {
                let reason = format!("{} is still {}", self.unit, state.shown());
                return Err(Completed::refused(ResultCode::ERROR, ResultStatus::TimedOut, reason));
            }
            sleep(POLL).await;
        }
    }

    async fn state(&self) -> Result<UnitState, Completed> {
        let shown =
            self.systemctl(&["show", "--property=LoadState,ActiveState,SubState,Result,Description"]).await?;
        Ok(UnitState::parse(&shown))
    }

    async fn job(&self, verb: &str) -> Result<(), Completed> {
        self.systemctl(&[verb]).await.map(|_| ())
    }

    /// Runs `systemctl`; what it prints, or why it failed.
    async fn systemctl(&self, words: &[&str]) -> Result<String, Completed> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let mut program = self.site.program(self.site.systemctl.clone(), left);
        program.witness.clone_from(&self.witness);
        program.args.extend(words.iter().map(Into::into));
        program.args.extend(["--no-pager".into(), "--".into(), self.unit.as_str().into()]);
        let ended = self.site.execute(program).await?;
        if matches!(ended.end, End::Exited(0)) {
            return Ok(ended.stdout.to_text());
        }
        let failed = ended.into_completed(self.timeout, |_| ResultCode::ERROR);
        let said = failed.stderr.trim().lines().next().map(str::to_owned);
        Err(match said {
            Some(line) if failed.exit_reason.is_none() => failed.because(line),
            Some(_) | None => failed,
        })
    }
}

impl UnitState {
    fn parse(shown: &str) -> Self {
        let mut state = Self::default();
        for (name, value) in shown.lines().filter_map(|line| line.split_once('=')) {
            let slot = match name {
                "LoadState" => &mut state.load,
                "ActiveState" => &mut state.active,
                "SubState" => &mut state.sub,
                "Result" => &mut state.result,
                "Description" => &mut state.description,
                _ => continue,
            };
            value.clone_into(slot);
        }
        state
    }

    fn is_active(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }

    fn is_changing(&self) -> bool {
        matches!(self.active.as_str(), "activating" | "deactivating")
    }

    fn shown(&self) -> String {
        format!("{} ({})", self.active, self.sub)
    }
}

/// What systemd says of a unit, for people.
pub(super) async fn description(
    site: &Installation,
    name: &str,
    timeout: Duration,
) -> Result<String, Completed> {
    let Some(unit) = unit_name(name) else { return Err(bad_name(name)) };
    let session = Session { site, unit, deadline: Instant::now() + timeout, timeout, witness: None };
    let state = session.state().await?;
    session.require_installed(&state)?;
    Ok(state.description)
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
    fn state_is_read_by_name() {
        let state =
            UnitState::parse("LoadState=loaded\nActiveState=reloading\nJunk\nOther=1\nSubState=x=y\n");
        assert!(state.is_active());
        assert_eq!(state.sub, "x=y");
    }
}
