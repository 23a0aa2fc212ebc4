//! The compiler: what it knows while a plan is made, and how it reports problems.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::names::Names;
use super::{guard, secrets, set_up, when};
use crate::base::{Currency, VarId};
use crate::plan::{
    ArrivalModel, Attribute, Client, Inputs, Limits, Plan, Targets, Templates, compile_records,
};
use crate::scenario::{LocatedText, Problems, Scenario, Span, Tracing};

/// A plan in the making.
pub(super) struct Compiler<'a> {
    pub(super) inputs: &'a Inputs<'a>,
    /// The values of `env`: the scenario's, and over them those of the command line.
    pub(super) environment: BTreeMap<String, String>,
    pub(super) problems: &'a mut Problems,
    pub(super) names: Names,
    pub(super) templates: Templates,
    pub(super) observed: Vec<String>,
    /// The columns of data that are secret.
    pub(super) secret_columns: Vec<VarId>,
    /// The constants that files hold.
    pub(super) secret_constants: Vec<String>,
    /// Where an arm renews the key.
    pub(super) fresh_key: Option<Span>,
    /// The shoppers' attributes.
    pub(super) attributes: Arc<[Attribute]>,
    /// Who makes the requests, where the scenario says so.
    pub(super) client: Option<Client>,
    /// How shoppers arrive, where the scenario says so well and the command line has nothing else to say.
    pub(super) arrivals: Option<ArrivalModel>,
}

impl Plan {
    /// The meaning of a scenario.
    ///
    /// # Errors
    /// When something in it can't be meant: all of it at once.
    pub fn compile(scenario: &Scenario, inputs: &Inputs<'_>) -> Result<Plan, Problems> {
        let mut problems = Problems::new(scenario.source.clone());
        let plan = set_up::whole(scenario, inputs, &mut problems);
        problems.into_result(Some(plan))
    }

    /// Reads and compiles in one go.
    ///
    /// # Errors
    /// When something can't be read or can't be meant: all problems of both kinds at once.
    pub fn from_text(file_name: &str, text: &str, inputs: &Inputs<'_>) -> Result<Plan, Problems> {
        let (scenario, mut problems) = Scenario::read(file_name, text);
        if scenario.is_none() {
            guard::source(&mut problems);
        }
        let plan = scenario.map(|scenario| set_up::whole(&scenario, inputs, &mut problems));
        problems.into_result(plan)
    }
}

/// The meaning of a scenario in which these names are shared.
pub(super) fn compile(
    scenario: &Scenario,
    inputs: &Inputs<'_>,
    problems: &mut Problems,
    shared: &[String],
) -> Plan {
    let document = &scenario.document;
    guard::source(problems);
    let mut compiler = Compiler {
        inputs,
        environment: BTreeMap::new(),
        problems,
        names: Names::default(),
        templates: Templates::default(),
        observed: Vec::new(),
        secret_columns: Vec::new(),
        secret_constants: Vec::new(),
        fresh_key: None,
        attributes: Arc::default(),
        client: document.client.as_ref().map(|client| client.value),
        arrivals: None,
    };
    compiler.read_environment(document.environment.as_ref());
    let load = compiler.load(document.load.as_ref(), document.keys.has("load"));
    let mut shoppers = compiler.shoppers(document.shoppers.as_ref(), &load);
    let (targets, by) = compiler
        .targets(document.targets.as_ref(), document.target.as_ref(), shoppers.attributes.len())
        .unzip();
    shoppers.attributes.extend(by);
    compiler.attributes = shoppers.attributes.clone().into();
    let shared =
        shared.iter().map(|name| (name.clone(), compiler.names.declare(format!("shared.{name}"))));
    let shared = shared.collect();
    compiler
        .names
        .declare_captures(document.journeys.as_deref().unwrap_or_default(), compiler.problems);
    compiler.templates = Templates::new(compiler.names.list().to_vec(), inputs.today);
    let flow = compiler
        .journeys(document.journeys.as_deref().unwrap_or_default(), document.defaults.as_ref());
    let mut plan = Plan {
        name: compiler.name(document.name.as_ref()),
        target: match &targets {
            Some(Targets { urls, .. }) => urls.first().cloned(),
            None => compiler.target(document.target.as_ref()),
        },
        targets,
        limits: compiler.limits(document.limits.as_ref()),
        trace: document
            .defaults
            .as_ref()
            .and_then(|defaults| defaults.trace.as_ref())
            .is_some_and(|trace| trace.value == Tracing::W3c),
        blanks: document.blanks.iter().flatten().map(|blank| blank.value.clone()).collect(),
        logged: document.logged.as_ref().and_then(|logged| compiler.logged_arrivals(logged)),
        season: document
            .season
            .as_ref()
            .and_then(|season| season.shoppers.as_ref())
            .map(|shoppers| shoppers.value.0.round() as u64),
        currency: compiler.currency(document.currency.as_ref()),
        load,
        shoppers,
        journeys: flow.journeys,
        units: flow.units,
        guards: flow.guards,
        steps: flow.steps,
        variables: compiler.names.list().to_vec(),
        before: None,
        after: None,
        shared,
        observed: std::mem::take(&mut compiler.observed),
        objectives: Vec::new(),
        budget: None,
        records: document
            .records
            .as_ref()
            .and_then(|records| compile_records(records, compiler.problems)),
        templates: std::mem::take(&mut compiler.templates),
        secrets: secrets::of_all_shoppers(scenario, inputs, &compiler.secret_constants),
        secret_variables: Arc::default(),
    };
    when::check_guards(&plan, &flow.guard_spans, compiler.problems);
    plan.secret_variables = secrets::of_one_shopper(&plan, &compiler.secret_columns).into();
    compiler.check_fresh_key(&plan);
    plan.budget = document.budget.as_ref().and_then(|budget| compiler.budget(budget, &plan.load));
    compiler.objectives(document.objectives.as_deref().unwrap_or_default(), &mut plan);
    plan
}

