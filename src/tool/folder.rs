//! The folder in which agents find the tools.

#![expect(clippy::disallowed_methods, reason = "makes links to this program")]

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Tool;

/// The folder in which agents find the tools. It is their `HA_SBIN_DIR`, so that it also leads to the
/// few other programs that agents look for there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

/// What agents run from `HA_SBIN_DIR` that is no tool of the cluster.
const OTHERS: [&str; 4] = ["sm-notify", "clvmd", "cmirrord", "lvmconf"];

impl Folder {
    /// Makes the folder, or puts it right. `program` is what the tools lead to; this program if `None`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn make(path: &Path, program: Option<&Path>) -> io::Result<Self> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => own_program()?,
        };
        fs::create_dir_all(path)?;
        for tool in Tool::ALL {
            link(&program, &path.join(tool.name()))?;
        }
        for name in OTHERS {
            let other = Path::new("/usr/sbin").join(name);
            if other.exists() {
                link(&other, &path.join(name))?;
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// This program's own file. One that was replaced while it ran is found where it was.
fn own_program() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?;
    let replaced = path.to_str().and_then(|text| text.strip_suffix(" (deleted)")).map(PathBuf::from);
    Ok(replaced.unwrap_or(path))
}

/// Puts a link in place, at once for whoever looks.
fn link(to: &Path, at: &Path) -> io::Result<()> {
    if fs::read_link(at).is_ok_and(|found| found == to) {
        return Ok(());
    }
    let beside = at.with_extension(format!("{}.new", std::process::id()));
    symlink(to, &beside)?;
    fs::rename(&beside, at)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn links_lead_to_the_program_and_are_put_right() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tools");
        let target = |name: &str| fs::read_link(path.join(name)).unwrap();
        Folder::make(&path, Some(Path::new("/old/quorate"))).unwrap();
        assert_eq!(target("crm_master"), Path::new("/old/quorate"));
        let folder = Folder::make(&path, Some(Path::new("/new/quorate"))).unwrap();
        assert_eq!(target("crm_master"), Path::new("/new/quorate"));
        let names = fs::read_dir(folder.path()).unwrap();
        let left = names.filter(|name| name.as_ref().unwrap().path().extension().is_some());
        assert_eq!(left.count(), 0);
        assert_eq!(Tool::called(&path.join("attrd_updater")), Some(Tool::AttrdUpdater));
        assert_eq!(Tool::called(Path::new("/usr/bin/quorate")), None);
    }
}
