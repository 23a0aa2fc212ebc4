//! The shop's server: threads and a runtime of its own, so that it never shares a scheduler with the load
//! that comes at it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::{Json, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, get, on, post};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use super::access_log::{self, AccessLog};
use super::books;
use super::connection::{Cut, ShopListener};
use super::ledger::LedgerSnapshot;
use super::middleware;
use super::options::{ShopError, ShopOptions};
use super::payments::{self, PaymentAddresses};
use super::routes::ROUTES;
use super::shop::Shop;

/// How long requests under way may still take when the shop closes.
const CLOSING_TIME: Duration = Duration::from_secs(2);

/// A shop that is open. It closes when dropped; `stop` waits for it.
#[derive(Debug)]
pub struct RunningShop {
    addr: SocketAddr,
    payments: Option<SocketAddr>,
    shop: Arc<Shop>,
    close: watch::Sender<bool>,
    log: Option<Arc<AccessLog>>,
    threads: Vec<JoinHandle<()>>,
}

// === impl RunningShop ===

impl RunningShop {
    /// Opens a shop. When this returns, it can be asked.
    ///
    /// # Errors
    /// Where the options contradict each other, or the system has no such port or no more threads.
    pub async fn start(options: ShopOptions) -> Result<RunningShop, ShopError> {
        let (listen, threads) = (options.listen, options.threads.max(1));
        let payments = options.payments;
        let log = options.access_log.as_ref().map(AccessLog::open).transpose()?.map(Arc::new);
        let shop = Arc::new(Shop::open(options)?);
        let refused = |source| ShopError::Listen { addr: listen, source };
        let listener =
            TcpListener::bind(listen).await.and_then(TcpListener::into_std).map_err(refused)?;
        let addr = listener.local_addr().map_err(refused)?;
        let (close, closing) = watch::channel(false);
        let mut running =
            RunningShop { addr, payments: None, shop, close, log, threads: Vec::new() };
        if let Some(listen) = payments {
            running.open_provider(listen, &closing).await?;
        }
        for i in 0..threads {
            let listener = listener.try_clone().map_err(ShopError::Threads)?;
            let runtime =
                Builder::new_current_thread().enable_all().build().map_err(ShopError::Threads)?;
            let (app, closing) =
                (with_log(router(running.shop.clone()), running.log.clone()), closing.clone());
            let thread = std::thread::Builder::new().name(format!("shop-{i}"));
            running.threads.push(
                thread
                    .spawn(move || serve(runtime, listener, app, closing))
                    .map_err(ShopError::Threads)?,
            );
        }
        Ok(running)
    }

    /// Opens the payment provider, on an origin and a thread of its own.
    async fn open_provider(
        &mut self,
        listen: SocketAddr,
        closing: &watch::Receiver<bool>,
    ) -> Result<(), ShopError> {
        let refused = |source| ShopError::Listen { addr: listen, source };
        // A second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener =
            TcpListener::bind(listen).await.and_then(TcpListener::into_std).map_err(refused)?;
        let provider = listener.local_addr().map_err(refused)?;
        self.shop.provider.open(PaymentAddresses { provider, shop: self.addr });
        self.payments = Some(provider);
        let runtime =
            Builder::new_current_thread().enable_all().build().map_err(ShopError::Threads)?;
        let (app, closing) = (payments::router(self.shop.clone()), closing.clone());
        let thread = std::thread::Builder::new().name("payments".into());
        let thread = thread.spawn(move || serve(runtime, listener, app, closing));
        self.threads.push(thread.map_err(ShopError::Threads)?);
        Ok(())
    }

    /// Where the payment provider listens, if there is one.
    pub fn payments(&self) -> Option<SocketAddr> {
        self.payments
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A copy of its books.
    pub fn ledger(&self) -> LedgerSnapshot {
        self.shop.ledger()
    }

    /// Books an order as if somebody had bought.
    #[cfg(test)]
    pub(crate) fn book_order(&self) {
        self.shop.ledger.orders.book_one(&self.shop.catalogue);
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
        if let Some(log) = &self.log {
            log.flush();
        }
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
        let server = axum::serve(ShopListener(listener), service)
            .with_graceful_shutdown(wait_for_close(closing.clone()));
        tokio::select! {
            _ = server.into_future() => {}
            () = async { wait_for_close(closing).await; tokio::time::sleep(CLOSING_TIME).await } => {}
        }
    });
    runtime.shutdown_background();
}

/// Returns when the shop is to close, or was dropped.
async fn wait_for_close(mut closing: watch::Receiver<bool>) {
    let _ = closing.wait_for(|close| *close).await;
}

/// The same, with its requests logged.
fn with_log(router: Router, log: Option<Arc<AccessLog>>) -> Router {
    match log {
        Some(log) => router.layer(from_fn_with_state(log, access_log::log)),
        None => router,
    }
}

fn router(shop: Arc<Shop>) -> Router {
    let steps = |prefix: &str| {
        ROUTES.iter().fold(Router::<Arc<Shop>>::new(), |router, route| {
            let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
            let serve = move |state, cut, params, request| {
                middleware::serve(state, cut, params, route, request)
            };
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
        .route("/webhooks/payments", post(payments::receive_webhook))
        .route("/admin/records/orders", get(books::orders))
        .route("/admin/records/orders/{id}/cancel", post(books::cancel))
        .route("/admin/records/charges", get(books::charges))
        .route("/admin/records/mails", get(books::mails))
        .route("/admin/records/stock", get(books::stock))
        .fallback(middleware::nowhere)
        .with_state(shop)
}
