//! The clock of a run, and its alarm.
//!
//! tokio's timer wheel ticks in milliseconds, so what sleeps on it acts up to a millisecond late, and a
//! response time counted from the intended start would carry that. On Linux the arrivals and think times of a
//! core wait on one timerfd instead, always armed for the earliest of them, without spinning. A core that sleeps takes
//! some 50 µs to wake, so the timer fires most of that time earlier; nobody is woken before the moment, and where the
//! core was up too early it is armed again. Elsewhere tokio's timer serves, and the run says so.

#[cfg(target_os = "linux")]
mod precise {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::pin::Pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    use rustix::time::{
        ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec,
        clock_gettime, timerfd_create, timerfd_settime,
    };
    use tokio::io::unix::AsyncFd;

    use super::super::wake_latency::WakeLatency;
    use crate::base::Micros;
    use crate::shopper::transport::Clock;

    /// A clock with a timerfd, for the tasks of one runtime.
    #[derive(Clone)]
    pub struct PreciseClock {
        alarm: Rc<Alarm>,
    }

    struct Alarm {
        /// The planned start of the run on the system's monotonic clock, in nanoseconds.
        epoch: u64,
        fd: AsyncFd<OwnedFd>,
        /// Who waits, by (moment in nanoseconds, order of asking).
        waiting: RefCell<BTreeMap<(u64, u64), Waker>>,
        asked: Cell<u64>,
        armed_for: Cell<u64>,
        /// When it fires: at the moment that it is armed for, or before.
        fires_at: Cell<u64>,
        wake_latency: WakeLatency,
    }

    struct Sleep<'a> {
        alarm: &'a Alarm,
        due: u64,
        place: Option<u64>,
    }

    // === impl PreciseClock ===

    impl PreciseClock {
        /// A clock whose zero is at `epoch` nanoseconds of the monotonic clock. Must be called within a `LocalSet`
        /// on a runtime with I/O.
        ///
        /// # Errors
        /// When the system gives no timerfd.
        pub fn start(epoch: u64) -> io::Result<PreciseClock> {
            let fd = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            #[expect(
                deprecated,
                reason = "sound for a descriptor that is owned; what replaces it is unsafe to call, which this crate forbids"
            )]
            let fd = AsyncFd::new(fd)?;
            let alarm = Rc::new(Alarm {
                epoch,
                fd,
                waiting: RefCell::default(),
                asked: Cell::new(0),
                armed_for: Cell::new(u64::MAX),
                fires_at: Cell::new(u64::MAX),
                wake_latency: WakeLatency::default(),
            });
            tokio::task::spawn_local(ring(Rc::clone(&alarm)));
            Ok(PreciseClock { alarm })
        }

        /// Now on the system's monotonic clock, in nanoseconds: what an epoch is taken from.
        pub fn monotonic() -> u64 {
            monotonic()
        }
    }

    impl Clock for PreciseClock {
        fn now(&self) -> Micros {
            Micros(monotonic().saturating_sub(self.alarm.epoch) / 1_000)
        }

        fn sleep_until(&self, moment: Micros) -> impl Future<Output = ()> {
            let due = self.alarm.epoch.saturating_add(moment.0.saturating_mul(1_000));
            Sleep { alarm: &self.alarm, due, place: None }
        }
    }

    /// Wakes who is due, whenever the timer fires.
    async fn ring(alarm: Rc<Alarm>) {
        // The descriptor is ours and open: waiting on it ends only with the runtime.
        while let Ok(mut ready) = alarm.fd.readable().await {
            // Reading resets the timer; what is read does not matter, for the queue says who is due. It finds
            // nothing where the timer was armed anew meanwhile, which is just as well.
            let _ = rustix::io::read(&alarm.fd, &mut [0u8; 8]);
            ready.clear_ready();
            alarm.wake_due();
        }
    }

    fn monotonic() -> u64 {
        let now = clock_gettime(ClockId::Monotonic);
        now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
    }

    // === impl Alarm ===

    impl Alarm {
        fn wake_due(&self) {
            let now = monotonic();
            let took = now.checked_sub(self.fires_at.replace(u64::MAX));
            let due = self.armed_for.replace(u64::MAX);
            took.into_iter().for_each(|took| self.wake_latency.record(took));
            let mut waiting = self.waiting.borrow_mut();
            while let Some(first) = waiting.first_entry() {
                let moment = first.key().0;
                if moment > now {
                    // Up too early: not again for the same moment.
                    let earlier = if took.is_some() && moment == due {
                        0
                    } else {
                        self.wake_latency.lead_time()
                    };
                    self.arm(moment, earlier, now);
                    return;
                }
                first.remove().wake();
            }
        }

        /// Makes the timer fire `earlier` than `due`, which is to come, unless it is armed for something before that.
        fn arm(&self, due: u64, earlier: u64, now: u64) {
            if due >= self.armed_for.get() {
                return;
            }
            let at = due.saturating_sub(earlier);
            // A core that is up has no wakening before it.
            let at = if at > now { at } else { due };
            self.armed_for.set(due);
            self.fires_at.set(at);
            let at = Timespec {
                tv_sec: (at / 1_000_000_000) as i64,
                tv_nsec: (at % 1_000_000_000) as _,
            };
            let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: at };
            timerfd_settime(self.fd.get_ref(), TimerfdTimerFlags::ABSTIME, &once)
                .expect("a valid moment on an open timer");
        }
    }

    // === impl Sleep ===

    impl Future for Sleep<'_> {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let alarm = self.alarm;
            // Looked at whenever there is occasion: whoever is due by then need not wait for the timer's own task.
            let now = monotonic();
            if now >= self.due {
                return Poll::Ready(());
            }
            alarm.arm(self.due, alarm.wake_latency.lead_time(), now);
            let place = *self.place.get_or_insert_with(|| {
                alarm.asked.set(alarm.asked.get() + 1);
                alarm.asked.get()
            });
            alarm.waiting.borrow_mut().insert((self.due, place), context.waker().clone());
            Poll::Pending
        }
    }

    impl Drop for Sleep<'_> {
        fn drop(&mut self) {
            if let Some(place) = self.place {
                self.alarm.waiting.borrow_mut().remove(&(self.due, place));
            }
        }
    }
}

