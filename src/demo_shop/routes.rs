//! The table of addresses and the steps that they ask for.

use axum::http::Method;

use super::answer::{Answer, Rejection};
use super::handlers::{basket, browse, checkout, help, orders, payment};
use super::operation::Operation;
use super::payments;
use super::request::ShopRequest;

/// What the shop does at a step, without waiting for anything.
pub(super) type Handler = fn(&mut ShopRequest<'_>) -> Result<Answer, Rejection>;

/// An address and what it asks for.
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) step: Operation,
    pub(super) handle: Handler,
}

/// Every address; the same below `/api`.
pub(super) const ROUTES: &[Route] = &[
    get("/", Operation::Home, browse::home),
    get("/categories", Operation::Categories, browse::categories),
    get("/categories/{category}", Operation::Products, browse::products),
    get("/products", Operation::Products, browse::products),
    get("/search", Operation::Search, browse::search),
    get("/products/{sku}", Operation::Product, browse::product),
    get("/products/{sku}/reviews", Operation::Reviews, browse::reviews),
    get("/assets/{file}", Operation::Asset, browse::asset),
    get("/cart", Operation::Cart, basket::cart),
    post("/cart", Operation::Add, basket::add),
    Route {
        method: Method::DELETE,
        path: "/cart/{sku}",
        step: Operation::Remove,
        handle: basket::remove,
    },
    post("/cart/remove", Operation::Remove, basket::remove),
    post("/cart/voucher", Operation::Voucher, basket::voucher),
    get("/login", Operation::LoginPage, checkout::login_page),
    post("/login", Operation::Login, checkout::login),
    get("/checkout", Operation::Checkout, checkout::overview),
    post("/checkout/guest", Operation::Guest, checkout::guest),
    get("/checkout/address", Operation::Checkout, checkout::address_page),
    post("/checkout/address", Operation::Address, checkout::address),
    get("/checkout/shipping", Operation::ShippingMethods, checkout::shipping_methods),
    post("/checkout/shipping", Operation::Shipping, checkout::shipping),
    get("/checkout/payment", Operation::Checkout, payment::page),
    post("/checkout/pay", Operation::Pay, payment::pay),
    get("/checkout/return", Operation::ComeBack, payments::come_back),
    get("/orders/{id}", Operation::Order, orders::order),
    get("/orders/{id}/receipt", Operation::Receipt, orders::receipt),
    post("/orders/{id}/returns", Operation::Return, orders::send_back),
    get("/orders/{id}/refund", Operation::Refund, orders::refund),
    get("/faq", Operation::Faq, help::faq),
    get("/faq/{topic}", Operation::Faq, help::faq),
    get("/stores", Operation::Stores, help::stores),
    get("/stores/{store}/availability", Operation::Availability, help::availability),
    get("/help", Operation::Help, help::page),
    post("/help/questions", Operation::Ask, help::ask),
    get("/help/questions/{id}", Operation::HelpAnswer, help::answer),
];

const fn get(path: &'static str, step: Operation, handle: Handler) -> Route {
    Route { method: Method::GET, path, step, handle }
}

const fn post(path: &'static str, step: Operation, handle: Handler) -> Route {
    Route { method: Method::POST, path, step, handle }
}
