//! What attempts at steps and units count as.

use crate::tally::experiment::RetryArmKey;
use crate::tally::failure::FailureKind;
use crate::tally::key_buffer::{fill_attributes, fill_observed};
use crate::tally::latency::Latency;
use crate::tally::merge::Merge;
use crate::tally::observation::{StepAttempt, UnitAttempt};
use crate::tally::outcome::Outcome;
use crate::tally::run_tally::Tally;
use crate::tally::shoppers::{AttemptCounts, AttemptKey};
use crate::tally::timeline::RetryCounts;
use crate::tally::timing::Timing;

impl Tally {
    /// A try at a step ended. Its times are filed under the block in which it was due, its outcome under the second in which it ended.
    pub fn step_attempt(&mut self, attempt: &StepAttempt<'_>) {
        self.record_in_cohorts(attempt.attributes, |part| part.step_attempt(attempt));
        let block = self.shape.block_of(attempt.intended_at);
        if !attempt.arrival {
            let lag = self.clamp_span(attempt.acted_at.since(attempt.intended_at));
            self.blocks.entry(block).or_default().lag.record(lag);
        }
        let step = &mut self.steps[attempt.step.index()];
        match attempt.outcome {
            Outcome::Ok => step.ok += 1,
            Outcome::Declined => step.declined += 1,
            Outcome::Failed(kind) => *step.failed.entry(kind).or_default() += 1,
            Outcome::Unjudged => {
                step.unjudged += 1;
                return;
            }
        }
        let response = attempt.ended_at.since(attempt.intended_at);
        for (timing, span) in attempt.times.with(Timing::Response, Some(response)).iter() {
            if let Some(series) = timing.series(attempt.outcome) {
                step.times[series].record(block, span);
                self.generator.clamped += u64::from(span > Latency::BOUND);
            }
        }
        let failed = u32::from(matches!(attempt.outcome, Outcome::Failed(_)));
        let second = self.seconds.entry(self.shape.second_of(attempt.ended_at)).or_default();
        let throttled = attempt.outcome == Outcome::Failed(FailureKind::Throttled);
        second.throttled += u64::from(throttled);
        second.steps.entry(attempt.step).or_default().merge_with((1, failed));
    }

    /// A try at a unit ended.
    pub fn unit_attempt(&mut self, attempt: &UnitAttempt<'_>) {
        self.record_in_cohorts(attempt.attributes, |part| part.unit_attempt(attempt));
        let Some(counts) = AttemptCounts::one(attempt.outcome) else { return };
        let nth = attempt.nth.clamp(1, AttemptKey::MAX_NTH.into()) as u8;
        let number = self.shape.block_of(attempt.intended_at);
        let block = self.blocks.entry(number).or_default();
        block.attempts.entry((attempt.unit, nth)).or_default().merge_with(counts);
        if let (2, Some(before)) = (attempt.nth, attempt.after_failure_at) {
            let within_block = u64::from(self.shape.block_of(before) == number);
            block
                .retries
                .entry(attempt.unit)
                .or_default()
                .merge_with(RetryCounts { attempts: counts, within_block });
        }

        let key = &mut self.keys.0.attempt;
        (key.unit, key.nth) = (attempt.unit, nth);
        fill_attributes(&mut key.attributes, attempt.attributes);
        fill_observed(&mut key.observed, attempt.observed, &self.distinct);
        if let Some(known) = self.attempts.get_mut(key) {
            return known.merge_with(counts);
        }
        self.note(attempt.observed);
        let mut key = self.keys.0.attempt.clone();
        fill_observed(&mut key.observed, attempt.observed, &self.distinct);
        self.attempts.entry(key).or_default().merge_with(counts);
    }

    /// A shopper tried again: got through what had failed (`Ok`), failed on the way there or there again, or was declined.
    /// Told once for each shopper at most.
    pub fn retried_in_arm(&mut self, arm: RetryArmKey, outcome: Outcome) {
        if let Some(counts) = AttemptCounts::one(outcome) {
            self.retry_arms.entry(arm).or_default().merge_with(counts);
        }
    }
}
