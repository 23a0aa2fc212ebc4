//! Before a run: may the shop be loaded, and does it answer?

use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;

use anyhow::anyhow;
use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue, USER_AGENT};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use tokio::time::Instant;
use url::{Host, Position, Url};

use super::exit::Exit;
use super::failure::Failure;
use super::proxy;
use super::scenario_args::ShopAccessArgs;
use super::screen::Screen;
use crate::base::{Micros, ShopperId};
use crate::engine::TokioClock;
use crate::plan::{Plan, Template};
use crate::shopper::browser::address::looked_up;
use crate::shopper::browser::address_owner::{AddressOwner, is_private};
use crate::shopper::browser::allowed_hosts::AllowedHosts;
use crate::shopper::browser::device::AGENT;
use crate::shopper::browser::settings::SessionSettings;
use crate::shopper::transport::{
    ClientIdentity, HttpOptions, HttpTransport, Origin, ShopperConnections, TlsCause, TlsError,
    Transport, TransportError, WireRequest,
};

/// How long the shop may take for its first response.
const FIRST_RESPONSE: Micros = Micros::from_secs(10);

/// What shoppers need to reach the shop.
#[derive(Clone)]
pub struct Access {
    /// The shop's base address.
    pub target: Url,
    /// What all sessions have in common.
    pub session: SessionSettings,
    /// How to connect to the shop.
    pub http: HttpOptions,
}

/// Makes sure that the plan's target may be loaded and answers.
///
/// # Errors
/// With exit 107 when the target may not be loaded or does not answer; with exit 104 when there is no target.
pub fn preflight(plan: &Plan, args: &ShopAccessArgs, screen: Screen) -> Result<Access, Failure> {
    preflight_shop(target_of(plan)?, plan, args, screen)
}

fn target_of(plan: &Plan) -> Result<Url, Failure> {
    plan.target.clone().ok_or_else(|| {
        Failure::new(Exit::BadScenario, anyhow!("there is no target"))
            .help("write `target:` in the scenario, or give --target URL")
    })
}

fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(anyhow::Error::from)?)
}

/// The same for another shop than the plan's target.
///
/// # Errors
/// As for the target.
pub fn preflight_shop(
    target: Url,
    plan: &Plan,
    args: &ShopAccessArgs,
    screen: Screen,
) -> Result<Access, Failure> {
    let access = permit_shop(target, plan, args, screen)?;
    let runtime = runtime()?;
    let others = plan.target_urls().iter().skip(1);
    for target in std::iter::once(&access.target).chain(others) {
        LocalSet::new().block_on(&runtime, ensure_reachable(target, access.http.clone()))?;
    }
    Ok(access)
}

/// Makes sure that the plan's target may be loaded, without asking it anything.
///
/// # Errors
/// With exit 107 when it may not be loaded; with exit 104 when there is no target.
pub fn permit(plan: &Plan, args: &ShopAccessArgs, screen: Screen) -> Result<Access, Failure> {
    permit_shop(target_of(plan)?, plan, args, screen)
}

fn permit_shop(
    target: Url,
    plan: &Plan,
    args: &ShopAccessArgs,
    screen: Screen,
) -> Result<Access, Failure> {
    if !target.username().is_empty() || target.password().is_some() {
        let error = anyhow!("the target has a user name or password in it");
        return Err(Failure::new(Exit::BadScenario, error).help(
            "write the credentials as a header of the scenario (`defaults: headers: authorization: ...`), taken from `-e`",
        ));
    }
    let runtime = runtime()?;
    for url in std::iter::once(target.clone()).chain(other_origins(plan)) {
        runtime.block_on(ensure_allowed(&url, &args.allow_host))?;
    }
    if let Some(notice) = proxy::notice(&target, &|name| std::env::var(name).ok()) {
        screen.notice(&notice);
    }
    runtime.block_on(ensure_source_matches(&target, &args.source))?;
    let http = http_options(plan, args)?;
    let mut session = SessionSettings::new(target.clone());
    session.follows_links = plan.steps.iter().any(|step| !step.request.url.is_rooted());
    let hosts = std::iter::once(target.clone()).chain(other_origins(plan));
    let hosts = hosts.filter_map(|url| url.host_str().map(str::to_owned));
    session.allowed = AllowedHosts::new(hosts.chain(args.allow_host.iter().cloned()));
    Ok(Access { target, session, http })
}

