//! The one pass over the lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::agent::Agent;
use super::noise::Noise;
use super::paths::Paths;
use super::session::{BotRule, SessionHead, Visit, VisitMethod};
use crate::base::random::{Purpose, below, draw};
use crate::import::line::LogLine;
use crate::import::options::{ImportOptions, Through};

/// Sessions whose requests are kept; of more, a random sample is.
const MOST_BODIES: usize = 2_000_000;
/// Requests of one session that are kept. Who makes more is a program.
const MOST_VISITS: usize = 1_500;
const MOST_AGENTS: usize = 100_000;
const MOST_KNOWN: usize = 20_000_000;
/// Stamps with this resolution or a coarser one are those of whole seconds, in microseconds.
const COARSE: u32 = 500_000;
/// This long after its first page, without a cookie, a visitor shows the cookie, in microseconds.
const FIRST_PAGE: i64 = 300_000_000;
/// How often sessions that are over are looked for, in microseconds of the log.
const SWEEP: i64 = 60_000_000;

/// Puts lines together to sessions.
#[derive(Debug)]
pub struct Collector {
    options: ImportOptions,
    /// Keys exist in memory only. Its secret is random, and gone when the import is over.
    hasher: RandomState,
    open: HashMap<u64, OpenSession>,
    known: HashSet<u64>,
    agents: HashMap<u64, Agent>,
    now: i64,
    swept: i64,
    out: Collected,
}

/// What was collected.
#[derive(Debug)]
pub struct Collected {
    /// Every session, in the order of their ends.
    pub heads: Vec<SessionHead>,
    /// The requests of sessions: the place of the head, and the requests in order.
    pub bodies: Vec<(u32, Box<[Visit]>)>,
    /// All paths.
    pub paths: Paths,
    /// The first and the last moment of the log.
    pub span: Option<(i64, i64)>,
    /// Lines that were taken.
    pub lines: u64,
    /// What was left out.
    pub dropped: Dropped,
    /// Requests of programs, by what found them out.
    pub programs: BTreeMap<BotRule, u64>,
    /// Hosts, with their requests.
    pub hosts: BTreeMap<String, u64>,
    /// Requests that say whether a cache answered, and those where one did.
    pub cached: (u64, u64),
    /// The coarsest resolution of a time stamp, in microseconds.
    pub resolution: u32,
    /// Requests that say how long they took.
    pub timed: u64,
    /// Requests with a session cookie.
    pub with_session: u64,
}

/// Requests that were left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dropped {
    /// Files of pages.
    pub assets: u64,
    /// Health checks.
    pub health_checks: u64,
    /// Preflights and unusual methods.
    pub preflights: u64,
    /// Load tests.
    pub load_tests: u64,
    /// Paths that the user wants left out.
    pub ignored: u64,
    /// What a cache answered.
    pub cached: u64,
    /// Requests earlier than the session they belong to could still be open.
    pub late: u64,
}

#[derive(Debug)]
struct OpenSession {
    visits: Vec<Visit>,
    last: i64,
    assets: u32,
    pages: u32,
    robots: bool,
    by_cookie: bool,
    returning: bool,
    mobile: bool,
    program: Option<BotRule>,
}

// === impl Collector ===

impl Collector {
    /// A collector that has seen nothing.
    pub fn new(options: ImportOptions, hasher: RandomState) -> Collector {
        Collector {
            options,
            hasher,
            open: HashMap::new(),
            known: HashSet::new(),
            agents: HashMap::new(),
            now: i64::MIN,
            swept: i64::MIN,
            out: Collected {
                heads: Vec::new(),
                bodies: Vec::new(),
                paths: Paths::new(),
                span: None,
                lines: 0,
                dropped: Dropped::default(),
                programs: BTreeMap::new(),
                hosts: BTreeMap::new(),
                cached: (0, 0),
                resolution: 1,
                timed: 0,
                with_session: 0,
            },
        }
    }

