//! A commit happens once, a table is exactly the files of its snapshot, and its log tells nothing of patients.

use std::sync::Arc;

use arrow::{
    array::{Int64Array, StringArray},
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use kiban_engine::{Embedded, Lake, Manifest, Mode, Runner, TableId, WorkId};

use crate::house::{lake, now};

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, false), Field::new("name", DataType::Utf8, true)]))
}

async fn write(lake: &Lake, table: &TableId, stem: &str, ids: &[i64]) -> Manifest {
    let names = StringArray::from_iter_values(ids.iter().map(|_| "カナリア太郎"));
    let columns = vec![Arc::new(Int64Array::from(ids.to_vec())) as _, Arc::new(names) as _];
    let frame = lake.context().read_batch(RecordBatch::try_new(schema(), columns).unwrap()).unwrap();
    Embedded.write(frame, schema(), &lake.folder(table), stem).await.unwrap()
}

async fn rows(lake: &Lake, table: &TableId) -> usize {
    lake.read(table, schema()).await.unwrap().count().await.unwrap()
}

fn work(number: i64) -> WorkId {
    WorkId { name: "test".to_owned(), number }
}

#[tokio::test]
async fn a_commit_happens_once_however_often_it_is_tried() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, table) = (lake(dir.path()), TableId::new("zone", "table"));
    assert_eq!(rows(&lake, &table).await, 0);
    let first = write(&lake, &table, "a", &[1, 2, 3]).await;
    for _ in 0..3 {
        lake.commit(&table, &schema(), Mode::Append, &first, &work(1), now()).await.unwrap();
        assert_eq!(rows(&lake, &table).await, 3);
    }
    let second = write(&lake, &table, "b", &[4]).await;
    lake.commit(&table, &schema(), Mode::Append, &second, &work(2), now()).await.unwrap();
    assert_eq!((rows(&lake, &table).await, lake.rows(&table).await.unwrap()), (4, 4));
    let third = write(&lake, &table, "c", &[5, 6]).await;
    lake.commit(&table, &schema(), Mode::Replace, &third, &work(3), now()).await.unwrap();
    assert_eq!(rows(&lake, &table).await, 2);
    assert!(lake.is_committed(&table, &work(2)).await.unwrap() && !lake.is_committed(&table, &work(4)).await.unwrap());
}

#[tokio::test]
async fn leftovers_are_swept_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, table) = (lake(dir.path()), TableId::new("zone", "table"));
    let kept = write(&lake, &table, "kept", &[1]).await;
    lake.commit(&table, &schema(), Mode::Append, &kept, &work(1), now()).await.unwrap();
    write(&lake, &table, "leftover", &[2]).await;
    assert_eq!(lake.sweep(&table).await.unwrap(), 1);
    assert_eq!(rows(&lake, &table).await, 1);
    assert_eq!(lake.sweep(&table).await.unwrap(), 0);
}

#[tokio::test]
async fn the_log_holds_no_value_of_a_row() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, table) = (lake(dir.path()), TableId::new("vault", "table"));
    let files = write(&lake, &table, "a", &[1, 2]).await;
    lake.commit(&table, &schema(), Mode::Append, &files, &work(1), now()).await.unwrap();
    for entry in std::fs::read_dir(lake.folder(&table).join("_delta_log")).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("カナリア"));
    }
}

#[tokio::test]
async fn a_row_without_a_required_value_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (lake, table) = (lake(dir.path()), TableId::new("zone", "table"));
    let open =
        Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true), Field::new("name", DataType::Utf8, true)]));
    let columns = vec![Arc::new(Int64Array::from(vec![None])) as _, Arc::new(StringArray::from(vec!["x"])) as _];
    let frame = lake.context().read_batch(RecordBatch::try_new(open, columns).unwrap()).unwrap();
    let refused = Embedded.write(frame, schema(), &lake.folder(&table), "a").await.unwrap_err();
    assert!(refused.to_string().contains("column id has no value"), "{refused}");
}
