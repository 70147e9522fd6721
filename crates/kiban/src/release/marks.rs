//! Marks of recipients' copies as the house keeps them: sealed, beside the record of the release, and gone with it.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use kiban_core::ReleaseId;
use kiban_engine::release::trace::Mark;

use crate::{
    failure::{Failure, Result},
    house::House,
};

/// How the file of a release's marks ends.
const ENDING: &str = ".marks";
/// Bytes of a nonce, which stands before what it seals.
const NONCE: usize = 12;

/// Keeps the marks of a release durably, in place of those of an attempt that was interrupted.
pub(super) fn keep(house: &House, release: &ReleaseId, mark: &Mark) -> Result<()> {
    let folder = house.records_dir();
    fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
    let sealed = seal(house, release.as_str(), &mark.to_bytes())?;
    let path = folder.join(format!("{release}{ENDING}"));
    let part = folder.join(format!("{release}{ENDING}.part"));
    let write = |part: &Path| {
        let mut file = File::create(part)?;
        file.write_all(&sealed)?;
        file.sync_all()?;
        fs::rename(part, &path)?;
        File::open(&folder)?.sync_all()
    };
    write(&part).map_err(Failure::file("write", &path))
}

/// Returns the marks of all releases of the house, by the name of the release.
pub(crate) fn kept(house: &House) -> Result<Vec<Mark>> {
    let folder = house.records_dir();
    let mut marks = Vec::new();
    for path in files(&folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(release) = name.strip_suffix(ENDING) else { continue };
        let sealed = fs::read(&path).map_err(Failure::file("read", &path))?;
        let damaged = || Failure::wrong("use-damaged-marks", &[("file", &path.display())]);
        let bytes = open(house, release, &sealed).ok_or_else(damaged)?;
        marks.push(Mark::from_bytes(&bytes).map_err(|_| damaged())?);
    }
    Ok(marks)
}

fn files(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("list", folder))? {
        files.push(entry.map_err(Failure::file("list", folder))?.path());
    }
    files.sort_unstable();
    Ok(files)
}

/// Seals marks under the house's key, bound to the release; the nonce stands before them.
///
/// The nonce's purpose names what is sealed too, so that seeded entropy never gives one nonce to two.
fn seal(house: &House, release: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let key = house.kept_marks_key();
    let of = hex::encode(kiban_core::keyed(&key, &[bytes]));
    let drawn = house.entropy.key(&format!("release/{release}/marks-nonce/{of}"));
    let mut nonce = [0; NONCE];
    nonce.copy_from_slice(drawn.split_at(NONCE).0);
    let payload = Payload { msg: bytes, aad: release.as_bytes() };
    let sealed = cipher(&key).encrypt(&nonce.into(), payload).map_err(|_| Failure::Bug("marks cannot be sealed"))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

fn open(house: &House, release: &str, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: sealed, aad: release.as_bytes() };
    cipher(&house.kept_marks_key()).decrypt(&(*nonce).into(), payload).ok()
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&(*key).into())
}
