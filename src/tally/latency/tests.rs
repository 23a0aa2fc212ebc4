use proptest::prelude::*;

use super::*;

fn spans() -> impl Strategy<Value = Vec<u64>> {
    let span = prop_oneof![0..3_000u64, 1_000..200_000u64, 0..5_000_000_000u64, Just(u64::MAX)];
    prop::collection::vec(span, 0..2 * DENSE_FROM + 100)
}

fn recorded(spans: &[u64]) -> Latency {
    let mut latency = Latency::default();
    spans.iter().for_each(|&span| latency.record(Micros(span)));
    latency
}

fn oracle(spans: &[u64]) -> Histogram<u64> {
    let mut oracle = Histogram::new_with_bounds(1, Latency::BOUND.0, 3).unwrap();
    spans.iter().for_each(|&span| oracle.record(span.min(Latency::BOUND.0)).unwrap());
    oracle
}

#[test]
fn an_empty_distribution_is_tiny_and_knows_nothing() {
    let empty = Latency::default();
    assert!(size_of::<Latency>() <= 56, "{}", size_of::<Latency>());
    assert_eq!(
        (empty.quantile(0.5), empty.min(), empty.max(), empty.mean(), empty.at_rank(1)),
        (None, None, None, None, None)
    );
    assert_eq!(postcard::to_stdvec(&empty).unwrap(), [0]);
}

#[test]
fn a_span_beyond_the_bound_is_counted_at_the_bound() {
    let mut latency = Latency::default();
    latency.record(Micros::MAX);
    assert_eq!(latency, recorded(&[Latency::BOUND.0]));
    assert!(latency.max() >= Some(Latency::BOUND));
}

#[test]
fn a_packed_bucket_takes_about_three_bytes() {
    let spread: Vec<u64> = (0..20_000u64).map(|i| 80_000 + (i * i * 7919) % 60_000).collect();
    let latency = recorded(&spread);
    let (bytes, entries) = (postcard::to_stdvec(&latency).unwrap().len(), latency.iter().count());
    assert!(bytes <= 3 * entries + 3, "{bytes} bytes for {entries} buckets");
}

proptest! {
    // A dense histogram is slow to make and to read in an unoptimised build.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_reads_as_hdrhistogram_does(spans in spans(), q in 0.0..=1.0f64, probe in 0..4_000_000_000u64) {
        let (latency, oracle) = (recorded(&spans), oracle(&spans));
        prop_assert_eq!(latency.count(), oracle.len());
        prop_assume!(!spans.is_empty());
        for q in [q, 0.0, 0.5, 0.99, 1.0] {
            prop_assert_eq!(latency.quantile(q), Some(Micros(oracle.value_at_quantile(q))), "quantile {}", q);
        }
        prop_assert_eq!(latency.max(), Some(Micros(oracle.max())));
        prop_assert_eq!(latency.min(), Some(Micros(oracle.min())));
        prop_assert!((latency.mean().unwrap().0 as f64 - oracle.mean()).abs() <= 1.0 + 1e-9 * oracle.mean());
        prop_assert_eq!(latency.count_at_or_below(Micros(probe)), oracle.count_between(0, probe.min(Latency::BOUND.0)));
        let pairs: Vec<(Micros, u64)> = latency.iter().collect();
        let expected = oracle.iter_recorded().map(|v| (Micros(oracle.lowest_equivalent(v.value_iterated_to())), v.count_at_value()));
        prop_assert_eq!(pairs, expected.collect::<Vec<_>>());
    }

    #[test]
    fn ranks_are_order_statistics(spans in spans(), pick: prop::sample::Index) {
        prop_assume!(!spans.is_empty());
        let (latency, mut sorted) = (recorded(&spans), spans);
        sorted.sort_unstable();
        let i = pick.index(sorted.len());
        let bucket = buckets::bucket_of(sorted[i].min(Latency::BOUND.0) as u32);
        prop_assert_eq!(latency.at_rank(i as u64 + 1), Some(Micros(buckets::highest_in(bucket))));
        prop_assert_eq!(latency.at_rank(0), None);
        prop_assert_eq!(latency.at_rank(sorted.len() as u64 + 1), None);
    }

    #[test]
    fn however_it_was_built_it_is_the_same(spans in spans(), parts in 1..6usize, compact: bool) {
        let whole = recorded(&spans);
        let mut pieces: Vec<Latency> =
            (0..parts).map(|part| recorded(&spans.iter().copied().skip(part).step_by(parts).collect::<Vec<_>>())).collect();
        if compact {
            pieces[0].compact();
        }
        let summed: Latency = pieces.iter().sum();
        let mut merged = pieces.pop().unwrap();
        pieces.into_iter().for_each(|piece| merged.merge_with(piece));
        let mut gathered = Latency::default();
        spans.iter().for_each(|&span| gathered.record_n(Micros(span), 1));
        prop_assert_eq!(&merged, &whole);
        prop_assert_eq!(&summed, &whole);
        prop_assert_eq!(&gathered, &whole);
        let stored = postcard::to_stdvec(&whole).unwrap();
        prop_assert_eq!(&postcard::to_stdvec(&merged).unwrap(), &stored);
        let back: Latency = postcard::from_bytes(&stored).unwrap();
        prop_assert_eq!(back.count(), whole.count());
        prop_assert_eq!(&back, &whole);
        let json: Latency = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        prop_assert_eq!(&json, &whole);
    }
}