fn http_options(plan: &Plan, args: &ShopAccessArgs) -> Result<HttpOptions, Failure> {
    let identity = args.cert.as_ref().map(|cert| ClientIdentity::read(cert, args.key.as_deref()));
    Ok(HttpOptions {
        connections: plan.load.connections,
        insecure: args.insecure,
        extra_roots: args.ca_file.clone(),
        identity: identity.transpose().map_err(Failure::usage)?,
        http2: !args.http1,
        sources: args.source.clone(),
        may_be_public: AllowedHosts::new(args.allow_host.iter().cloned()),
        max_body: args.max_body.unwrap_or(HttpOptions::default().max_body),
        ..HttpOptions::default()
    })
}

/// The absolute addresses in the plan, besides the target.
fn other_origins(plan: &Plan) -> impl Iterator<Item = Url> {
    let written = plan.steps.iter().filter_map(|step| match &step.request.url {
        Template::Literal(text) => Url::parse(text).ok(),
        Template::Segments(_) | Template::Expression { .. } => None,
    });
    written.chain(plan.target_urls().iter().cloned())
}

/// Allows an address on this machine or in a private network, and a public one that the user permitted by name.
async fn ensure_allowed(url: &Url, allowed: &[String]) -> Result<(), Failure> {
    let (Some(host), Some(name)) = (url.host(), url.host_str()) else {
        return Err(Failure::new(Exit::BadScenario, anyhow!("the target {url} has no host")));
    };
    if AllowedHosts::new(allowed.iter().cloned()).allows(name) {
        return Ok(());
    }
    let addresses: Vec<IpAddr> = match host {
        Host::Ipv4(ip) => vec![ip.into()],
        Host::Ipv6(ip) => vec![ip.into()],
        Host::Domain(name) => {
            let port = url.port_or_known_default().unwrap_or(80);
            let found = tokio::net::lookup_host((looked_up(name), port)).await;
            found
                .map_err(|error| no_response(url, &format!("host not found: {error}")))?
                .map(|address| address.ip())
                .collect()
        }
    };
    match addresses.iter().find(|address| !is_private(**address)) {
        None => Ok(()),
        Some(address) => Err(Failure::new(
            Exit::TargetRefused,
            anyhow!(
                "{name} has the address {address}, {}; by default, load goes only to this machine and private networks",
                AddressOwner::of(*address).describe()
            ),
        )
        .help(format!(
            "if you own this host, or its owner agreed in writing, permit it: --allow-host {name}"
        ))),
    }
}

/// Refuses source addresses of which none is of a family that the target has: no shopper could connect from them.
async fn ensure_source_matches(target: &Url, sources: &[IpAddr]) -> Result<(), Failure> {
    let port = target.port_or_known_default().unwrap_or(80);
    let Some(name) = target.host_str().filter(|_| !sources.is_empty()) else { return Ok(()) };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let found = tokio::net::lookup_host((name, port)).await;
    let found = found.map_err(|error| no_response(target, &format!("host not found: {error}")))?;
    let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    let unlike =
        |source: &&IpAddr| addresses.iter().all(|address| address.is_ipv6() != source.is_ipv6());
    let Some(source) = sources.iter().find(unlike) else { return Ok(()) };
    let [own, other] = if source.is_ipv6() { ["IPv6", "IPv4"] } else { ["IPv4", "IPv6"] };
    Err(Failure::usage(anyhow!(
        "--source {source} is an {own} address, but {name} has {other} addresses only"
    ))
    .help(format!("give an {other} address of this machine")))
}

