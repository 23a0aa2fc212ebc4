//! `tillrush kubernetes`: prints a manifest that runs a scenario in slices.

mod command;
mod manifest;

pub use command::{KubernetesArgs, kubernetes};
