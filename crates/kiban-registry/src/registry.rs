//! The handle: opening, creating and migrating, and the events of the log.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use kiban_core::{Entropy, EventClass};
use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, Query},
};
use sea_orm_migration::{MigratorTrait, SchemaManager};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::{
    Error, SharedLog,
    convert::{bytes, column, instant, maybe_instant, micros, number},
    entity::{audit_body, checkpoint},
    migrations::Migrator,
    seal::{Label, Sealed, open},
    writing::{Standing, Writer, Writing, event_class, settle},
};

/// What a registry needs of the house in order to write: the log, the body key and fresh randomness.
#[derive(Clone)]
pub struct House {
    /// The audit log.
    pub log: SharedLog,
    /// Encrypts the bodies of audit events.
    pub body_key: [u8; 32],
    /// Gives salts and nonces.
    pub entropy: Arc<dyn Entropy>,
}

impl std::fmt::Debug for House {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("House(…)")
    }
}

/// The operational state of the house. Cloning it gives another handle to the same state.
#[derive(Debug, Clone)]
pub struct Registry {
    reads: DatabaseConnection,
    pub(crate) writer: Option<Arc<(House, Mutex<Writer>)>>,
}

/// An event of the log with its body, if that is not erased.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Its number in the registry, to which facts refer.
    pub event: i64,
    /// The index of its leaf, once logged.
    pub leaf: Option<u64>,
    /// Its class.
    pub class: EventClass,
    /// When it was recorded.
    pub at: Timestamp,
    /// Its body; none once erased.
    pub body: Option<serde_json::Value>,
    /// When the body was erased.
    pub erased_at: Option<Timestamp>,
}

/// A checkpoint of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkpoint {
    /// How many leaves it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl Registry {
    /// Makes a new registry at `path`.
    ///
    /// # Errors
    /// Something is there already, or the database fails.
    pub async fn create(path: &Path, house: House) -> Result<Self, Error> {
        if path.exists() {
            return Err(Error::RegistryExists(path.display().to_string()));
        }
        Self::with(path, house).await
    }

    /// Opens the registry at `path`, migrates it to this program's schema and settles what a crash left behind.
    ///
    /// # Errors
    /// Nothing is there, its schema is newer, its log was cut, or the database fails.
    pub async fn open(path: &Path, house: House) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NoRegistry(path.display().to_string()));
        }
        Self::with(path, house).await
    }

    /// Opens the registry at `path` for reading beside a writer; every write is refused.
    ///
    /// # Errors
    /// Nothing is there, its schema is not this program's, or the database fails.
    pub async fn open_reading(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Err(Error::NoRegistry(path.display().to_string()));
        }
        let reads = connect(path, Use::Reading).await?;
        refuse_newer(&reads).await?;
        Ok(Self { reads, writer: None })
    }

    async fn with(path: &Path, house: House) -> Result<Self, Error> {
        let db = connect(path, Use::Writing).await?;
        refuse_newer(&db).await?;
        Migrator::up(&db, None).await?;
        let mut writer = Writer { db, standing: Standing::Doubtful };
        settle(&mut writer, &house).await?;
        let reads = connect(path, Use::Reading).await?;
        Ok(Self { reads, writer: Some(Arc::new((house, Mutex::new(writer)))) })
    }

    /// Returns the name of the schema that the database has.
    ///
    /// # Errors
    /// The database fails.
    pub async fn schema(&self) -> Result<String, Error> {
        Ok(applied(&self.reads).await?.pop().unwrap_or_default())
    }

    /// Closes the files. Other handles of the same registry are closed with it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn close(self) -> Result<(), Error> {
        self.reads.close_by_ref().await?;
        if let Some(writer) = &self.writer {
            writer.1.lock().await.db.close_by_ref().await?;
        }
        Ok(())
    }

    pub(crate) fn reads(&self) -> &DatabaseConnection {
        &self.reads
    }

    pub(crate) async fn write(&self, at: Timestamp) -> Result<Writing<'_>, Error> {
        let (house, writer) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        Writing::begin(writer.lock().await, house, at).await
    }

    /// Logs an event that leaves no other trace in the registry, and returns the index of its leaf.
    ///
    /// # Errors
    /// The event could not be logged; it is not acknowledged.
    pub async fn record(&self, class: EventClass, body: &impl Serialize, at: Timestamp) -> Result<u64, Error> {
        let mut writing = self.write(at).await?;
        writing.event(class, body).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Returns the event of a leaf and opens its body; none where the leaf is not the registry's.
    ///
    /// # Errors
    /// The body does not open, or the database fails.
    pub async fn event(&self, leaf: u64) -> Result<Option<Event>, Error> {
        let (house, _) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        let row = audit_body::Entity::find()
            .filter(audit_body::Column::LeafIndex.eq(column(leaf, "leaf index")?))
            .one(&self.reads)
            .await?;
        row.map(|row| read_event(&house.body_key, row)).transpose()
    }

    /// Returns the events numbered `from` and later, in order, at most `limit`.
    ///
    /// # Errors
    /// A body does not open, or the database fails.
    pub async fn events(&self, from: i64, limit: u64) -> Result<Vec<Event>, Error> {
        let (house, _) = &**self.writer.as_ref().ok_or(Error::ReadOnly)?;
        let rows = audit_body::Entity::find()
            .filter(audit_body::Column::Event.gte(from))
            .order_by_asc(audit_body::Column::Event)
            .limit(limit)
            .all(&self.reads)
            .await?;
        rows.into_iter().map(|row| read_event(&house.body_key, row)).collect()
    }

    /// Erases the body of an event 消去: its leaf stays and proves that it was, and says nothing of what it was.
    ///
    /// # Errors
    /// There is no such event, or the erasure could not be logged.
    pub async fn erase_body(&self, event: i64, at: Timestamp) -> Result<u64, Error> {
        let mut writing = self.write(at).await?;
        let none = |column| (column, Expr::value(Option::<Vec<u8>>::None));
        let done = [audit_body::Column::Salt, audit_body::Column::Nonce, audit_body::Column::Ciphertext]
            .into_iter()
            .map(none)
            .fold(audit_body::Entity::update_many(), |update, (column, value)| update.col_expr(column, value))
            .col_expr(audit_body::Column::ErasedAt, Expr::value(micros(at)))
            .filter(audit_body::Column::Event.eq(event))
            .filter(audit_body::Column::ErasedAt.is_null())
            .exec(writing.tx())
            .await?;
        if done.rows_affected == 0 {
            return Err(Error::missing("audit body", event));
        }
        writing.event(EventClass::Erasure, &serde_json::json!({ "erased_body_of": event })).await?;
        writing.commit().await?.pop().ok_or(Error::Corrupt("leaf index"))
    }

    /// Keeps a checkpoint of the log; the same one again changes nothing.
    ///
    /// # Errors
    /// Another checkpoint of that size is kept already.
    pub async fn add_checkpoint(&self, size: u64, note: &str, at: Timestamp) -> Result<(), Error> {
        let writing = self.write(at).await?;
        let row = checkpoint::Model { size: column(size, "size")?, note: note.to_owned(), recorded_at: micros(at) };
        match checkpoint::Entity::find_by_id(row.size).one(writing.tx()).await? {
            Some(kept) if kept.note == note => return Ok(()),
            Some(_) => return Err(Error::taken("checkpoint", size)),
            None => crate::writing::insert_all(writing.tx(), vec![row]).await?,
        }
        writing.commit().await.map(drop)
    }

    /// Returns every checkpoint kept, smallest first.
    ///
    /// # Errors
    /// The database fails.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, Error> {
        let rows = checkpoint::Entity::find().order_by_asc(checkpoint::Column::Size).all(&self.reads).await?;
        let read = |row: checkpoint::Model| {
            let size = number(row.size, "size")?;
            Ok(Checkpoint { size, note: row.note, recorded_at: instant(row.recorded_at)? })
        };
        rows.into_iter().map(read).collect()
    }
}

