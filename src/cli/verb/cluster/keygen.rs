//! `cluster keygen`: a key that the members of a cluster share.

#![expect(clippy::disallowed_methods, reason = "reads the system's randomness, writes a key")]

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use sha2::{Digest as _, Sha256};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::formation::{Fingerprint, KEY_LENGTH};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where to write it; a file that is there already is kept.
    #[arg(default_value = "authkey")]
    file: PathBuf,
}

/// Runs the verb.
pub(super) fn run(arguments: &Arguments, terminal: Terminal) -> Result<Exit, Failure> {
    let (key, name) = named(make()?);
    let file = &arguments.file;
    let failed = |error: std::io::Error| Failure::file("write", file, &error);
    let open = File::options().write(true).create_new(true).mode(0o400).open(file);
    let mut open = match open {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(Failure::error(format!("{} is there already", file.display()))
                .help("a key is never overwritten: a cluster may need it; name another file"));
        }
        other => other.map_err(failed)?,
    };
    open.write_all(&key).and_then(|()| open.sync_all()).map_err(failed)?;
    terminal.note(&format!("Wrote {}, sha256 {name}. Whoever has it can join the cluster.", file.display()));
    Ok(Exit::Done)
}

/// A new key.
pub(super) fn make() -> Result<Vec<u8>, Failure> {
    let mut key = vec![0; KEY_LENGTH];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut key))
        .map_err(|error| Failure::error(format!("cannot read /dev/urandom: {error}")))?;
    Ok(key)
}

/// A key with its name.
pub(super) fn named(key: Vec<u8>) -> (Vec<u8>, Fingerprint) {
    let digest: String = Sha256::digest(&key).iter().map(|byte| format!("{byte:02x}")).collect();
    (key, Fingerprint::new(&digest))
}
