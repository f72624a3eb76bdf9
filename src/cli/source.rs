//! Reading manifests: a file, every file of a directory, or standard input.

#![expect(clippy::disallowed_methods, reason = "reading is this module's work")]

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest;
use crate::source::{self as files, ReadError};

/// Name for `-`.
const STDIN: &str = "<stdin>";

/// Reads the texts that make up one manifest.
///
/// # Errors
/// When a file cannot be read, or a directory holds no manifest.
pub(super) fn read(path: &Path) -> Result<Sources, Failure> {
    if path == Path::new("-") {
        return read_stdin(manifest::BYTES_MAX, |bytes, _| Ok(bytes));
    }
    files::read(path).map_err(failure)
}

/// Reads one text that is no manifest, such as a CIB, compressed or not; `-` is standard input.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read_other(path: &Path) -> Result<Sources, Failure> {
    if path == Path::new("-") {
        return read_stdin(files::WRITTEN_BYTES_MAX, files::unpacked);
    }
    let bytes = files::read_file(path, files::WRITTEN_BYTES_MAX)
        .and_then(|bytes| files::unpacked(bytes, files::WRITTEN_BYTES_MAX))
        .map_err(|error| Failure::file("read", path, &error))?;
    let mut sources = Sources::default();
    sources.add(path.display().to_string(), to_text(&bytes, path)?);
    Ok(sources)
}

/// What a text is called that was read from here.
pub(super) fn called(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// A way from what was read to what it holds.
type Unpack = fn(Vec<u8>, usize) -> std::io::Result<Vec<u8>>;

fn read_stdin(limit: usize, unpack: Unpack) -> Result<Sources, Failure> {
    let read = files::read_bounded(std::io::stdin(), limit);
    let bytes = read.and_then(|bytes| unpack(bytes, limit)).map_err(|error| {
        if error.kind() == ErrorKind::FileTooLarge && limit == manifest::BYTES_MAX {
            refused(manifest::too_large(STDIN))
        } else {
            Failure::error(format!("cannot read standard input: {error}"))
        }
    })?;
    let mut sources = Sources::default();
    sources.add(STDIN, to_text(&bytes, Path::new(STDIN))?);
    Ok(sources)
}

fn failure(error: ReadError) -> Failure {
    match error {
        ReadError::File { path, error } => unreadable(&path, &error),
        ReadError::Text(diagnostic) => refused(*diagnostic),
        ReadError::Empty(_) => Failure::error(error.to_string()),
    }
}

fn to_text(bytes: &[u8], file: &Path) -> Result<Arc<str>, Failure> {
    manifest::decode(&file.display().to_string(), bytes).map_err(refused)
}

/// The text cannot be read as what it should be.
fn refused(finding: Diagnostic) -> Failure {
    let failure = Failure::new(Exit::ManifestInvalid, finding.message.clone());
    let failure = finding.help.clone().into_iter().fold(failure, Failure::help);
    Failure { finding: Some(Box::new(finding)), ..failure }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::file("read", path, error);
    if error.kind() == ErrorKind::NotFound {
        failure.help("`quorate init` writes a first manifest; -f names another file or directory")
    } else {
        failure
    }
}
