//! Fencing: which devices, in which order, until one of them says that the target is off.
//!
//! A result is a success only when a device confirmed it. Levels are tried in order; within a level
//! every device has to succeed, and a reboot by several devices is all of them off, then on again.

#![expect(clippy::disallowed_methods, reason = "devices take their time")]

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::agent::fence::{FenceAction, FenceCall, Power, Target, fence, power, targets};
use crate::agent::{Completed, Installation, catalog};
use crate::executor::ActionResult;
use crate::host::secrets::Secrets;
use crate::model::fencing::{Attempt, Device, Reach, attempts, devices, watchdog_bound};
use crate::model::{Cluster, NodeName, OptionSet};
use crate::scheduler::{Action, Task};
use crate::status::{ResultCode, ResultStatus};

/// Fences targets with the devices of the desired cluster.
#[derive(Debug, Clone)]
pub(super) struct Fencer {
    site: Installation,
    secrets: Secrets,
    cluster: Arc<Cluster>,
}

impl Fencer {
    /// How long one device may take, unless something else is configured.
    const TIMEOUT: Duration = Duration::from_secs(60);

    pub(super) fn new(site: Installation, secrets: Secrets, cluster: Arc<Cluster>) -> Self {
        Self { site, secrets, cluster }
    }

    /// Does a fencing action.
    pub(super) async fn perform(self, action: &Action) -> ActionResult {
        let begun = Instant::now();
        let Some(target) = action.node.clone() else { return refused("no target is named", Duration::ZERO) };
        let wanted = match &action.task {
            Task::FenceOff => FenceAction::Off,
            Task::FenceOn => FenceAction::On,
            Task::FenceReboot => FenceAction::Reboot,
            Task::Start
            | Task::Stop
            | Task::Promote
            | Task::Demote
            | Task::Monitor
            | Task::Cancel
            | Task::Notify
            | Task::MigrateTo
            | Task::MigrateFrom
            | Task::Reload
            | Task::Delete
            | Task::ClearFailCount
            | Task::ClearHistory
            | Task::Shutdown
            | Task::Pseudo(_) => return refused("this is no fencing action", Duration::ZERO),
        };
        let head_start = action.meta.get("priority_fencing_delay").map_or(Ok(0), |text| text.parse());
        let Ok(head_start) = head_start else {
            return refused("its priority-fencing-delay cannot be read", Duration::ZERO);
        };
        sleep(Duration::from_secs(head_start)).await;
        let time = action.timeout.unwrap_or(Self::TIMEOUT);
        let mut trouble: Vec<String> = Vec::new();
        for attempt in self.attempts(&target, wanted) {
            match self.attempt(&attempt, wanted, &target, time).await {
                Ok(()) => {
                    tracing::warn!(%target, action = wanted.as_str(), "fenced");
                    return ActionResult::done(ResultCode::OK, begun.elapsed());
                }
                Err(why) => trouble.extend(why),
            }
        }
        if trouble.is_empty() && wanted != FenceAction::On && self.was_watched(&target).await {
            return ActionResult::done(ResultCode::OK, begun.elapsed());
        }
        if trouble.is_empty() {
            return refused(&format!("no fence device can fence {target}"), begun.elapsed());
        }
        let result = ActionResult {
            rc: ResultCode::ERROR,
            status: ResultStatus::Error,
            exit_reason: Some(trouble.join("; ").into()),
            took: begun.elapsed(),
        };
        tracing::error!(%target, trouble = trouble.join("; "), "fencing failed");
        result
    }

    /// What is tried for a target. A node is let in by all devices that insist on it.
    fn attempts(&self, target: &NodeName, wanted: FenceAction) -> Vec<Attempt> {
        if wanted != FenceAction::On {
            return attempts(&self.cluster, target);
        }
        let doors = devices(&self.cluster).into_iter().filter(|device| {
            let may_reach = device.faults().next().is_some() || device.reach(target) != Reach::Never;
            device.provides_unfencing && device.is_enabled && may_reach
        });
        let devices: Vec<Device> = doors.collect();
        if devices.is_empty() { Vec::new() } else { vec![Attempt::with(devices)] }
    }

    /// Where no device can fence a node, and the cluster relies on watchdogs: waits until that of the
    /// target has done it.
    async fn was_watched(&self, target: &NodeName) -> bool {
        let properties = OptionSet::all_unruled(&self.cluster.properties);
        let property = |names: &[&str]| names.iter().find_map(|name| properties.get(*name).cloned());
        let Some(bound) = watchdog_bound(property) else { return false };
        tracing::warn!(%target, seconds = bound.as_secs(), "waiting for the target's own watchdog");
        sleep(bound).await;
        true
    }

