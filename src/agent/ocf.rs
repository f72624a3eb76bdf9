//! Agents of the Open Cluster Framework, versions 1.0 and 1.1.

use super::installation::{Installation, bad_name, is_plain_name};
use super::invocation::{Completed, Invocation};
use crate::model::Agent;
use crate::status::{ResultCode, ResultStatus};

/// A line of standard error that begins so tells people why the action failed.
const REASON_PREFIX: &str = "ocf-exit-reason:";

/// The version of the cluster rules that agents may ask for before they use what is new.
const FEATURE_SET: &str = "3.20.5";

pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    let path = match path(site, &call.agent) {
        Ok(path) => path,
        Err(refusal) => return refusal,
    };
    let environment = match environment(site, call) {
        Ok(environment) => environment,
        Err(refusal) => return refusal,
    };
    let mut program = site.program(path, call.timeout);
    program.args.push((&*call.action).into());
    program.witness.clone_from(&call.witness);
    program.env.extend(environment);
    match site.execute(program).await {
        Ok(ended) => ended.into_completed(call.timeout, &call.untold(), result_code),
        Err(refusal) => refusal,
    }
}

/// Where an agent's program is.
pub(super) fn path(site: &Installation, agent: &Agent) -> Result<std::path::PathBuf, Completed> {
    let provider = agent.provider.as_deref().unwrap_or("heartbeat");
    for part in [provider, &agent.kind] {
        if !is_plain_name(part) {
            return Err(bad_name(part));
        }
    }
    Ok(site.ocf_root.join("resource.d").join(provider).join(&*agent.kind))
}

/// What an agent is told. Names from the configuration always stand behind a prefix, so that no
/// parameter can set another variable.
fn environment(site: &Installation, call: &Invocation) -> Result<Vec<(String, String)>, Completed> {
    let mut env = vec![
        ("OCF_ROOT".to_owned(), site.ocf_root.display().to_string()),
        ("OCF_RA_VERSION_MAJOR".to_owned(), "1".to_owned()),
        ("OCF_RA_VERSION_MINOR".to_owned(), "1".to_owned()),
        ("OCF_OUTPUT_FORMAT".to_owned(), "text".to_owned()),
        ("OCF_EXIT_REASON_PREFIX".to_owned(), REASON_PREFIX.to_owned()),
        ("OCF_RESOURCE_INSTANCE".to_owned(), call.resource.to_string()),
        ("OCF_RESOURCE_TYPE".to_owned(), call.agent.kind.to_string()),
        ("HA_cluster_type".to_owned(), "corosync".to_owned()),
        ("HA_logfacility".to_owned(), "none".to_owned()),
        ("HA_debug".to_owned(), "0".to_owned()),
        ("PCMK_logfacility".to_owned(), "none".to_owned()),
        ("PCMK_service".to_owned(), "quorate".to_owned()),
    ];
    if let Some(tools) = &site.tools {
        let folder = tools.folder.display();
        env.push(("PATH".to_owned(), format!("{folder}:{}", site.path)));
        // Agents run the cluster's programs from here, too.
        env.push(("HA_SBIN_DIR".to_owned(), folder.to_string()));
        env.push(("QUORATE_AGENT_SOCKET".to_owned(), tools.socket.display().to_string()));
    }
    if let Some(provider) = &call.agent.provider {
        env.push(("OCF_RESOURCE_PROVIDER".to_owned(), provider.to_string()));
    }
    for (name, value) in &call.params {
        push(&mut env, &format!("OCF_RESKEY_{name}"), value)?;
    }
    let level = call.params.get("OCF_CHECK_LEVEL").filter(|level| level.bytes().all(|b| b.is_ascii_digit()));
    if let Some(level) = level {
        env.push(("OCF_CHECK_LEVEL".to_owned(), level.to_string()));
    }
    // After the parameters: what the cluster says of itself cannot be overruled by one.
    for (name, value) in &call.meta {
        let name = name.strip_prefix("CRM_meta_").unwrap_or(name);
        push(&mut env, &format!("OCF_RESKEY_CRM_meta_{}", name.replace('-', "_")), value)?;
    }
    let always = [
        ("OCF_RESKEY_CRM_meta_name", call.action.to_string()),
        ("OCF_RESKEY_CRM_meta_timeout", call.timeout.as_millis().to_string()),
        // Zero tells an agent that it is probed: what is not running then is no reason to complain.
        ("OCF_RESKEY_CRM_meta_interval", call.interval.as_millis().to_string()),
        ("OCF_RESKEY_CRM_meta_on_node", call.node.to_string()),
        ("OCF_RESKEY_crm_feature_set", FEATURE_SET.to_owned()),
    ];
    env.extend(always.map(|(name, value)| (name.to_owned(), value)));
    Ok(env)
}