use std::rc::Rc;

use tokio::time::{Duration, Instant, sleep_until};

use crate::base::Micros;
use crate::shopper::transport::Clock;

#[cfg(target_os = "linux")]
pub use precise::PreciseClock;

/// A clock over tokio's timer: a millisecond coarse, and paused where a test pauses tokio's time.
#[derive(Clone, Debug)]
pub struct TokioClock {
    epoch: Rc<Instant>,
}

// === impl TokioClock ===

impl TokioClock {
    /// A clock whose zero is `epoch`.
    pub fn start(epoch: Instant) -> TokioClock {
        TokioClock { epoch: Rc::new(epoch) }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Micros {
        Instant::now().saturating_duration_since(*self.epoch).into()
    }

    fn sleep_until(&self, moment: Micros) -> impl Future<Output = ()> {
        // A moment too far for the platform's clock is as good as a year.
        let far = Duration::from_secs(365 * 24 * 3_600);
        let moment = self.epoch.checked_add(Duration::from(moment).min(far));
        async move {
            match moment {
                Some(moment) => sleep_until(moment).await,
                None => std::future::pending().await,
            }
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Runs `body` on a current-thread runtime with a precise clock that starts now.
    fn with_clock<F: Future<Output = ()>>(body: impl FnOnce(PreciseClock) -> F) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio::task::LocalSet::new().block_on(&runtime, async {
            body(PreciseClock::start(PreciseClock::monotonic()).unwrap()).await;
        });
    }

    #[test]
    fn sleepers_wake_in_the_order_of_their_moments_and_never_early() {
        with_clock(|clock| async move {
            let woken = Rc::new(std::cell::RefCell::new(Vec::new()));
            let tasks: Vec<_> = [30u64, 10, 20, 0, 10]
                .into_iter()
                .map(|ms| {
                    let (clock, woken) = (clock.clone(), Rc::clone(&woken));
                    tokio::task::spawn_local(async move {
                        clock.sleep_until(Micros::from_millis(ms)).await;
                        assert!(clock.now() >= Micros::from_millis(ms));
                        woken.borrow_mut().push(ms);
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*woken.borrow(), [0, 10, 10, 20, 30]);
        });
    }

    #[test]
    fn a_dropped_sleep_is_forgotten() {
        with_clock(|clock| async move {
            {
                let mut abandoned = std::pin::pin!(clock.sleep_until(Micros::from_millis(5)));
                assert!(futures_poll_once(abandoned.as_mut()).await.is_none());
            }
            clock.sleep_until(Micros::from_millis(20)).await;
            assert!(clock.now() >= Micros::from_millis(20));
        });
    }

    #[test]
    fn nobody_is_early_and_nobody_is_forgotten_once_the_clock_fires_before_the_moment() {
        with_clock(|clock| async move {
            // Each wakening teaches it to fire a little earlier. Sleeps begin and end around those that are armed, and some are given up.
            for round in 0..800u64 {
                let at = clock.now() + Micros(200 + round % 5 * 40);
                let mut abandoned = std::pin::pin!(clock.sleep_until(at + Micros(round % 3 * 10)));
                let sooner = std::pin::pin!(clock.sleep_until(at + Micros(5)));
                assert!(futures_poll_once(abandoned.as_mut()).await.is_none());
                clock.sleep_until(at).await;
                assert!(clock.now() >= at);
                if round % 2 == 0 {
                    abandoned.set(clock.sleep_until(Micros::ZERO));
                    abandoned.await;
                }
                sooner.await;
                assert!(clock.now() >= at + Micros(5));
            }
        });
    }

    async fn futures_poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
