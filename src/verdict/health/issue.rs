//! Reasons to doubt the generator, each with its severity and what to do about it.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::{Micros, count_of, thousands};
use crate::tally::OwnFault;
use crate::verdict::causes::Throttling;

/// Whether the run's figures can be believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Validity {
    /// The schedule was held.
    #[default]
    Valid,
    /// A part of the run may be the generator's doing.
    Suspect,
    /// The generator was the bottleneck.
    Invalid,
}

/// A reason to doubt the generator.
#[derive(Clone, Debug, PartialEq)]
pub struct HealthIssue {
    /// How severe it is; `Valid` for a note that changes nothing.
    pub severity: Validity,
    /// What it is.
    pub cause: IssueCause,
}

/// What may have gone wrong with the generator.
#[derive(Clone, Debug, PartialEq)]
pub enum IssueCause {
    /// Arrivals that were due and never started, by why.
    Unstarted {
        /// How many.
        arrivals: u64,
        /// Of how many.
        planned: u64,
        /// By why.
        why: BTreeMap<String, u64>,
    },
    /// Attempts that acted too late to be blamed on the shop.
    Late {
        /// How many.
        attempts: u64,
        /// Of how many.
        of: u64,
        /// When most of them were, from and until.
        spans: Vec<(Micros, Micros)>,
        /// The longest lag.
        worst: Micros,
    },
    /// Requests that were not made, or failed, because of us, by cause.
    OwnFailures(OwnFault, BTreeMap<String, u64>),
    /// The cores' threads were nearly always busy: this fraction of the time.
    Busy(f64),
    /// Requests that a safety cap held back.
    Held(u64),
    /// The shop limits the requests of the load generator's address.
    Throttled(Throttling),
    /// Shoppers whom the end of the run cut off.
    Unfinished {
        /// How many.
        shoppers: u64,
        /// Of how many.
        of: u64,
    },
    /// The cores' threads waited for a processor for this fraction of the time.
    Crowded(f64),
    /// A core was busy for nearly a whole second: this fraction.
    BusySecond(f64),
    /// There is no precise timer on this system.
    CoarseTimer,
    /// Lag was overlooked that makes users' runs invalid: a test of something else.
    Tolerant(Micros),
    /// Spans longer than the histograms' bound.
    Clamped(u64),
}

/// Of more spans than these only the number is printed.
const MAX_SPANS_SHOWN: usize = 3;

// === impl Validity ===

impl Validity {
    /// As `run.json` writes it.
    pub const fn key(self) -> &'static str {
        match self {
            Validity::Valid => "valid",
            Validity::Suspect => "suspect",
            Validity::Invalid => "invalid",
        }
    }
}

// === impl IssueCause ===

impl IssueCause {
    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            IssueCause::Unstarted { .. } => {
                "lower the rate, or share the load between machines (--slice)"
            }
            IssueCause::Late { .. } => {
                "use an idle machine, more cores, or share the load between machines (--slice)"
            }
            IssueCause::OwnFailures(OwnFault::Means, _) => {
                "raise the limits of open files (ulimit -n) and ports (net.ipv4.ip_local_port_range, or --source ADDR), or share connections (`connections: kept`)"
            }
            IssueCause::OwnFailures(OwnFault::Scenario, _) => {
                "correct the scenario: `tillrush walk` shows the failing step"
            }
            IssueCause::OwnFailures(OwnFault::Permission, _) => {
                "allow the host with --allow-host HOST if you may load it, or remove the request"
            }
            IssueCause::OwnFailures(OwnFault::Limit, _) => {
                "raise the limit that is named, such as --max-body 256MB, or remove the request"
            }
            IssueCause::OwnFailures(OwnFault::Bug, _) => "report this bug with the scenario",
            IssueCause::Busy(_) | IssueCause::BusySecond(_) => {
                "use more cores, or share the load between machines (--slice)"
            }
            IssueCause::Held(_) => "raise the limit under `limits`, or lower the arrival rate",
            IssueCause::Throttled(_) => {
                "exempt the load generator from the limit (by its addresses, or by its header x-load-test), or use more source addresses (--source ADDR)"
            }
            IssueCause::Unfinished { .. } => "give shoppers more time to finish (--drain)",
            IssueCause::Crowded(_) => "use an otherwise idle machine",
            IssueCause::CoarseTimer => {
                "run on Linux, where starts are precise to about ten microseconds instead of a millisecond"
            }
            IssueCause::Tolerant(_) => "unset TILLRUSH_TEST_LAG_TOLERANCE, which is for tests only",
            IssueCause::Clamped(_) => {
                "lower `gives_up_after`: times above one hour count as one hour"
            }
        }
    }
}

