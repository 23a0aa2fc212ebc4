//! The error budget: how many shoppers may fare badly in a month, of which a run shows how fast a peak would spend it.

use crate::base::Micros;
use crate::scenario::{Fraction, Quantity, join_words, nearest};

/// An error budget.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorBudget {
    /// The objective, as the scenario writes it.
    pub text: String,
    /// Which shoppers spend it.
    pub spent_by: SpentBy,
    /// The share of shoppers who may.
    pub allowed: f64,
    /// The time that it is for.
    pub window: Micros,
    /// How many shoppers come in that time.
    pub shoppers: f64,
    /// How many come in the busiest hour; none for as many as an hour at the run's own rate.
    pub peak_hour: Option<f64>,
}

/// Which shoppers spend the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpentBy {
    /// Who met two failed attempts or more.
    RepeatedFailures,
    /// Who met a failed attempt.
    Failures,
    /// Who are lost to failures.
    LostShoppers,
}

/// What shoppers are promised, in the words of a budget's objective.
const PROMISES: [(&str, SpentBy); 3] = [
    ("buy without a repeated failure", SpentBy::RepeatedFailures),
    ("buy without a failure", SpentBy::Failures),
    ("are not lost", SpentBy::LostShoppers),
];

// === impl ErrorBudget ===

impl ErrorBudget {
    /// How many shoppers may fare badly in its time.
    pub fn size(&self) -> f64 {
        self.allowed * self.shoppers
    }
}

/// Reads `99.9% of shoppers buy without a repeated failure`: who spends the budget, and what share of shoppers may.
///
/// # Errors
/// What is wrong, and what to write instead.
pub fn read_promise(text: &str) -> Result<(SpentBy, f64), (String, String)> {
    let form = || {
        let promises = join_words(PROMISES.map(|(promise, _)| promise), "or");
        format!(
            "write a share and a promise, such as `99.9% of shoppers buy without a repeated failure`; promises are {promises}"
        )
    };
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((share, promise)) = words.split_once(" of shoppers ") else {
        return Err((format!("`{words}` is not the objective of a budget"), form()));
    };
    let share = Fraction::read(share).map_err(|error| (error.message, error.remedy))?.0;
    if share >= 1.0 || share <= 0.0 {
        return Err((
            format!("`{words}` leaves no budget to speak of"),
            "write a share above 0 % and below 100 %".to_owned(),
        ));
    }
    match PROMISES.iter().find(|(known, _)| *known == promise) {
        // What is left of the whole by 99.9 % is 0.1 % and no last bit more.
        Some((_, spent_by)) => Ok((*spent_by, ((1.0 - share) * 1e12).round() / 1e12)),
        None => {
            let meant = nearest(promise, PROMISES.map(|(known, _)| known));
            let remedy = meant.map_or_else(form, |meant| format!("write `of shoppers {meant}`"));
            Err((format!("`{promise}` is no promise that a run can judge"), remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_are_read_with_what_they_leave() {
        let repeated = read_promise("99.9% of  shoppers buy without a repeated failure");
        assert_eq!(repeated, Ok((SpentBy::RepeatedFailures, 0.001)));
        assert_eq!(
            read_promise("0.99 of shoppers are not lost"),
            Ok((SpentBy::LostShoppers, 0.01))
        );
        assert_eq!(
            read_promise("95 % of shoppers buy without a failure"),
            Ok((SpentBy::Failures, 0.05))
        );
    }

    #[test]
    fn what_is_no_promise_is_told_with_a_remedy() {
        let wrong = |text| read_promise(text).unwrap_err();
        assert_eq!(
            wrong("99.9% of shoppers buy without repeated failure").1,
            "write `of shoppers buy without a repeated failure`"
        );
        assert!(wrong("repeated_failures < 0.1%").1.starts_with("write a share and a promise"));
        assert!(wrong("100% of shoppers are not lost").0.contains("no budget"));
        assert!(wrong("lots of shoppers are not lost").1.starts_with("write a percentage"));
    }
}