    /// Tries one level: all its devices, or what is wrong. A device that cannot fence the target is
    /// nothing wrong where it was not named for it.
    async fn attempt(
        &self,
        attempt: &Attempt,
        wanted: FenceAction,
        target: &NodeName,
        time: Duration,
    ) -> Result<(), Option<String>> {
        if !attempt.trouble.is_empty() {
            return Err(Some(attempt.trouble.join("; ")));
        }
        let mut ready = Vec::new();
        for device in &attempt.devices {
            match self.call(device, target).await {
                Ok(Some(call)) => ready.push((device, call)),
                Ok(None) => return Err(None),
                Err(why) => return Err(Some(format!("{}: {why}", device.id))),
            }
        }
        let steps: &[FenceAction] = match (wanted, ready.len()) {
            (_, 0) => return Err(None),
            (FenceAction::Reboot, 2..) => &[FenceAction::Off, FenceAction::On],
            (wanted, _) => &[wanted],
        };
        for step in steps {
            for (device, call) in &ready {
                let call = FenceCall { action: *step, ..call.clone() };
                let done = self.run(device, call, target, time).await;
                // A target that stays off is fenced as well.
                let may_fail = steps.len() > 1 && *step == FenceAction::On;
                if !done.is_ok() && !may_fail {
                    let why = done.exit_reason.unwrap_or_else(|| done.rc.name().to_owned());
                    return Err(Some(format!("{}: {} failed: {why}", device.id, step.as_str())));
                }
            }
        }
        Ok(())
    }

    /// Runs one device, and again if it fails while there is time.
    async fn run(
        &self,
        device: &Device,
        mut call: FenceCall,
        target: &NodeName,
        time: Duration,
    ) -> Completed {
        let name = call.action.as_str();
        let time = device.timeout(name).unwrap_or(time);
        if call.action != FenceAction::On {
            sleep(device.delay(target, dice())).await;
        }
        let until = Instant::now() + time;
        let tries = device.tries(name);
        let mut tried = 0;
        loop {
            tried += 1;
            call.timeout = until.saturating_duration_since(Instant::now());
            let done = fence(&self.site, &call).await;
            let has_time = until.saturating_duration_since(Instant::now()) > Duration::from_secs(1);
            if done.is_ok() || tried >= tries || !has_time {
                return done;
            }
            tracing::warn!(
                device = %device.id,
                reason = done.exit_reason,
                "a fence device failed; once more"
            );
        }
    }

    /// The call of a device for a target; `None` if it cannot fence it.
    async fn call(&self, device: &Device, target: &NodeName) -> Result<Option<FenceCall>, String> {
        let mut params = device.params.clone();
        let mut secrets = Vec::new();
        for value in params.values_mut() {
            if let Some(secret) = self.secrets.reveal(value)? {
                *value = secret.as_str().into();
                secrets.push(secret);
            }
        }
        let plug = match device.reach(target) {
            Reach::Never => return Ok(None),
            Reach::Plug(plug) => plug,
            Reach::AskList | Reach::AskStatus => device.plug_of(target),
        };
        let call = FenceCall {
            agent: Arc::clone(&device.agent.kind),
            action: FenceAction::Off,
            target: Some(Target { node: target.clone(), argument: self.argument(device).await, plug }),
            params,
            secrets,
            timeout: device.timeout("list").unwrap_or(Self::TIMEOUT),
        };
        let reaches = match device.reach(target) {
            Reach::Plug(_) | Reach::Never => true,
            Reach::AskList => self.lists(&call, target).await?,
            Reach::AskStatus => match power(&self.site, &call).await {
                Ok(Power::On | Power::Off) => true,
                Err(done) => return Err(done.exit_reason.unwrap_or_default()),
            },
        };
        Ok(reaches.then_some(call))
    }

    /// Whether a device lists a target.
    async fn lists(&self, call: &FenceCall, target: &NodeName) -> Result<bool, String> {
        let until = Instant::now() + call.timeout;
        let listed = timeout_at(until, targets(&self.site, call)).await;
        let listed = listed
            .map_err(|_| "its list of targets took too long".to_owned())?
            .map_err(|done| done.exit_reason.unwrap_or_else(|| "its list of targets failed".to_owned()))?;
        let plug = call.target.as_ref().map(|target| Arc::clone(&target.plug)).unwrap_or_default();
        Ok(listed.iter().any(|(name, alias)| {
            **name == *plug || target.is(name) || alias.as_deref().is_some_and(|alias| target.is(alias))
        }))
    }

    /// The option that names the target to a device: as configured, or as its agent says.
    async fn argument(&self, device: &Device) -> Arc<str> {
        if let Some(argument) = device.text("pcmk_host_argument") {
            return argument.into();
        }
        match catalog::describe(&self.site, &device.agent).await {
            Ok(metadata) if metadata.parameter("plug").is_some() => "plug".into(),
            Ok(metadata) if metadata.parameter("port").is_some() => "port".into(),
            // It knows its target from its address or from `nodename`.
            Ok(_) => "none".into(),
            Err(_) => "port".into(),
        }
    }
}

/// Something that two nodes that fence each other at the same moment do not have in common.
fn dice() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

fn refused(why: &str, took: Duration) -> ActionResult {
    ActionResult {
        rc: ResultCode::ERROR,
        status: ResultStatus::NoFenceDevice,
        exit_reason: Some(why.into()),
        took,
    }
}

#[cfg(test)]
mod tests;
