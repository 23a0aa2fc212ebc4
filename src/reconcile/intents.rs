//! What the purchase log says: each intent to buy, with what the shopper was told.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::marker::{Owner, find_owner};
use crate::base::Micros;

/// An intent's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentIndex(pub u32);

/// What a shopper was told about an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// Some attempt was confirmed: there must be an order.
    Ok,
    /// Every attempt was declined or failed for certain: there must be no order.
    Failed,
    /// Some attempt has an unknown outcome, or none: there may be an order.
    Unknown,
}

/// An intent to buy.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The run, by its place in [`Intents::runs`].
    pub run: u16,
    /// The purchase's number in the scenario.
    pub unit: u16,
    /// The round of the journey, from 0.
    pub round: u32,
    /// Who.
    pub shopper: u64,
    /// When the first attempt began, since the planned start.
    pub first_at: Micros,
    /// When something was last heard of it.
    pub last_at: Micros,
    /// When it was first confirmed.
    pub ok_at: Option<Micros>,
    /// The total that the shopper saw, in minor units.
    pub total_minor: Option<u64>,
    /// The numbers of the confirmed orders; more than one where several attempts were confirmed differently.
    pub confirmed: Vec<Box<str>>,
    attempts: u16,
    outcomes: u16,
    unknown: bool,
    /// What was done besides paying, by its place in [`Intents::arms`], from 1; 0 for nothing.
    arm: u16,
    /// The shopper's next intent.
    next: u32,
}

/// Why a purchase log can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the purchase log: {message}")]
pub struct LogError {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// All intents of a run.
#[derive(Clone, Debug, Default)]
pub struct Intents {
    runs: Vec<Box<str>>,
    arms: Vec<LoggedArm>,
    list: Vec<Intent>,
    /// The first intent of each shopper.
    heads: HashMap<(u16, u64), u32>,
    lines: u64,
}

/// What some shoppers did besides paying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedArm {
    /// Its name: `double_click 50ms`.
    pub label: Box<str>,
    /// When it was done; none in logs of earlier versions.
    pub after: Option<Micros>,
}

#[derive(Deserialize)]
struct PurchaseLine<'a> {
    at_us: u64,
    intent: &'a str,
    event: &'a str,
    #[serde(default)]
    order: Option<Cow<'a, str>>,
    #[serde(default)]
    total_minor: Option<u64>,
    #[serde(default)]
    arm: Option<Cow<'a, str>>,
    #[serde(default)]
    after_us: Option<u64>,
}

const NONE: u32 = u32::MAX;

// === impl Intents ===

impl Intents {
    /// Nothing yet.
    pub fn new() -> Intents {
        Intents::default()
    }

    /// Adds a line of the purchase log. An empty line is nothing.
    ///
    /// # Errors
    /// When it is not a line of a purchase log.
    pub fn add_line(&mut self, line: &[u8]) -> Result<(), LogError> {
        self.lines += 1;
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let problem = |message: String| LogError { line: self.lines, message };
        let line: PurchaseLine<'_> =
            serde_json::from_slice(line).map_err(|error| problem(error.to_string()))?;
        let (run, owner) = split_intent(line.intent)
            .ok_or_else(|| problem(format!("'{}' is not an intent", line.intent)))?;
        let run = self.run(run);
        let at = Micros(line.at_us);
        let place = self.place(Owner { run, ..owner }, at);
        let arm = line.arm.as_deref().map(|arm| self.arm(arm, line.after_us.map(Micros)));
        let intent = &mut self.list[place as usize];
        intent.arm = arm.unwrap_or(intent.arm);
        intent.learn(&line, at);
        Ok(())
    }

    /// The names of the runs: one, or one for each slice.
    pub fn runs(&self) -> &[Box<str>] {
        &self.runs
    }

    /// All intents, in the order of their first attempts.
    pub fn list(&self) -> &[Intent] {
        &self.list
    }

    /// One of them.
    pub fn get(&self, index: IntentIndex) -> &Intent {
        &self.list[index.0 as usize]
    }

