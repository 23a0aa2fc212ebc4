//! `tillrush check`: what a run of this scenario would be, without a single request.

use super::args::CheckArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::{Screen, print};
use super::source::Source;
use crate::plan::forecast::Forecast;
use crate::report::forecast_text::{self, Setting};
use crate::schedule::{Schedule, plan_digest};

/// `tillrush check`.
pub fn check(args: &CheckArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let plan = &source.plan;
    let planned = plan.load.profile().map(|_| Schedule::new(&plan.load, args.seed).count());
    let forecast = Forecast::of(plan, planned);
    if !screen.quiet {
        let setting = Setting {
            digest: &plan_digest(plan, args.seed),
            seed: args.seed,
            width: screen.width,
            ascii: false,
        };
        print(&forecast_text::render(plan, &forecast, &setting))?;
    }
    let refused = forecast.breaches.iter().any(|breach| breach.refuses());
    Ok(if refused { Exit::BadScenario } else { Exit::Ok })
}
