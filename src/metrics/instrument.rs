//! What is measured, by the names that receivers show.

use strum::{EnumIter, IntoEnumIterator};

/// What is measured. Names follow the semantic conventions of OpenTelemetry where these have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, EnumIter)]
pub enum Instrument {
    /// Arrivals that were due so far.
    ShoppersPlanned,
    /// Shoppers who came.
    ShoppersStarted,
    /// Arrivals whose shopper was never started.
    ShoppersUnstarted,
    /// Shoppers in the shop.
    ShoppersActive,
    /// Shoppers who ended, by journey and how.
    ShoppersEnded,
    /// Shoppers who met two or more failed attempts, by journey and the step where they repeat.
    RepeatedFailures,
    /// Attempts at steps, by outcome and kind of failure.
    StepAttempts,
    /// Intended start to last byte of attempts at steps.
    ResponseTime,
    /// First byte sent to last byte received of attempts at steps, redirects and polls included.
    RequestDuration,
    /// Requests on the wire, by step.
    Requests,
    /// Connections opened, by step.
    Connections,
    /// Bytes of request bodies.
    BytesSent,
    /// Bytes of response bodies, as on the wire.
    BytesReceived,
    /// Purchase requests by what happened to them.
    Purchases,
    /// Intended start to the moment the shopper acts.
    ScheduleLag,
    /// Processor time of the threads that run shoppers.
    GeneratorCpu,
    /// Wall time of the same threads, summed.
    GeneratorWall,
    /// The peak resident memory of the process.
    GeneratorMemory,
    /// Requests that failed because of the generator, by whose fault it is.
    GeneratorFailures,
    /// When the run began.
    RunStart,
    /// When it ended.
    RunEnd,
    /// The verdict: 1 for the one that was given.
    RunVerdict,
    /// Each objective: 1 for the state that it is in.
    ObjectiveState,
    /// When each incident began.
    IncidentStart,
}

/// How the values of an instrument add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstrumentKind {
    /// Grows only.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution of spans of time.
    Histogram,
}

// === impl Instrument ===

impl Instrument {
    /// Every instrument.
    pub fn all() -> impl Iterator<Item = Instrument> {
        Instrument::iter()
    }

