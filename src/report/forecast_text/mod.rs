//! A plan on one screen, before a single request is sent: what `tillrush check` prints.

mod curve;
mod head;
mod integrity;
mod power;
mod render;
mod text;
mod traffic;

pub use render::render;
pub use text::Setting;
