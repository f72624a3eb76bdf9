//! Fence agents: options as `key=value` lines on standard input, success is exit 0.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::installation::{Installation, bad_name, is_plain_name};
use super::invocation::{Completed, Invocation, secret_params};
use super::process::{End, Ended};
use crate::model::{Agent, NodeName};
use crate::status::{ResultCode, ResultStatus};

/// What a fence agent can be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FenceAction {
    /// Cut the power of a target.
    Off,
    /// Give a target power or access.
    On,
    /// Cut the power of a target and give it back.
    Reboot,
    /// Tell whether a target has power.
    Status,
    /// Tell whether the device itself answers.
    Monitor,
    /// Tell which targets the device knows.
    List,
    /// Tell whether the options are right.
    ValidateAll,
    /// Tell what the agent is.
    Metadata,
}

/// One call of a fence agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceCall {
    /// The agent, such as `fence_ipmilan`.
    pub agent: Arc<str>,
    /// What to do.
    pub action: FenceAction,
    /// On whom, for actions on a target.
    pub target: Option<Target>,
    /// The device's options; those that begin with `pcmk_` are for the caller and not handed on.
    pub params: BTreeMap<Arc<str>, Arc<str>>,
    /// What is not to be told of what the agent says, besides parameters that hold secrets by name.
    pub secrets: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Whom a device acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The node's name in the cluster.
    pub node: NodeName,
    /// The option that names it to the device (`plug`, or `port` for older agents).
    pub argument: Arc<str>,
    /// What the device calls it.
    pub plug: Arc<str>,
}

/// Whether a target has power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// It has.
    On,
    /// It has not.
    Off,
}

impl FenceAction {
    /// The name that agents know.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Reboot => "reboot",
            Self::Status => "status",
            Self::Monitor => "monitor",
            Self::List => "list",
            Self::ValidateAll => "validate-all",
            Self::Metadata => "metadata",
        }
    }

    /// The action's name for this device: an operator may replace it (`pcmk_reboot_action: off`).
    fn name_for(self, params: &BTreeMap<Arc<str>, Arc<str>>) -> Arc<str> {
        let option = format!("pcmk_{}_action", self.as_str().replace('-', "_"));
        params.get(option.as_str()).map_or_else(|| self.as_str().into(), Arc::clone)
    }
}

/// Runs one action of a fence agent to its end.
pub async fn fence(site: &Installation, call: &FenceCall) -> Completed {
    match execute(site, call).await {
        Ok(ended) => completed(ended, call),
        Err(refusal) => refusal,
    }
}

/// Asks a device whether a target has power.
///
/// # Errors
/// The result of the call when it is no answer.
pub async fn power(site: &Installation, call: &FenceCall) -> Result<Power, Completed> {
    let call = FenceCall { action: FenceAction::Status, ..call.clone() };
    let ended = execute(site, &call).await?;
    match ended.end {
        End::Exited(0) => Ok(Power::On),
        End::Exited(2) => Ok(Power::Off),
        End::Exited(_) | End::Signalled(_) | End::TimedOut | End::NotStarted(_) => {
            Err(completed(ended, &call))
        }
    }
}

/// Asks a device which targets it knows: its own name for each, and the alias where it has one.
///
/// # Errors
/// The result of the call when it is no answer.
pub async fn targets(
    site: &Installation,
    call: &FenceCall,
) -> Result<Vec<(String, Option<String>)>, Completed> {
    let call = FenceCall { action: FenceAction::List, target: None, ..call.clone() };
    let done = fence(site, &call).await;
    if done.is_ok() { Ok(parse_targets(&done.stdout)) } else { Err(done) }
}

/// Actions on a device as a resource. Starting it proves that it answers; it is never stopped from
/// outside, and nothing on the host shows whether it was started.
pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    let action = match &*call.action {
        "stop" => return Completed::done(ResultCode::OK),
        "monitor" | "status" if call.interval.is_zero() => return Completed::done(ResultCode::NOT_RUNNING),
        "start" | "monitor" | "status" => FenceAction::Monitor,
        "validate-all" => FenceAction::ValidateAll,
        other => {
            let reason = format!("fence devices know no action `{other}`");
            return Completed::refused(ResultCode::UNIMPLEMENTED, ResultStatus::NotSupported, reason);
        }
    };
    let call = FenceCall {
        agent: Arc::clone(&call.agent.kind),
        action,
        target: None,
        params: call.params.clone(),
        secrets: call.secrets.clone(),
        timeout: call.timeout,
    };
    fence(site, &call).await
}

