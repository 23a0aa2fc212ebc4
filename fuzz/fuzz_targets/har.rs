#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tillrush::fuzzing::har(bytes));