fn push(env: &mut Vec<(String, String)>, name: &str, value: &str) -> Result<(), Completed> {
    if name.contains(['=', '\0']) || value.contains('\0') {
        let reason = format!("`{}` cannot be handed to an agent", name.escape_debug());
        return Err(Completed::refused(ResultCode::ARGS, ResultStatus::Invalid, reason));
    }
    env.push((name.to_owned(), value.to_owned()));
    Ok(())
}

/// The codes that the standard knows; any other is an error without further meaning.
fn result_code(exit: u8) -> ResultCode {
    match exit {
        0..=9 | 190 | 191 => ResultCode(exit),
        10..=189 | 192..=u8::MAX => ResultCode::ERROR,
    }
}

/// The last reason that an agent gave.
pub(super) fn exit_reason(stderr: &str) -> Option<String> {
    let reason = stderr.lines().rev().find_map(|line| line.trim_start().strip_prefix(REASON_PREFIX))?;
    let reason = reason.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::model::NodeName;

    fn call(params: &[(&str, &str)]) -> Invocation {
        let agent = Agent::parse("ocf:pacemaker:Dummy").unwrap();
        let call = Invocation::new(agent, "d", "monitor", NodeName::new("n1"));
        params.iter().fold(call, |call, (name, value)| call.param(name, value))
    }

    fn value(call: &Invocation, name: &str) -> Option<String> {
        let env = environment(&Installation::default(), call).unwrap();
        env.into_iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    #[test]
    fn parameters_and_meta_attributes_stand_behind_their_prefixes() {
        let mut call = call(&[("PATH", "/evil"), ("state", "/x y"), ("OCF_CHECK_LEVEL", "10")]);
        call.meta.insert("clone-max".into(), "2".into());
        assert_eq!(value(&call, "PATH"), None);
        assert_eq!(value(&call, "OCF_RESKEY_PATH").as_deref(), Some("/evil"));
        assert_eq!(value(&call, "OCF_RESKEY_state").as_deref(), Some("/x y"));
        assert_eq!(value(&call, "OCF_CHECK_LEVEL").as_deref(), Some("10"));
        assert_eq!(value(&call, "OCF_RESKEY_CRM_meta_clone_max").as_deref(), Some("2"));
        assert_eq!(value(&call, "OCF_RESKEY_CRM_meta_timeout").as_deref(), Some("20000"));
        assert_eq!(value(&call, "OCF_RESOURCE_PROVIDER").as_deref(), Some("pacemaker"));
    }

    #[test]
    fn a_parameter_cannot_pose_as_what_the_cluster_says() {
        let call = call(&[("CRM_meta_timeout", "1"), ("crm_feature_set", "9")]);
        assert_eq!(value(&call, "OCF_RESKEY_CRM_meta_timeout").as_deref(), Some("20000"));
        assert_eq!(value(&call, "OCF_RESKEY_crm_feature_set").as_deref(), Some(FEATURE_SET));
    }

    #[test]
    fn names_that_would_set_another_parameter_are_refused() {
        for (name, value) in [("ip=1", "x"), ("a", "b\0c"), ("a\0b", "c")] {
            let refusal = environment(&Installation::default(), &call(&[(name, value)])).unwrap_err();
            assert_eq!((refusal.rc, refusal.status), (ResultCode::ARGS, ResultStatus::Invalid));
        }
    }

    #[test]
    fn unknown_exit_codes_are_plain_errors() {
        assert_eq!(
            [0, 7, 9, 10, 42, 127, 190, 191, 193, 255].map(|code| result_code(code).0),
            [0, 7, 9, 1, 1, 1, 190, 191, 1, 1]
        );
    }

    #[test]
    fn the_last_exit_reason_counts() {
        let stderr =
            "noise\nocf-exit-reason:first\n+ echo ocf-exit-reason:traced\nocf-exit-reason: last \nbye\n";
        assert_eq!(exit_reason(stderr).as_deref(), Some("last"));
        assert_eq!(exit_reason("+ echo ocf-exit-reason:traced"), None);
        assert_eq!(exit_reason("ocf-exit-reason:\n"), None);
    }
}
