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

/// Where columns of a plan are written: `folder/<stem>-NNNN.parquet`.
#[derive(Debug)]
pub struct Place<'a> {
    /// The columns.
    pub schema: SchemaRef,
    /// The folder.
    pub folder: &'a Path,
    /// How the files' names begin.
    pub stem: &'a str,
}

/// Runs plans. Every implementation gives equal rows in equal order for a plan that ends in a sort.
#[async_trait]
pub trait Runner: Send + Sync {
    /// Runs `frame` once and writes its rows side by side, to every place its own columns.
    ///
    /// The columns of the places follow one another. Files of one number hold the same rows in the same order.
    async fn write_beside(&self, frame: DataFrame, places: &[Place<'_>]) -> Result<Vec<Manifest>>;

    /// Runs `frame` and writes its rows, with exactly the columns of `schema`, to `folder/<stem>-NNNN.parquet`.
    async fn write(&self, frame: DataFrame, schema: SchemaRef, folder: &Path, stem: &str) -> Result<Manifest> {
        let mut written = self.write_beside(frame, &[Place { schema, folder, stem }]).await?;
        Ok(written.pop().unwrap_or_default())
    }

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

/// The files of one place, while they are being written.
struct Writing<'a> {
    place: &'a Place<'a>,
    manifest: Manifest,
    part: Option<PartWriter>,
}

impl<'a> Writing<'a> {
    fn new(place: &'a Place<'a>) -> Self {
        Self { place, manifest: Manifest::default(), part: None }
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let writer = match &mut self.part {
            Some(writer) => writer,
            None => {
                let name = format!("{}-{:04}.parquet", self.place.stem, self.manifest.files.len());
                self.part.insert(PartWriter::create(&self.place.folder.join(name), self.place.schema.clone())?)
            }
        };
        writer.write(batch)?;
        if writer.rows() >= FILE_ROWS
            && let Some(full) = self.part.take()
        {
            self.manifest.files.push(full.finish()?);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Manifest> {
        if let Some(last) = self.part {
            self.manifest.files.push(last.finish()?);
        }
        Ok(self.manifest)
    }
}

#[async_trait]
impl Runner for Embedded {
    async fn write_beside(&self, frame: DataFrame, places: &[Place<'_>]) -> Result<Vec<Manifest>> {
        let fields = places.iter().flat_map(|place| place.schema.fields().iter());
        let columns: Vec<&str> = fields.map(|f| f.name().as_str()).collect();
        let (mut rows, plan) = ahead(frame.select_columns(&columns)?.execute_stream().await?);
        let mut writing: Vec<Writing<'_>> = places.iter().map(Writing::new).collect();
        while let Some(batch) = rows.recv().await {
            let batch = batch?;
            let mut from = 0;
            for place in writing.iter_mut().filter(|_| batch.num_rows() > 0) {
                let to = from + place.place.schema.fields().len();
                place.write(&batch.project(&(from..to).collect::<Vec<_>>())?)?;
                from = to;
            }
        }
        // Rows that end because the plan broke down are not all the rows.
        plan.await.map_err(|broken| Error::Bug(format!("a plan broke down: {broken}")))?;
        writing.into_iter().map(Writing::finish).collect()
    }

    async fn collect(&self, frame: DataFrame) -> Result<Vec<RecordBatch>> {
        Ok(frame.collect().await?)
    }
}
