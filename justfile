# Recipes for contributors. `just` lists them; every recipe is a command that also works by hand.

[private]
default:
    @just --list

# Format, lints and the library's own tests: under three minutes on two cores once dependencies are built.
quick:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    cargo test --locked --lib

# The README's test command.
test:
    cargo test --locked

# Everything that CI runs, acceptance tests on real parts included (about half an hour from nothing).
ci:
    .ci/run

# The truth tables of docs/statistics.md, in full: about ten minutes on a quiet machine.
tables:
    cargo test --locked --release --test calibration -- --ignored --nocapture --test-threads 1

# Writes the JSON Schemas in docs/ anew from the program.
schemas:
    cargo run --locked --quiet -- schema > docs/scenario.schema.json
    cargo run --locked --quiet -- schema --run > docs/run.schema.json
    cargo run --locked --quiet -- schema --comparison > docs/comparison.schema.json

# Licences, advisories and sources of all dependencies. Needs cargo-deny.
deny:
    cargo deny --locked check
