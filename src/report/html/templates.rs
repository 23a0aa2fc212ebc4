//! The templates of the page, its style, and the policy that forbids it the network.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::base::visible;

/// The page's style, after that of its charts.
const STYLE: &str = concat!(
    include_str!("../../../third-party/uplot/uPlot.min.css"),
    "\n",
    include_str!("templates/style.css")
);
/// What the page does: charts that answer, filters, and buttons that copy. The library's licence goes where its code goes.
const SCRIPT: &str = concat!(
    "/*! uPlot 1.6.32\n",
    include_str!("../../../third-party/uplot/LICENSE"),
    "*/\n",
    include_str!("../../../third-party/uplot/uPlot.iife.min.js"),
    "\n",
    include_str!("templates/charts.js"),
    include_str!("templates/page.js")
);
/// What a live page does: it takes each new state of the report as it comes.
const LIVE_SCRIPT: &str = include_str!("templates/live.js");

const TEMPLATES: [(&str, &str); 4] = [
    ("shell.html", include_str!("templates/shell.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("run.html", include_str!("templates/run.html")),
    ("comparison.html", include_str!("templates/comparison.html")),
];

/// Renders a template. They are part of the program and tested, so they can't fail but by a bug.
pub(super) fn render(name: &str, data: impl Serialize + Send + Sync + 'static) -> String {
    let mut environment = Environment::new();
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).expect("the templates can be read");
    }
    let data: Value = Value::from(Serde(data));
    let text = environment
        .get_template(name)
        .and_then(|template| template.render(data))
        .unwrap_or_else(|error| panic!("{name}: {error:#}"));
    visible(&text).into_owned()
}

/// A whole document around a body.
pub(super) fn document(title: &str, body: &str) -> String {
    shell(title, body, SCRIPT, "")
}

/// A whole document around a body that a live run renews.
pub fn live_shell(title: &str, body: &str) -> String {
    shell(title, body, &[SCRIPT, LIVE_SCRIPT].concat(), "; connect-src 'self'")
}

fn shell(title: &str, body: &str, script: &str, also: &str) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'{also}",
        hash(STYLE),
        hash(script)
    );
    let mut environment = Environment::new();
    environment.add_template("shell.html", TEMPLATES[0].1).expect("the templates can be read");
    let title = visible(title);
    let values = context! { title, body, policy, style => STYLE, script };
    environment
        .get_template("shell.html")
        .and_then(|template| template.render(values))
        .unwrap_or_else(|error| panic!("shell: {error:#}"))
}

/// What a policy calls a text that may be part of the page.
fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
