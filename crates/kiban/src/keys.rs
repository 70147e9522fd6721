//! The keys of the house: files that only its owner can read.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, os::unix::fs::PermissionsExt, path::Path};

use kiban_audit::NoteSigner;
use kiban_core::{Entropy, PatientRefs, keyed};

use crate::failure::{Failure, Result};

/// The folder of the keys within the house.
const FOLDER: &str = "keys";
/// The text by which others verify the audit log; it is no secret.
const VERIFIER: &str = "audit.pub";

/// The keys, read.
pub(crate) struct Keys {
    audit: [u8; 32],
    patients: [u8; 32],
    bodies: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Draws new keys and writes them into the house.
    pub(crate) fn create(house: &Path, entropy: &dyn Entropy, origin: &str) -> Result<Self> {
        let folder = house.join(FOLDER);
        fs::create_dir(&folder).map_err(Failure::file("create", &folder))?;
        let only_owner = fs::Permissions::from_mode(0o700);
        fs::set_permissions(&folder, only_owner).map_err(Failure::file("protect", &folder))?;
        let mut keys = Self { audit: [0; 32], patients: [0; 32], bodies: [0; 32] };
        for (name, key) in keys.files() {
            *key = entropy.key(&format!("house/{name}"));
            write(&folder.join(name), &hex::encode(*key))?;
        }
        write(&folder.join(VERIFIER), &keys.signer(origin)?.verifier().to_string())?;
        Ok(keys)
    }

    /// Reads the keys; others than the owner must not be able to.
    pub(crate) fn load(house: &Path) -> Result<Self> {
        let folder = house.join(FOLDER);
        let mut keys = Self { audit: [0; 32], patients: [0; 32], bodies: [0; 32] };
        for (name, key) in keys.files() {
            let path = folder.join(name);
            let mode = fs::metadata(&path).map_err(Failure::file("read", &path))?.permissions().mode();
            if mode & 0o077 != 0 {
                return Err(Failure::wrong("use-key-open", &[("path", &path.display())]));
            }
            let text = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
            hex::decode_to_slice(text.trim(), key)
                .map_err(|_| Failure::wrong("use-key-form", &[("path", &path.display())]))?;
        }
        Ok(keys)
    }

    /// Returns what signs the audit log and releases.
    pub(crate) fn signer(&self, origin: &str) -> Result<NoteSigner> {
        NoteSigner::new(origin, &self.audit).map_err(|_| Failure::wrong("use-origin", &[]))
    }

    /// Returns what turns local patient ids into references.
    pub(crate) const fn patient_refs(&self) -> PatientRefs {
        PatientRefs::new(self.patients)
    }

    /// Returns the key of the bodies of audit events.
    pub(crate) const fn bodies(&self) -> [u8; 32] {
        self.bodies
    }

    /// Returns the key of the tokens by which the ledger of releases knows persons: the same for all releases of the house.
    pub(crate) fn ledger(&self) -> [u8; 32] {
        keyed(&self.patients, &[b"ledger of releases"])
    }

    /// Returns the key by which rows are marked, the same for all releases of the house.
    pub(crate) fn marks(&self) -> [u8; 32] {
        kiban_core::keyed(&self.bodies, &[b"marks of recipients"])
    }

    /// Returns the key under which kept marks are sealed.
    pub(crate) fn kept_marks(&self) -> [u8; 32] {
        kiban_core::keyed(&self.bodies, &[b"kept marks"])
    }

    fn files(&mut self) -> [(&'static str, &mut [u8; 32]); 3] {
        [
            ("audit-signing.key", &mut self.audit),
            ("patient-reference.key", &mut self.patients),
            ("audit-body.key", &mut self.bodies),
        ]
    }
}

/// Writes a new file that only its owner can read.
fn write(path: &Path, text: &str) -> Result<()> {
    let open = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = open.map_err(Failure::file("create", path))?;
    writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(Failure::file("write", path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kiban_core::SeededEntropy;

    use super::*;

    #[test]
    fn keys_come_back_and_are_refused_when_others_can_read_them() {
        let dir = tempfile::tempdir().unwrap();
        let made = Keys::create(dir.path(), &SeededEntropy(1), "kiban.example/audit").unwrap();
        let read = Keys::load(dir.path()).unwrap();
        assert_eq!((made.audit, made.patients, made.bodies), (read.audit, read.patients, read.bodies));
        assert!(made.audit != made.patients && made.patients != made.bodies);
        let path = dir.path().join("keys/audit-body.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Keys::load(dir.path()), Err(Failure::Use { id: "use-key-open", .. })));
    }
}
