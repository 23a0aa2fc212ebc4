//! Words of the language: values that are one of a few names.

use serde_json::{Value, json};

use super::units::{Quantity, QuantityError, wrong};

/// Defines an enumeration whose values are words of the language.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// As the scenario writes it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl Quantity for $name {
            const WHAT: &'static str = $what;
            const REMEDY: &'static str = concat!("write one of:", $(" ", $word),+);

            fn read(text: &str) -> Result<$name, QuantityError> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(match super::problem::nearest(text, [$($word),+]) {
                        Some(meant) => QuantityError { remedy: format!("write {meant}"), ..wrong::<$name>(text) },
                        None => wrong::<$name>(text),
                    }),
                }
            }

            fn notation() -> Value {
                json!({ "enum": [$($word),+] })
            }
        }
    };
}

words!(
    /// How arrivals are spaced.
    ArrivalSpacing, "a kind of arrivals" {
        /// At random, as customers come: a Poisson process.
        Poisson = "poisson",
        /// Evenly; understates queueing.
        Paced = "paced",
    }
);
words!(
    /// What the number of a price counts.
    MoneyUnit, "a unit of money" {
        /// Whole euros, pounds, dollars.
        Major = "major",
        /// Cents, pence.
        Minor = "minor",
    }
);
words!(
    /// Whether shoppers reuse each other's connections.
    #[derive(Default)]
    ConnectionReuse, "a kind of connections" {
        /// Each shopper opens new connections, as new customers do.
        #[default]
        PerShopper = "per_shopper",
        /// Connections are handed on from shopper to shopper: cheaper, and hides the cost of connecting.
        Kept = "kept",
    }
);
words!(
    /// Whether failing shoppers really leave.
    #[derive(Default)]
    Behaviour, "a behaviour" {
        /// Every failing shopper tries again; patience is applied in the report. For measuring.
        #[default]
        Probe = "probe",
        /// Shoppers leave as their patience says. For retry storms and recovery.
        Live = "live",
        /// As probe, but each shopper's first retry uses one of several strategies. For finding the cause.
        Experiment = "experiment",
    }
);
words!(
    /// Who makes requests.
    Client, "a kind of client" {
        /// A browser.
        Browser = "browser",
        /// An app or program.
        App = "app",
    }
);
words!(
    /// What ties a request to the shop's own traces.
    Tracing, "a kind of trace headers" {
        /// W3C Trace Context: `traceparent`.
        W3c = "w3c",
        /// Nothing.
        None = "none",
    }
);
words!(
    /// What begins anew.
    Fresh, "something to renew" {
        /// Cookies and connections are dropped, and the journey is replayed from its start.
        Session = "session",
        /// The purchase is tried again under a new idempotency key.
        Key = "key",
    }
);
words!(
    /// How rows of a data file are assigned to shoppers.
    #[derive(Default)]
    RowAssignment, "a way to deal out rows" {
        /// Row `n` belongs to the arrival with ordinal `n`, and to nobody else.
        #[default]
        Once = "once",
        /// The same, from the start again after the last row.
        Loop = "loop",
        /// Each shopper draws one; others may draw it as well.
        Random = "random",
    }
);

words!(
    /// What a shopper holds.
    Device, "a device" {
        /// A telephone.
        Mobile = "mobile",
        /// A computer.
        Desktop = "desktop",
    }
);
words!(
    /// What is there of an earlier visit.
    Keeping, "what becomes of cookies" {
        /// All of it.
        Kept = "kept",
    }
);
words!(
    /// What a shopper does after a refusal.
    #[derive(Default)]
    DeclineWord, "what a shopper does then" {
        /// Tries again, as after a failure.
        #[default]
        Retry = "retry",
        /// Leaves by choice: neither a failure nor a loss.
        Leave = "leave",
        /// Shrugs it off, and goes on with the next step.
        Next = "next",
    }
);
words!(
    /// How many must come.
    AllOf, "what must come" {
        /// Every one.
        All = "all",
    }
);
words!(
    /// Which of several things found in an answer is taken.
    #[derive(Default)]
    Pick, "a way to pick" {
        /// The first.
        #[default]
        First = "first",
        /// The last.
        Last = "last",
        /// Any, each as likely.
        Random = "random",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_suggest_the_nearest() {
        assert_eq!(ArrivalSpacing::read("possion").unwrap_err().remedy, "write poisson");
        assert_eq!(
            Behaviour::read("dead").unwrap_err().remedy,
            "write one of: probe live experiment"
        );
    }
}