/// Asks a fence agent for its metadata.
pub(super) async fn metadata(site: &Installation, agent: &Agent, timeout: Duration) -> Completed {
    let call = FenceCall {
        agent: Arc::clone(&agent.kind),
        action: FenceAction::Metadata,
        target: None,
        params: BTreeMap::new(),
        secrets: Vec::new(),
        timeout,
    };
    fence(site, &call).await
}

async fn execute(site: &Installation, call: &FenceCall) -> Result<Ended, Completed> {
    if !is_plain_name(&call.agent) {
        return Err(bad_name(&call.agent));
    }
    let mut program = site.program(site.fence_dir.join(&*call.agent), call.timeout);
    program.stdin = Some(input(call)?.into_bytes());
    // With this name in its environment an agent leaves time limits to its caller.
    program.env.push(("PCMK_service".to_owned(), "pacemaker-fenced".to_owned()));
    site.execute(program).await
}

/// The lines that an agent reads. Nothing that could begin a line of its own gets in.
fn input(call: &FenceCall) -> Result<String, Completed> {
    let mut lines = format!("action={}\n", call.action.name_for(&call.params));
    let mut push = |name: &str, value: &str| {
        if name.contains(['\n', '\r', '=', '\0']) || value.contains(['\n', '\r', '\0']) {
            let reason = format!("option `{}` cannot be handed to a fence agent", name.escape_debug());
            return Err(Completed::refused(ResultCode::ARGS, ResultStatus::Invalid, reason));
        }
        lines.push_str(&format!("{name}={value}\n"));
        Ok(())
    };
    let own = call.target.as_ref().map(|target| &*target.argument);
    for (name, value) in &call.params {
        let is_for_caller =
            name.starts_with("pcmk_") || matches!(&**name, "action" | "nodename" | "provides");
        if !is_for_caller && Some(&**name) != own {
            push(name, value)?;
        }
    }
    if let Some(target) = &call.target {
        push("nodename", target.node.as_str())?;
        if &*target.argument != "none" {
            push(&target.argument, &target.plug)?;
        }
    }
    Ok(lines)
}

fn completed(ended: Ended, call: &FenceCall) -> Completed {
    let untold: Vec<String> = call.secrets.iter().cloned().chain(secret_params(&call.params)).collect();
    let done = ended.into_completed(call.timeout, &untold, |exit| {
        if exit == 0 { ResultCode::OK } else { ResultCode::ERROR }
    });
    if done.is_ok() || done.exit_reason.is_some() {
        return done;
    }
    let said = done.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
    match said {
        Some(line) => done.because(line),
        None => done,
    }
}

/// Lines of `plug`, `plug,alias` or `plug,alias,status`.
fn parse_targets(listed: &str) -> Vec<(String, Option<String>)> {
    let lines = listed.lines().map(str::trim).filter(|line| !line.is_empty());
    let parts = lines.map(|line| {
        let mut parts = line.split(',').map(str::trim);
        let plug = parts.next().unwrap_or_default().to_owned();
        (plug, parts.next().filter(|alias| !alias.is_empty()).map(str::to_owned))
    });
    parts.filter(|(plug, _)| !plug.is_empty() && !plug.contains(char::is_whitespace)).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn call(params: &[(&str, &str)]) -> FenceCall {
        FenceCall {
            agent: "fence_x".into(),
            action: FenceAction::Reboot,
            target: Some(Target { node: NodeName::new("n1"), argument: "plug".into(), plug: "7".into() }),
            params: params.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
            secrets: Vec::new(),
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn options_for_the_caller_are_not_handed_on() {
        let call = call(&[("ip", "10.0.0.1"), ("pcmk_host_list", "n1"), ("plug", "9"), ("action", "off")]);
        assert_eq!(input(&call).unwrap(), "action=reboot\nip=10.0.0.1\nnodename=n1\nplug=7\n");
    }

    #[test]
    fn an_operator_may_replace_an_action() {
        assert!(input(&call(&[("pcmk_reboot_action", "off")])).unwrap().starts_with("action=off\n"));
    }

    #[test]
    fn a_value_cannot_smuggle_an_option() {
        for (name, value) in [("ip", "1\naction=on"), ("ip\naction", "on"), ("a=b", "c")] {
            assert_eq!(input(&call(&[(name, value)])).unwrap_err().rc, ResultCode::ARGS);
        }
    }

    #[test]
    fn targets_may_have_aliases() {
        let listed = "1,node1\n2,\n3,node3,on\n\nsome noise\n";
        let plain = |plug: &str, alias: Option<&str>| (plug.to_owned(), alias.map(str::to_owned));
        assert_eq!(
            parse_targets(listed),
            [plain("1", Some("node1")), plain("2", None), plain("3", Some("node3"))]
        );
    }
}
