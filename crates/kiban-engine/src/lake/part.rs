//! Writes one Parquet file and says what was written.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
};
use sha2::{Digest, Sha256};

use super::WrittenFile;
use crate::{Error, Result};

/// Rows in one row group: large enough to compress, small enough to hold several in memory.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Writes batches to one file, hashing as it goes.
pub(crate) struct PartWriter {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<Hashing<BufWriter<File>>>,
    rows: u64,
}

impl PartWriter {
    /// Starts the file; an older one of that name is an interrupted run's and is replaced.
    pub(crate) fn create(path: &Path, schema: SchemaRef) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let file = File::create(path).map_err(Error::io("create", path))?;
        let properties = properties()?;
        let sink = Hashing { inner: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), bytes: 0 };
        let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties))?;
        Ok(Self { path: path.to_owned(), schema, writer, rows: 0 })
    }

    /// Appends a batch whose columns are those of the schema, in its order.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
            if !field.is_nullable() && column.null_count() > 0 {
                return Err(Error::Bug(format!("column {} has no value in a row", field.name())));
            }
        }
        let batch = RecordBatch::try_new(self.schema.clone(), batch.columns().to_vec())?;
        self.rows += u64::try_from(batch.num_rows()).unwrap_or_default();
        Ok(self.writer.write(&batch)?)
    }

    /// Returns the rows written so far.
    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file, makes it durable and says what it is.
    pub(crate) fn finish(self) -> Result<WrittenFile> {
        let sink = self.writer.into_inner()?;
        let (hash, bytes) = (sink.hash, sink.bytes);
        let file = sink.inner.into_inner().map_err(|e| Error::io("write", &self.path)(e.into_error()))?;
        file.sync_all().map_err(Error::io("write", &self.path))?;
        let name = self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(WrittenFile { name, rows: self.rows, bytes, sha256: hash.finalize().into() })
    }
}

/// How the house writes Parquet.
pub(crate) fn properties() -> Result<WriterProperties> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_created_by("kiban".to_owned())
        .build())
}

/// Hashes and counts what passes through.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        if let Some(done) = bytes.get(..written) {
            self.hash.update(done);
        }
        self.bytes += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
