# tillrush as an image of the program alone, with the system's root certificates. No shell, no libraries.
# `buildah bud --tag tillrush .`, or docker; podman.
FROM docker.io/library/rust:1-slim-trixie AS build
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
# Static: nothing else is needed in the image. The target is named so that build scripts are not linked statically.
RUN RUSTFLAGS="-C target-feature=+crt-static -C strip=symbols" \
    cargo build --locked --profile dist --target "$(rustc -vV | sed -n 's/^host: //p')" \
    && cp target/*/dist/tillrush /tillrush && mkdir -p /runs

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /tillrush /tillrush
COPY --from=build --chown=65532:65532 /runs /runs
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt TILLRUSH_OUT=/runs TMPDIR=/runs
USER 65532:65532
WORKDIR /runs
ENTRYPOINT ["/tillrush"]
