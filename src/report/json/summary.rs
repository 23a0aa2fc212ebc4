//! `run.json`: the findings for programs.

use serde_json::Value;

use super::assets::assets;
use super::budget::budget;
use super::clusters::cluster;
use super::experiment::experiment;
use super::figures::{PlaceDocument, basis_of, figure, millis, pair, spans};
use super::friction::friction;
use super::incidents::{detectable, incident, pressure, season, source};
use super::orders::orders;
use super::places::{endings, heat, stages};
use super::revenue::revenue;
use super::times::{refusal, slow_time, time_zone, trend};
use super::wire::wire;
use super::{
    ByFailuresDocument, DoubtDocument, FunnelDocument, GeneratorDocument, HotSpotDocument,
    JourneyDocument, LoadDocument, LossDocument, MachineDocument, ObjectiveDocument,
    PatienceLossDocument, RepeatsDocument, RunDocument, SCHEMA, ScenarioDocument, ShoppersDocument,
    StepDocument, UnitRepeatsDocument, VerdictWord, WindowDocument,
};
use crate::base::StepId;
use crate::plan::{ArrivalModel, MetricUnit, Plan};
use crate::report::view::{gate, headline};
use crate::tally::Tally;
use crate::verdict::{
    Basis, Completion, Findings, HotSpot, HotspotScope, Loss, ObjectiveFinding, RunFacts,
    StepFinding, UnitRepeats, Validity, Verdict,
};

/// The summary as it is written to `run.json`, ending with a line break.
pub fn run_json(document: &RunDocument) -> String {
    serde_json::to_string_pretty(document).expect("a document of numbers and text can be written")
        + "\n"
}

/// The JSON Schema of `run.json`, as it is published.
pub fn run_schema() -> Value {
    let mut schema = schemars::schema_for!(RunDocument).to_value();
    schema["properties"]["schema"]["const"] = SCHEMA.into();
    schema
}

/// The summary of a run.
pub fn run_document(
    plan: &Plan,
    tally: &Tally,
    facts: &RunFacts,
    findings: &Findings,
) -> RunDocument {
    RunDocument {
        schema: SCHEMA.to_owned(),
        run_id: facts.run_id.clone(),
        tool_version: facts.tool_version.clone(),
        commands: facts.commands.clone(),
        verdict: word(findings.verdict),
        verdict_reason: headline::reason(facts, findings).text,
        headline: headline::headline(plan, facts, findings),
        scenario: ScenarioDocument {
            name: plan.name.clone(),
            sha256: facts.scenario_sha256.clone(),
        },
        target: facts.target.clone(),
        seed: facts.seed,
        plan_digest: facts.plan_digest.clone(),
        workload_digest: facts.workload_digest.clone(),
        slice: facts.slices.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
        missing_slices: facts.missing_slices.iter().map(ToString::to_string).collect(),
        started_at: facts.started_at.to_string(),
        time_zone: time_zone(&facts.zone),
        duration_s: facts.duration.as_secs_f64(),
        completion: completion(facts.completion).to_owned(),
        currency: plan.currency.map(|currency| currency.code().to_owned()),
        tags: facts.tags.clone().into_iter().collect(),
        machine: MachineDocument {
            cpus: facts.machine.cpus,
            cores: facts.machine.cores,
            os: facts.machine.os.clone(),
            arch: facts.machine.arch.clone(),
        },
        load: load(plan),
        stages: stages(plan),
        generator: generator(tally, findings),
        requests_sent: findings.requests_sent,
        steps: findings.steps.iter().map(|found| step(plan, found)).collect(),
        journeys: journeys(plan, findings),
        friction: findings.friction.iter().map(|found| friction(plan, found)).collect(),
        shoppers: shoppers(findings),
        orders: findings.orders.as_ref().map(orders),
        experiment: findings.experiment.as_ref().map(|found| experiment(plan, found)),
        loss: findings.loss.as_ref().map(loss),
        repeats: repeats(plan, findings),
        clusters: findings.clusters.iter().map(|found| cluster(plan, found)).collect(),
        hotspots: findings.hotspots.iter().map(|spot| hotspot(plan, spot)).collect(),
        small_groups: findings.small_groups.iter().map(Into::into).collect(),
        heat: findings.heatmap.iter().map(|cell| heat(plan, cell)).collect(),
        incidents: findings.incidents.iter().map(|found| incident(plan, found)).collect(),
        slow_times: findings.slow_times.iter().map(|found| slow_time(plan, found)).collect(),
        trends: findings.trends.iter().map(|found| trend(plan, found)).collect(),
        refusals: findings.refusals.iter().map(|found| refusal(plan, found)).collect(),
        detectable: findings.detectable.iter().map(detectable).collect(),
        objectives: findings.objectives.iter().map(objective).collect(),
        budget: findings.budget.as_ref().map(budget),
        reconciliation: None,
    }
}

