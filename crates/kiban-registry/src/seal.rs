//! Bodies of audit events, and files of the house, under its body key: ChaCha20-Poly1305, bound to event, class and time,
//! or to the file's name.

use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit,
    aead::{Aead, Payload},
};
use kiban_audit::Commitment;
use kiban_core::{Entropy, EventClass};

use crate::{Error, Registry};

/// What of an event is in clear, and so must not be exchanged: it is authenticated with the body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Label {
    pub(crate) event: i64,
    pub(crate) class: EventClass,
    pub(crate) at: i64,
}

impl Label {
    fn aad(&self) -> [u8; 18] {
        let mut aad = [0; 18];
        let (event, rest) = aad.split_at_mut(8);
        let (class, at) = rest.split_at_mut(2);
        event.copy_from_slice(&self.event.to_be_bytes());
        class.copy_from_slice(&self.class.number().to_be_bytes());
        at.copy_from_slice(&self.at.to_be_bytes());
        aad
    }
}

/// A body as it lies in the registry.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub(crate) commitment: Commitment,
    pub(crate) salt: [u8; 32],
    pub(crate) nonce: [u8; 12],
    pub(crate) ciphertext: Vec<u8>,
}

/// Seals a body under fresh salt and nonce.
///
/// The nonce's purpose names the body's commitment too, so that seeded entropy never gives one nonce to two bodies,
/// even when a transaction is rolled back and its event number used again.
pub(crate) fn seal(key: &[u8; 32], entropy: &dyn Entropy, label: Label, body: &[u8]) -> Result<Sealed, Error> {
    let salt = entropy.key(&format!("audit-salt/{}", label.event));
    let commitment = Commitment::of(&salt, body);
    let drawn = entropy.key(&format!("audit-nonce/{}/{commitment}", label.event));
    let mut nonce = [0; 12];
    nonce.copy_from_slice(drawn.split_at(12).0);
    let payload = Payload { msg: body, aad: &label.aad() };
    let ciphertext = cipher(key).encrypt(&nonce.into(), payload).map_err(|_| Error::Sealed(label.event))?;
    Ok(Sealed { commitment, salt, nonce, ciphertext })
}

/// Opens a body and checks it against its commitment.
pub(crate) fn open(key: &[u8; 32], label: Label, sealed: &Sealed) -> Result<Vec<u8>, Error> {
    let payload = Payload { msg: &sealed.ciphertext, aad: &label.aad() };
    let body = cipher(key).decrypt(&sealed.nonce.into(), payload).map_err(|_| Error::Sealed(label.event))?;
    if sealed.commitment.opens(&sealed.salt, &body) { Ok(body) } else { Err(Error::Sealed(label.event)) }
}

impl Registry {
    /// Seals a file of the house under the key of event bodies, bound to the file's name.
    ///
    /// # Errors
    /// The registry is open for reading only.
    pub fn seal_file(&self, name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let (house, _) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        // As for bodies: seeded entropy never gives one nonce to two contents.
        let drawn = house.entropy.key(&format!("file-nonce/{name}/{}", Commitment::of(&house.body_key, bytes)));
        let mut nonce = [0; 12];
        nonce.copy_from_slice(drawn.split_at(12).0);
        let payload = Payload { msg: bytes, aad: name.as_bytes() };
        let sealed = cipher(&house.body_key).encrypt(&nonce.into(), payload);
        Ok([nonce.as_slice(), &sealed.map_err(|_| Error::SealedFile(name.to_owned()))?].concat())
    }

    /// Opens what [`Registry::seal_file`] sealed.
    ///
    /// # Errors
    /// The registry is open for reading only, or the file is damaged, of another name or under another key.
    pub fn open_file(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (house, _) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        let wrong = || Error::SealedFile(name.to_owned());
        let (nonce, msg) = sealed.split_first_chunk::<12>().ok_or_else(wrong)?;
        cipher(&house.body_key).decrypt(&(*nonce).into(), Payload { msg, aad: name.as_bytes() }).map_err(|_| wrong())
    }
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(&(*key).into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use kiban_core::SeededEntropy;

    use super::*;

    const LABEL: Label = Label { event: 7, class: EventClass::Objection, at: 1_775_000_000_000_000 };

    #[test]
    fn a_body_opens_only_under_its_own_key_label_and_commitment() {
        let sealed = seal(&[1; 32], &SeededEntropy(1), LABEL, b"{\"a\":1}").unwrap();
        assert_eq!(open(&[1; 32], LABEL, &sealed).unwrap(), b"{\"a\":1}");
        assert!(open(&[2; 32], LABEL, &sealed).is_err());
        assert!(open(&[1; 32], Label { event: 8, ..LABEL }, &sealed).is_err());
        assert!(open(&[1; 32], Label { class: EventClass::Notice, ..LABEL }, &sealed).is_err());
        let other = Sealed { commitment: Commitment::of(&sealed.salt, b"else"), ..sealed };
        assert!(open(&[1; 32], LABEL, &other).is_err());
    }

    #[test]
    fn two_bodies_of_one_event_number_never_share_a_nonce() {
        let one = seal(&[1; 32], &SeededEntropy(1), LABEL, b"rolled back").unwrap();
        let two = seal(&[1; 32], &SeededEntropy(1), LABEL, b"written again").unwrap();
        assert_ne!(one.nonce, two.nonce);
    }
}
