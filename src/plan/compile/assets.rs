//! The files of a page: on which steps they can be fetched, and where they may be judged.

use super::Compiler;
use super::names::Spot;
use crate::plan::Assets;
use crate::scenario;

/// What leads a browser to a page.
const PAGES: [&str; 3] = ["get", "post", "submit"];

impl Compiler<'_> {
    pub(super) fn assets(
        &mut self,
        written: &scenario::Assets,
        step: &scenario::Step,
        spot: &Spot,
    ) -> Option<Assets> {
        let span = step.keys.span_of("assets").unwrap_or(step.keys.span);
        let expect_all = match written {
            scenario::Assets::Fetched(false) => return None,
            scenario::Assets::Fetched(true) => false,
            scenario::Assets::Judged(_) => true,
        };
        if let [(key, _)] = step.keys.among(&scenario::METHODS).as_slice()
            && !PAGES.contains(key)
        {
            self.problem(
                span,
                format!("`{key}` leads to no page with files of its own"),
                "put `assets` on the step that gets the page",
            );
        }
        if expect_all && spot.purchase {
            let remedy = "write `assets: true`: the files are counted all the same";
            self.problem(
                span,
                "a picture that does not come would have the shopper pay again",
                remedy,
            );
        }
        Some(Assets { expect_all })
    }
}
