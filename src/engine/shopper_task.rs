//! A shopper as a task.

use std::rc::Rc;

use tokio::task::spawn_local;

use super::in_flight::{InFlight, InFlightGuard};
use crate::base::Slice;
use crate::schedule::Arrival;
use crate::shopper::{CoreContext, Env, JourneyRun};
use crate::tally::End;

/// The most memory that a shopper's task may take, in bytes: it is most of what 100,000 waiting shoppers take. What only a
/// request needs is on the heap while it lasts.
const MAX_TASK_BYTES: usize = 3_072;

/// The shopper of this arrival, before the first request.
pub(super) fn new_shopper<E: Env>(context: &CoreContext<E>, arrival: Arrival) -> JourneyRun<E> {
    JourneyRun::new(context, arrival.shopper, arrival.ordinal, arrival.at)
}

/// Starts a shopper, in both shops where there are two.
pub(super) fn spawn<E: Env>(
    context: &Rc<CoreContext<E>>,
    in_flight: &Rc<InFlight>,
    mut journey: JourneyRun<E>,
    arrival: Arrival,
    slice: Slice,
) {
    let (context, in_flight) = (Rc::clone(context), Rc::clone(in_flight));
    let guard = InFlightGuard::enter(&context, &in_flight);
    let task = async move {
        let _guard = guard;
        match context.baseline.clone() {
            // In place: handed on to a future of its own, a journey would be held twice.
            None => {
                let end = run_until_cut(&mut journey, &context, &in_flight).await;
                journey.close(&context, end);
            }
            // Ordinals of a slice have its count between them. On the heap: a shopper in one shop needs no memory for two.
            Some(baseline) => {
                let target_first = (arrival.ordinal / u64::from(slice.of())).is_multiple_of(2);
                Box::pin(run_in_both_shops(
                    &context,
                    &baseline,
                    &in_flight,
                    journey,
                    arrival,
                    target_first,
                ))
                .await;
            }
        }
    };
    debug_assert!(
        size_of_val(&task) <= MAX_TASK_BYTES,
        "a shopper's task takes {} bytes",
        size_of_val(&task)
    );
    spawn_local(task);
}

/// One shopper in two shops at once. Who is polled first acts first: the shops take turns.
async fn run_in_both_shops<E: Env>(
    context: &CoreContext<E>,
    baseline: &CoreContext<E>,
    in_flight: &InFlight,
    target_journey: JourneyRun<E>,
    arrival: Arrival,
    target_first: bool,
) {
    let run_in_one = async |context, journey: JourneyRun<E>| {
        let mut journey = journey.in_two_shops();
        let end = run_until_cut(&mut journey, context, in_flight).await;
        let answers = journey.paired_outcomes(end);
        journey.close(context, end);
        answers
    };
    // The second shopper is made at the moment, before either acts: both have that time against them.
    let in_target = run_in_one(context, target_journey);
    let in_baseline = run_in_one(baseline, new_shopper(baseline, arrival));
    let (in_target, in_baseline) = if target_first {
        tokio::join!(biased; in_target, in_baseline)
    } else {
        let (in_baseline, in_target) = tokio::join!(biased; in_baseline, in_target);
        (in_target, in_baseline)
    };
    let mut tally = context.tally.borrow_mut();
    for (question, failed) in in_target {
        // What only one of them came to can't be compared.
        if let Some((_, failed_in_baseline)) =
            in_baseline.iter().find(|(other, _)| *other == question)
        {
            tally.record_pair(arrival.at, question, failed, *failed_in_baseline);
        }
    }
}

/// Runs a journey to its end, or to the end of the run. The caller closes it: moved in here, it would be held twice.
pub(super) async fn run_until_cut<E: Env>(
    journey: &mut JourneyRun<E>,
    context: &CoreContext<E>,
    in_flight: &InFlight,
) -> End {
    tokio::select! {
        biased;
        () = in_flight.wait_until_cut() => End::Unfinished,
        end = journey.run(context) => end,
    }
}