fn read_event(key: &[u8; 32], row: audit_body::Model) -> Result<Event, Error> {
    let class = event_class(row.class)?;
    let body = match (&row.salt, &row.nonce, row.ciphertext) {
        (Some(salt), Some(nonce), Some(ciphertext)) => {
            let commitment = kiban_audit::Commitment::from_bytes(bytes(&row.commitment, "commitment")?);
            let (salt, nonce) = (bytes(salt, "salt")?, bytes(nonce, "nonce")?);
            let label = Label { event: row.event, class, at: row.at };
            let body = open(key, label, &Sealed { commitment, salt, nonce, ciphertext })?;
            Some(serde_json::from_slice(&body)?)
        }
        _ => None,
    };
    Ok(Event {
        event: row.event,
        leaf: row.leaf_index.map(|index| number(index, "leaf index")).transpose()?,
        class,
        at: instant(row.at)?,
        body,
        erased_at: maybe_instant(row.erased_at)?,
    })
}

/// What a connection pool is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// One connection that may create the file.
    Writing,
    /// A few connections that may not change it.
    Reading,
}

async fn connect(path: &Path, purpose: Use) -> Result<DatabaseConnection, Error> {
    let mut options = ConnectOptions::new("sqlite:registry");
    let file = path.to_owned();
    options
        .max_connections(if purpose == Use::Writing { 1 } else { 4 })
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .filename(&file)
                .create_if_missing(purpose == Use::Writing)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(30))
                .statement_cache_capacity(200)
                .row_buffer_size(4_096) // rows cross a thread: in handfuls of the default 50 that costs more than reading
                .pragma("synchronous", "FULL")
                .pragma("secure_delete", "ON")
                .pragma("temp_store", "MEMORY")
                .pragma("cache_size", "-65536");
            match purpose {
                Use::Writing => options.pragma("journal_mode", "WAL"),
                Use::Reading => options.pragma("query_only", "ON"),
            }
        });
    Ok(Database::connect(options).await?)
}

/// Refuses a schema that this program does not know, before anything touches it.
async fn refuse_newer(db: &DatabaseConnection) -> Result<(), Error> {
    match applied(db).await?.into_iter().find(|name| !Migrator::knows(name)) {
        Some(found) => Err(Error::NewerSchema { found, known: Migrator::head() }),
        None => Ok(()),
    }
}

/// Returns the names of the migrations applied, in order; none in an empty file.
async fn applied(db: &DatabaseConnection) -> Result<Vec<String>, Error> {
    if !SchemaManager::new(db).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let query =
        Query::select().column("version").from("seaql_migrations").order_by("version", sea_orm::Order::Asc).to_owned();
    let rows = db.query_all(&query).await?;
    rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
}
