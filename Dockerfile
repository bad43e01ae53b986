# The gateway's image: the one binary on a Debian base, as an unprivileged user.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The dependencies alone, against an empty crate: this layer lasts until the lock file changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked

# Cargo goes by modification times, and a checkout may be older than the empty crate's build.
COPY . .
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked

FROM debian:bookworm-slim

LABEL org.opencontainers.image.title="userbatch" \
      org.opencontainers.image.description="One multi-tenant gateway for the batch-user APIs of BitBadges, AvePoint Elements and GenAuth" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"

RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin userbatch
COPY --from=build /build/target/release/userbatch /usr/local/bin/userbatch

USER 10001:10001
ENV USERBATCH_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/userbatch", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/userbatch"]
CMD ["serve"]
