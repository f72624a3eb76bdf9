//! What a host says of itself before anything is changed.

use std::fmt;

use super::Conf;

/// The name of a key that gives nothing of it away: its SHA-256, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// A fingerprint as it was printed.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a host says of itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Survey {
    /// What it calls itself.
    pub name: String,
    /// Whether commands run there as root.
    pub is_root: bool,
    /// Its clock, in seconds since 1970.
    pub clock: f64,
    /// The version of `quorate` there; `None` where it is not installed.
    pub quorate: Option<String>,
    /// The version of corosync there; `None` where it is not installed.
    pub corosync: Option<String>,
    /// Whether systemd runs there.
    pub has_systemd: bool,
    /// Whether corosync's client of a witness is installed.
    pub has_qdevice: bool,
    /// Whether that client has a certificate.
    pub has_certificate: bool,
    /// Whether corosync runs.
    pub runs_corosync: bool,
    /// The revision of the configuration that corosync runs with: not that of its file, when somebody was kept from
    /// telling it.
    pub running_revision: Option<u64>,
    /// Whether Pacemaker runs.
    pub runs_pacemaker: bool,
    /// Whether the node daemon runs.
    pub runs_quorate: bool,
    /// The key that it has.
    pub key: Option<Fingerprint>,
    /// The configuration that it has, as text.
    pub conf_text: Option<String>,
}

impl Survey {
    /// The shell script that makes a host say it; changes nothing there.
    pub const SCRIPT: &str = concat!(include_str!("prelude.sh"), include_str!("survey.sh"));

    /// Reads what the script printed. `None` if it did not come to its end.
    pub fn read(text: &str) -> Option<Self> {
        let mut survey = Self::default();
        let mut conf = String::new();
        let mut is_whole = false;
        for line in text.lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match key {
                "user" => survey.is_root = value == "0",
                "name" => value.clone_into(&mut survey.name),
                "clock" => survey.clock = value.parse().unwrap_or(0.0),
                "quorate" => survey.quorate = some(value),
                "corosync" => survey.corosync = some(value),
                "systemd" => survey.has_systemd = true,
                "qdevice" => survey.has_qdevice = true,
                "certificate" => survey.has_certificate = true,
                "runs" => match value {
                    "corosync" => survey.runs_corosync = true,
                    "pacemaker" => survey.runs_pacemaker = true,
                    "quorate" => survey.runs_quorate = true,
                    _ => {}
                },
                "revision" => survey.running_revision = value.parse().ok(),
                "key" => survey.key = some(value).as_deref().map(Fingerprint::new),
                "conf" => {
                    conf.push_str(value);
                    conf.push('\n');
                }
                "end" => is_whole = true,
                // A login shell may greet.
                _ => {}
            }
        }
        survey.conf_text = Some(conf).filter(|conf| !conf.is_empty());
        is_whole.then_some(survey)
    }

    /// The configuration that it has.
    pub fn conf(&self) -> Option<Conf> {
        self.conf_text.as_deref().map(Conf::read)
    }

    /// The name without its domain.
    pub fn short_name(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }
}

fn some(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
