//! Where plans run: in this process today, on a cluster behind the same trait later.

use std::path::Path;

use arrow::{datatypes::SchemaRef, record_batch::RecordBatch};
use async_trait::async_trait;
use datafusion::{execution::SendableRecordBatchStream, prelude::DataFrame};
use futures::StreamExt;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    Error, Result,
    lake::{Manifest, PartWriter},
};

/// Rows after which a new file is begun.
const FILE_ROWS: u64 = 8 * 1024 * 1024;
/// Batches that wait for the writer.
const BATCHES_AHEAD: usize = 4;

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

/// Batches on their way to the writer.
type Batches = mpsc::Receiver<datafusion::error::Result<RecordBatch>>;

/// Lets a plan run on while its rows are being written: merging takes one core, encoding another.
fn ahead(mut rows: SendableRecordBatchStream) -> (Batches, JoinHandle<()>) {
    let (ready, next) = mpsc::channel(BATCHES_AHEAD);
    let plan = tokio::spawn(async move {
        while let Some(batch) = rows.next().await {
            if ready.send(batch).await.is_err() {
                break; // the writer failed: nobody wants the rest
            }
        }
    });
    (next, plan)
}

#[async_trait]
impl Runner for Embedded {
    async fn write(&self, frame: DataFrame, schema: SchemaRef, folder: &Path, stem: &str) -> Result<Manifest> {
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let (mut rows, plan) = ahead(frame.select_columns(&columns)?.execute_stream().await?);
        let mut manifest = Manifest::default();
        let mut part: Option<PartWriter> = None;
        while let Some(batch) = rows.recv().await {
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
        // Rows that end because the plan broke down are not all the rows.
        plan.await.map_err(|broken| Error::Bug(format!("a plan broke down: {broken}")))?;
        if let Some(last) = part {
            manifest.files.push(last.finish()?);
        }
        Ok(manifest)
    }

    async fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>> {
        Ok(frame.collect().await?)
    }
}
