//! Alert agents: programs that are told in their environment what happened.

use std::path::PathBuf;
use std::time::Duration;

use super::installation::Installation;
use super::invocation::Completed;
use crate::status::ResultCode;

/// Runs an alert agent to its end.
pub async fn alert(
    site: &Installation,
    path: PathBuf,
    env: Vec<(String, String)>,
    timeout: Duration,
) -> Completed {
    let mut program = site.program(path, timeout);
    program.env.extend(env);
    match site.execute(program).await {
        Ok(ended) => ended
            .into_completed(timeout, &[], |exit| if exit == 0 { ResultCode::OK } else { ResultCode::ERROR }),
        Err(refusal) => refusal,
    }
}
