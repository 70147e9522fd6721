//! The one road by which anything is written: facts and outbox together, then the log, then the acknowledgement.
//!
//! Design invariant 7 says that nothing is said before it is logged. A [`Writing`] is one database transaction; the
//! events in it are sealed into `audit_body` rows without a leaf index, the outbox. [`Writing::commit`] commits, has
//! the log append and fsync the outbox, marks the rows with their indexes and only then returns. A crash
//!
//! - before the commit leaves nothing behind;
//! - after the commit, before the log: the rows are found without an index at the next opening and appended;
//! - after the log, before the marks: the rows' commitments are found among the leaves that no row has, and marked.

use std::{collections::HashMap, ops::Range};

use jiff::Timestamp;
use kiban_audit::{Commitment, Leaf};
use kiban_core::EventClass;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseConnection, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, SqliteTransactionMode, TransactionOptions, TransactionTrait, sea_query::Expr,
};
use serde::Serialize;
use tokio::sync::{MutexGuard, OwnedMutexGuard};

use crate::{
    Error, EventLog,
    convert::{bytes, column, instant, micros, number},
    entity::audit_body,
    registry::House,
    seal::{Label, seal},
};

/// What the single writer knows between two transactions.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) db: DatabaseConnection,
    /// While doubtful, nothing more is written before the outbox is settled.
    pub(crate) standing: Standing,
}

/// How the outbox stands to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Every committed event is in the log.
    Settled,
    /// Something was interrupted: a leaf may be in the log without its mark.
    Doubtful,
}

/// One transaction of the single writer. Dropped without [`Writing::commit`], it leaves nothing.
#[must_use = "nothing is written before the commit"]
pub(crate) struct Writing<'r> {
    tx: DatabaseTransaction,
    writer: MutexGuard<'r, Writer>,
    house: &'r House,
    at: Timestamp,
    first: i64,
    next: i64,
}

impl<'r> Writing<'r> {
    /// Begins at once as a writer: a deferred upgrade would fail with BUSY whatever the timeout.
    pub(crate) async fn begin(
        mut writer: MutexGuard<'r, Writer>,
        house: &'r House,
        at: Timestamp,
    ) -> Result<Self, Error> {
        if writer.standing == Standing::Doubtful {
            settle(&mut writer, house).await?;
        }
        let tx = writer.db.begin_with_options(immediate()).await?;
        let last: Option<Option<i64>> = audit_body::Entity::find()
            .select_only()
            .column_as(audit_body::Column::Event.max(), "last")
            .into_tuple()
            .one(&tx)
            .await?;
        let next = last.flatten().unwrap_or(0) + 1;
        Ok(Self { tx, writer, house, at, first: next, next })
    }

    pub(crate) fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    /// Returns when this is recorded.
    pub(crate) fn at(&self) -> i64 {
        micros(self.at)
    }

    /// Returns the number that the next event will have, for facts written before it.
    pub(crate) fn number(&self) -> i64 {
        self.next
    }

    /// Puts an event into the outbox and returns its number.
    pub(crate) async fn event(&mut self, class: EventClass, body: &impl Serialize) -> Result<i64, Error> {
        let label = Label { event: self.next, class, at: self.at() };
        let sealed = seal(&self.house.body_key, &*self.house.entropy, label, &serde_json::to_vec(body)?)?;
        let row = audit_body::Model {
            event: label.event,
            leaf_index: None,
            class: i64::from(class.number()),
            at: label.at,
            commitment: sealed.commitment.as_bytes().to_vec(),
            salt: Some(sealed.salt.to_vec()),
            nonce: Some(sealed.nonce.to_vec()),
            ciphertext: Some(sealed.ciphertext),
            erased_at: None,
        };
        audit_body::Entity::insert(row.into_active_model()).exec_without_returning(&self.tx).await?;
        self.next += 1;
        Ok(label.event)
    }

    /// Commits, logs, marks; returns the leaf indexes of the events of this writing.
    pub(crate) async fn commit(self) -> Result<Vec<u64>, Error> {
        let Self { tx, mut writer, house, first, next, .. } = self;
        if first == next {
            tx.commit().await?;
            return Ok(Vec::new());
        }
        writer.standing = Standing::Doubtful;
        tx.commit().await?;
        settle(&mut writer, house).await?;
        leaves_of(&writer.db, first..next).await
    }
}

/// Brings log and outbox together, each event exactly once and in order.
///
/// The log stays locked from the look to the mark, so that two handles never append the same event. Leaves beyond the
/// last marked one are looked through first; after an undisturbed life there are none.
pub(crate) async fn settle(writer: &mut Writer, house: &House) -> Result<(), Error> {
    writer.standing = Standing::Doubtful;
    let log = house.log.clone().lock_owned().await;
    let known = acknowledged(&writer.db).await?;
    if log.size() < known {
        return Err(Error::LogCut { log: log.size(), known: known.saturating_sub(1) });
    }
    let pending = outbox(&writer.db).await?;
    if !pending.is_empty() {
        let found = unmarked(&log, known)?;
        let index = |leaf: &Leaf| found.get(leaf.commitment().as_bytes()).copied();
        let mut marks: Vec<(i64, u64)> =
            pending.iter().filter_map(|(event, leaf)| Some((*event, index(leaf)?))).collect();
        let (events, leaves): (Vec<i64>, Vec<Leaf>) =
            pending.iter().copied().filter(|(_, leaf)| index(leaf).is_none()).unzip();
        let (_log, range) = append(log, leaves).await?;
        marks.extend(events.into_iter().zip(range));
        mark(&writer.db, &marks).await?;
    }
    writer.standing = Standing::Settled;
    Ok(())
}

