//! The command line of tillrush.

fn main() {}