fn word(verdict: Verdict) -> VerdictWord {
    match verdict {
        Verdict::Pass => VerdictWord::Pass,
        Verdict::Fail => VerdictWord::Fail,
        Verdict::Inconclusive => VerdictWord::Inconclusive,
        Verdict::NotReconciled => VerdictWord::NotReconciled,
        Verdict::Invalid => VerdictWord::Invalid,
        Verdict::Interrupted => VerdictWord::Interrupted,
    }
}

fn completion(completion: Completion) -> &'static str {
    match completion {
        Completion::Complete => "complete",
        Completion::Aborted => "aborted",
        Completion::Interrupted => "interrupted",
        Completion::Killed => "killed",
        Completion::Running => "running",
        Completion::Damaged => "damaged",
    }
}

fn load(plan: &Plan) -> LoadDocument {
    let (model, arrivals) = match plan.load.arrivals {
        ArrivalModel::Poisson(_) => ("open", "poisson"),
        ArrivalModel::Paced(_) => ("open", "paced"),
        ArrivalModel::Bursty(..) => ("open", "bursty"),
        ArrivalModel::Closed { .. } => ("closed", "closed"),
    };
    let connections = plan.load.connections.word();
    LoadDocument {
        model: model.to_owned(),
        arrivals: arrivals.to_owned(),
        connections: connections.to_owned(),
        behaviour: plan.shoppers.behaviour.word().to_owned(),
        max_attempts: plan.shoppers.max_attempts,
        patience: plan.shoppers.patience.name.clone(),
    }
}

fn generator(tally: &Tally, findings: &Findings) -> GeneratorDocument {
    let health = &findings.health;
    let doubts = health.issues.iter().map(|doubt| DoubtDocument {
        gravity: if doubt.severity == Validity::Valid { "note" } else { doubt.severity.key() }
            .to_owned(),
        cause: doubt.cause.to_string(),
        remedy: doubt.cause.remedy().to_owned(),
    });
    GeneratorDocument {
        verdict: health.validity.key().to_owned(),
        arrivals_planned: health.planned,
        arrivals_started: health.started,
        lag_p50_ms: health.lag.map(|lag| millis(lag.p50)),
        lag_p99_ms: health.lag.map(|lag| millis(lag.p99)),
        lag_max_ms: health.lag.map(|lag| millis(lag.max)),
        cpu_fraction: health.cpu_fraction.map(figure),
        busiest_second_fraction: figure(health.busiest_fraction),
        peak_rss_mib: figure(health.peak_rss_kib as f64 / 1024.0),
        late_blocks: health.late_blocks.len() as u64,
        late_windows_s: health
            .late_spans
            .iter()
            .map(|(from, until)| [from.as_secs_f64(), until.as_secs_f64()])
            .collect(),
        block_s: tally.shape.block.as_secs_f64(),
        doubts: doubts.collect(),
    }
}

fn step(plan: &Plan, found: &StepFinding) -> StepDocument {
    let step = plan.step(found.step);
    StepDocument {
        name: step.name.clone(),
        journey: plan.journey(step.journey).name.clone(),
        unit: plan.unit(step.unit).name.clone(),
        pays: plan.unit(step.unit).paying_step == Some(found.step),
        attempts: found.failed.trials,
        failures: found.failed.events,
        failure_rate: found.failed.value().map(figure),
        failure_rate_ci95: found.failed.ci95().map(pair),
        design_effect: figure(found.failed.design_effect),
        declined: found.declined,
        unjudged: found.unjudged,
        kinds: found.kinds.iter().map(|(kind, count)| (kind.key().to_owned(), *count)).collect(),
        response_ms: spans(&found.response),
        service_ms: spans(&found.service),
        wire: wire(&found.wire),
        assets: found.assets.as_ref().map(assets),
    }
}

