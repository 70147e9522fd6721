//! Where plans run: in this process today, on a cluster behind the same trait later.

use std::path::Path;

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use async_trait::async_trait;
use datafusion::prelude::DataFrame;
use futures::StreamExt;

use crate::{
    Result,
    lake::{Manifest, PartWriter},
};

/// Rows after which a new file is begun.
const FILE_ROWS: u64 = 8 * 1024 * 1024;

/// Runs plans. Every implementation gives equal rows in equal order for a plan that ends in a sort.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs `frame` and writes its rows, with exactly the columns of `schema`, to `folder/<stem>-NNNN.parquet`.
    async fn write(&self, frame: DataFrame, schema: SchemaRef, folder: &Path, stem: &str) -> Result<Manifest>;

    /// Runs `frame` and brings its rows here; for summaries only.
    async fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>>;
}

/// Runs plans in this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded;

#[async_trait]
impl Runner for Embedded {
    async fn write(&self, frame: DataFrame, schema: SchemaRef, folder: &Path, stem: &str) -> Result<Manifest> {
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let mut rows = frame.select_columns(&columns)?.execute_stream().await?;
        let mut manifest = Manifest::default();
        let mut part: Option<PartWriter> = None;
        while let Some(batch) = rows.next().await {
            let batch = batch?;
            if batch.num_rows() == 0 {
                continue;
            }
            let writer = match &mut part {
                Some(writer) => writer,
                None => {
                    let name = format!("{stem}-{:04}.parquet", manifest.files.len());
                    part.insert(PartWriter::create(&folder.join(name), schema.clone())?)
                }
            };
            writer.write(&batch)?;
            if writer.rows() >= FILE_ROWS
                && let Some(full) = part.take()
            {
                manifest.files.push(full.finish()?);
            }
        }
        if let Some(last) = part {
            manifest.files.push(last.finish()?);
        }
        Ok(manifest)
    }

    async fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>> {
        Ok(frame.collect().await?)
    }
}
