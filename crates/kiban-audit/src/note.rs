//! Signed notes with Ed25519 keys (C2SP signed-note).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::Error;

/// The signature type of Ed25519 in key ids and encoded keys.
const ED25519: u8 = 1;

/// More than sixteen signatures of the largest kind need; a longer note is refused unread.
const LONGEST: usize = 256 * 1024;

/// Signs the checkpoints of one log.
///
/// The name is the log's origin. The key is wiped from memory when the signer is dropped and never printed.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

impl NoteSigner {
    /// Takes the log's name, by recommendation a URL without schema such as `kiban.example/audit`, and the 32 secret
    /// bytes of the Ed25519 key.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, Error> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the public half.
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Returns `text`, which ends in a newline, as a signed note.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = [&self.verifier().id()[..], &signature].concat();
        format!("{text}\n— {} {}\n", self.name, STANDARD.encode(line))
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NoteSigner").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Checks the checkpoints of one log.
///
/// Written `name+id+base64`: the form in which verifier keys of signed notes are handed around.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

impl NoteVerifier {
    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of a hash over name and key.
    fn id(&self) -> [u8; 4] {
        let name = Sha256::new().chain_update(&self.name).chain_update(b"\n");
        let [a, b, c, d, ..] =
            <[u8; 32]>::from(name.chain_update([ED25519]).chain_update(self.key.as_bytes()).finalize());
        [a, b, c, d]
    }

    /// Returns the text of a note that this key signed.
    ///
    /// # Errors
    /// Says why the note does not count.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, Error> {
        let bad = |reason| Error::Note { reason };
        if note.len() > LONGEST {
            return Err(bad("is longer than any note should be"));
        }
        if note.chars().any(|char| char < ' ' && char != '\n') {
            return Err(bad("holds a control character"));
        }
        let blank = note.rfind("\n\n").ok_or(bad("has no blank line before its signatures"))?;
        let (text, signatures) = note.split_at(blank + 1);
        let signatures = signatures.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let mut signed = false;
        for line in signatures.ok_or(bad("does not end in a signature line"))?.split('\n') {
            signed |= self.check(text, line)?;
        }
        if signed { Ok(text) } else { Err(bad("is not signed by the trusted key")) }
    }

    /// Says whether a signature line is this key's, and fails if it is and does not hold.
    fn check(&self, text: &str, line: &str) -> Result<bool, Error> {
        let bad = |reason| Error::Note { reason };
        let malformed = bad("has a malformed signature line");
        let Some((name, encoded)) = line.strip_prefix("— ").and_then(|line| line.split_once(' ')) else {
            return Err(malformed);
        };
        let Ok(bytes) = STANDARD.decode(encoded) else { return Err(malformed) };
        let Some((id, signature)) = bytes.split_first_chunk::<4>() else { return Err(malformed) };
        if name.is_empty() || signature.is_empty() {
            return Err(malformed);
        }
        if name != self.name || *id != self.id() {
            return Ok(false);
        }
        let signature = Signature::from_slice(signature).map_err(|_| malformed)?;
        let held = self.key.verify_strict(text.as_bytes(), &signature);
        held.map(|()| true).map_err(|_| bad("has a signature of the trusted key that does not hold"))
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), STANDARD.encode(key))
    }
}

impl fmt::Debug for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteVerifier({self})")
    }
}

impl FromStr for NoteVerifier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = |reason| Error::VerifierKey { reason };
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("is not of the form name+id+base64"));
        };
        check_name(name)?;
        let bytes = STANDARD.decode(key).map_err(|_| bad("does not end in base64"))?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(bad("is not an Ed25519 key")) };
        let key = key.try_into().map_err(|_| bad("does not have 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| bad("is no point of the curve"))?;
        let verifier = Self { name: name.to_owned(), key };
        if id == format!("{:08x}", u32::from_be_bytes(verifier.id())) {
            Ok(verifier)
        } else {
            Err(bad("has an id that is not its own"))
        }
    }
}

fn check_name(name: &str) -> Result<(), Error> {
    let bad = name.is_empty() || name.chars().any(|char| char.is_whitespace() || char.is_control() || char == '+');
    if bad { Err(Error::KeyName { name: name.to_owned() }) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    // The example of golang.org/x/mod/sumdb/note, where the format comes from.
    const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SKEY: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str =
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const LINE: &str =
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn reason(note: &str) -> String {
        VKEY.parse::<NoteVerifier>().unwrap().open(note).unwrap_err().to_string()
    }

    #[test]
    fn the_known_note_is_signed_and_opened() {
        let seed = STANDARD.decode(SKEY).unwrap()[1..].try_into().unwrap();
        let signer = NoteSigner::new("PeterNeumann", &seed).unwrap();
        assert_eq!(signer.verifier().to_string(), VKEY);
        let note = signer.sign(TEXT);
        assert_eq!(note, format!("{TEXT}\n{LINE}"));
        assert_eq!(VKEY.parse::<NoteVerifier>().unwrap().open(&note).unwrap(), TEXT);
    }

    #[test]
    fn signatures_of_others_are_passed_over() {
        let other = NoteSigner::new("witness.example", &[3; 32]).unwrap();
        let line = other.sign(TEXT)[TEXT.len() + 1..].to_owned();
        let verifier: NoteVerifier = VKEY.parse().unwrap();
        assert_eq!(verifier.open(&format!("{TEXT}\n{line}{LINE}{line}")).unwrap(), TEXT);
        assert_eq!(reason(&format!("{TEXT}\n{line}")), "signed note: is not signed by the trusted key");
    }

    #[test]
    fn what_does_not_hold_is_refused() {
        let good = format!("{TEXT}\n{LINE}");
        let broken = "signed note: has a signature of the trusted key that does not hold";
        assert_eq!(reason(&good.replace("answer", "Answer")), broken);
        assert_eq!(reason(&format!("{good}{}", LINE.replace("ZJku", "ZJkv"))), broken);
        assert_eq!(reason(TEXT), "signed note: has no blank line before its signatures");
        assert_eq!(reason(&good[..good.len() - 1]), "signed note: does not end in a signature line");
        assert_eq!(reason(&good.replace("— ", "- ")), "signed note: has a malformed signature line");
        assert_eq!(reason(&good.replace(',', "\t")), "signed note: holds a control character");
        assert_eq!(reason(&format!("{}{good}", "x".repeat(LONGEST))), "signed note: is longer than any note should be");
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let reason = |key: &str| key.parse::<NoteVerifier>().unwrap_err().to_string();
        assert_eq!(reason("PeterNeumann"), "verifier key: is not of the form name+id+base64");
        assert_eq!(reason(&VKEY.replace("c74f", "c74e")), "verifier key: has an id that is not its own");
        assert_eq!(reason(&VKEY.replace("c74f20a3", "C74F20A3")), "verifier key: has an id that is not its own");
        assert_eq!(reason(&VKEY.replace("ARpc", "ARp")), "verifier key: does not end in base64");
        assert_eq!(reason(&VKEY.replace("ARpc", "AhpC")), "verifier key: is not an Ed25519 key");
        for name in ["", "a b", "a\u{3000}b", "a+b", "a\nb"] {
            assert!(matches!(NoteSigner::new(name, &[0; 32]), Err(Error::KeyName { .. })), "{name:?}");
        }
    }

    #[test]
    fn a_signer_does_not_print_its_key() {
        let signer = NoteSigner::new("log.example", &[0xab; 32]).unwrap();
        assert_eq!(format!("{signer:?}"), r#"NoteSigner { name: "log.example", .. }"#);
    }
}
