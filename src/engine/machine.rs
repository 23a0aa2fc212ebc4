//! What the generator takes of the machine: processor time, waiting for a processor, memory, file descriptors.

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use crate::base::Micros;

/// What one thread has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadUse {
    /// Processor time.
    pub cpu: Micros,
    /// Time that it could have run, and had no processor.
    pub run_queue: Micros,
}

// === impl ThreadUse ===

impl ThreadUse {
    /// Of the calling thread.
    pub fn now() -> ThreadUse {
        let cpu = clock_gettime(ClockId::ThreadCPUTime);
        // Linux: nanoseconds run, nanoseconds waited, slices. Nothing elsewhere.
        let waited = fs::read_to_string("/proc/thread-self/schedstat")
            .ok()
            .and_then(|text| text.split_whitespace().nth(1)?.parse::<u64>().ok());
        ThreadUse {
            cpu: Micros(cpu.tv_sec as u64 * 1_000_000 + cpu.tv_nsec as u64 / 1_000),
            run_queue: Micros(waited.unwrap_or(0) / 1_000),
        }
    }
}

/// As many cores as the process may use.
pub fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}

/// The most memory that this process ever held, in KiB; 0 where the system does not tell.
pub fn peak_rss_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Asks for as many file descriptors as the system allows, and says how many that is. Each shopper holds a connection.
pub fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised =
        setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum })
            .is_ok();
    let now = if raised { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time_and_memory() {
        let before = ThreadUse::now();
        let sum: u64 =
            (0..5_000_000u64).fold(0, |sum, i| std::hint::black_box(sum.wrapping_add(i * i)));
        assert!(sum > 0);
        assert!(ThreadUse::now().cpu > before.cpu);
        assert!(peak_rss_kib() > 500);
    }
}
