//! The lake: Delta tables in folders, read as file lists and committed from manifests.
//!
//! A table enters a plan as exactly the Parquet files of one snapshot, and a commit adds exactly the files of one
//! manifest under an application transaction, so that doing it twice is doing it once. Files that no snapshot names
//! are leftovers of an interrupted run and are swept before the next write.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::datatypes::SchemaRef;
use datafusion::{
    catalog::TableProvider,
    datasource::{
        empty::EmptyTable,
        file_format::parquet::ParquetFormat,
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    prelude::{DataFrame, SessionContext},
};
use deltalake_core::{
    DeltaTable, DeltaTableBuilder, DeltaTableError,
    kernel::{
        Action, Add, Remove, StructType, Transaction,
        engine::arrow_conversion::TryIntoKernel,
        transaction::{CommitBuilder, CommitProperties},
    },
    protocol::{DeltaOperation, SaveMode},
};
use jiff::Timestamp;

pub use manifest::Manifest;
pub(crate) use manifest::WrittenFile;
pub(crate) use part::{PartWriter, properties};
pub(crate) use schema::nullable;
pub use schema::table_schema;

use crate::{Error, Result};

mod manifest;
mod part;
mod schema;

/// Names a table: its zone and its name, which are also its folder.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(String);

impl TableId {
    /// Names a table of a zone.
    pub fn new(zone: &str, name: &str) -> Self {
        Self(format!("{zone}/{name}"))
    }

    /// Returns `zone/name`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TableId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Says what a commit does with the files that the table already has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Keeps them.
    Append,
    /// Takes them out.
    Replace,
}

/// Names one piece of work, so that its commit happens once however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkId {
    /// The worker's name, such as `intake/1310000017`.
    pub name: String,
    /// Its number, growing with each piece of work.
    pub number: i64,
}

/// The lake's tables below one folder.
#[derive(Clone)]
pub struct Lake {
    root: PathBuf,
    context: SessionContext,
}

impl Lake {
    /// Opens the lake below `root`.
    pub const fn new(root: PathBuf, context: SessionContext) -> Self {
        Self { root, context }
    }

    /// Returns the session in which tables are read.
    pub const fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Returns the folder of a table.
    pub fn folder(&self, table: &TableId) -> PathBuf {
        self.root.join(table.as_str())
    }

    /// Returns whether the table has ever been committed.
    pub fn exists(&self, table: &TableId) -> bool {
        self.folder(table).join("_delta_log/00000000000000000000.json").is_file()
    }

    /// Reads the newest version of a table; one never committed reads as empty with `schema`.
    ///
    /// # Errors
    /// Fails where the log or a file cannot be read.
    pub async fn read(&self, table: &TableId, schema: SchemaRef) -> Result<DataFrame> {
        let files = if self.exists(table) { self.files(&self.load(table).await?, table)? } else { Vec::new() };
        Ok(self.context.read_table(self.provider(files, schema)?)?)
    }

    /// Reads loose Parquet files that are no table yet.
    ///
    /// # Errors
    /// Fails where a file cannot be read.
    pub fn read_files(&self, files: Vec<PathBuf>, schema: SchemaRef) -> Result<DataFrame> {
        Ok(self.context.read_table(self.provider(files, schema)?)?)
    }

    /// Returns the newest version of a table, if it has any.
    ///
    /// # Errors
    /// Fails where the log cannot be read.
    pub async fn version(&self, table: &TableId) -> Result<Option<u64>> {
        if !self.exists(table) {
            return Ok(None);
        }
        Ok(self.load(table).await?.version())
    }

    /// Returns the rows of the newest version of a table, from its log.
    ///
    /// # Errors
    /// Fails where the log cannot be read.
    pub async fn rows(&self, table: &TableId) -> Result<u64> {
        if !self.exists(table) {
            return Ok(0);
        }
        let loaded = self.load(table).await?;
        let files = loaded.snapshot().map_err(wrap(table))?.log_data();
        let rows: usize = files.into_iter().filter_map(|file| file.num_records()).sum();
        Ok(u64::try_from(rows).unwrap_or_default())
    }

    /// Returns whether `work` is already committed to the table.
    ///
    /// # Errors
    /// Fails where the log cannot be read.
    pub async fn is_committed(&self, table: &TableId, work: &WorkId) -> Result<bool> {
        if !self.exists(table) {
            return Ok(false);
        }
        let loaded = self.load(table).await?;
        let snapshot = loaded.snapshot().map_err(wrap(table))?.snapshot();
        let done = snapshot.transaction_version(loaded.log_store().as_ref(), &work.name).await.map_err(wrap(table))?;
        Ok(done.is_some_and(|number| number >= work.number))
    }

