//! The files of a manifest: reading and watching them.

#![expect(clippy::disallowed_methods, reason = "reading files is this module's work")]

pub mod folder;

use std::io;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest;

/// Why a manifest could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file or directory cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A file is not text.
    #[error("{}", .0.message)]
    Text(Box<Diagnostic>),
    /// A directory holds no manifest.
    #[error("{} holds no .yaml file", .0.display())]
    Empty(PathBuf),
}

/// Reads the texts that make up one manifest: a file, or every manifest of a directory.
///
/// # Errors
/// When a file cannot be read, or a directory holds no manifest.
pub fn read(path: &Path) -> Result<Sources, ReadError> {
    let mut sources = Sources::default();
    for file in files(path)? {
        let bytes = std::fs::read(&file).map_err(|error| unreadable(&file, error))?;
        let name = file.display().to_string();
        let text = manifest::decode(&name, &bytes).map_err(|fault| ReadError::Text(Box::new(fault)))?;
        sources.add(name, text);
    }
    Ok(sources)
}

/// The files of a manifest, in order of their names.
///
/// # Errors
/// When the path cannot be read, or is a directory without manifests.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, ReadError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        let file = entry.map_err(|error| unreadable(path, error))?.path();
        if is_manifest(&file) {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(ReadError::Empty(path.to_owned()));
    }
    Ok(files)
}

fn is_manifest(file: &Path) -> bool {
    let is_hidden = file.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    is_yaml && !is_hidden && file.is_file()
}

fn unreadable(path: &Path, error: io::Error) -> ReadError {
    ReadError::File { path: path.to_owned(), error }
}
