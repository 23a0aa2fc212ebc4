//! `tillrush kubernetes`: prints a manifest that runs a scenario in slices.

mod command;
mod kubernetes_args;
mod manifest;

pub use command::kubernetes;
pub use kubernetes_args::KubernetesArgs;
