//! Sharing work among threads so that nothing of the result depends on them.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// Does every piece of work on some thread, and returns what came of each in the order of the pieces.
///
/// Each thread makes itself a scratch first; a piece must come out the same whatever was done with it before.
pub(crate) fn on_threads<T: Sync, S, R: Send>(
    threads: NonZeroUsize,
    pieces: &[T],
    scratch: impl Fn() -> S + Sync,
    work: impl Fn(&T, &mut S) -> R + Sync,
) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pieces.len())));
    let run = || {
        let mut scratch = scratch();
        while let Some((at, piece)) = Some(next.fetch_add(1, Relaxed)).and_then(|at| Some((at, pieces.get(at)?))) {
            let result = work(piece, &mut scratch);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(pieces.len()) {
            scope.spawn(run);
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}
