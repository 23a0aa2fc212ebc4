//! A stage for shoppers: a shop that answers at once from memory, and a clock that jumps. What is left is what
//! tillrush itself does for a request, the wire excepted.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{StatusCode, Version};
use tillrush::base::random::{Purpose, uniform};
use tillrush::base::{Micros, ShopperId, Slice};
use tillrush::plan::{Inputs, Plan};
use tillrush::schedule::shopper_id;
use tillrush::shopper::browser::fetch::NoGate;
use tillrush::shopper::browser::settings::SessionSettings;
use tillrush::shopper::transport::{
    Clock, Exchange, ShopperConnections, Transport, WireRequest, WireResponse,
};
use tillrush::shopper::{CoreContext, JourneyRun, MeetingPoints, ReturningPool};
use tillrush::tally::{Phases, Tally};
use url::Url;

/// A clock that never makes anybody wait.
#[derive(Clone, Default)]
pub struct JumpingClock(Rc<Cell<u64>>);

/// A shop whose pages are in memory; shoppers share it.
pub struct StageTransport(Rc<Stage>);

struct Stage {
    clock: JumpingClock,
    page: WireResponse,
    product: WireResponse,
    other: WireResponse,
    /// The share of requests that fail.
    failing: f64,
}

/// One shopper's connections to it.
pub struct StageConnections {
    stage: Rc<Stage>,
    shopper: ShopperId,
    asked: u64,
}

/// The world of the shoppers on the stage.
pub type StageWorld = CoreContext<(StageTransport, JumpingClock, NoGate)>;

// === impl JumpingClock ===

impl JumpingClock {
    fn jump_to(&self, moment: Micros) {
        self.0.set(moment.0);
    }

    fn pass(&self, span: Micros) {
        self.0.set(self.0.get() + span.0);
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> Micros {
        Micros(self.0.get())
    }

    async fn sleep_until(&self, moment: Micros) {
        self.0.set(self.0.get().max(moment.0));
    }
}

// === impl Stage ===

impl Stage {
    fn new(clock: JumpingClock, failing: f64) -> Stage {
        Stage {
            clock,
            page: answer("text/html", html(), true),
            product: answer("application/json", json(), false),
            other: answer("application/json", r#"{"state":"paid"}"#.to_owned(), false),
            failing,
        }
    }

    fn answer_to(&self, path: &str) -> WireResponse {
        match path {
            "/" => self.page.clone(),
            "/product" => self.product.clone(),
            _ => self.other.clone(),
        }
    }
}

impl Transport for StageTransport {
    type Connections = StageConnections;

    fn connections(&self, shopper: ShopperId) -> StageConnections {
        StageConnections { stage: Rc::clone(&self.0), shopper, asked: 0 }
    }
}

impl ShopperConnections for StageConnections {
    fn now(&self) -> Micros {
        Micros::ZERO
    }

    fn sibling(&self) -> StageConnections {
        StageConnections { stage: Rc::clone(&self.stage), shopper: self.shopper, asked: 0 }
    }

    async fn exchange(&mut self, request: &WireRequest, _give_up_at: Micros) -> Exchange {
        let clock = &self.stage.clock;
        let began_at = clock.now();
        self.asked += 1;
        let luck = uniform(self.shopper.0, Purpose::Identity, self.asked);
        let service = Micros(500 + (luck * 20_000.0) as u64);
        clock.pass(service);
        let mut answer = self.stage.answer_to(&request.path);
        if luck < self.stage.failing {
            answer.status = StatusCode::SERVICE_UNAVAILABLE;
        }
        Exchange {
            began_at,
            sent_at: Some(began_at),
            ended_at: clock.now(),
            phases: Phases { wait: Some(service), receive: Some(Micros(10)), ..Phases::default() },
            connections: u32::from(self.asked == 1),
            redials: 0,
            resumed: false,
            bytes_received: answer.body.len() as u64,
            result: Ok(answer),
        }
    }
}

fn answer(kind: &'static str, body: String, cookie: bool) -> WireResponse {
    let mut headers = HeaderMap::new();
    headers.insert("server", HeaderValue::from_static("stage"));
    headers.insert("date", HeaderValue::from_static("Fri, 27 Nov 2026 09:00:00 GMT"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if cookie {
        headers.insert(SET_COOKIE, HeaderValue::from_static("session=9d2c7a; Path=/; HttpOnly"));
    }
    WireResponse {
        status: StatusCode::OK,
        version: Version::HTTP_11,
        headers,
        body: Bytes::from(body),
    }
}

/// 8 KiB with a hidden field in the middle.
pub fn html() -> String {
    let tile = "<li class='tile'><a href='/product'>A thing to buy</a><span class='price'>12.90</span></li>\n";
    let half = tile.repeat(4_000 / tile.len());
    format!(
        "<!doctype html><ul>{half}</ul><form><input type='hidden' name='csrf' value='c5f1e0d2b3a4'></form><ul>{half}</ul>"
    )
}

/// 2 KiB with a number two levels down.
pub fn json() -> String {
    let offer = r#"{"seller":"someone","price":1290,"stock":7,"tags":["new","blue"]},"#;
    let offers = offer.repeat(1_900 / offer.len());
    format!(
        r#"{{"product":{{"id":"sku-20417","name":"A thing to buy","price":1290}},"offers":[{offers}{{}}]}}"#
    )
}

/// The plan of a scenario.
pub fn plan(scenario: &str) -> Plan {
    Plan::from_text("bench.yaml", scenario, &Inputs::default())
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The world of a plan, on a stage where this share of the requests fails.
pub fn world(plan: Plan, failing: f64) -> StageWorld {
    let clock = JumpingClock::default();
    CoreContext::<(_, _, _)> {
        transport: StageTransport(Rc::new(Stage::new(clock.clone(), failing))),
        clock,
        gate: NoGate,
        settings: Rc::new(SessionSettings::new(
            Url::parse("http://shop.test").expect("it is an address"),
        )),
        shared: Vec::new(),
        targets: Vec::new(),
        run: Rc::from("bench"),
        tally: RefCell::new(Tally::new(plan.tally_shape())),
        purchase_log: Rc::new(()),
        returning: ReturningPool::default().into(),
        rendezvous: Arc::new(MeetingPoints::new(&plan, Slice::WHOLE)),
        observer: None,
        baseline: None,
        skip_delays: false,
        never_abandon: false,
        plan: Arc::new(plan),
    }
}

/// One shopper's visit, start to end.
pub fn visit(world: &StageWorld, ordinal: u64, at: Micros) {
    world.clock.jump_to(at);
    let mut visit = JourneyRun::new(world, shopper_id(1, ordinal), ordinal, at);
    let end = {
        // Nothing on the stage waits, so one look is enough.
        let going = pin!(visit.run(world));
        match going.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => end,
            Poll::Pending => unreachable!("nobody waits on this stage"),
        }
    };
    visit.close(world, end);
}
