//! Before a run: may this shop be loaded, and is it there?

use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use tokio::task::LocalSet;
use tokio::time::Instant;
use url::{Host, Position, Url};

use super::args::ShopAccessArgs;
use super::{Exit, Failure};
use crate::base::{Micros, ShopperId};
use crate::engine::TokioClock;
use crate::plan::{Plan, Template};
use crate::shopper::browser::address::{AllowedHosts, is_private};
use crate::shopper::browser::device::AGENT;
use crate::shopper::browser::session::SessionSettings;
use crate::shopper::transport::{
    HttpOptions, HttpTransport, Identity, Origin, ShopperConnections, Transport, TransportError,
    WireRequest,
};

/// How long the shop has to answer the first time.
const FIRST_ANSWER: Micros = Micros::from_secs(10);

/// What shoppers need to reach a shop that they may reach.
pub struct Access {
    /// The shop's base address.
    pub target: Url,
    /// What all sessions have in common.
    pub session: SessionSettings,
    /// How to speak to the shop.
    pub http: HttpOptions,
}

/// Makes sure that the shop may be loaded and that it answers.
///
/// # Errors
/// With exit 107 where it may not or does not; 104 where there is no target.
pub fn gain(plan: &Plan, args: &ShopAccessArgs) -> Result<Access, Failure> {
    let Some(target) = plan.target.clone() else {
        return Err(Failure::new(
            Exit::BadScenario,
            "error: no target: write `target:` in the scenario, or give --target URL",
        ));
    };
    gain_to(target, plan, args)
}

/// The same for another shop than the plan's target.
///
/// # Errors
/// As for the target.
pub fn gain_to(target: Url, plan: &Plan, args: &ShopAccessArgs) -> Result<Access, Failure> {
    if !target.username().is_empty() || target.password().is_some() {
        let help = "write the credentials as a header of the scenario (`defaults: headers: authorization: ...`), taken from `-e`";
        return Err(Failure::new(
            Exit::BadScenario,
            format!("error: the target has a user name or password in it\nhelp: {help}"),
        ));
    }
    let identity =
        args.cert.as_ref().map(|cert| Identity::read(cert, args.key.as_deref())).transpose();
    let identity = identity.map_err(|error| Failure::usage(format!("error: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?;
    for url in std::iter::once(target.clone()).chain(other_origins(plan)) {
        runtime.block_on(permit(&url, &args.allow_host))?;
    }
    let http = HttpOptions {
        connections: plan.load.connections,
        insecure: args.insecure,
        extra_roots: args.ca_file.clone(),
        identity,
        http2: !args.http1,
        sources: args.source.clone(),
        may_be_public: AllowedHosts::new(args.allow_host.iter().cloned()),
        ..HttpOptions::default()
    };
    LocalSet::new().block_on(&runtime, reach(&target, http.clone()))?;
    let mut session = SessionSettings::new(target.clone());
    let others = other_origins(plan).filter_map(|url| url.host_str().map(str::to_owned));
    session.allowed = AllowedHosts::new(
        target
            .host_str()
            .map(str::to_owned)
            .into_iter()
            .chain(others)
            .chain(args.allow_host.iter().cloned()),
    );
    Ok(Access { target, session, http })
}

/// The absolute addresses that the plan names beside the target.
fn other_origins(plan: &Plan) -> impl Iterator<Item = Url> {
    plan.steps.iter().filter_map(|step| match &step.request.url {
        Template::Literal(text) => Url::parse(text).ok(),
        _ => None,
    })
}

/// Whether load may go to this address: it is on this machine or in a private network, or the user says so by name.
async fn permit(url: &Url, allowed: &[String]) -> Result<(), Failure> {
    let (Some(host), Some(name)) = (url.host(), url.host_str()) else {
        return Err(Failure::new(
            Exit::BadScenario,
            format!("error: the target {url} has no host"),
        ));
    };
    if AllowedHosts::new(allowed.iter().cloned()).allows(name) {
        return Ok(());
    }
    let addresses: Vec<IpAddr> = match host {
        Host::Ipv4(ip) => vec![ip.into()],
        Host::Ipv6(ip) => vec![ip.into()],
        Host::Domain(name) => {
            let port = url.port_or_known_default().unwrap_or(80);
            let found = tokio::net::lookup_host((name, port)).await;
            found
                .map_err(|error| unreachable_shop(url, &format!("host not found: {error}")))?
                .map(|address| address.ip())
                .collect()
        }
    };
    match addresses.iter().find(|address| !is_private(**address)) {
        None => Ok(()),
        Some(address) => Err(Failure::new(
            Exit::TargetRefused,
            format!(
                "error: {name} is at {address}, a public address, and load goes only to this machine and private networks\n\
                 help: if you may load it (you own it, or its owner agreed in writing), say so: --allow-host {name}"
            ),
        )),
    }
}

/// Asks the target once, as a shopper would. Any answer is good: whether it is the right one is the scenario's question.
async fn reach(target: &Url, http: HttpOptions) -> Result<(), Failure> {
    let shop = HttpTransport::try_new(http, TokioClock::start(Instant::now()))
        .map_err(|error| Failure::usage(format!("error: --ca-file {error}")))?;
    let origin = Origin::from_url(target)
        .ok_or_else(|| unreachable_shop(target, "its address is none of http or https"))?;
    let headers = HeaderMap::from_iter([
        (USER_AGENT, HeaderValue::from_static(AGENT)),
        (ACCEPT, HeaderValue::from_static("*/*")),
    ]);
    let path = target[Position::BeforePath..Position::AfterQuery].to_owned();
    let request = WireRequest {
        origin: Rc::new(origin),
        method: Method::GET,
        path,
        headers,
        body: Bytes::new(),
    };
    match shop.connections(ShopperId(0)).exchange(&request, FIRST_ANSWER).await.result {
        Ok(_) | Err(TransportError::BodyTooLarge(_)) => Ok(()),
        Err(trouble) => Err(unreachable_shop(target, &trouble.to_string())),
    }
}

fn unreachable_shop(target: &Url, why: &str) -> Failure {
    // What a server that speaks plain HTTP answers is no TLS record.
    if target.scheme() == "https" && why.contains("InvalidContentType") {
        let remedy = format!("help: give it as http://{}", target.authority());
        return Failure::new(
            Exit::TargetRefused,
            format!("error: the shop at {target} does not speak TLS\n{remedy}"),
        );
    }
    if why.contains("CertificateRequired") {
        let error = format!("error: the shop at {target} lets in only who has a certificate");
        return Failure::new(
            Exit::TargetRefused,
            error + "\nhelp: give one, with its key: --cert FILE --key FILE",
        );
    }
    Failure::new(
        Exit::TargetRefused,
        format!(
            "error: no shop answers at {target}: {why}\n\
             help: start it, or give another address with --target URL; `tillrush shop` serves a practice shop at http://127.0.0.1:8080"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_public_host_needs_permission_by_name() {
        let url = Url::parse("https://8.8.8.8/").unwrap();
        let refused = permit(&url, &[]).await.unwrap_err();
        assert_eq!(refused.exit, Exit::TargetRefused);
        assert!(refused.message.contains("--allow-host 8.8.8.8"), "{}", refused.message);
        assert!(permit(&url, &["8.8.8.8".to_owned()]).await.is_ok());
        assert!(permit(&Url::parse("http://127.0.0.1:9/").unwrap(), &[]).await.is_ok());
    }
}
