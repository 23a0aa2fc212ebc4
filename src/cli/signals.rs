//! Signals that end a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::exit::Exit;
use super::live::Above;
use crate::engine::{Phase, Stop, StopCause};

/// What a signal that ends a run comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Ctrl-C, or a request to terminate.
    ByRequest,
    /// The terminal is gone. Those who started the program can't ask anything more of it, and both the terminal and the
    /// shell may say so.
    ByHangup,
}

/// Returns at the first interrupt, request to terminate or hangup.
pub async fn wait_for_interrupt() {
    first_signal(ends_on_hangup()).await;
}

async fn first_signal(on_hangup: bool) -> Ended {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        if let (Ok(mut interrupt), Ok(mut terminate)) = signals {
            let hangup = async {
                match signal(SignalKind::hangup()) {
                    Ok(mut hangup) if on_hangup => hangup.recv().await,
                    _ => std::future::pending().await,
                }
            };
            return tokio::select! {
                _ = interrupt.recv() => Ended::ByRequest,
                _ = terminate.recv() => Ended::ByRequest,
                _ = hangup => Ended::ByHangup,
            };
        }
    }
    // Without a signal to wait for, nothing interrupts.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
    Ended::ByRequest
}

/// Whether a hangup ends the run: not under `nohup`, which has it ignored.
fn ends_on_hangup() -> bool {
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        !ignores_hangup(&status)
    } else {
        // No way to ask: `nohup` takes the output away from the terminal.
        use std::io::IsTerminal;
        std::io::stderr().is_terminal()
    }
}

/// Whether a process with this `/proc/self/status` ignores SIGHUP, the first signal.
fn ignores_hangup(status: &str) -> bool {
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// Notes the first signal, from now on. Whoever waits looks at it.
pub fn flag_on_signal() -> std::io::Result<Arc<AtomicBool>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (signalled, on_hangup) = (Arc::new(AtomicBool::new(false)), ends_on_hangup());
    let flag = Arc::clone(&signalled);
    std::thread::Builder::new().name("signal".into()).spawn(move || {
        runtime.block_on(first_signal(on_hangup));
        flag.store(true, Ordering::Relaxed);
    })?;
    Ok(signalled)
}

/// The first signal stops arrivals, the second ends the program at once. In both cases, what was measured is on disk.
pub fn stop_on_signals(stop: &Arc<Stop>, folder: String, above: Above) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stop = Arc::clone(stop);
    // Asked before anything listens: whoever listens does not ignore any more.
    let on_hangup = ends_on_hangup();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(async {
            first_signal(on_hangup).await;
            above.notice("stopping: no new arrivals; shoppers in flight have 5 s to finish (Ctrl-C again ends at once)");
            stop.advance(Phase::Draining, StopCause::Interrupted);
            while first_signal(on_hangup).await == Ended::ByHangup {}
            above.notice(&format!("ended at once; to see what was measured: tillrush report {folder}"));
            std::process::exit(i32::from(Exit::Interrupted.code()));
        });
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_ignores_a_hangup_goes_on_after_it() {
        let status =
            |mask: &str| format!("Name:\ttillrush\nSigBlk:\t0000000000000001\nSigIgn:\t{mask}\n");
        assert!(ignores_hangup(&status("0000000000001001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup("Name:\ttillrush\n"));
    }
}
