//! The import as a whole: from what was collected to load, journeys, mixes and patience.

use std::collections::{BTreeMap, HashMap};

use url::Url;

use super::collect::{BotRule, Collected, Collector, Dropped, PathId, SessionHead, VisitMethod};
use super::fit::{FittedShape, Proportion, busiest, fit_shape};
use super::flow::{
    self, Bag, Funnel, KindId, MeasuredPatience, PathTemplates, Spine, Trip, measure_patience,
    purchase_among, split,
};
use super::options::{ImportOptions, TimeWindow};

/// What an import found.
#[derive(Debug)]
pub struct Import {
    /// What the user decided.
    pub options: ImportOptions,
    /// Counts of lines and of what was left out.
    pub read: ReadCounts,
    /// The load shape of the part that is replayed.
    pub shape: FittedShape,
    /// All templates.
    pub templates: PathTemplates,
    /// The journey of those who mean to buy.
    pub funnel: Option<Funnel>,
    /// The journeys of the others.
    pub bags: Vec<Bag>,
    /// Phones and tablets among all sessions.
    pub mobile: Proportion,
    /// Returning visitors, among sessions that a cookie names.
    pub returning: Proportion,
    /// Sessions that bought.
    pub bought: Proportion,
    /// Patience.
    pub patience: MeasuredPatience,
    /// The shop's host, if the log names it.
    pub host: Option<String>,
    /// How many files a page has in the median, if any.
    pub assets: Proportion,
}

/// Counts of lines and of what was left out.
#[derive(Debug)]
pub struct ReadCounts {
    /// Lines that were requests.
    pub lines: u64,
    /// The first and the last moment.
    pub span: (i64, i64),
    /// What was left out, by reason.
    pub dropped: Dropped,
    /// Requests of programs, by reason.
    pub programs: BTreeMap<BotRule, u64>,
    /// Sessions of people.
    pub sessions: u64,
    /// Sessions whose begin lies before the log: not counted as arrivals.
    pub begun_before: u64,
    /// Sessions that may be several people.
    pub shared: Proportion,
    /// Sessions whose requests were looked at.
    pub looked_at: u64,
    /// Requests with a session's cookie.
    pub with_session: Proportion,
    /// Requests whose duration is known.
    pub timed: Proportion,
    /// Requests that a cache answered, of those where the log says so.
    pub cached: Proportion,
    /// The coarsest resolution of time stamps, in microseconds.
    pub resolution: u32,
    /// Parts of paths that were not kept because they are a person's own.
    pub redacted: u64,
    /// Those of them that may be card numbers.
    pub cards: u64,
}

/// A year, with something before and after. Each second of a log takes memory.
const LONGEST_LOG_DAYS: i64 = 400;
const DAY_US: i64 = 86_400_000_000;

/// Why there is nothing to import.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// No session of a person was found.
    #[error("the log has no session of a person: {0}")]
    NobodyCame(&'static str),
    /// Its moments are too far apart to be of one log: some are wrong.
    #[error(
        "its lines are {0} days apart, and at most {LONGEST_LOG_DAYS} can be read: leave out the lines with a wrong date, or other years"
    )]
    TooLong(i64),
    /// The part that is to be replayed has no arrivals.
    #[error("no session begins between --from and --to")]
    EmptyWindow,
    /// The named request that pays is not in the log.
    #[error("--purchase: the log has no '{asked}'; it has: {known}")]
    NoSuchPurchase {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
}

impl Collector {
    /// Ends the pass and evaluates what was collected.
    ///
    /// # Errors
    /// When nobody came, or the options ask for what is not there.
    pub fn import(self) -> Result<Import, ImportError> {
        let (collected, options) = self.finish();
        Import::new(collected, options)
    }
}

// === impl Import ===

