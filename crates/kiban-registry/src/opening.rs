//! Opens an audit event to an outsider: whoever has its salt and body can compute the leaf's commitment again.

use jiff::Timestamp;
use kiban_audit::Commitment;
use kiban_core::EventClass;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::{
    Error, Registry,
    convert::{bytes, column, instant},
    entity::audit_body,
    seal::{Label, Sealed, open},
    writing::event_class,
};

/// An event with what its commitment hides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its class.
    pub class: EventClass,
    /// When it was logged.
    pub at: Timestamp,
    /// The commitment's salt.
    pub salt: [u8; 32],
    /// The body, byte for byte as it was committed to.
    pub body: Vec<u8>,
}

impl Registry {
    /// Returns what opens the event of a leaf; none where the leaf is not the registry's or its body was erased.
    ///
    /// # Errors
    /// The body does not open, or the database fails.
    pub async fn opening(&self, leaf: u64) -> Result<Option<Opening>, Error> {
        let (house, _) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        let row = audit_body::Entity::find()
            .filter(audit_body::Column::LeafIndex.eq(column(leaf, "leaf index")?))
            .one(self.reads())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let (Some(salt), Some(nonce), Some(ciphertext)) = (row.salt, row.nonce, row.ciphertext) else {
            return Ok(None);
        };
        let class = event_class(row.class)?;
        let commitment = Commitment::from_bytes(bytes(&row.commitment, "commitment")?);
        let (salt, nonce) = (bytes(&salt, "salt")?, bytes(&nonce, "nonce")?);
        let label = Label { event: row.event, class, at: row.at };
        let body = open(&house.body_key, label, &Sealed { commitment, salt, nonce, ciphertext })?;
        Ok(Some(Opening { class, at: instant(row.at)?, salt, body }))
    }
}
