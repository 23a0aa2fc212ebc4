//! Options of every command that reads a scenario or visits a shop.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueHint};

use crate::scenario::{Extent, Quantity};
use crate::shopper::browser::allowed_hosts::AllowedHosts;

/// A scenario, and what the command line overrides in it.
#[derive(Clone, Debug, Args)]
pub struct ScenarioArgs {
    /// The scenario file
    #[arg(value_hint = ValueHint::FilePath)]
    pub scenario: PathBuf,

    /// What the command line overrides.
    #[command(flatten)]
    pub load: LoadArgs,
}

/// What the command line overrides in a scenario. Kept as typed: a stored run is read back from these texts.
#[derive(Clone, Debug, Default, Args)]
pub struct LoadArgs {
    /// Base address of the shop
    #[arg(long, env = "TILLRUSH_TARGET", value_name = "URL", value_hint = ValueHint::Url)]
    pub target: Option<String>,

    /// Constant arrival rate of new shoppers, such as 50/s or 120/min. Use it with --duration
    #[arg(long, env = "TILLRUSH_RATE", conflicts_with_all = ["stage", "users"])]
    pub rate: Option<String>,

    /// How long new shoppers arrive, such as 30s or 5m. Without --rate, the scenario's stages are scaled to this length
    #[arg(short, long, env = "TILLRUSH_DURATION", conflicts_with = "stage")]
    pub duration: Option<String>,

    /// Ramp to an arrival rate: DURATION:RATE, such as 2m:50/s. Repeat for more stages
    #[arg(long, env = "TILLRUSH_STAGE", value_delimiter = ',', value_name = "STAGE")]
    pub stage: Vec<String>,

    /// Closed load: the number of shoppers to keep busy. For saturation tests; losses are not estimated
    #[arg(short, long, env = "TILLRUSH_USERS", conflicts_with = "stage", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: Option<u32>,

    /// Value of `{{ env.NAME }}` in the scenario; NAME alone takes it from the environment. It is masked in all output, unless written public:NAME=VALUE. Repeat for more
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE")]
    pub variables: Vec<String>,

    /// File or folder outside the scenario's folder that the scenario may read. Repeat for more
    #[arg(long, env = "TILLRUSH_ALLOW_FILE", value_delimiter = ',', value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub allow_file: Vec<PathBuf>,

    /// Program that `records:` of the scenario may run. Repeat for more
    #[arg(long, env = "TILLRUSH_ALLOW_COMMAND", value_delimiter = ',', value_name = "PROGRAM")]
    pub allow_command: Vec<String>,
}

/// How to reach the shop.
#[derive(Clone, Debug, Default, Args)]
pub struct ShopAccessArgs {
    /// Public host that you are permitted to load. Loopback and private addresses need no permission. Repeat for more
    #[arg(long, env = "TILLRUSH_ALLOW_HOST", value_delimiter = ',', value_name = "HOST", value_parser = host_name)]
    pub allow_host: Vec<String>,

    /// Accept any TLS certificate
    #[arg(short = 'k', long, env = "TILLRUSH_INSECURE", value_parser = FalseyValueParser::new())]
    pub insecure: bool,

    /// PEM file of root certificates to trust in addition to the system's
    #[arg(long, env = "TILLRUSH_CA_FILE", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca_file: Option<PathBuf>,

    /// PEM file of the client certificate that the shop asks for, with its chain
    #[arg(long, env = "TILLRUSH_CERT", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub cert: Option<PathBuf>,

    /// PEM file of the private key of --cert, unencrypted. Default: the key is in the same file
    #[arg(long, env = "TILLRUSH_KEY", value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub key: Option<PathBuf>,

    /// Do not offer HTTP/2
    #[arg(long, env = "TILLRUSH_HTTP1", value_parser = FalseyValueParser::new())]
    pub http1: bool,

    /// Largest response body that is read, such as 256MB. A larger one is a fault of the load generator, not of the shop [default: 64 MiB]
    #[arg(long, env = "TILLRUSH_MAX_BODY", value_name = "SIZE", value_parser = parse_size)]
    pub max_body: Option<u64>,

    /// Local address to connect from; several are used in turn. Repeat for more
    #[arg(long, env = "TILLRUSH_SOURCE", value_delimiter = ',', value_name = "IP")]
    pub source: Vec<IpAddr>,
}

/// A host as `--allow-host` takes it.
fn host_name(text: &str) -> Result<String, String> {
    AllowedHosts::check(text).map(|()| text.to_owned()).map_err(str::to_owned)
}

/// A size in bytes: a number with or without B, kB, MB or GB.
fn parse_size(text: &str) -> Result<u64, String> {
    match Extent::read(text) {
        Ok(Extent(low, high)) if low == high => Ok(low),
        Ok(_) | Err(_) => Err("write one size, such as 256MB".to_owned()),
    }
}
