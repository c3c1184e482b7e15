# Common tasks. `just` lists them; CONTRIBUTING.md has the same list (scripts/check-text recipes).

[private]
default:
    @just --list --unsorted

# Start all three services in one process; arguments go to `drawbridge`
run *arguments:
    cargo run -- {{ arguments }}

# Run the core test suite, or the tests whose name contains the argument
test *name:
    scripts/test {{ name }}

# Run the tests that measure times, which need a quiet machine
test-figures:
    scripts/test-figures

# Count instructions and allocations and compare them with the baseline
test-counts:
    scripts/test-counts

# Run the examples and the guide in front of an application, in real browsers
test-frontends:
    scripts/test-frontends

# Use the OpenAPI documents as other people's tools do
test-openapi:
    scripts/test-openapi

# Test the images, Docker Compose and Swarm
test-compose *name:
    scripts/test-compose {{ name }}

# Run the fuzz targets; arguments are `--runs N` and names of targets
fuzz *arguments:
    scripts/fuzz {{ arguments }}

# Format the code
format:
    cargo fmt --all

# Check formatting and lints
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    cargo clippy -p tests --test compose --locked -- -D warnings

# Build the API documentation
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Run the timed benchmark; arguments go to it
bench *arguments:
    cargo run --release -p bench -- {{ arguments }}

# Write the database schema from the migrations
schema:
    scripts/schema

# Write docs/configuration.md from the settings in the code
config-reference:
    scripts/config-reference

# Write docs/openapi from the handlers and types in the code
api-documents:
    scripts/api-documents

# Check that modules respect the layers and have no import cycles
check-layers:
    scripts/check-layers

# Check the Kubernetes manifests
check-kubernetes:
    scripts/check-kubernetes

# Check spelling, links, wording and the list of these recipes
check-text:
    scripts/check-text

# Check links between the documents
check-links:
    scripts/check-text links

# Check spelling
spell:
    scripts/check-text spelling

# Run every check that must pass before a change is merged
ci:
    .ci/run
