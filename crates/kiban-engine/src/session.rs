//! One way to make a DataFusion session, the same for every stage.

use std::{num::NonZeroUsize, path::PathBuf, sync::Arc};

use datafusion::{
    execution::{
        disk_manager::{DiskManagerBuilder, DiskManagerMode},
        memory_pool::{FairSpillPool, TrackConsumersPool},
        runtime_env::RuntimeEnvBuilder,
    },
    prelude::{SessionConfig, SessionContext},
};

use crate::{Result, functions};

/// What a run may use of the machine.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Bytes that queries may hold before they spill.
    pub memory_bytes: usize,
    /// Threads.
    pub threads: usize,
    /// Where spill files go; they hold patient values, so it lies inside the house.
    pub spill_dir: PathBuf,
}

/// Makes a session under `resources`.
///
/// The settings are those of `docs/decisions/0004-one-session.md`: explicit partitions, no list-files cache (it would
/// hide new files), plain `Utf8` strings, and hash joins, whose build side is always a table of one row per person.
///
/// # Errors
/// Fails where the spill folder cannot be used.
pub fn session(resources: &Resources) -> Result<SessionContext> {
    let pool = TrackConsumersPool::new(FairSpillPool::new(resources.memory_bytes), NonZeroUsize::MIN);
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Directories(vec![resources.spill_dir.clone()]));
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool))
        .with_disk_manager_builder(disk)
        .with_object_list_cache_limit(0)
        .build_arc()?;
    let config = SessionConfig::new()
        .with_target_partitions(resources.threads)
        .with_batch_size(8192)
        .with_collect_statistics(true)
        .set_bool("datafusion.execution.parquet.schema_force_view_types", false)
        .set_bool("datafusion.optimizer.prefer_hash_join", true)
        .set_usize("datafusion.execution.sort_spill_reservation_bytes", 32 << 20)
        .set_str("datafusion.execution.spill_compression", "lz4_frame");
    let context = SessionContext::new_with_config_rt(config, runtime);
    functions::register(&context);
    Ok(context)
}
