//! The shop's server: threads and a runtime of its own, so that it never shares a scheduler with the load
//! that comes at it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::routing::{MethodFilter, get, on, post};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::door;
use super::faults::Faults;
use super::ledger::LedgerSnapshot;
use super::routes::ROUTES;
use super::shop::Shop;
use super::wire::{Cut, Doorstep};

/// How long requests under way may still take when the shop closes.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// How the shop is to be.
#[derive(Clone, Debug)]
pub struct ShopOptions {
    /// Where it listens; port 0 for any that is free.
    pub listen: SocketAddr,
    /// How it misbehaves.
    pub faults: Faults,
    /// The names of the nodes that sessions are pinned to; at least one.
    pub nodes: Vec<String>,
    /// The seed of every draw: of faults, and of the nodes.
    pub seed: u64,
    /// Threads that serve; at least one.
    pub threads: usize,
    /// From an order to its payment being confirmed.
    pub paid_after: Duration,
    /// From a return to its refund.
    pub refunded_after: Duration,
    /// From a question to the help desk's answer.
    pub help_answers_after: Duration,
}

/// A shop that is open. It closes when dropped; `stop` waits for it.
#[derive(Debug)]
pub struct RunningShop {
    addr: SocketAddr,
    shop: Arc<Shop>,
    close: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// Why a shop can't open.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// The address can't be listened on.
    #[error(
        "the practice shop can't listen on {addr}: choose another port, or 0 for any that is free"
    )]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// A thread or its runtime can't be made.
    #[error("the practice shop can't start its threads")]
    Threads(#[source] io::Error),
    /// There is nothing to pin sessions to.
    #[error("the practice shop needs at least one node")]
    NoNodes,
    /// A fault is meant for a node that isn't there.
    #[error("the fault '{fault}' is meant for '{node}', but the shop's nodes are {known}")]
    UnknownNode {
        /// The fault's name.
        fault: String,
        /// The node that it names.
        node: String,
        /// The nodes there are.
        known: String,
    },
    /// Stock is set for a product that isn't there.
    #[error("stock is set for '{0}', but the shop has only sku-1 to sku-24 and flash-console")]
    UnknownProduct(String),
}

// === impl ShopOptions ===

impl Default for ShopOptions {
    fn default() -> ShopOptions {
        ShopOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            faults: Faults::none(),
            nodes: ShopOptions::node_names(4),
            seed: 1,
            threads: 1,
            paid_after: Duration::from_millis(300),
            refunded_after: Duration::from_secs(1),
            help_answers_after: Duration::from_secs(2),
        }
    }
}

impl ShopOptions {
    /// `node-1` to `node-n`.
    pub fn node_names(n: usize) -> Vec<String> {
        (1..=n).map(|i| format!("node-{i}")).collect()
    }
}

// === impl RunningShop ===

impl RunningShop {
    /// Opens a shop. When this returns, it can be asked.
    ///
    /// # Errors
    /// Where the options contradict each other, or the system has no such port or no more threads.
    pub async fn start(options: ShopOptions) -> Result<RunningShop, ShopError> {
        let (listen, threads) = (options.listen, options.threads.max(1));
        let shop = Arc::new(Shop::open(options)?);
        let refused = |source| ShopError::Listen { addr: listen, source };
        let listener =
            TcpListener::bind(listen).await.and_then(TcpListener::into_std).map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let (close, closing) = watch::channel(false);
        let mut running = RunningShop { addr, shop, close, threads: Vec::new() };
        for i in 0..threads {
            let listener = listener.try_clone().map_err(ShopError::Threads)?;
            let runtime =
                Builder::new_current_thread().enable_all().build().map_err(ShopError::Threads)?;
            let (app, closing) = (router(running.shop.clone()), closing.clone());
            let thread = std::thread::Builder::new().name(format!("shop-{i}"));
            running.threads.push(
                thread
                    .spawn(move || serve(runtime, listener, app, closing))
                    .map_err(ShopError::Threads)?,
            );
        }
        Ok(running)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A copy of its books.
    pub fn ledger(&self) -> LedgerSnapshot {
        self.shop.ledger()
    }

    /// Opens it anew, as `POST /admin/reset` does.
    pub fn reset(&self) {
        self.shop.reset();
    }

    /// Closes it: no new connections, up to two seconds for the requests under way. Returns the books.
    pub async fn stop(mut self) -> LedgerSnapshot {
        self.close.send_replace(true);
        let threads = std::mem::take(&mut self.threads);
        // A thread that panicked has said so on standard error; the books are still good.
        let _ = tokio::task::spawn_blocking(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()))
        })
        .await;
        self.shop.ledger()
    }
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop").field("nodes", &self.nodes).finish_non_exhaustive()
    }
}

/// One thread's share of the serving. All threads take connections from the same socket.
fn serve(
    runtime: Runtime,
    listener: std::net::TcpListener,
    app: Router,
    closing: watch::Receiver<bool>,
) {
    runtime.block_on(async {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        let service = app.into_make_service_with_connect_info::<Cut>();
        let server = axum::serve(Doorstep(listener), service)
            .with_graceful_shutdown(closed(closing.clone()));
        tokio::select! {
            _ = server.into_future() => {}
            () = async { closed(closing).await; tokio::time::sleep(CLOSING_TIME).await } => {}
        }
    });
    runtime.shutdown_background();
}

/// Returns when the shop is to close, or was dropped.
async fn closed(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|close| *close).await;
}

fn router(shop: Arc<Shop>) -> Router {
    let steps = |prefix: &str| {
        ROUTES.iter().fold(Router::<Arc<Shop>>::new(), |router, route| {
            let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
            let serve =
                move |state, cut, params, request| door::serve(state, cut, params, route, request);
            router.route(&format!("{prefix}{}", route.path), on(filter, serve))
        })
    };
    Router::new()
        .merge(steps(""))
        .merge(steps("/api"))
        .route("/healthz", get(|| async { "ok\n" }))
        .route(
            "/admin/ledger",
            get(|State(shop): State<Arc<Shop>>| async move { Json(shop.ledger()) }),
        )
        .route(
            "/admin/reset",
            post(|State(shop): State<Arc<Shop>>| async move {
                shop.reset();
                StatusCode::NO_CONTENT
            }),
        )
        .fallback(door::nowhere)
        .with_state(shop)
}
