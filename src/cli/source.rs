//! Reading manifests: a file, every file of a directory, or standard input.

#![expect(clippy::disallowed_methods, reason = "reading files is this module's work")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::Exit;
use super::failure::Failure;
use crate::diagnostic::Sources;
use crate::manifest;

/// Name for `-`.
const STDIN: &str = "<stdin>";

/// Reads the texts that make up one manifest.
///
/// # Errors
/// When a file cannot be read, or a directory holds no manifest.
pub(super) fn read(path: &Path) -> Result<Sources, Failure> {
    let mut sources = Sources::default();
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::error(format!("cannot read standard input: {error}")))?;
        sources.add(STDIN, to_text(&bytes, Path::new(STDIN))?);
        return Ok(sources);
    }
    for file in files(path)? {
        let bytes = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        sources.add(file.display().to_string(), to_text(&bytes, &file)?);
    }
    Ok(sources)
}

/// Reads one text that is no manifest, such as a CIB; `-` is standard input.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read_other(path: &Path) -> Result<Sources, Failure> {
    if path == Path::new("-") {
        return read(path);
    }
    let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    let mut sources = Sources::default();
    sources.add(path.display().to_string(), to_text(&bytes, path)?);
    Ok(sources)
}

/// The files of a manifest, in order of their names.
///
/// # Errors
/// When the path cannot be read, or is a directory without manifests.
pub(super) fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| unreadable(path, &error))?.path();
        if is_manifest(&file) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::error(format!("{} holds no .yaml file", path.display())));
    }
    Ok(files)
}

fn is_manifest(file: &Path) -> bool {
    let is_hidden = file.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_yaml && !is_hidden && file.is_file()
}

fn to_text(bytes: &[u8], file: &Path) -> Result<Arc<str>, Failure> {
    manifest::decode(&file.display().to_string(), bytes).map_err(|diagnostic| {
        let failure = Failure::new(Exit::ManifestInvalid, diagnostic.message);
        diagnostic.help.into_iter().fold(failure, Failure::help)
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::file("read", path, error);
    if error.kind() == std::io::ErrorKind::NotFound {
        failure.help("`quorate init` writes a first manifest; -f names another file or directory")
    } else {
        failure
    }
}