    /// Takes a line.
    pub fn take(&mut self, line: &LogLine<'_>) {
        self.out.lines += 1;
        self.tell_time(line.start);
        if line.cached == Some(true) && self.options.through == Through::Origin {
            self.out.dropped.cached += 1;
            return;
        }
        let agent = self.agent(&line.user_agent);
        if agent.load_test && !self.options.keep_load_tests {
            self.out.dropped.load_tests += 1;
            return;
        }
        let declared = bot_rule(&agent, line);
        if let Some(rule) = declared
            && !self.options.keep_bots
        {
            *self.out.programs.entry(rule).or_default() += 1;
            return;
        }
        let key = self.key(line);
        match Noise::of(line, &self.options.ignore) {
            None => self.act(line, key, agent),
            Some(Noise::Asset) => {
                self.out.dropped.assets += 1;
                if let Some(session) = self.open.get_mut(&key) {
                    session.assets += 1;
                }
            }
            Some(Noise::Robots) => {
                if let Some(session) = self.session(line, key, agent) {
                    session.robots = true;
                }
            }
            Some(Noise::HealthCheck) => self.out.dropped.health_checks += 1,
            Some(Noise::Preflight) => self.out.dropped.preflights += 1,
            Some(Noise::Ignored) => self.out.dropped.ignored += 1,
        }
    }

    /// Ends every session, and gives what was collected.
    pub fn finish(mut self) -> (Collected, ImportOptions) {
        self.close_those_before(i64::MAX);
        (self.out, self.options)
    }

    /// Closes sessions in the order of their ends, so that nothing depends on the order of a map.
    fn close_those_before(&mut self, limit: i64) {
        let over = self.open.iter().filter(|(_, open)| open.last < limit);
        let mut keys: Vec<(i64, u64)> = over.map(|(key, open)| (open.last, *key)).collect();
        keys.sort_unstable_by_key(|(last, _)| *last);
        keys.into_iter().for_each(|(_, key)| self.close(key));
    }

    fn tell_time(&mut self, start: i64) {
        let (first, last) = self.out.span.unwrap_or((start, start));
        self.out.span = Some((first.min(start), last.max(start)));
        self.now = self.now.max(start);
        if self.now.saturating_sub(self.swept) >= SWEEP {
            self.swept = self.now;
            let limit = self.now - self.gap();
            self.close_those_before(limit);
        }
    }

    fn gap(&self) -> i64 {
        self.options.gap.0 as i64
    }

    fn agent(&mut self, text: &str) -> Agent {
        let hash = self.hasher.hash_one(text);
        if let Some(agent) = self.agents.get(&hash) {
            return *agent;
        }
        let agent = Agent::of(text);
        if self.agents.len() < MOST_AGENTS {
            self.agents.insert(hash, agent);
        }
        agent
    }

    /// Who it is: by the session's cookie, else by address and user agent.
    fn key(&self, line: &LogLine<'_>) -> u64 {
        if line.session.is_empty() {
            self.hasher.hash_one((0_u8, line.client.as_ref(), line.user_agent.as_ref()))
        } else {
            self.hasher.hash_one((1_u8, line.session.as_ref()))
        }
    }

    /// A page, or another act of the visitor.
    fn act(&mut self, line: &LogLine<'_>, key: u64, agent: Agent) {
        let Some(method) = VisitMethod::of(&line.method) else {
            self.out.dropped.preflights += 1;
            return;
        };
        let node = self.out.paths.place(&line.path, &line.query, key);
        let failed = self.is_failure(line);
        self.note(line);
        let Some(session) = self.session(line, key, agent) else { return };
        session.pages += 1;
        session.last = session.last.max(line.start + line.duration.unwrap_or(0) as i64);
        if session.visits.len() < MOST_VISITS {
            let duration = line.duration.map(|us| u32::try_from(us / 1_000).unwrap_or(u32::MAX));
            session.visits.push(Visit {
                start: line.start,
                duration,
                node,
                status: line.status,
                method,
                failed,
            });
        } else {
            session.program = Some(BotRule::TooFast);
        }
    }

    fn note(&mut self, line: &LogLine<'_>) {
        let out = &mut self.out;
        out.resolution = out.resolution.max(line.resolution);
        out.timed += u64::from(line.duration.is_some());
        out.with_session += u64::from(!line.session.is_empty());
        if let Some(hit) = line.cached {
            out.cached.0 += 1;
            out.cached.1 += u64::from(hit);
        }
        if !line.host.is_empty() {
            if let Some(count) = out.hosts.get_mut(line.host.as_ref()) {
                *count += 1;
            } else if out.hosts.len() < 100 {
                out.hosts.insert(line.host.to_string(), 1);
            }
        }
    }