impl Import {
    fn new(mut collected: Collected, options: ImportOptions) -> Result<Import, ImportError> {
        let Some(span) = collected.span else {
            return Err(ImportError::NobodyCame("it has no request"));
        };
        let days = (span.1 - span.0) / DAY_US;
        if days > LONGEST_LOG_DAYS {
            return Err(ImportError::TooLong(days));
        }
        let templates = templates_of(&collected, &options);
        find_programs(&mut collected, &templates);
        let gap = options.gap.0 as i64;
        let shared_places = shared_bodies(&collected, &templates);
        let trips = trips(&collected, &templates, &shared_places, told_until(span, gap), &options);
        let seconds = arrivals(&collected.heads, span, gap, options.keep_bots);
        if trips.is_empty() || seconds.iter().all(|n| *n == 0) {
            return Err(ImportError::NobodyCame("all its sessions are those of programs"));
        }
        let (from, to) = window(&seconds, span, gap, options.window);
        let part = &seconds[from..to];
        if part.iter().all(|n| *n == 0) {
            return Err(ImportError::EmptyWindow);
        }
        let shape = fit_shape(part, span.0 + from as i64 * 1_000_000);
        let purchase = purchase(&templates, &options)?;
        let (people, programs): (Vec<Trip>, Vec<Trip>) =
            trips.into_iter().partition(|trip| trip.head.program.is_none());
        let (resolution, longest) = (collected.resolution, options.gap.as_secs_f64());
        let spine = purchase.and_then(|purchase| Spine::new(&people, &templates, purchase));
        let (funnel, rest) = match &spine {
            Some(spine) => {
                let (inside, rest) = split(&people, spine);
                (Some(Funnel::new(&inside, spine, resolution, longest)), rest)
            }
            None => (None, people.iter().collect()),
        };
        let bags = bags(rest, spine.as_ref(), &programs, resolution, longest);
        let shared = Proportion::new(shared_places.len(), collected.bodies.len());
        let patience = measure_patience(&people, purchase, shared, resolution);
        let heads = || collected.heads.iter().filter(|head| head.program.is_none());
        let count = |keep: &dyn Fn(&SessionHead) -> bool| heads().filter(|head| keep(head)).count();
        let later = |head: &SessionHead| head.by_cookie && head.start - span.0 >= gap;
        Ok(Import {
            mobile: Proportion::new(count(&|head| head.mobile), count(&|_| true)),
            returning: Proportion::new(count(&|head| later(head) && head.returning), count(&later)),
            bought: Proportion::new(
                people.iter().filter(|trip| purchase.is_some_and(|kind| trip.did(kind))).count(),
                people.len(),
            ),
            assets: Proportion::new(count(&|head| head.assets > 0), count(&|_| true)),
            host: most_seen_host(&collected.hosts),
            read: read_counts(&collected, span, gap, shared),
            options,
            shape,
            templates,
            funnel,
            bags,
            patience,
        })
    }
}

/// The templates that were found, as text for `--templates`.
pub fn templates_text(import: &Import) -> String {
    flow::templates_text(&import.templates)
}

fn read_counts(
    collected: &Collected,
    span: (i64, i64),
    gap: i64,
    shared: Proportion,
) -> ReadCounts {
    let people = || collected.heads.iter().filter(|head| head.program.is_none());
    let acts: u64 = collected.heads.iter().map(|head| u64::from(head.pages)).sum();
    ReadCounts {
        lines: collected.lines,
        span,
        dropped: collected.dropped,
        programs: collected.programs.clone(),
        sessions: people().count() as u64,
        begun_before: people().filter(|head| begun_before(head, span, gap)).count() as u64,
        shared,
        looked_at: collected.bodies.len() as u64,
        with_session: Proportion { some: collected.with_session, all: acts },
        timed: Proportion { some: collected.timed, all: acts },
        cached: Proportion { some: collected.cached.1, all: collected.cached.0 },
        resolution: collected.resolution,
        redacted: collected.paths.redacted,
        cards: collected.paths.cards,
    }
}

