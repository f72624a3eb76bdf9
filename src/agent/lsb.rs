//! Init scripts, as the Linux Standard Base has them. They take no parameters.

use super::installation::{Installation, bad_name, is_plain_name};
use super::invocation::{Completed, Invocation};
use crate::status::{ResultCode, ResultStatus};

pub(super) async fn run(site: &Installation, call: &Invocation) -> Completed {
    if !is_plain_name(&call.agent.kind) {
        return bad_name(&call.agent.kind);
    }
    let (action, code): (_, fn(u8) -> ResultCode) = match &*call.action {
        "start" | "stop" | "restart" | "reload" | "force-reload" => (&*call.action, action_code),
        "monitor" | "status" => ("status", status_code),
        other => {
            let reason = format!("init scripts know no action `{other}`");
            return Completed::refused(ResultCode::UNIMPLEMENTED, ResultStatus::NotSupported, reason);
        }
    };
    let mut program = site.program(site.init_dir.join(&*call.agent.kind), call.timeout);
    program.args.push(action.into());
    program.witness.clone_from(&call.witness);
    match site.execute(program).await {
        Ok(ended) => ended.into_completed(call.timeout, &call.untold(), code),
        Err(refusal) => refusal,
    }
}

/// The meaning of an exit from any action but `status`.
fn action_code(exit: u8) -> ResultCode {
    match exit {
        0..=7 => ResultCode(exit),
        8..=u8::MAX => ResultCode::ERROR,
    }
}

/// The meaning of an exit from `status`: dead, with or without a file left behind, is not running.
fn status_code(exit: u8) -> ResultCode {
    match exit {
        0 => ResultCode::OK,
        1..=3 => ResultCode::NOT_RUNNING,
        150 => ResultCode::NOT_INSTALLED,
        151 => ResultCode::PERM,
        4..=149 | 152..=u8::MAX => ResultCode::ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_has_codes_of_its_own() {
        let codes = [0, 1, 2, 3, 4, 7, 150, 151, 199];
        assert_eq!(codes.map(|code| status_code(code).0), [0, 7, 7, 7, 1, 1, 5, 4, 1]);
        assert_eq!(codes.map(|code| action_code(code).0), [0, 1, 2, 3, 4, 7, 1, 1, 1]);
    }
}
