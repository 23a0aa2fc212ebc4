//! What a plan needs beside the scenario's text: variables, data files, and what the command line overrides.

use std::collections::BTreeMap;
use std::fmt;
use std::io;

use jiff::civil::Date;

use crate::base::Micros;
use crate::scenario::{EventRate, StageFlag};

/// Reads a file named in the scenario, relative to it. The plan has no file system of its own.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> io::Result<Vec<u8>>;

/// What a plan needs beside the scenario's text.
#[derive(Clone)]
pub struct Inputs<'a> {
    /// `-e KEY=VALUE`: the values of `{{ env.KEY }}`.
    pub variables: BTreeMap<String, String>,
    /// The values that are masked wherever they stand: those of `-e`, unless declared public.
    pub secrets: Vec<String>,
    /// Reads a data file.
    pub read_file: ReadFile<'a>,
    /// What the command line says instead of the scenario.
    pub overrides: Overrides,
    /// The day of the run, which `date()` counts from.
    pub today: Date,
    /// The plan of a stored run is made again: of data files there is only the header line, and no row is needed.
    pub stored: bool,
}

/// What the command line says instead of the scenario.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `--target`: the shop's base address.
    pub target: Option<String>,
    /// `--rate`: shoppers starting per second, all the time.
    pub rate: Option<EventRate>,
    /// `-d`, `--duration`: how long shoppers keep arriving.
    pub duration: Option<Micros>,
    /// `--stage`, in order.
    pub stages: Vec<StageFlag>,
    /// `-u`, `--users`: a closed load of this many shoppers.
    pub users: Option<u32>,
}

// === impl Inputs ===

impl Default for Inputs<'_> {
    /// No variables, no files, no overrides; a world where time stands still.
    fn default() -> Self {
        Inputs {
            variables: BTreeMap::new(),
            secrets: Vec::new(),
            read_file: &|_| Err(io::ErrorKind::NotFound.into()),
            overrides: Overrides::default(),
            today: Date::ZERO,
            stored: false,
        }
    }
}

impl fmt::Debug for Inputs<'_> {
    /// The names of the variables only: their values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("Inputs")
            .field("variables", &names)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}