/// The templates of the requests that people made.
fn templates_of(collected: &Collected, options: &ImportOptions) -> PathTemplates {
    let mut visits: HashMap<(PathId, VisitMethod), u64> = HashMap::new();
    for (place, body) in &collected.bodies {
        if collected.heads[*place as usize].program.is_some() && !options.keep_bots {
            continue;
        }
        for visit in body {
            let method =
                if visit.method == VisitMethod::Head { VisitMethod::Get } else { visit.method };
            *visits.entry((visit.node, method)).or_default() += 1;
        }
    }
    PathTemplates::new(&collected.paths, &visits, &options.keep_query, &options.templates)
}

/// The rules that need the whole log: no assets where others have them, and one page all the time.
fn find_programs(collected: &mut Collected, templates: &PathTemplates) {
    let long = |head: &SessionHead| head.program.is_none() && head.pages >= 5;
    let (mut with, mut all) = (0_usize, 0_usize);
    for head in collected.heads.iter().filter(|head| long(head)) {
        all += 1;
        with += usize::from(head.assets > 0);
    }
    let assets_are_usual = all >= 20 && with * 10 >= all * 6;
    for (place, body) in &collected.bodies {
        let head = &mut collected.heads[*place as usize];
        if head.program.is_none() && body.len() >= 50 {
            let mut kinds: HashMap<Option<KindId>, usize> = HashMap::new();
            body.iter().for_each(|visit| {
                *kinds.entry(templates.kind(visit.node, visit.method)).or_default() += 1;
            });
            if kinds.values().any(|n| *n * 100 > body.len() * 95) {
                head.program = Some(BotRule::OnePage);
            }
        }
    }
    for head in &mut collected.heads {
        if assets_are_usual && long(head) && head.assets == 0 {
            head.program = Some(BotRule::NoAssets);
        }
        if let Some(rule) = head.program {
            *collected.programs.entry(rule).or_default() += u64::from(head.pages);
        }
    }
}

/// Bodies of sessions that an address alone names and that look like several people: far more pages a minute than others, or two
/// payments that worked.
fn shared_bodies(collected: &Collected, templates: &PathTemplates) -> Vec<u32> {
    let pace = |head: &SessionHead| {
        f64::from(head.pages) / ((head.end - head.start) as f64 / 60e6).max(1.0)
    };
    let people = || {
        collected.bodies.iter().filter(|(place, _)| {
            let head = &collected.heads[*place as usize];
            head.program.is_none() && !head.by_cookie
        })
    };
    let mut paces: Vec<f64> =
        people().map(|(place, _)| pace(&collected.heads[*place as usize])).collect();
    if paces.is_empty() {
        return Vec::new();
    }
    paces.sort_by(f64::total_cmp);
    let limit = 3.0 * paces[(paces.len() - 1) * 99 / 100];
    let purchase = purchase_among(templates, None);
    people()
        .filter(|(place, body)| {
            let paid = body
                .iter()
                .filter(|visit| {
                    !visit.failed
                        && visit.status < 400
                        && purchase.is_some()
                        && templates.kind(visit.node, visit.method) == purchase
                })
                .count();
            paid >= 2 || pace(&collected.heads[*place as usize]) > limit
        })
        .map(|(place, _)| *place)
        .collect()
}

fn trips(
    collected: &Collected,
    templates: &PathTemplates,
    shared: &[u32],
    told_until: i64,
    options: &ImportOptions,
) -> Vec<Trip> {
    let shared: std::collections::HashSet<u32> = shared.iter().copied().collect();
    collected
        .bodies
        .iter()
        .filter(|(place, _)| !shared.contains(place))
        .filter(|(place, _)| {
            options.keep_bots || collected.heads[*place as usize].program.is_none()
        })
        .map(|(place, body)| {
            let head = collected.heads[*place as usize];
            Trip::new(head, body, templates, told_until)
        })
        .filter(|trip| !trip.acts.is_empty())
        .collect()
}

/// Seconds at the start of a log in which whoever is seen was most likely there before.
const FIRST_MINUTE: usize = 60;