impl Compiler<'_> {
    /// Adds a problem at a place.
    pub(super) fn problem(
        &mut self,
        span: Span,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.problems.add(span, message, "", remedy);
    }

    /// Adds a problem of the command line.
    pub(super) fn flag_problem(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.problems.add(None, message, "", remedy);
    }

    /// Adds a problem with a part of a value.
    pub(super) fn within(
        &mut self,
        span: Span,
        value: &str,
        range: std::ops::Range<usize>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let span = self.problems.source().within(span, value, range);
        self.problems.add(span, message, "", remedy);
    }

    /// A name for people: one line, not empty, without the signs of an objective's comparison.
    pub(super) fn name(&mut self, name: Option<&LocatedText>) -> String {
        let Some(name) = name else { return String::new() };
        let trimmed = name.value.trim();
        if trimmed.is_empty() {
            self.problem(name.span, "an empty name", "give it a name");
        } else if trimmed.chars().any(|c| c.is_control() || c == '<' || c == '>')
            || trimmed.chars().count() > 100
        {
            self.problem(
                name.span,
                "a name is one line of at most 100 characters, without < and >",
                "write a shorter or plainer name",
            );
        }
        trimmed.to_owned()
    }

    /// The shop's base address; the command line's wins.
    fn target(&mut self, written: Option<&LocatedText>) -> Option<Url> {
        const REMEDY: &str = "write the shop's base address with its scheme, such as https://shop.example.com or http://localhost:8080";
        if let Some(flag) = &self.inputs.overrides.target {
            return base_address(flag)
                .map_err(|wrong| self.flag_problem(format!("--target {flag}: {wrong}"), REMEDY))
                .ok();
        }
        let written = written?;
        base_address(written.value.trim())
            .map_err(|wrong| {
                self.problem(written.span, format!("`{}`: {wrong}", written.value), REMEDY)
            })
            .ok()
    }

    fn currency(&mut self, written: Option<&LocatedText>) -> Option<Currency> {
        let written = written?;
        let found = Currency::new(&written.value);
        if found.is_none() {
            self.problem(
                written.span,
                format!("`{}` is not an ISO 4217 code of a currency", written.value),
                "write its three capital letters, such as EUR, USD or JPY",
            );
        }
        found
    }

    fn limits(&mut self, written: Option<&crate::scenario::Limits>) -> Limits {
        let Some(written) = written else { return Limits::default() };
        let mut limits = Limits {
            requests: written.requests.as_ref().map(|rate| rate.value.0),
            hosts: Vec::new(),
        };
        for (host, rate) in written.hosts.iter().flat_map(|hosts| &hosts.0) {
            let name = host.value.to_ascii_lowercase();
            if url::Host::parse(&name).is_err() || name.contains('/') {
                self.problem(
                    host.span,
                    format!("`{}` is not a host name", host.value),
                    "write the host alone, such as payments.example.com",
                );
            }
            if let Some(rate) = rate {
                limits.hosts.push((name, rate.value.0));
            }
        }
        let rates = written.requests.iter().chain(
            written
                .hosts
                .iter()
                .flat_map(|hosts| hosts.0.iter().filter_map(|(_, rate)| rate.as_ref())),
        );
        for rate in rates.filter(|rate| rate.value.0 == 0.0) {
            self.problems.add(
                rate.span,
                "a limit of nothing lets no request through",
                "",
                "write a rate above zero, or remove the limit",
            );
        }
        limits
    }
}

/// What a base address must be; else what is wrong with the text.
pub(super) fn base_address(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text).map_err(|_| "not an address")?;
    match url.scheme() {
        "http" | "https" if url.host_str().is_none() => Err("an address without a host"),
        "http" | "https" if url.query().is_some() || url.fragment().is_some() => {
            Err("a base address has no ? and no #")
        }
        "http" | "https" => Ok(url),
        _ => Err("not an http or https address"),
    }
}
