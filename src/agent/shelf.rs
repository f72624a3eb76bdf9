//! What agents said of themselves, kept until their programs change: nothing else would make them say
//! something new, and some take a second to be asked.

#![expect(clippy::disallowed_methods, reason = "what was said is kept in files")]

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::installation::{Installation, is_plain_name};
use super::metadata::Metadata;
use super::ocf;
use crate::model::{Agent, AgentClass};

/// The place of one agent on the shelf.
#[derive(Debug)]
pub(super) struct Place {
    file: PathBuf,
    /// The first line of the file: the program that was asked, and how it was then.
    stamp: String,
}

impl Place {
    /// The place of an agent; `None` where nothing is kept of such an agent.
    pub(super) fn of(site: &Installation, agent: &Agent) -> Option<Self> {
        let folder = site.shelf.as_ref()?;
        let program = program(site, agent)?;
        let found = fs::metadata(&program).ok()?;
        let changed = (found.mtime(), found.mtime_nsec(), found.size());
        let stamp = format!("{} {changed:?}\n", program.display());
        Some(Self { file: folder.join(agent.to_string()), stamp })
    }

    /// What the agent said, if its program is still the same.
    pub(super) fn read(&self) -> Option<Metadata> {
        let text = fs::read_to_string(&self.file).ok()?;
        Metadata::parse(text.strip_prefix(&self.stamp)?).ok()
    }

    /// Keeps what the agent said. The shelf is made by who may write here; without it, and on a full
    /// disk, the agent is asked again.
    pub(super) fn keep(&self, said: &str) {
        let beside = self.file.with_extension(format!("new-{}", std::process::id()));
        let kept = fs::write(&beside, format!("{}{said}", self.stamp))
            .and_then(|()| fs::rename(&beside, &self.file));
        if let Err(error) = kept {
            tracing::debug!(%error, file = %self.file.display(), "what an agent says of itself is not kept");
            // What was half written is of no use, and the disk may be full of it.
            let _ = fs::remove_file(&beside);
        }
    }
}

/// Makes the shelf of an installation, if it has one. Without it nothing is kept.
pub fn make_shelf(site: &Installation) {
    let made = site.shelf.as_deref().map_or(Ok(()), fs::create_dir_all::<&Path>);
    if let Err(error) = made {
        tracing::debug!(%error, "what agents say of themselves is not kept");
    }
}

fn program(site: &Installation, agent: &Agent) -> Option<PathBuf> {
    match &agent.class {
        AgentClass::Ocf => ocf::path(site, agent).ok(),
        AgentClass::Stonith => is_plain_name(&agent.kind).then(|| site.fence_dir.join(&*agent.kind)),
        AgentClass::Lsb | AgentClass::Systemd | AgentClass::Service | AgentClass::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_was_said_counts_until_the_program_changes() {
        let dir = tempfile::tempdir().unwrap();
        let site = Installation {
            ocf_root: dir.path().to_owned(),
            shelf: Some(dir.path().join("shelf")),
            ..Installation::default()
        };
        let agent = Agent::parse("ocf:test:one").unwrap();
        assert!(Place::of(&site, &agent).is_none(), "there is no such agent");
        let folder = dir.path().join("resource.d/test");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("one"), "#!/bin/sh").unwrap();
        let place = Place::of(&site, &agent).unwrap();
        let said = "<resource-agent name=\"one\"><parameters/></resource-agent>";
        place.keep(said);
        assert!(place.read().is_none(), "there is no shelf");
        make_shelf(&site);
        place.keep(said);
        assert_eq!(place.read().unwrap().name, "one");
        fs::write(folder.join("one"), "#!/bin/sh\n# another").unwrap();
        assert!(Place::of(&site, &agent).unwrap().read().is_none());
    }
}