/// A log of an hour or more is cut from a longer one; a shorter one is that of a test, and whole.
fn follows_an_earlier_log(span: (i64, i64), gap: i64) -> bool {
    span.1 - span.0 > 2 * gap
}

/// Up to when it is known who left: for a session's gap before the end of the log it is not.
fn told_until(span: (i64, i64), gap: i64) -> i64 {
    if follows_an_earlier_log(span, gap) { span.1 - gap } else { span.1 }
}

fn begun_before(head: &SessionHead, span: (i64, i64), gap: i64) -> bool {
    follows_an_earlier_log(span, gap) && head.start - span.0 < FIRST_MINUTE as i64 * 1_000_000
}

/// Sessions that begin in each second of the log.
fn arrivals(heads: &[SessionHead], span: (i64, i64), gap: i64, programs: bool) -> Vec<u32> {
    let mut seconds = vec![0; ((span.1 - span.0) / 1_000_000 + 1) as usize];
    for head in heads {
        if (programs || head.program.is_none()) && !begun_before(head, span, gap) {
            seconds[((head.start - span.0) / 1_000_000) as usize] += 1;
        }
    }
    seconds
}

/// The host that most lines name. Whoever sends a request writes its host, so that it need not be one.
fn most_seen_host(hosts: &BTreeMap<String, u64>) -> Option<String> {
    let is_address = |host: &str| {
        Url::parse(&format!("https://{host}")).is_ok_and(|url| {
            let beside = [url.username(), url.query().unwrap_or(""), url.fragment().unwrap_or("")];
            url.path() == "/" && beside.concat().is_empty()
        })
    };
    let named = hosts.iter().filter(|(host, _)| is_address(host));
    named.max_by_key(|(_, lines)| **lines).map(|(host, _)| host.clone())
}

/// The seconds of the log that are replayed.
fn window(seconds: &[u32], span: (i64, i64), gap: i64, window: TimeWindow) -> (usize, usize) {
    let all = seconds.len();
    let second = |moment: i64| (((moment - span.0).max(0) / 1_000_000) as usize).min(all);
    let lead = if follows_an_earlier_log(span, gap) { FIRST_MINUTE.min(all) } else { 0 };
    match window {
        TimeWindow::Whole => (lead, all),
        TimeWindow::Between(from, to) => (second(from), second(to).max(second(from))),
        TimeWindow::Busiest(length) => {
            let length = ((length.0 / 1_000_000) as usize).max(1);
            let from = busiest(&seconds[lead..], length) + lead;
            (from, (from + length).min(all))
        }
    }
}

fn purchase(
    templates: &PathTemplates,
    options: &ImportOptions,
) -> Result<Option<KindId>, ImportError> {
    let found = purchase_among(templates, options.purchase.as_deref());
    match (&options.purchase, found) {
        (Some(asked), None) => {
            let known = templates
                .list
                .iter()
                .filter(|known| known.enough_visitors)
                .take(20)
                .map(super::flow::describe)
                .collect::<Vec<_>>();
            let known = known.join(", ");
            Err(ImportError::NoSuchPurchase { asked: asked.clone(), known })
        }
        (_, found) => Ok(found),
    }
}

/// The journeys of those who do not mean to buy: those who look around, those who come for something else, and programs.
fn bags(
    rest: Vec<&Trip>,
    spine: Option<&Spine>,
    programs: &[Trip],
    resolution: u32,
    longest: f64,
) -> Vec<Bag> {
    let all = rest.len() + programs.len();
    let on_spine = |trip: &&Trip| {
        spine.is_none_or(|spine| trip.acts.iter().any(|act| spine.kinds.contains(&act.kind)))
    };
    let (looking, other): (Vec<&Trip>, Vec<&Trip>) = rest.into_iter().partition(on_spine);
    let programs: Vec<&Trip> = programs.iter().collect();
    [("look around", looking), ("other visits", other), ("programs", programs)]
        .into_iter()
        .filter(|(_, group)| group.len() * 100 >= all)
        .filter_map(|(name, group)| Bag::new(name, &group, resolution, longest))
        .collect()
}
