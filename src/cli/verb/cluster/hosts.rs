//! The same for many hosts at once.

use std::time::Duration;

use tokio::task::JoinSet;

use super::ssh::{Answer, Fault, Reach};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::formation::Member;
use crate::model::NodeName;

/// How long most scripts may take.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// What each host made of its script, in the order of the scripts.
pub(super) struct Answers(pub(super) Vec<(Member, Result<Answer, Fault>)>);

impl Answers {
    /// Runs scripts on their hosts, all at once.
    pub(super) async fn ask(reach: &Reach, scripts: Vec<(Member, String)>, limit: Duration) -> Self {
        let mut tasks = JoinSet::new();
        for (place, (member, script)) in scripts.into_iter().enumerate() {
            let reach = reach.clone();
            tasks.spawn(async move {
                let answer = reach.run(&member, &script, limit).await;
                (place, member, answer)
            });
        }
        let mut answers = Vec::new();
        while let Some(done) = tasks.join_next().await {
            answers.extend(done);
        }
        answers.sort_by_key(|(place, ..)| *place);
        Self(answers.into_iter().map(|(_, member, answer)| (member, answer)).collect())
    }

    /// The answers, if all hosts gave one. Otherwise every fault is said.
    ///
    /// # Errors
    /// When a host gave none.
    pub(super) fn all(self, doing: &str, terminal: Terminal) -> Result<Vec<(Member, Answer)>, Failure> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        for (member, answer) in self.0 {
            match answer {
                Ok(answer) => good.push((member, answer)),
                Err(fault) => bad.push((member.name, fault)),
            }
        }
        if bad.is_empty() {
            return Ok(good);
        }
        bad.iter().for_each(|(name, fault)| say_fault(name, &fault.what, &fault.help, terminal));
        let names: Vec<&str> = bad.iter().map(|(name, _)| name.as_str()).collect();
        let exit =
            if bad.iter().any(|(_, fault)| fault.is_unreachable) { Exit::Unreachable } else { Exit::Error };
        Err(Failure::new(exit, format!("cannot {doing} {}", names.join(", "))))
    }
}

/// Says what is wrong with a host.
pub(super) fn say_fault(node: &NodeName, what: &str, help: &str, terminal: Terminal) {
    let ink = terminal.error_ink();
    terminal.say(&format!("{} {node}: {what}", ink.error("error:")));
    if !help.is_empty() {
        terminal.say(&format!("  {} {help}", ink.hint("help:")));
    }
}
