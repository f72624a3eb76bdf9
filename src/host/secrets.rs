//! Secrets: what only this host knows, one file each.

#![expect(clippy::disallowed_methods, reason = "secrets are files of this host")]

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::agent::check::Configured;
use crate::diagnostic::{Diagnostic, Part};
use crate::model::{Cluster, Resource, Value};

/// How a parameter stands for a secret ([`crate::model::Value::to_text`]).
const MARK: &str = "secret:";

/// Where secrets are.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    folder: PathBuf,
    seen: Seen,
}

/// What secrets were when they were read last, by what stands for them.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<BTreeMap<String, String>>>);

impl fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seen(..)")
    }
}

impl Secrets {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, seen: Seen::default() }
    }

    /// The value a parameter stands for, if it stands for a secret.
    ///
    /// # Errors
    /// What is wrong with the secret.
    pub(crate) fn reveal(&self, value: &str) -> Result<Option<String>, String> {
        let Some(name) = value.strip_prefix(MARK) else { return Ok(None) };
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
            return Err(format!("`{name}` is not the name of a secret"));
        }
        let path = self.folder.join(name);
        let shown = path.display();
        let missing = |error| {
            format!(
                "the secret `{name}` is not on this host: it must be in the file {shown}, with mode 0600 ({error})"
            )
        };
        let mode = fs::metadata(&path).map_err(missing)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(format!(
                "the secret `{name}` can be read by others: {shown} has mode 0{:o}, and must have 0600",
                mode & 0o777
            ));
        }
        let text = fs::read_to_string(&path).map_err(missing)?;
        let secret = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        let mut seen = self.seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(value.to_owned(), secret.clone());
        Ok(Some(secret))
    }

    /// What the secret was that a parameter stands for, when it was read last.
    pub(crate) fn recall(&self, value: &str) -> Option<String> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner).get(value).cloned()
    }

    /// What is wrong with the secrets that resources need. It may be put right before they start, so
    /// that it is no error.
    pub(crate) fn check(&self, cluster: &Cluster) -> Vec<Diagnostic> {
        let configured = cluster.resources.iter().flat_map(Resource::primitives);
        let configured = configured.filter_map(|primitive| Configured::of(cluster, primitive));
        let mut found = Vec::new();
        for resource in configured {
            for (name, value) in resource.params().filter(|(_, value)| matches!(value, Value::Secret(_))) {
                if let Err(problem) = self.reveal(&value.to_text()) {
                    let id = resource.primitive.id.as_str();
                    let finding = Diagnostic::warning("missing-secret", format!("`{id}`: {problem}"))
                        .about_resource(id, Part::Param(name.to_owned()))
                        .help(format!("`{id}` cannot start here before that"));
                    found.push(finding);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_secret_must_be_there_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(dir.path().to_owned());
        let path = dir.path().join("db");
        assert_eq!(secrets.reveal("plain"), Ok(None));
        assert!(secrets.reveal("secret:db").unwrap_err().contains("is not on this host"));
        assert!(
            secrets.reveal("secret:db").unwrap_err().contains(&format!("{}, with mode 0600", path.display()))
        );
        fs::write(&path, "s3cret\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(secrets.reveal("secret:db").unwrap_err().contains("can be read by others"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(secrets.reveal("secret:db"), Ok(Some("s3cret".to_owned())));
        assert!(secrets.reveal("secret:../db").is_err());
        fs::remove_file(&path).unwrap();
        assert!(secrets.reveal("secret:db").is_err());
        assert_eq!(secrets.recall("secret:db").as_deref(), Some("s3cret"));
        assert!(!format!("{secrets:?}").contains("s3cret"));
    }
}