    /// Its name in OpenTelemetry.
    pub const fn name(self) -> &'static str {
        match self {
            Instrument::ShoppersPlanned => "tillrush.shoppers.planned",
            Instrument::ShoppersStarted => "tillrush.shoppers.started",
            Instrument::ShoppersUnstarted => "tillrush.shoppers.unstarted",
            Instrument::ShoppersActive => "tillrush.shoppers.active",
            Instrument::ShoppersEnded => "tillrush.shoppers.ended",
            Instrument::RepeatedFailures => "tillrush.shoppers.repeated_failures",
            Instrument::StepAttempts => "tillrush.step.attempts",
            Instrument::ResponseTime => "tillrush.step.response_time",
            Instrument::RequestDuration => "http.client.request.duration",
            Instrument::Requests => "tillrush.step.requests",
            Instrument::Connections => "tillrush.step.connections",
            Instrument::BytesSent => "tillrush.step.io.sent",
            Instrument::BytesReceived => "tillrush.step.io.received",
            Instrument::Purchases => "tillrush.purchases",
            Instrument::ScheduleLag => "tillrush.schedule.lag",
            Instrument::GeneratorCpu => "tillrush.generator.cpu.time",
            Instrument::GeneratorWall => "tillrush.generator.wall.time",
            Instrument::GeneratorMemory => "tillrush.generator.memory.peak",
            Instrument::GeneratorFailures => "tillrush.generator.failures",
            Instrument::RunStart => "tillrush.run.start_time",
            Instrument::RunEnd => "tillrush.run.end_time",
            Instrument::RunVerdict => "tillrush.run.verdict",
            Instrument::ObjectiveState => "tillrush.objective.state",
            Instrument::IncidentStart => "tillrush.incident.start_time",
        }
    }

    /// Its unit, as UCUM writes it.
    pub const fn unit(self) -> &'static str {
        match self {
            Instrument::ShoppersPlanned
            | Instrument::ShoppersStarted
            | Instrument::ShoppersUnstarted
            | Instrument::ShoppersActive
            | Instrument::ShoppersEnded
            | Instrument::RepeatedFailures => "{shopper}",
            Instrument::StepAttempts => "{attempt}",
            Instrument::Requests => "{request}",
            Instrument::Connections => "{connection}",
            Instrument::Purchases => "{purchase}",
            Instrument::GeneratorFailures => "{failure}",
            Instrument::RunVerdict => "{run}",
            Instrument::ObjectiveState => "{objective}",
            Instrument::BytesSent | Instrument::BytesReceived | Instrument::GeneratorMemory => "By",
            Instrument::ResponseTime
            | Instrument::RequestDuration
            | Instrument::ScheduleLag
            | Instrument::GeneratorCpu
            | Instrument::GeneratorWall
            | Instrument::RunStart
            | Instrument::RunEnd
            | Instrument::IncidentStart => "s",
        }
    }

    /// How its values add up.
    pub const fn kind(self) -> InstrumentKind {
        match self {
            Instrument::ShoppersPlanned
            | Instrument::ShoppersStarted
            | Instrument::ShoppersUnstarted
            | Instrument::ShoppersEnded
            | Instrument::RepeatedFailures
            | Instrument::StepAttempts
            | Instrument::Requests
            | Instrument::Connections
            | Instrument::BytesSent
            | Instrument::BytesReceived
            | Instrument::Purchases
            | Instrument::GeneratorCpu
            | Instrument::GeneratorWall
            | Instrument::GeneratorFailures => InstrumentKind::Counter,
            Instrument::ShoppersActive
            | Instrument::GeneratorMemory
            | Instrument::RunStart
            | Instrument::RunEnd
            | Instrument::RunVerdict
            | Instrument::ObjectiveState
            | Instrument::IncidentStart => InstrumentKind::Gauge,
            Instrument::ResponseTime | Instrument::RequestDuration | Instrument::ScheduleLag => {
                InstrumentKind::Histogram
            }
        }
    }

    /// What it means, for people.
    pub const fn description(self) -> &'static str {
        match self {
            Instrument::ShoppersPlanned => "Arrivals that were due so far.",
            Instrument::ShoppersStarted => "Shoppers who came.",
            Instrument::ShoppersUnstarted => "Arrivals whose shopper was never started.",
            Instrument::ShoppersActive => "Shoppers in the shop.",
            Instrument::ShoppersEnded => "Shoppers who ended, by how.",
            Instrument::RepeatedFailures => "Shoppers with two or more failed attempts.",
            Instrument::StepAttempts => "Attempts at steps, by outcome.",
            Instrument::ResponseTime => "Intended start to last byte of an attempt at a step.",
            Instrument::RequestDuration => {
                "First byte sent to last byte received of an attempt at a step, redirects and polls included."
            }
            Instrument::Requests => "Requests on the wire.",
            Instrument::Connections => "Connections opened.",
            Instrument::BytesSent => "Bytes of request bodies.",
            Instrument::BytesReceived => "Bytes of response bodies on the wire.",
            Instrument::Purchases => "Purchase requests, by what happened to them.",
            Instrument::ScheduleLag => "Intended start to the moment the shopper acts.",
            Instrument::GeneratorCpu => "Processor time of the threads that run shoppers.",
            Instrument::GeneratorWall => "Wall time of the threads that run shoppers, summed.",
            Instrument::GeneratorMemory => "Peak resident memory of the load generator.",
            Instrument::GeneratorFailures => "Requests that failed because of the load generator.",
            Instrument::RunStart => "When the run began.",
            Instrument::RunEnd => "When the run ended.",
            Instrument::RunVerdict => "1 for the verdict that was given.",
            Instrument::ObjectiveState => "1 for the state that an objective is in.",
            Instrument::IncidentStart => "When an incident began.",
        }
    }

    /// Its name in Prometheus, as OpenTelemetry's rules of translation make it.
    pub fn prometheus_name(self) -> String {
        let mut name = self.name().replace('.', "_");
        name.push_str(match self.unit() {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        });
        if self.kind() == InstrumentKind::Counter {
            name.push_str("_total");
        }
        name
    }
}
