//! A shop that answers by a rule, in declared time, for tests under a paused clock.

use std::cell::Cell;
use std::rc::Rc;

use ::http::header::CONTENT_TYPE;
use ::http::{HeaderMap, HeaderValue, StatusCode, Version};
use bytes::Bytes;

use super::error::TransportError;
use super::exchange::{Exchange, ShopperConnections, Transport, WireResponse};
use super::run_clock::Clock;
use super::wire_request::WireRequest;
use crate::base::{Micros, ShopperId};
use crate::tally::Phases;

const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// What the fake shop answers: how long it takes, and with what. A body that begins with `<` is a page.
pub type Rule = dyn Fn(&Asked<'_>) -> (Micros, Result<(u16, String), TransportError>);

/// What the fake shop is asked.
pub struct Asked<'a> {
    /// Who asks.
    pub shopper: ShopperId,
    /// Which request of this shopper it is, from 0.
    pub nth: u32,
    /// The request.
    pub request: &'a WireRequest,
    /// When.
    pub at: Micros,
}

/// A shop that answers by a rule.
pub struct FakeTransport<C> {
    /// The clock that time is spent on.
    pub clock: C,
    /// What it answers.
    pub rule: Rc<Rule>,
}

/// One shopper's connections to it.
pub struct FakeConnections<C> {
    clock: C,
    rule: Rc<Rule>,
    shopper: ShopperId,
    asked: Rc<Cell<u32>>,
}

impl<C: Clock + Clone> Transport for FakeTransport<C> {
    type Connections = FakeConnections<C>;

    fn connections(&self, shopper: ShopperId) -> FakeConnections<C> {
        FakeConnections {
            clock: self.clock.clone(),
            rule: Rc::clone(&self.rule),
            shopper,
            asked: Rc::default(),
        }
    }
}

impl<C: Clock + Clone> ShopperConnections for FakeConnections<C> {
    async fn exchange(&mut self, request: &WireRequest, give_up_at: Micros) -> Exchange {
        let began_at = self.clock.now();
        let nth = self.asked.replace(self.asked.get() + 1);
        let (takes, answer) =
            (self.rule)(&Asked { shopper: self.shopper, nth, request, at: began_at });
        let answers_at = began_at.saturating_add(takes);
        self.clock.sleep_until(answers_at.min(give_up_at)).await;
        let result = if answers_at > give_up_at {
            Err(TransportError::TooSlow(give_up_at.since(began_at)))
        } else {
            answer
        };
        let result = result.map(|(status, body)| WireResponse {
            status: StatusCode::from_u16(status).expect("a status"),
            version: Version::HTTP_11,
            headers: if body.starts_with('<') {
                HeaderMap::from_iter([(CONTENT_TYPE, HTML)])
            } else {
                HeaderMap::new()
            },
            body: Bytes::from(body),
        });
        Exchange {
            began_at,
            sent_at: Some(began_at),
            ended_at: self.clock.now(),
            phases: Phases::default(),
            connections: u32::from(nth == 0),
            redials: 0,
            resumed: false,
            bytes_received: 0,
            result,
        }
    }

    fn now(&self) -> Micros {
        self.clock.now()
    }

    fn sibling(&self) -> FakeConnections<C> {
        FakeConnections {
            clock: self.clock.clone(),
            rule: Rc::clone(&self.rule),
            shopper: self.shopper,
            asked: self.asked.clone(),
        }
    }

    fn disconnect(&mut self) {}
}
