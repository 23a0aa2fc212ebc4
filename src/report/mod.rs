//! Numbers made ready to read: text for screens, files for machines.

pub mod plan_view;