    /// Commits the files of `manifest` to the table, once for each `work`, and returns the version.
    ///
    /// # Errors
    /// Fails where the log cannot be written; then nothing has changed.
    pub async fn commit(
        &self,
        table: &TableId,
        schema: &SchemaRef,
        mode: Mode,
        manifest: &Manifest,
        work: &WorkId,
        at: Timestamp,
    ) -> Result<u64> {
        if !self.exists(table) {
            self.create(table, schema).await?;
        }
        let loaded = self.load(table).await?;
        if self.is_committed(table, work).await? {
            return Ok(loaded.version().unwrap_or_default());
        }
        let mut actions: Vec<Action> = match mode {
            Mode::Append => Vec::new(),
            Mode::Replace => self.removals(&loaded, table, at)?,
        };
        actions.extend(manifest.files.iter().map(|file| Action::Add(added(file, at))));
        let save = match mode {
            Mode::Append => SaveMode::Append,
            Mode::Replace => SaveMode::Overwrite,
        };
        let operation = DeltaOperation::Write { mode: save, partition_by: None, predicate: None };
        let properties = CommitProperties::default()
            .with_application_transaction(Transaction::new(&work.name, work.number))
            .with_max_retries(0);
        let snapshot = loaded.snapshot().map_err(wrap(table))?;
        let done = CommitBuilder::from(properties)
            .with_actions(actions)
            .build(Some(snapshot), loaded.log_store(), operation)
            .await
            .map_err(wrap(table))?;
        Ok(done.version())
    }

    /// Removes the files that the newest version of the table does not name: leftovers and superseded files.
    ///
    /// # Errors
    /// Fails where the folder cannot be read or a file cannot be removed.
    pub async fn sweep(&self, table: &TableId) -> Result<u64> {
        let folder = self.folder(table);
        if !folder.is_dir() {
            return Ok(0);
        }
        let live: std::collections::HashSet<PathBuf> = if self.exists(table) {
            self.files(&self.load(table).await?, table)?.into_iter().collect()
        } else {
            std::collections::HashSet::new()
        };
        let mut swept = 0;
        for entry in std::fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
            let path = entry.map_err(Error::io("list", &folder))?.path();
            if path.is_file() && !live.contains(&path) {
                std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn provider(&self, files: Vec<PathBuf>, schema: SchemaRef) -> Result<Arc<dyn TableProvider>> {
        if files.is_empty() {
            return Ok(Arc::new(EmptyTable::new(schema)));
        }
        let urls = files
            .iter()
            .map(|path| ListingTableUrl::parse(path.to_string_lossy()))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
        let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema);
        Ok(Arc::new(ListingTable::try_new(config)?))
    }

    async fn create(&self, table: &TableId, schema: &SchemaRef) -> Result<()> {
        let folder = self.folder(table);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let columns: StructType =
            schema.as_ref().try_into_kernel().map_err(|source| Error::Bug(format!("schema of {table}: {source}")))?;
        // Statistics in the log would hold patient values (names as minimum and maximum); none are kept.
        let properties =
            [("delta.dataSkippingNumIndexedCols", Some("0")), ("delta.enableChangeDataFeed", Some("false"))];
        self.handle(table)?
            .create()
            .with_table_name(table.as_str())
            .with_columns(columns.fields().cloned())
            .with_configuration(properties)
            .await
            .map_err(wrap(table))?;
        Ok(())
    }

    fn handle(&self, table: &TableId) -> Result<DeltaTable> {
        let folder = self.folder(table);
        let folder = folder.canonicalize().map_err(Error::io("open", &folder))?;
        let url = url_of(&folder).ok_or_else(|| Error::Input(format!("{} is no usable path", folder.display())))?;
        DeltaTableBuilder::from_url(url).and_then(DeltaTableBuilder::build).map_err(wrap(table))
    }

    async fn load(&self, table: &TableId) -> Result<DeltaTable> {
        let mut loaded = self.handle(table)?;
        loaded.load().await.map_err(wrap(table))?;
        Ok(loaded)
    }

    fn files(&self, loaded: &DeltaTable, table: &TableId) -> Result<Vec<PathBuf>> {
        let folder = self.folder(table);
        let mut files: Vec<PathBuf> = loaded
            .snapshot()
            .map_err(wrap(table))?
            .log_data()
            .into_iter()
            .map(|file| folder.join(file.path().as_ref()))
            .collect();
        files.sort_unstable();
        Ok(files)
    }

    fn removals(&self, loaded: &DeltaTable, table: &TableId, at: Timestamp) -> Result<Vec<Action>> {
        let log = loaded.snapshot().map_err(wrap(table))?.log_data();
        let mut paths: Vec<String> = log.into_iter().map(|file| file.path().to_string()).collect();
        paths.sort_unstable();
        Ok(paths.into_iter().map(|path| Action::Remove(removed(path, at))).collect())
    }
}

fn url_of(folder: &Path) -> Option<url::Url> {
    url::Url::from_directory_path(folder).ok()
}

fn wrap(table: &TableId) -> impl Fn(DeltaTableError) -> Error {
    let table = table.to_string();
    move |source| Error::Lake { table: table.clone(), source: Box::new(source) }
}

fn added(file: &WrittenFile, at: Timestamp) -> Add {
    Add {
        path: file.name.clone(),
        partition_values: HashMap::new(),
        size: i64::try_from(file.bytes).unwrap_or(i64::MAX),
        modification_time: at.as_millisecond(),
        data_change: true,
        stats: Some(format!("{{\"numRecords\":{}}}", file.rows)),
        tags: Some(HashMap::from([("sha256".to_owned(), Some(hex::encode(file.sha256)))])),
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

fn removed(path: String, at: Timestamp) -> Remove {
    Remove { path, data_change: true, deletion_timestamp: Some(at.as_millisecond()), ..Remove::default() }
}
