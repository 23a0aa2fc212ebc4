//! A run made up for tests: a small plan, shoppers who fail as a rule says, and the tally they leave.
//!
//! The plan: browsers see `home` and `search`; buyers go `home`, `product` (where two in five leave), `cart`,
//! `checkout`, then a purchase of `pay` and `confirm`. Shoppers have a device and a payment drawn for them, and see a
//! node, one of four. Whatever is random comes from the run's key, so that every simulated run repeats to the bit.

use std::collections::BTreeMap;

use tillrush::base::random::{Purpose, draw as bits, uniform};
use tillrush::base::{
    JourneyId, Micros, MinorUnits, RunZone, ShopperId, Slice, StepId, UnitId, VarId,
};
use tillrush::plan::{Attribute, Plan, example};
use tillrush::tally::{
    AttemptTimes, End, FailureKind, Generator, Latency, Observed, Outcome, PurchaseStage, Setback,
    ShopperEnd, StepAttempt, Tally, TallyShape, Timing, UnitAttempt,
};
use tillrush::verdict::{Completion, Findings, Machine, NEGLIGIBLE_LAG, RunFacts};

/// A shopper about to attempt a step.
pub struct Moment<'a> {
    pub step: &'a str,
    pub journey: &'a str,
    pub nth: u32,
    pub device: &'static str,
    pub payment: &'static str,
    pub node: &'static str,
    /// Seconds since the start when the shopper arrived.
    pub arrived: f64,
    /// Seconds since the start of this attempt.
    pub now: f64,
    /// Uniform in 0..1, the same for all of this shopper's attempts at anything.
    pub shopper: f64,
    /// Uniform in 0..1, new at each attempt.
    pub luck: f64,
}

// === impl Moment ===

impl Moment<'_> {
    /// Whether the stretch of 2 s is a bad one, as one in four is; which ones differs from seed to seed.
    pub fn in_a_burst(&self, seed: u64) -> bool {
        uniform(seed, Purpose::Arm, (self.now / 2.0) as u64) < 0.25
    }
}

/// Three standard errors of a share of this many runs: by so much a simulation may miss what is promised.
pub fn slack(share: f64, runs: u64) -> f64 {
    3.0 * (share * (1.0 - share) / runs as f64).sqrt()
}

/// A plan with the tally of a run.
pub struct SimulatedRun {
    pub plan: Plan,
    pub tally: Tally,
    pub facts: RunFacts,
    /// Chooses the draws: another number, another run.
    seed: u64,
    /// Whether steps are left out, which most of the statistics don't look at.
    units_only: bool,
}

const DEVICES: [&str; 2] = ["mobile", "desktop"];
const PAYMENTS: [&str; 2] = ["card", "wallet"];
const NODES: [&str; 4] = ["n1", "n2", "n3", "n4"];

