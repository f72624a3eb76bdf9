//! Whatever an agent prints as its metadata is read or refused.

use quorate::agent::metadata::Metadata;

pub(crate) fn check(input: &[u8]) {
    let Ok(metadata) = Metadata::parse(&String::from_utf8_lossy(input)) else { return };
    for parameter in &metadata.parameters {
        let default = parameter.default.as_deref().unwrap_or_default();
        assert!(metadata.parameter(&parameter.name).is_some());
        let _ = (parameter.kind.mismatch(default), metadata.can_reload(&parameter.name));
    }
    for action in &metadata.actions {
        assert!(metadata.advice(&action.name, action.role).is_some());
    }
    let _ = metadata.restart_parameters();
}
