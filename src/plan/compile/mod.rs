//! From a scenario to a plan: what the written values mean together.
//!
//! Compiling never stops at a problem. A value that is missing because it could not be read is filled with
//! its default, silently, since its own problem has been told; so everything that can be checked is checked
//! in one go. The plan that comes out is handed over only if there was no problem at all.

mod answers;
mod arms;
mod assets;
mod auth;
mod bodies;
mod budget;
mod cleanup;
mod client;
mod compiler;
mod csv;
mod data;
mod data_table;
mod declined;
mod each;
mod environment;
mod equipment;
mod graphql;
mod guard;
mod journeys;
mod load;
mod names;
mod objectives;
mod paths;
mod provoke;
mod record_access;
mod records;
mod secrets;
mod set_up;
mod shoppers;
mod steps;
mod submit;
mod targets;
mod text;
mod waits;
mod when;

use compiler::Compiler;
pub use records::compile_records;