impl fmt::Display for IssueCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |why: &BTreeMap<String, u64>| {
            why.iter()
                .map(|(why, count)| format!("{why}: {}", thousands(*count)))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            IssueCause::Unstarted { arrivals, planned, why } if why.is_empty() => {
                write!(
                    f,
                    "{} of {} never started",
                    thousands(*arrivals),
                    count_of(*planned, "arrival")
                )
            }
            IssueCause::Unstarted { arrivals, planned, why } => {
                write!(
                    f,
                    "{} of {} never started ({})",
                    thousands(*arrivals),
                    count_of(*planned, "arrival"),
                    list(why)
                )
            }
            IssueCause::Late { attempts, of, spans, worst } => {
                let share = 100.0 * *attempts as f64 / (*of).max(1) as f64;
                write!(
                    f,
                    "{} of {} ({share:.2} %) started late by up to {worst}, ",
                    thousands(*attempts),
                    count_of(*of, "attempt")
                )?;
                match &spans[..] {
                    [] => write!(f, "throughout the run"),
                    [first @ .., (from, until)] if first.len() < MAX_SPANS_SHOWN => {
                        write!(f, "most ")?;
                        first
                            .iter()
                            .try_for_each(|(from, until)| write!(f, "from {from} to {until}, "))?;
                        write!(f, "from {from} to {until}")
                    }
                    many => write!(f, "most in {} time windows", many.len()),
                }
            }
            IssueCause::OwnFailures(OwnFault::Means, why) => {
                write!(
                    f,
                    "requests failed because the generator ran out of file descriptors or ports ({})",
                    list(why)
                )
            }
            IssueCause::OwnFailures(OwnFault::Limit, why) => {
                write!(f, "responses exceeded a limit of the load generator ({})", list(why))
            }
            IssueCause::OwnFailures(OwnFault::Scenario, why) => {
                write!(
                    f,
                    "requests were not sent because of errors in the scenario ({})",
                    list(why)
                )
            }
            IssueCause::OwnFailures(OwnFault::Permission, why) => {
                write!(f, "requests to hosts that are not allowed were not sent ({})", list(why))
            }
            IssueCause::OwnFailures(OwnFault::Bug, why) => {
                write!(f, "tillrush itself failed ({})", list(why))
            }
            IssueCause::Busy(fraction) => {
                write!(f, "the generator's threads were busy {:.0} % of the time", 100.0 * fraction)
            }
            IssueCause::Held(requests) => {
                write!(f, "{} delayed by a rate limit", count_of(*requests, "request"))
            }
            IssueCause::Throttled(met) => write!(
                f,
                "the shop answered {} of {} in all groups with 429, since {} at {} requests/s{}: a limit on the load generator's address. Losses leave it out",
                thousands(met.shoppers),
                count_of(met.of, "shopper"),
                met.began_at,
                thousands(met.rate),
                met.retry_after
                    .as_ref()
                    .map_or_else(String::new, |time| format!(" (with Retry-After: {time})"))
            ),
            IssueCause::Unfinished { shoppers, of } => write!(
                f,
                "the end of the run cut off {} of {}, whose outcome is unknown",
                thousands(*shoppers),
                count_of(*of, "shopper")
            ),
            IssueCause::Crowded(fraction) => write!(
                f,
                "the generator's threads waited for a CPU {:.0} % of the time",
                100.0 * fraction
            ),
            IssueCause::BusySecond(fraction) => write!(
                f,
                "in its busiest second a thread was busy {:.0} % of the time",
                100.0 * fraction
            ),
            IssueCause::Tolerant(lag) => write!(f, "lag of up to {lag} was overlooked"),
            IssueCause::CoarseTimer => write!(f, "this system has no precise timer"),
            IssueCause::Clamped(spans) => write!(f, "{} above one hour", count_of(*spans, "time")),
        }
    }
}
