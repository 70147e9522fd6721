//! Checkpoints: the signed heads of the tree (C2SP tlog-checkpoint).

use std::fmt;

use crate::{Error, Hash, NoteSigner, NoteVerifier};

/// What a log's key signed about its tree at one size.
///
/// There is no checkpoint whose signature was not checked: one is either signed by [`Log`](crate::Log) or read with a
/// [`NoteVerifier`]. `Display` gives the note as it was read, signatures of witnesses included.
#[derive(Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    note: String,
}

impl Checkpoint {
    /// Reads the note of a checkpoint and checks that the verifier's log signed it.
    pub fn parse(note: &str, verifier: &NoteVerifier) -> Result<Self, Error> {
        let bad = |reason| Error::Checkpoint { reason };
        let text = verifier.open(note)?;
        let mut lines = text.strip_suffix('\n').ok_or(bad("does not end in a newline"))?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(bad("has fewer than three lines"));
        };
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(bad("has an empty line"));
        }
        if origin != verifier.name() {
            return Err(Error::Origin { expected: verifier.name().to_owned(), found: origin.to_owned() });
        }
        let size = decimal(size).ok_or(bad("has no tree size in its second line"))?;
        let root = Hash::from_base64(root).ok_or(bad("has no root hash in its third line"))?;
        Ok(Self { origin: origin.to_owned(), size, root, note: note.to_owned() })
    }

    /// Signs the head of a tree.
    pub(crate) fn sign(signer: &NoteSigner, size: u64, root: Hash) -> Self {
        let note = signer.sign(&format!("{}\n{size}\n{root}\n", signer.name()));
        Self { origin: signer.name().to_owned(), size, root, note }
    }

    /// Returns the name of the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root of the tree.
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Returns the signed note.
    pub fn as_str(&self) -> &str {
        &self.note
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.note)
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({} {} {})", self.origin, self.size, self.root)
    }
}

/// Reads a decimal in its one canonical form.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    text.parse::<u64>().ok().filter(|number| number.to_string() == text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    fn signer() -> NoteSigner {
        NoteSigner::new("kiban.example/audit", &[42; 32]).unwrap()
    }

    fn reason(text: &str) -> String {
        Checkpoint::parse(&signer().sign(text), &signer().verifier()).unwrap_err().to_string()
    }

    #[test]
    fn the_note_stays_as_it_is() {
        let checkpoint = Checkpoint::sign(&signer(), 3, Hash::leaf(b"x"));
        insta::assert_snapshot!(checkpoint, @"
        kiban.example/audit
        3
        PH6byTDck/AfppmF7yQtn56GHzxTVaokzl70tLinDMs=

        — kiban.example/audit 40hNz3W+pT8Gt4iIpCkJWhpO3H+J5J85zt9GtZaPEI1RGtfW0mDzB1ItFYSzTPPT4RwS5jn/8mRO1/ZMqWTHT6zdHAY=
        ");
        insta::assert_snapshot!(signer().verifier(), @"kiban.example/audit+e3484dcf+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h");
        assert_eq!(Checkpoint::parse(checkpoint.as_str(), &signer().verifier()).unwrap(), checkpoint);
    }

    #[test]
    fn extension_lines_are_passed_over() {
        let note = signer().sign(&format!("kiban.example/audit\n0\n{}\nmore\n", Hash::empty()));
        assert_eq!(Checkpoint::parse(&note, &signer().verifier()).unwrap().size(), 0);
    }

    #[test]
    fn what_is_no_checkpoint_is_refused_though_signed() {
        let root = Hash::empty();
        assert_eq!(reason("kiban.example/audit\n0\n"), "checkpoint: has fewer than three lines");
        assert_eq!(
            reason(&format!("kiban.example/audit\n00\n{root}\n")),
            "checkpoint: has no tree size in its second line"
        );
        assert_eq!(
            reason(&format!("kiban.example/audit\n+1\n{root}\n")),
            "checkpoint: has no tree size in its second line"
        );
        assert_eq!(reason("kiban.example/audit\n0\nAAAA\n"), "checkpoint: has no root hash in its third line");
        assert_eq!(reason(&format!("kiban.example/audit\n0\n{root}\n\nmore\n")), "checkpoint: has an empty line");
        let other = format!("other.example\n0\n{root}\n");
        assert_eq!(reason(&other), r#"checkpoint is of the log "other.example", not of "kiban.example/audit""#);
    }
}
