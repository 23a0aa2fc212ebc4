#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tillrush::fuzzing::cookie_date(bytes));