    fn is_failure(&self, line: &LogLine<'_>) -> bool {
        let slow = line.duration.is_some_and(|us| us >= self.options.gives_up_after.0);
        let status = line.status >= 500 || matches!(line.status, 408 | 429 | 460 | 499);
        let said = self.options.fail_when.iter().any(|(status, path)| {
            status.is_none_or(|status| status == line.status)
                && line.path.starts_with(path.as_str())
        });
        slow || status || said
    }

    /// The open session of a key, or a new one; none for a line from before all sessions that are still open.
    fn session(&mut self, line: &LogLine<'_>, key: u64, agent: Agent) -> Option<&mut OpenSession> {
        let gap = self.gap();
        if line.start < self.now - gap {
            self.out.dropped.late += 1;
            return None;
        }
        if self.open.get(&key).is_some_and(|open| line.start - open.last > gap) {
            self.close(key);
        }
        if !self.open.contains_key(&key) {
            let by_cookie = !line.session.is_empty();
            if by_cookie {
                self.adopt(line, key);
            }
        }
        if !self.open.contains_key(&key) {
            let by_cookie = !line.session.is_empty();
            let room = self.known.len() < MOST_KNOWN;
            let returning =
                by_cookie && if room { !self.known.insert(key) } else { self.known.contains(&key) };
            let session = OpenSession {
                visits: Vec::new(),
                last: line.start,
                assets: 0,
                pages: 0,
                robots: false,
                by_cookie,
                returning,
                mobile: agent.mobile,
                program: bot_rule(&agent, line),
            };
            self.open.insert(key, session);
        }
        self.open.get_mut(&key)
    }

    /// The first page of a visit has no cookie yet: the answer brings it. So a lone page of the same address and agent just before is
    /// the beginning of this session.
    fn adopt(&mut self, line: &LogLine<'_>, key: u64) {
        let nobody = self.hasher.hash_one((0_u8, line.client.as_ref(), line.user_agent.as_ref()));
        let lone = |open: &OpenSession| {
            open.pages == 1 && !open.robots && line.start - open.last <= FIRST_PAGE
        };
        if self.open.get(&nobody).is_some_and(lone)
            && let Some(mut session) = self.open.remove(&nobody)
        {
            session.by_cookie = true;
            self.known.insert(key);
            self.open.insert(key, session);
        }
    }

    fn close(&mut self, key: u64) {
        let Some(mut session) = self.open.remove(&key) else { return };
        if session.visits.is_empty() {
            return;
        }
        // Stamps of whole seconds can't order what happened within one; the log's own order does.
        if self.out.resolution < COARSE {
            session.visits.sort_by_key(|visit| visit.start);
        }
        let program = session.program.or_else(|| BotRule::of(&session.visits, session.robots));
        let head = SessionHead {
            start: session.visits.iter().map(|visit| visit.start).min().unwrap_or(session.last),
            end: session.last,
            pages: session.pages,
            assets: session.assets,
            by_cookie: session.by_cookie,
            returning: session.returning,
            mobile: session.mobile,
            program,
        };
        let place = self.out.heads.len();
        self.out.heads.push(head);
        self.keep(place as u32, session.visits.into_boxed_slice());
    }

    /// Keeps the requests of a session, or lets chance decide which are kept (algorithm R).
    fn keep(&mut self, place: u32, visits: Box<[Visit]>) {
        let bodies = &mut self.out.bodies;
        if bodies.len() < MOST_BODIES {
            bodies.push((place, visits));
            return;
        }
        let chance =
            below(draw(0, Purpose::Sample, u64::from(place)), u64::from(place) + 1) as usize;
        if let Some(slot) = bodies.get_mut(chance) {
            *slot = (place, visits);
        }
    }
}

/// By what a line alone shows that it is a program's.
fn bot_rule(agent: &Agent, line: &LogLine<'_>) -> Option<BotRule> {
    if agent.program {
        Some(BotRule::Declared)
    } else {
        line.bot_score.is_some_and(|score| (1..30).contains(&score)).then_some(BotRule::Score)
    }
}