type Guard = OwnedMutexGuard<dyn EventLog>;

/// Appends and fsyncs on a thread that may block; gives the lock back.
async fn append(mut log: Guard, leaves: Vec<Leaf>) -> Result<(Guard, Range<u64>), Error> {
    if leaves.is_empty() {
        return Ok((log, 0..0));
    }
    let work = move || log.append(&leaves).map(|range| (log, range));
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| Error::Log(Box::new(e)))?;
    let (log, range) = done.map_err(Error::Log)?;
    Ok((log, range))
}

/// Returns the events that have no leaf yet, in order.
async fn outbox(db: &DatabaseConnection) -> Result<Vec<(i64, Leaf)>, Error> {
    let rows: Vec<(i64, i64, i64, Vec<u8>)> = audit_body::Entity::find()
        .select_only()
        .columns([
            audit_body::Column::Event,
            audit_body::Column::Class,
            audit_body::Column::At,
            audit_body::Column::Commitment,
        ])
        .filter(audit_body::Column::LeafIndex.is_null())
        .order_by_asc(audit_body::Column::Event)
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter().map(|(event, class, at, commitment)| Ok((event, leaf(class, at, &commitment)?))).collect()
}

/// Rebuilds the leaf of an event.
pub(crate) fn leaf(class: i64, at: i64, commitment: &[u8]) -> Result<Leaf, Error> {
    let commitment = Commitment::from_bytes(bytes(commitment, "commitment")?);
    Ok(Leaf::new(event_class(class)?, instant(at)?, commitment))
}

pub(crate) fn event_class(column: i64) -> Result<EventClass, Error> {
    EventClass::from_number(number(column, "event class")?).ok_or(Error::Corrupt("event class"))
}

/// Returns how many leaves the registry knows of: one more than the highest index marked.
async fn acknowledged(db: &DatabaseConnection) -> Result<u64, Error> {
    let highest: Option<Option<i64>> = audit_body::Entity::find()
        .select_only()
        .column_as(audit_body::Column::LeafIndex.max(), "highest")
        .into_tuple()
        .one(db)
        .await?;
    highest.flatten().map_or(Ok(0), |index| number(index + 1, "leaf index"))
}

/// Returns the leaves beyond the last marked one, by commitment.
fn unmarked(log: &Guard, known: u64) -> Result<HashMap<[u8; 32], u64>, Error> {
    let commitments = log.commitments(known..log.size()).map_err(Error::Log)?;
    Ok(commitments.into_iter().map(|commitment| *commitment.as_bytes()).zip(known..).collect())
}

async fn mark(db: &DatabaseConnection, marks: &[(i64, u64)]) -> Result<(), Error> {
    let tx = db.begin_with_options(immediate()).await?;
    for &(event, index) in marks {
        audit_body::Entity::update_many()
            .col_expr(audit_body::Column::LeafIndex, Expr::value(column(index, "leaf index")?))
            .filter(audit_body::Column::Event.eq(event))
            .exec(&tx)
            .await?;
    }
    Ok(tx.commit().await?)
}

async fn leaves_of(db: &DatabaseConnection, events: Range<i64>) -> Result<Vec<u64>, Error> {
    let indexes: Vec<Option<i64>> = audit_body::Entity::find()
        .select_only()
        .column(audit_body::Column::LeafIndex)
        .filter(audit_body::Column::Event.between(events.start, events.end - 1))
        .order_by_asc(audit_body::Column::Event)
        .into_tuple()
        .all(db)
        .await?;
    let all: Option<Vec<i64>> = indexes.into_iter().collect();
    let marked = all.ok_or(Error::Corrupt("leaf index"))?;
    marked.into_iter().map(|index| number(index, "leaf index")).collect()
}

pub(crate) fn immediate() -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() }
}

/// Inserts rows, some hundred to a statement.
pub(crate) async fn insert_all<M>(tx: &DatabaseTransaction, rows: Vec<M>) -> Result<(), Error>
where
    M: sea_orm::ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
{
    const ROWS: usize = 400;
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<_> = rows.by_ref().take(ROWS).collect();
        M::Entity::insert_many(chunk).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Writes every column of a row that stands.
pub(crate) async fn replace<M>(tx: &DatabaseTransaction, row: M) -> Result<(), Error>
where
    M: sea_orm::ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    M::Entity: EntityTrait<Model = M>,
    <M::Entity as EntityTrait>::ActiveModel: Send,
{
    M::Entity::update(row.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}