impl SimulatedRun {
    /// A number of shoppers, evenly over these seconds, whose attempts come out as the rule says.
    pub fn run(shoppers: u64, seconds: u64, rule: impl Fn(&Moment<'_>) -> Outcome) -> SimulatedRun {
        SimulatedRun::of(shop(), shoppers, seconds, rule)
    }

    /// The same under another plan of the same shape.
    pub fn of(
        plan: Plan,
        shoppers: u64,
        seconds: u64,
        rule: impl Fn(&Moment<'_>) -> Outcome,
    ) -> SimulatedRun {
        let block = TallyShape::block_for(Micros::from_secs(seconds));
        let shape = TallyShape { block, ..plan.tally_shape() };
        let mut tally = Tally::new(shape);
        tally.generator = Generator {
            cpu: Micros::from_secs(seconds) / 4,
            wall: Micros::from_secs(seconds),
            peak_rss_kib: 48 * 1024,
            ..Generator::default()
        };
        let mut simulated =
            SimulatedRun { plan, tally, facts: facts(seconds), seed: 0, units_only: false };
        simulated.go(shoppers, seconds, &rule);
        simulated
    }

    /// One of many runs that differ in their draws, without what is seen of single steps.
    pub fn replicate(
        seed: u64,
        plan: Plan,
        shoppers: u64,
        seconds: u64,
        rule: impl Fn(&Moment<'_>) -> Outcome,
    ) -> SimulatedRun {
        let empty = SimulatedRun::of(plan, 0, seconds, |_| Outcome::Ok);
        let mut simulated = SimulatedRun { seed, units_only: true, ..empty };
        simulated.go(shoppers, seconds, &rule);
        simulated
    }

    /// A slice of [`SimulatedRun::run`], on a machine that began so many seconds late.
    pub fn slice(
        slice: Slice,
        late: f64,
        (shoppers, seconds): (u64, u64),
        rule: impl Fn(&Moment<'_>) -> Outcome,
    ) -> SimulatedRun {
        let mut simulated = SimulatedRun::of(shop(), 0, seconds, |_| Outcome::Ok);
        simulated.tally.generator.cpu = simulated.tally.generator.cpu / u64::from(slice.of());
        simulated.tally.generator.wall = simulated.tally.generator.wall / u64::from(slice.of());
        let late_rule =
            |m: &Moment<'_>| rule(&Moment { arrived: m.arrived + late, now: m.now + late, ..*m });
        let (index, of) = (u64::from(slice.index()), u64::from(slice.of()));
        let own = (0..shoppers).filter(|who| who % of == index);
        own.for_each(|who| {
            simulated.shop(who, Micros(seconds * 1_000_000 * who / shoppers), &late_rule);
        });
        simulated
    }

    fn go(&mut self, shoppers: u64, seconds: u64, rule: &dyn Fn(&Moment<'_>) -> Outcome) {
        (0..shoppers)
            .for_each(|who| self.shop(who, Micros(seconds * 1_000_000 * who / shoppers), rule));
    }

    /// Every lag from here to there becomes as long as the rest of the stretch: the generator stood still.
    pub fn stopped(mut self, from: Micros, until: Micros) -> SimulatedRun {
        let width = self.tally.shape.block.0;
        for (number, block) in &mut self.tally.blocks {
            let start = u64::from(*number) * width;
            let count = block.lag.count();
            let mut lag = Latency::default();
            for i in 0..count {
                let due = Micros(start + width * i / count);
                lag.record(if from <= due && due < until { until - due } else { Micros(60) });
            }
            block.lag = lag;
        }
        self
    }

    pub fn findings(&self) -> Findings {
        Findings::new(&self.plan, &self.tally, &self.facts)
    }

    pub fn step(&self, label: &str) -> StepId {
        StepId(
            (0..self.plan.steps.len())
                .find(|&i| self.plan.step_label(StepId(i as u16)) == label)
                .unwrap() as u16,
        )
    }

    fn shop(&mut self, who: u64, at: Micros, rule: &dyn Fn(&Moment<'_>) -> Outcome) {
        let key = if self.seed == 0 { who } else { bits(self.seed, Purpose::Shopper, who) };
        let draw = |purpose, ordinal| uniform(key, purpose, ordinal);
        let pick = |ordinal, of: usize| (draw(Purpose::Attribute, ordinal) * of as f64) as usize;
        let journey = JourneyId(u16::from(draw(Purpose::Journey, 0) >= 0.25));
        let (device, payment, node) = (pick(0, 2), pick(1, 2), pick(2, 4));
        let attributes = [device as u8, payment as u8];
        let observed = [Observed::Is(NODES[node].into())];
        self.tally.record_planned(at);
        self.tally.record_arrival(journey, at, at + Micros(20));
        let mut end = ShopperEnd {
            attributes: &attributes,
            observed: &observed,
            ..ShopperEnd::without_trouble(ShopperId(who), journey, at, at)
        };
        let (mut luck, mut most_at_a_unit) = (0, 0);
        let units = self.plan.journey(journey).units.clone();
        'journey: for (place, unit) in units.map(UnitId).enumerate() {
            self.tally.record_entry(journey, place);
            let (mut failures_here, mut now, mut after_failure_at) = (0, at, None);
            for nth in 1..=self.plan.shoppers.max_attempts.unwrap_or(u32::MAX) {
                let (mut outcome, mut last) = (Outcome::Ok, StepId(0));
                if nth > 1 {
                    now += self
                        .plan
                        .shoppers
                        .retry_after
                        .at(draw(Purpose::RetryAfter, u64::from(unit.0) << 8 | u64::from(nth)));
                }
                for step in self.plan.unit(unit).steps.clone().map(StepId) {
                    luck += 1;
                    last = step;
                    end.reached = end.reached.max(Some(step));
                    outcome = rule(&Moment {
                        step: &self.plan.step(step).name,
                        journey: &self.plan.journey(journey).name,
                        nth,
                        device: DEVICES[device],
                        payment: PAYMENTS[payment],
                        node: NODES[node],
                        arrived: at.as_secs_f64(),
                        now: now.as_secs_f64(),
                        shopper: draw(Purpose::Sample, 0),
                        luck: draw(Purpose::Pick, luck),
                    });
                    if !self.units_only {
                        // Nothing that trials look at depends on when a step is tried again; its unit is filed under its own time.
                        self.attempt(step, at, outcome, draw(Purpose::Think, luck), &attributes);
                    }
                    if outcome != Outcome::Ok {
                        break;
                    }
                }
                self.tally.unit_attempt(&UnitAttempt {
                    unit,
                    nth,
                    intended_at: now,
                    after_failure_at,
                    attributes: &attributes,
                    observed: &observed,
                    outcome,
                });
                after_failure_at = matches!(outcome, Outcome::Failed(_)).then_some(now);
                if self.plan.unit(unit).purchase {
                    self.purchase(now, outcome);
                }
                match outcome {
                    Outcome::Ok => {
                        self.tally.record_pass(journey, place, nth);
                        end.stuck_on = None;
                        end.order_value = end
                            .order_value
                            .or((self.plan.unit(unit).name == "cart").then_some(MinorUnits(5_000)));
                        end.bought_at =
                            end.bought_at.or(self.plan.unit(unit).purchase.then_some(at));
                        if draw(Purpose::Continue, place as u64) >= self.plan.step(last).continues {
                            self.tally.record_leave(journey, place);
                            end.end = End::LeftByChoice;
                            break 'journey;
                        }
                        continue 'journey;
                    }
                    Outcome::Declined => {
                        end.declines += 1;
                        meet(&mut end, Setback::Declined);
                    }
                    _ => {
                        end.failures += 1;
                        let throttled = outcome == Outcome::Failed(FailureKind::Throttled);
                        meet(
                            &mut end,
                            if throttled { Setback::Throttled } else { Setback::Failed },
                        );
                        end.first_failed_at.get_or_insert(now);
                        failures_here += 1;
                        if failures_here >= most_at_a_unit.max(2) {
                            (most_at_a_unit, end.repeated_at) = (failures_here, Some(last));
                        }
                        match end.failures {
                            1 => end.first_failed = Some(last),
                            2 => end.second_failed = Some(last),
                            _ => {}
                        }
                    }
                }
            }
            self.tally.record_stop(journey, place);
            end.end = End::StoppedByCap;
            break;
        }
        self.tally.shopper_end(&end);
    }

    fn purchase(&mut self, at: Micros, outcome: Outcome) {
        self.tally.purchase(at, PurchaseStage::Sent);
        let settled = match outcome {
            Outcome::Ok => PurchaseStage::Confirmed,
            Outcome::Declined => PurchaseStage::Declined,
            Outcome::Failed(_) | Outcome::Unjudged => PurchaseStage::Unknown,
        };
        self.tally.purchase(at, settled);
    }

    fn attempt(&mut self, step: StepId, at: Micros, outcome: Outcome, u: f64, attributes: &[u8]) {
        // An exponential tail over a floor that differs from step to step.
        let service =
            Micros(4_000 + 2_000 * u64::from(step.0) + (-12_000.0 * (1.0 - u).ln()) as u64);
        let acted_at = at + Micros(20 + (60.0 * u) as u64);
        self.tally.steps[step.index()].requests += 1;
        let attempt = StepAttempt {
            step,
            intended_at: at,
            acted_at,
            ended_at: acted_at + service,
            times: AttemptTimes::default().with(Timing::Service, Some(service)),
            arrival: false,
            attributes,
            outcome,
        };
        self.tally.step_attempt(&attempt);
    }
}

fn meet(end: &mut ShopperEnd<'_>, setback: Setback) {
    end.stuck_on = Some(setback);
    if end.bought_at.is_none() {
        end.before_order.add(setback);
    }
}

/// An attempt that fails with a server error if `fails`.
pub fn failing(fails: bool) -> Outcome {
    if fails { Outcome::Failed(FailureKind::ServerError) } else { Outcome::Ok }
}

/// The three faults that a report must tell apart: wallets that never work for every twelfth shopper at `pay`, a
/// node that often fails at `cart` and `checkout`, and passing errors everywhere that a second attempt cures.
pub fn planted(m: &Moment<'_>) -> Outcome {
    let wallet = m.step == "pay" && m.payment == "wallet" && m.shopper < 1.0 / 12.0;
    let node = m.node == "n3" && matches!(m.step, "cart" | "checkout") && m.luck < 0.15;
    let passing = m.nth == 1 && m.luck > 0.985;
    match (wallet, passing) {
        (true, _) => Outcome::Failed(FailureKind::UnexpectedContent),
        (_, true) => Outcome::Failed(if m.luck > 0.99 {
            FailureKind::Throttled
        } else {
            FailureKind::TooSlow
        }),
        _ if m.step == "pay" && m.luck < 0.004 => Outcome::Declined,
        _ => failing(node),
    }
}

/// The plan that trials run.
pub fn shop() -> Plan {
    let attribute = |name: &str, values: [&str; 2]| Attribute {
        name: name.into(),
        var: VarId(0),
        values: values.map(|value| (value.into(), 1.0)).into(),
        brings: BTreeMap::new(),
    };
    let mut plan = example::plan(
        Vec::new(),
        vec![attribute("device", DEVICES), attribute("payment", PAYMENTS)],
    );
    plan.name = "Black Friday checkout".into();
    plan.observed = vec!["node".into()];
    example::add_journey(&mut plan, "browse", 1.0);
    let lone = |plan: &mut Plan, step, continues| {
        example::add_unit(plan, false, &[(step, 0.0, continues)])
    };
    lone(&mut plan, "home", 1.0);
    lone(&mut plan, "search", 1.0);
    example::add_journey(&mut plan, "buy", 3.0);
    for (step, continues) in [("home", 1.0), ("product", 0.6), ("cart", 1.0), ("checkout", 1.0)] {
        lone(&mut plan, step, continues);
    }
    example::add_unit(&mut plan, true, &[("pay", 0.0, 1.0), ("confirm", 0.0, 1.0)]);
    plan
}

fn facts(seconds: u64) -> RunFacts {
    RunFacts {
        run_id: "20261127T090000Z-black-friday-checkout-0a1b".into(),
        tool_version: "0.1.0".into(),
        commands: vec!["tillrush run shop.yaml --seed 42".into()],
        scenario_sha256: "5f".repeat(32),
        target: "http://127.0.0.1:8080/".into(),
        seed: 42,
        plan_digest: "a1b2c3d4e5f60718".into(),
        workload_digest: "18f6e5d4c3b2a107".into(),
        slices: vec![Slice::WHOLE],
        missing_slices: Vec::new(),
        started_at: "2026-11-27T09:00:00Z".parse().unwrap(),
        zone: RunZone::default(),
        duration: Micros::from_secs(seconds),
        completion: Completion::Complete,
        tags: BTreeMap::from([("release".into(), "2026.47".into())]),
        machine: Machine { cpus: 2, cores: 2, os: "linux".into(), arch: "x86_64".into() },
        lag_tolerance: NEGLIGIBLE_LAG,
    }
}