    /// The intent's name in the purchase log.
    pub fn name(&self, index: IntentIndex) -> String {
        let Intent { run, shopper, unit, round, .. } = self.get(index);
        let suffix = if *round > 0 { format!(".{round}") } else { String::new() };
        format!("{}-{shopper:016x}-{unit}{suffix}", self.runs[usize::from(*run)])
    }

    /// The owner that a text of a record names.
    pub fn owner(&self, text: &str) -> Option<Owner> {
        find_owner(text, &self.runs)
    }

    /// The intent that an owner names exactly.
    pub fn exact(&self, owner: Owner) -> Option<IntentIndex> {
        let purchase = owner.purchase?;
        self.of_shopper(owner).find(|index| {
            let intent = self.get(*index);
            (intent.unit, intent.round) == purchase
        })
    }

    /// All intents of the owner's shopper, in order.
    pub fn of_shopper(&self, owner: Owner) -> impl Iterator<Item = IntentIndex> {
        let head = self.heads.get(&(owner.run, owner.shopper)).copied();
        std::iter::successors(head, |place| {
            let next = self.list[*place as usize].next;
            (next != NONE).then_some(next)
        })
        .map(IntentIndex)
    }

    /// When something was last heard of any attempt.
    pub fn last_at(&self) -> Micros {
        self.list.iter().map(|intent| intent.last_at).max().unwrap_or(Micros::ZERO)
    }

    /// What shoppers did besides paying.
    pub fn arms(&self) -> &[LoggedArm] {
        &self.arms
    }

    fn arm(&mut self, label: &str, after: Option<Micros>) -> u16 {
        let known = self.arms.iter().position(|known| *known.label == *label);
        let place = known.unwrap_or_else(|| {
            self.arms.push(LoggedArm { label: label.into(), after });
            self.arms.len() - 1
        });
        place as u16 + 1
    }

    fn run(&mut self, name: &str) -> u16 {
        // The last is the likeliest: the log of a slice is in one piece.
        if let Some(place) = self.runs.iter().rposition(|known| **known == *name) {
            return place as u16;
        }
        self.runs.push(name.into());
        (self.runs.len() - 1) as u16
    }

    fn place(&mut self, owner: Owner, at: Micros) -> u32 {
        if let Some(known) = self.exact(owner) {
            return known.0;
        }
        let place = self.list.len() as u32;
        let last = self.of_shopper(owner).last();
        match last {
            Some(last) => self.list[last.0 as usize].next = place,
            None => drop(self.heads.insert((owner.run, owner.shopper), place)),
        }
        self.list.push(Intent::new(owner, at));
        place
    }
}

// === impl Intent ===

impl Intent {
    fn new(owner: Owner, at: Micros) -> Intent {
        let (unit, round) = owner.purchase.unwrap_or_default();
        Intent {
            run: owner.run,
            unit,
            round,
            shopper: owner.shopper,
            first_at: at,
            last_at: at,
            ok_at: None,
            total_minor: None,
            confirmed: Vec::new(),
            attempts: 0,
            outcomes: 0,
            unknown: false,
            arm: 0,
            next: NONE,
        }
    }

    /// What the shopper was told. An attempt without an outcome is unknown: the process may have died in between.
    pub fn outcome_seen(&self) -> Told {
        if self.ok_at.is_some() {
            Told::Ok
        } else if self.unknown || self.outcomes < self.attempts {
            Told::Unknown
        } else {
            Told::Failed
        }
    }

    /// What was done besides paying, by its place in [`Intents::arms`].
    pub fn arm(&self) -> Option<usize> {
        usize::from(self.arm).checked_sub(1)
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.attempts.into()
    }

    fn learn(&mut self, line: &PurchaseLine<'_>, at: Micros) {
        self.last_at = self.last_at.max(at);
        match line.event {
            "invoke" => self.attempts = self.attempts.saturating_add(1),
            "ok" => {
                self.outcomes = self.outcomes.saturating_add(1);
                self.ok_at.get_or_insert(at);
                self.total_minor = self.total_minor.or(line.total_minor);
                if let Some(order) = line.order.as_deref().filter(|order| !order.is_empty())
                    && !self.confirmed.iter().any(|known| **known == *order)
                {
                    self.confirmed.push(order.into());
                }
            }
            "declined" | "failed" => self.outcomes = self.outcomes.saturating_add(1),
            // `unknown`, and whatever a later version may say: the least that can be concluded.
            _ => self.unknown = true,
        }
    }
}

