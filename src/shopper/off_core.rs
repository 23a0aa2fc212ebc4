//! Work on large answers, away from the core whose shoppers it would hold up.

use tokio::sync::Semaphore;

/// Bodies up to this are worked on where they come in, in well under a millisecond or two. Most answers are far smaller.
pub(super) const LARGE: usize = 256 << 10;

/// How many large answers are worked on at a time: what they are read into takes several times their size.
static ROOM: Semaphore = Semaphore::const_new(2);

/// Does the work on a thread of its own. Whoever gives up waiting leaves it to come to its end, and the next one waits for that.
pub(super) async fn off_core<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    // It is never closed.
    let room = ROOM.acquire().await.ok();
    let done = tokio::task::spawn_blocking(move || {
        let _room = room;
        work()
    });
    match done.await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(result) => result,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        // Cancelled: the runtime is being shut down.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// Whether working on a body would hold up the other shoppers of the core.
pub(super) fn is_large(body: &[u8]) -> bool {
    body.len() > LARGE
}
