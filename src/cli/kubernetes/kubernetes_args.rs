//! The options of `tillrush kubernetes`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use url::Url;

/// Options of `kubernetes`.
#[derive(Clone, Debug, Args)]
pub struct KubernetesArgs {
    /// The scenario file
    #[arg(value_hint = ValueHint::FilePath)]
    pub scenario: PathBuf,

    /// In how many slices the run is cut: a pod for each
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub slices: u32,

    /// Object store in which the slices meet, with a name for this run: s3://BUCKET/RUN, gs: or az:
    #[arg(long, value_name = "URL")]
    pub join: Url,

    /// Container image with tillrush
    #[arg(long, default_value = concat!("tillrush:", env!("CARGO_PKG_VERSION")))]
    pub image: String,

    /// Namespace. Default: kubectl's
    #[arg(long)]
    pub namespace: Option<String>,

    /// Whole CPUs for each slice
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub cpus: u32,

    /// Memory for each slice, as Kubernetes writes it
    #[arg(long, default_value = "2Gi", value_parser = memory)]
    pub memory: String,

    /// Options of `run` for every slice, after `--`, such as --target or --allow-host. Secrets: -e NAME, with the value in a Secret named tillrush
    #[arg(last = true, value_name = "RUN OPTIONS")]
    pub run_options: Vec<String>,
}

/// A quantity of memory as Kubernetes writes it.
fn memory(text: &str) -> Result<String, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let is_known = ["", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti"].contains(&unit);
    match digits.parse::<u64>() {
        Ok(number) if number > 0 && is_known => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err("write a number and a unit, such as 2Gi or 512Mi".to_owned()),
    }
}
