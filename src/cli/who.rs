//! Who gives this command, for others who look.

#![expect(clippy::disallowed_methods, reason = "says who asks, as the environment and the system know it")]

/// Who asks, and why: `alice`, or `root from 192.0.2.7` for somebody who came over ssh.
pub(super) fn origin(reason: Option<&str>) -> String {
    let said = |variable: &str| std::env::var(variable).ok().filter(|said| !said.is_empty());
    let who = name(said);
    reason.map_or_else(|| who.clone(), |reason| format!("{who}: {reason}"))
}

fn name(said: impl Fn(&str) -> Option<String>) -> String {
    // Whoever became root has a name of their own.
    if let Some(name) = said("SUDO_USER") {
        return name;
    }
    let uid = rustix::process::getuid().as_raw();
    let user = said("USER").or_else(|| said("LOGNAME")).or_else(|| user(uid));
    let user = user.unwrap_or_else(|| format!("user {uid}"));
    let came = said("SSH_CONNECTION").or_else(|| said("SSH_CLIENT"));
    match came.as_deref().and_then(|came| came.split(' ').next()) {
        Some(from) => format!("{user} from {from}"),
        None => user,
    }
}

/// The name of a user in the table of users.
fn user(uid: u32) -> Option<String> {
    named(&std::fs::read_to_string("/etc/passwd").ok()?, uid)
}

fn named(users: &str, uid: u32) -> Option<String> {
    let uid = uid.to_string();
    let line = users.lines().find(|line| line.split(':').nth(2) == Some(&uid))?;
    line.split(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> String {
        name(|wanted| {
            let known = variables.iter().find(|(variable, _)| *variable == wanted);
            known.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn whoever_came_over_ssh_is_named_with_where_from() {
        assert_eq!(with(&[("USER", "alice")]), "alice");
        assert_eq!(
            with(&[("LOGNAME", "bob"), ("SSH_CONNECTION", "192.0.2.7 5022 192.0.2.1 22")]),
            "bob from 192.0.2.7"
        );
        assert_eq!(
            with(&[("SUDO_USER", "carol"), ("USER", "root"), ("SSH_CLIENT", "192.0.2.7 1 22")]),
            "carol"
        );
    }

    #[test]
    fn whoever_has_no_environment_has_a_number_that_has_a_name() {
        assert_ne!(with(&[]), "");
        let users = "root:x:0:0::/root:/bin/sh\ndave:x:1000:1000::/:/bin/sh\n";
        assert_eq!(named(users, 1000).as_deref(), Some("dave"));
        assert_eq!(named(users, 7), None);
    }
}
