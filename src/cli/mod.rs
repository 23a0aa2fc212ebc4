//! The command line: arguments become calls into the rooms, and their results become text, files and an exit code.
//!
//! One file for each command; what several commands share stands in leaves (`output`, `analysis`, `run_folder`, `source`).

mod analysis;
mod args;
mod check;
mod ci_annotations;
mod compare;
mod comparison;
mod comparison_args;
mod dashboard;
mod demo;
mod dispatch;
mod env_precedence;
mod execute;
mod exit;
mod failure;
mod import;
mod import_args;
mod input_files;
mod live;
mod log_files;
mod merge;
mod narrator;
mod noise_floor;
mod output;
mod paired;
mod preflight;
mod proxy;
mod purchases;
mod random;
mod reconcile;
mod record;
mod record_args;
mod recorder;
mod records;
mod replay_command;
mod report;
mod report_files;
mod run;
mod run_folder;
mod run_options;
mod runs;
mod scenario_args;
mod schema;
mod screen;
mod shop;
mod signals;
mod source;
mod store;
mod value_parsers;
mod variables;
mod walk;
mod web;
mod zstd;

pub use dispatch::main;
pub use exit::Exit;