/// Sends one request to the target, as a shopper would. Any response will do: whether it is right is up to the scenario.
async fn ensure_reachable(target: &Url, http: HttpOptions) -> Result<(), Failure> {
    let shop =
        HttpTransport::try_new(http, TokioClock::start(Instant::now())).map_err(Failure::usage)?;
    let origin = Origin::from_url(target)
        .ok_or_else(|| no_response(target, &"its address is neither http nor https"))?;
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
    match shop.connections(ShopperId(0)).exchange(&request, FIRST_RESPONSE).await.result {
        Ok(_) | Err(TransportError::BodyTooLarge(_)) => Ok(()),
        Err(error) => Err(unreachable_shop(target, &error)),
    }
}

/// The failure of a walk whose very first request met no shop; none where it met one that works badly.
pub fn unreachable_failure(target: &Url, error: &TransportError) -> Option<Failure> {
    match error {
        TransportError::Dns(_) | TransportError::Connect(_) | TransportError::Tls(_) => {
            Some(unreachable_shop(target, error))
        }
        TransportError::TooSlow(_)
        | TransportError::Broken(_)
        | TransportError::BrokenReused(_)
        | TransportError::Protocol(_)
        | TransportError::BodyTooLarge(_)
        | TransportError::Own(_)
        | TransportError::NotAllowed(_) => None,
    }
}

/// Why the shop is not reachable, with the remedy for this cause.
fn unreachable_shop(target: &Url, error: &TransportError) -> Failure {
    match error {
        TransportError::Tls(error) => tls_failure(target, error),
        TransportError::Dns(_)
        | TransportError::Connect(_)
        | TransportError::TooSlow(_)
        | TransportError::Broken(_)
        | TransportError::BrokenReused(_)
        | TransportError::Protocol(_)
        | TransportError::BodyTooLarge(_)
        | TransportError::Own(_)
        | TransportError::NotAllowed(_) => no_response(target, error),
    }
}

fn no_response(target: &Url, reason: &dyn fmt::Display) -> Failure {
    refusal(format!("no shop answers at {target}: {reason}"))
        .help("start it, or give another address with --target URL; `tillrush shop` serves a practice shop at http://127.0.0.1:8080")
}

fn tls_failure(target: &Url, error: &TlsError) -> Failure {
    let certificate = format!("the certificate of the shop at {target}");
    match error.cause {
        TlsCause::UnknownIssuer => refusal(format!("{certificate} is from an unknown authority"))
            .help("trust its authority with --ca-file FILE, or accept any certificate with --insecure"),
        TlsCause::OtherHost => refusal(format!("{certificate} is of another host: {error}"))
            .help("give a target with a host name of the certificate, or accept any certificate with --insecure"),
        TlsCause::Expired => refusal(format!("{certificate} has expired"))
            .help("renew it, or accept any certificate with --insecure"),
        TlsCause::NotValidYet => refusal(format!("{certificate} is not valid yet"))
            .help("check the clocks of both machines, or accept any certificate with --insecure"),
        TlsCause::ClientCertificateRequired => {
            refusal(format!("the shop at {target} requires a client certificate"))
                .help("give one, with its key: --cert FILE --key FILE")
        }
        TlsCause::NotTls => refusal(format!("the shop at {target} does not speak TLS"))
            .help(format!("give it as http://{}", target.authority())),
        TlsCause::Other => refusal(format!("no TLS connection to the shop at {target}: {error}"))
            .help("if the certificate is the cause: --ca-file FILE trusts its authority, --insecure accepts any"),
    }
}

fn refusal(error: String) -> Failure {
    Failure::new(Exit::TargetRefused, anyhow!(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_public_host_needs_permission_by_name() {
        let url = Url::parse("https://8.8.8.8/").unwrap();
        let refused = ensure_allowed(&url, &[]).await.unwrap_err();
        assert_eq!(refused.exit, Exit::TargetRefused);
        assert!(refused.to_string().contains("--allow-host 8.8.8.8"), "{refused}");
        assert!(ensure_allowed(&url, &["8.8.8.8".to_owned()]).await.is_ok());
        assert!(ensure_allowed(&Url::parse("http://127.0.0.1:9/").unwrap(), &[]).await.is_ok());
    }
}