fn journeys(plan: &Plan, findings: &Findings) -> Vec<JourneyDocument> {
    let of = |journey: &crate::verdict::JourneyFinding| JourneyDocument {
        name: plan.journey(journey.journey).name.clone(),
        started: journey.started,
        funnel: journey
            .funnel
            .iter()
            .zip(plan.ways_to(journey.journey))
            .map(|((unit, stage), after)| FunnelDocument {
                unit: plan.unit(*unit).name.clone(),
                after,
                entered: stage.entered,
                passed: stage.passed,
                passed_at_once: stage.passed_at_once,
                left_by_choice: stage.left,
                stopped: stage.stopped,
                cut_off: stage.cut_off,
            })
            .collect(),
        endings: endings(&journey.endings, findings.loss.is_some()),
    };
    findings.journeys.iter().map(of).collect()
}

fn shoppers(findings: &Findings) -> ShoppersDocument {
    let found = &findings.shoppers;
    let names = ["0", "1", "2", "3+"];
    let by_failures =
        names.into_iter().zip(&found.by_failures).map(|(failures, row)| ByFailuresDocument {
            failures: failures.to_owned(),
            shoppers: row.shoppers,
            purchased: row.purchased,
            lost: findings.loss.as_ref().map(|_| figure(row.lost)),
        });
    ShoppersDocument {
        started: found.started,
        returned: found.returned,
        returned_as_new: found.returned_as_new,
        ended: found.ended,
        completed: found.completed,
        left_by_choice: found.left_by_choice,
        lost_observed: found.lost,
        stopped_by_cap: found.stopped_by_cap,
        unfinished: found.unfinished,
        purchased: found.purchased,
        failed: (&found.failed).into(),
        failed_once: found.failed_once,
        repeated_failures: found.repeated.events,
        repeated_failures_rate: found.repeated.value().map(figure),
        repeated_failures_ci95: found.repeated.ci95().map(pair),
        repeated_same_unit: (&found.repeated_same_unit).into(),
        repeated_with_declines: (&found.repeated_with_declines).into(),
        interval_basis: basis_of(found.repeated.by_blocks),
        by_failures: by_failures.collect(),
        lost_expected: findings
            .loss
            .iter()
            .flat_map(|loss| &loss.by_patience)
            .map(|loss| (loss.patience.clone(), figure(loss.lost)))
            .collect(),
    }
}

fn loss(found: &Loss) -> LossDocument {
    let seasonal =
        |lost: &crate::verdict::PatienceLoss| Some(season(found.season?, lost.season.as_ref()?));
    let of = |loss: &crate::verdict::PatienceLoss| PatienceLossDocument {
        patience: loss.patience.clone(),
        lost: figure(loss.lost),
        lost_at_least: figure(loss.lost_at_least),
        order_unknown: figure(loss.order_unknown),
        refused: figure(loss.refused),
        lost_rate: (loss.rate, loss.ci95).into(),
        effective_sample: figure(loss.effective_sample),
        revenue_at_risk: loss.order_value.map(|worth| {
            revenue(worth.minor_units, worth.ci95, Some(figure(worth.estimated_share)))
        }),
        season: seasonal(loss),
    };
    LossDocument {
        behaviour: found.behaviour.word().to_owned(),
        interval_basis: basis_of(found.by_blocks),
        by_patience: found.by_patience.iter().map(of).collect(),
        pressure: pressure(&found.pressure),
    }
}

fn repeats(plan: &Plan, findings: &Findings) -> RepeatsDocument {
    let found = &findings.repeats;
    let places = |fell: &[(StepId, u64)]| {
        fell.iter()
            .map(|(step, shoppers)| PlaceDocument {
                step: plan.step_label(*step),
                shoppers: *shoppers,
            })
            .collect()
    };
    RepeatsDocument {
        p_first_failure: found.pooled.p_first.map(figure),
        p_second_given_first: found.pooled.second.value().map(figure),
        second_attempts: found.pooled.second.trials,
        lift: found.pooled.relative_risk.map(|(lift, _)| figure(lift)),
        lift_ci95: found.pooled.relative_risk.map(|(_, ci95)| pair(ci95)),
        stickiness: found.pooled.rho.map(|(rho, _)| figure(rho)),
        stickiness_ci95: found.pooled.rho.map(|(_, ci95)| pair(ci95)),
        interval_basis: basis_of(found.pooled.by_blocks),
        source: source(&found.source),
        units: found.units.iter().map(|unit| unit_repeats(plan, unit)).collect(),
        first_failed: places(&found.first_failed),
        second_failed: places(&found.second_failed),
    }
}

