//! `tillrush check`: what a run of this scenario would be, without a single request.

use super::args::CheckArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::{Screen, print};
use super::source::Source;
use crate::base::Micros;
use crate::plan::forecast::Forecast;
use crate::plan::remarks;
use crate::report::forecast_text::{self, Setting};
use crate::schedule::{Schedule, plan_digest};

/// Of this many blocks of the schedule the arrivals are counted, which takes a tenth of a second; of more, their expected number is
/// told. It is of the same size but for its root.
const MOST_BLOCKS: u64 = 4_000_000;

/// How long a run waits for those who came last, where the command line does not say.
const DRAIN: Micros = Micros::from_secs(60);

/// `tillrush check`.
pub fn check(args: &CheckArgs, screen: Screen) -> Result<Exit, Failure> {
    let source = Source::read(&args.scenario, screen)?;
    let plan = &source.plan;
    let schedule = Schedule::new(&plan.load, args.seed);
    let counted = plan.load.profile().filter(|_| schedule.blocks() <= MOST_BLOCKS);
    let planned = counted.map(|_| schedule.count());
    let forecast = Forecast::of(plan, planned);
    if !screen.quiet {
        let setting = Setting {
            digest: &plan_digest(plan, args.seed),
            seed: args.seed,
            width: screen.width,
            ascii: false,
        };
        print(&forecast_text::render(plan, &forecast, &setting))?;
        for remark in remarks(plan, &forecast, DRAIN) {
            screen.notice(&format!("note: {remark}"));
        }
    }
    let refused = forecast.breaches.iter().any(|breach| breach.refuses());
    Ok(if refused { Exit::BadScenario } else { Exit::Ok })
}