impl Told {
    /// All of them.
    pub const ALL: [Told; 3] = [Told::Ok, Told::Failed, Told::Unknown];

    /// As documents write it.
    pub const fn key(self) -> &'static str {
        match self {
            Told::Ok => "ok",
            Told::Failed => "failed",
            Told::Unknown => "unknown",
        }
    }
}

/// `RUN-SHOPPER-PURCHASE[.ROUND]`.
fn split_intent(intent: &str) -> Option<(&str, Owner)> {
    let (front, purchase) = intent.rsplit_once('-')?;
    let (run, shopper) = front.rsplit_once('-')?;
    let (unit, round) = purchase.split_once('.').unwrap_or((purchase, "0"));
    let purchase = Some((unit.parse().ok()?, round.parse().ok()?));
    Some((run, Owner { run: 0, shopper: u64::from_str_radix(shopper, 16).ok()?, purchase }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intents(lines: &[&str]) -> Intents {
        let mut intents = Intents::new();
        for line in lines {
            intents.add_line(line.as_bytes()).unwrap();
        }
        intents
    }

    fn line(at: u64, intent: &str, event: &str, rest: &str) -> String {
        format!(r#"{{"at_us":{at},"intent":"{intent}","key":"k","event":"{event}"{rest}}}"#)
    }

    #[test]
    fn an_intent_is_what_all_its_attempts_came_to() {
        let told = |events: &[&str]| {
            let mut intents = Intents::new();
            for event in events {
                intents.add_line(line(1, "r-000000000000002a-3", event, "").as_bytes()).unwrap();
            }
            intents.list()[0].outcome_seen()
        };
        assert_eq!(told(&["invoke", "ok"]), Told::Ok);
        assert_eq!(told(&["invoke", "unknown", "invoke", "ok"]), Told::Ok);
        assert_eq!(told(&["invoke", "declined", "invoke", "failed"]), Told::Failed);
        assert_eq!(told(&["invoke", "unknown", "invoke", "failed"]), Told::Unknown);
        assert_eq!(told(&["invoke"]), Told::Unknown, "killed before the outcome was written");
        assert_eq!(told(&["invoke", "failed", "invoke"]), Told::Unknown);
        assert_eq!(told(&["invoke", "something_new"]), Told::Unknown);
    }

    #[test]
    fn rounds_purchases_and_runs_are_told_apart() {
        let log = [
            line(1, "walk-1-000000000000002a-3", "invoke", ""),
            line(2, "walk-1-000000000000002a-3.1", "invoke", ""),
            line(3, "walk-1-000000000000002a-5", "invoke", ""),
            line(4, "r2-000000000000002a-3", "invoke", ""),
            line(9, "walk-1-000000000000002a-3", "ok", r#","order":"T1","total_minor":500"#),
        ];
        let intents = intents(&log.each_ref().map(String::as_str));
        assert_eq!(intents.list().len(), 4);
        assert_eq!(intents.runs(), [Box::from("walk-1"), Box::from("r2")]);
        let owner = Owner { run: 0, shopper: 0x2a, purchase: None };
        assert_eq!(intents.of_shopper(owner).count(), 3);
        assert_eq!(intents.name(IntentIndex(1)), "walk-1-000000000000002a-3.1");
        let first = &intents.list()[0];
        assert_eq!((first.ok_at, first.total_minor), (Some(Micros(9)), Some(500)));
        assert_eq!(first.confirmed, [Box::from("T1")]);
        assert_eq!(intents.last_at(), Micros(9));
    }

    #[test]
    fn a_line_that_is_none_is_an_error_with_its_number() {
        let mut intents = Intents::new();
        intents.add_line(b"\n").unwrap();
        let error = intents.add_line(b"{").unwrap_err();
        assert_eq!(error.line, 2);
        assert!(intents.add_line(line(1, "nobody", "invoke", "").as_bytes()).is_err());
    }
}