fn unit_repeats(plan: &Plan, found: &UnitRepeats) -> UnitRepeatsDocument {
    let unit = plan.unit(found.unit);
    UnitRepeatsDocument {
        unit: unit.name.clone(),
        journey: plan.journey(unit.journey).name.clone(),
        first_attempts: found.first.trials,
        p_first_failure: found.stickiness.p_first.map(figure),
        p_second_given_first: found.stickiness.second.value().map(figure),
        second_attempts: found.stickiness.second.trials,
        lift: found.stickiness.relative_risk.map(|(lift, _)| figure(lift)),
        stickiness: found.stickiness.rho.map(|(rho, _)| figure(rho)),
        stickiness_ci95: found.stickiness.rho.map(|(_, ci95)| pair(ci95)),
    }
}

pub(in crate::report) fn hotspot(plan: &Plan, spot: &HotSpot) -> HotSpotDocument {
    let scope = match spot.scope {
        HotspotScope::Steps => "step",
        HotspotScope::Journey => "journey",
    };
    let basis = match spot.basis {
        Basis::Assigned => "assigned",
        Basis::Observed => "observed",
    };
    let steps: Vec<String> = spot.steps.iter().map(|step| plan.step_label(*step)).collect();
    HotSpotDocument {
        step: steps.first().cloned(),
        steps,
        scope: scope.to_owned(),
        group: spot.group.iter().cloned().collect(),
        shoppers: spot.inside.trials,
        repeated: spot.inside.events,
        rate: spot.inside.value().map_or(0.0, figure),
        rate_ci95: spot.inside.ci95().map_or([0.0, 1.0], pair),
        rate_elsewhere: spot.outside.value().map_or(0.0, figure),
        rate_elsewhere_ci95: spot.outside.ci95().map_or([0.0, 1.0], pair),
        lift: figure(spot.relative_risk),
        lift_ci95: (
            figure(spot.relative_risk_ci95.low),
            Some(spot.relative_risk_ci95.high).filter(|high| high.is_finite()).map(figure),
        ),
        lift_is_least: spot.relative_risk_is_lower_bound(),
        p_value: figure(spot.p_value),
        q_value: figure(spot.q_value),
        excess_repeated: figure(spot.excess_repeated.0),
        excess_repeated_ci95: pair(spot.excess_repeated.1),
        excess_lost: spot.excess_lost.map(|(lost, _)| figure(lost)),
        excess_lost_ci95: spot.excess_lost.map(|(_, ci95)| pair(ci95)),
        interval_basis: basis_of(spot.inside.by_blocks),
        basis: basis.to_owned(),
    }
}

fn objective(found: &ObjectiveFinding) -> ObjectiveDocument {
    let (unit, scale) = match found.metric.unit() {
        MetricUnit::Time => ("ms", 1e-3),
        MetricUnit::PerSecond => ("requests_per_s", 1.0),
        MetricUnit::Fraction => ("fraction", 1.0),
    };
    let shown = |x: f64| figure(x * scale);
    ObjectiveDocument {
        text: found.text.clone(),
        line: found.line,
        unit: unit.to_owned(),
        limit: shown(found.limit),
        observed: found.observed.map(shown),
        observed_at_least: found.observed_at_least,
        ci95: found.ci95.map(|ci95| {
            [Some(shown(ci95.low)), Some(ci95.high).filter(|high| high.is_finite()).map(shown)]
        }),
        decided_by: found.decided_by.map(figure),
        successes_only_ms: found.successes_only.map(millis),
        in_time: found.within_limit.map(|in_time| figure(in_time.share)),
        in_time_ci95: found.within_limit.map(|in_time| pair(in_time.ci95)),
        never: found.within_limit.map(|in_time| in_time.never),
        sample: found.sample,
        interval_basis: basis_of(!found.weak),
        window: found.window.map(|window| WindowDocument {
            from_s: window.from.as_secs_f64(),
            until_s: window.until.as_secs_f64(),
            of: window.windows,
        }),
        verdict: found.verdict.key().to_owned(),
        reason: gate::result(found),
        more_shoppers: found.more_shoppers,
    }
}
