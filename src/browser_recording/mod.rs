//! Records what a person does in a browser: opens a Chromium with a profile of its own, follows its network over the DevTools protocol, and
//! gives a HAR.

mod chromium;
mod devtools;
mod exchanges;
mod har;
mod recorder;

pub use chromium::BrowserError;
pub use recorder::{RecordOptions, record};

#[cfg(test)]
mod tests;
