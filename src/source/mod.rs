//! The files of a manifest: reading and watching them.

#![expect(clippy::disallowed_methods, reason = "reading files is this module's work")]

pub mod folder;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, Sources};
use crate::manifest;

/// Most bytes of what programs write, such as a saved plan or a CIB with its status: it holds more than
/// a manifest.
pub const WRITTEN_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Reads an input whole, and never more than a byte beyond `limit`, however long it is.
///
/// # Errors
/// When it cannot be read, or is longer than `limit`.
pub fn read_bounded(input: impl Read, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    if input.take(most).read_to_end(&mut bytes)? <= limit {
        return Ok(bytes);
    }
    let message = match limit / 1024 {
        small @ ..1024 => format!("it is larger than {small} kB"),
        large => format!("it is larger than {} MB", large / 1024),
    };
    Err(io::Error::new(io::ErrorKind::FileTooLarge, message))
}

/// Reads a file whole, and never more than a byte beyond `limit`.
///
/// # Errors
/// When it cannot be read, or is longer than `limit`.
pub fn read_file(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    read_bounded(File::open(path)?, limit)
}

/// What a compressed text holds; any other text as it is. Pacemaker keeps its inputs as `.bz2`. What
/// counts is how it begins, as no configuration does, and never more than `limit` comes out of it.
///
/// # Errors
/// When it is damaged or cut short, holds more than `limit`, or is compressed in another way.
pub fn unpacked(bytes: Vec<u8>, limit: usize) -> io::Result<Vec<u8>> {
    if bytes.starts_with(b"BZh") {
        read_bounded(bzip2::read::MultiBzDecoder::new(bytes.as_slice()), limit)
    } else if bytes.starts_with(&[0x1f, 0x8b]) {
        read_bounded(flate2::read::MultiGzDecoder::new(bytes.as_slice()), limit)
    } else if OTHER_PACKERS.iter().any(|start| bytes.starts_with(start)) {
        let message = "it is compressed in a way that is not read here: unpack it first; .bz2 and .gz are read as they are";
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    } else {
        Ok(bytes)
    }
}

/// How what `xz`, `zstd`, `lz4`, `zip` and `lzip` write begins.
const OTHER_PACKERS: [&[u8]; 5] =
    [b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"PK\x03\x04", b"LZIP"];

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
    /// A file is not text, or too much of it.
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
    let mut rest = manifest::BYTES_MAX;
    for file in files(path)? {
        let name = file.display().to_string();
        let bytes = match read_file(&file, rest) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                return Err(ReadError::Text(Box::new(manifest::too_large(&name))));
            }
            Err(error) => return Err(unreadable(&file, error)),
        };
        rest -= bytes.len();
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::io::Write as _;

    use super::*;

    #[test]
    fn an_endless_input_is_refused_within_bounds() {
        let mut endless = io::repeat(b'x').take(1 << 30);
        let error = read_bounded(&mut endless, 1024).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(endless.limit(), (1 << 30) - 1025);
        assert_eq!(read_bounded(io::repeat(b'x').take(1024), 1024).unwrap().len(), 1024);
    }

    #[test]
    fn compressed_texts_are_unpacked_within_bounds() {
        let long = vec![b'x'; 4096];
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(&long).unwrap();
        let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bz2.write_all(&long).unwrap();
        for packed in [gz.finish().unwrap(), bz2.finish().unwrap()] {
            assert!(packed.len() < 200);
            assert_eq!(unpacked(packed.clone(), 4096).unwrap(), long);
            let kind = |bytes: Vec<u8>, limit: usize| unpacked(bytes, limit).unwrap_err().kind();
            assert_eq!(kind(packed.clone(), 4095), io::ErrorKind::FileTooLarge);
            assert_ne!(kind(packed[..packed.len() / 2].to_vec(), 4096), io::ErrorKind::FileTooLarge);
        }
        assert_eq!(unpacked(long.clone(), 1).unwrap(), long);
        let other = unpacked(b"\xfd7zXZ\0\0".to_vec(), 4096).unwrap_err();
        assert!(other.to_string().contains("unpack it first"), "{other}");
    }
}
