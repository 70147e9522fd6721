//! What a recipient runs: is this the package that was made, whole, and does its making stand in the audit log?

use std::{
    fs::File,
    io::BufReader,
    path::{Component, Path, PathBuf},
};

use kiban_audit::{NoteVerifier, verify_inclusion};
use sha2::{Digest, Sha256};

use super::package::{
    EVENT, MANIFEST, PROOF, PackageManifest, ReleaseBody, ReleaseEvent, SIGNATURE, files, signed_text,
};
use crate::{Error, Result};

/// What verifying a package found.
#[derive(Debug, Clone, PartialEq)]
pub struct PackageCheck {
    /// What the package says of itself.
    pub manifest: PackageManifest,
    /// Everything that is wrong; empty where all is well.
    pub faults: Vec<Fault>,
    /// Place of the release in the audit log, where the proof holds.
    pub log_index: Option<u64>,
}

/// One thing wrong with a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A file of the manifest is not there.
    Missing(String),
    /// A file is there that the manifest does not name.
    Unknown(String),
    /// A file has other bytes than the manifest says.
    Changed(String),
    /// The signature over the manifest does not hold.
    Signature(String),
    /// The proof of the audit log does not hold.
    Proof(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{path} is missing"),
            Self::Unknown(path) => write!(f, "{path} is not in the manifest"),
            Self::Changed(path) => write!(f, "{path} has been changed"),
            Self::Signature(why) => write!(f, "the signature does not hold: {why}"),
            Self::Proof(why) => write!(f, "the audit proof does not hold: {why}"),
        }
    }
}

/// Verifies a package, a folder or a `.tar.zst`, against the operator's public key.
///
/// # Errors
/// Fails where it is no package at all; what is wrong with one is in [`PackageCheck::faults`].
pub fn verify(package: &Path, verifier: &NoteVerifier) -> Result<PackageCheck> {
    if package.is_dir() {
        return verify_folder(package, verifier);
    }
    let unpacked = std::env::temp_dir().join(format!("kiban-verify-{}", std::process::id()));
    let checked = unpack(package, &unpacked).and_then(|folder| verify_folder(&folder, verifier));
    let _ = std::fs::remove_dir_all(&unpacked);
    checked
}

fn verify_folder(folder: &Path, verifier: &NoteVerifier) -> Result<PackageCheck> {
    let text = read(folder, MANIFEST)?;
    let manifest: PackageManifest = serde_json::from_str(&text)
        .map_err(|e| Error::Input(format!("manifest.json is not a release manifest: {e}")))?;
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut faults = compare(&manifest, folder)?;
    if let Err(why) = signature(folder, &manifest, &digest, verifier) {
        faults.push(Fault::Signature(why));
    }
    let log_index = match proof(folder, &manifest, &digest, verifier) {
        Ok(index) => Some(index),
        Err(why) => {
            faults.push(Fault::Proof(why));
            None
        }
    };
    Ok(PackageCheck { manifest, faults, log_index })
}

fn compare(manifest: &PackageManifest, folder: &Path) -> Result<Vec<Fault>> {
    let found = files(folder)?;
    let mut faults = Vec::new();
    for told in &manifest.files {
        match found.iter().find(|file| file.path == told.path) {
            None => faults.push(Fault::Missing(told.path.clone())),
            Some(file) if file != told => faults.push(Fault::Changed(told.path.clone())),
            Some(_) => {}
        }
    }
    let unknown = found.into_iter().filter(|file| manifest.files.iter().all(|told| told.path != file.path));
    faults.extend(unknown.map(|file| Fault::Unknown(file.path)));
    Ok(faults)
}

fn signature(
    folder: &Path,
    manifest: &PackageManifest,
    digest: &[u8; 32],
    verifier: &NoteVerifier,
) -> std::result::Result<(), String> {
    let note = read(folder, SIGNATURE).map_err(|e| e.to_string())?;
    let text = verifier.open(&note).map_err(|e| e.to_string())?;
    if text == signed_text(&manifest.release, digest) { Ok(()) } else { Err("it is over another manifest".to_owned()) }
}

fn proof(
    folder: &Path,
    manifest: &PackageManifest,
    digest: &[u8; 32],
    verifier: &NoteVerifier,
) -> std::result::Result<u64, String> {
    let event = read(folder, EVENT).map_err(|e| e.to_string())?;
    let event: ReleaseEvent = serde_json::from_str(&event).map_err(|e| e.to_string())?;
    let body: ReleaseBody = serde_json::from_str(&event.body).map_err(|e| e.to_string())?;
    if body.release != manifest.release || body.manifest_sha256 != hex::encode(digest) {
        return Err("the logged event is of another manifest".to_owned());
    }
    let leaf = event.leaf().map_err(|e| e.to_string())?;
    let proof = read(folder, PROOF).map_err(|e| e.to_string())?;
    let inclusion = verify_inclusion(&proof, &leaf, verifier).map_err(|e| e.to_string())?;
    Ok(inclusion.index)
}

fn read(folder: &Path, name: &str) -> Result<String> {
    let path = folder.join(name);
    if !path.is_file() {
        return Err(Error::Missing(format!("this is no release package: it has no {name}")));
    }
    std::fs::read_to_string(&path).map_err(Error::io("read", &path))
}

/// Unpacks into `target` and returns the package's folder; entries that would lead elsewhere are refused.
pub(crate) fn unpack(package: &Path, target: &Path) -> Result<PathBuf> {
    let file = File::open(package).map_err(Error::io("open", package))?;
    let fail = |source| Error::Io { action: "unpack", path: package.to_owned(), source };
    let mut archive = tar::Archive::new(zstd::Decoder::new(BufReader::new(file)).map_err(fail)?);
    let mut root = None;
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let path = entry.path().map_err(fail)?.into_owned();
        let plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || !entry.header().entry_type().is_file() {
            return Err(Error::Input("the package holds an entry that is no plain file".to_owned()));
        }
        root = root.or_else(|| path.components().next().map(|first| target.join(first)));
        let to = target.join(&path);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        }
        let mut out = File::create(&to).map_err(Error::io("create", &to))?;
        std::io::copy(&mut entry, &mut out).map_err(fail)?;
    }
    root.ok_or_else(|| Error::Input("the package is empty".to_owned()))
}
