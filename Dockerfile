# The gateway's image: the one binary on a Debian base, as an unprivileged user.

# The version in Cargo.toml.
ARG VERSION=0.1.0

# What the dependencies depend on. Without the version, so that a new one does not compile them anew.
FROM rust:1.95-slim-bookworm AS manifest
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
RUN sed -i '1,/^version = /s/^version = .*/version = "0.0.0"/' Cargo.toml \
    && sed -i '/^name = "userbatch"$/{n;s/.*/version = "0.0.0"/}' Cargo.lock

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The dependencies alone, against an empty crate: this layer lasts until one of them changes.
COPY --from=manifest /build ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked

# Cargo goes by modification times, and a checkout may be older than the empty crate's build.
COPY . .
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked

FROM debian:bookworm-slim

RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin userbatch
COPY --chmod=644 docs/samples/* /usr/share/userbatch/samples/
COPY --from=build /build/target/release/userbatch /usr/local/bin/userbatch

USER 10001:10001
ENV USERBATCH_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/userbatch", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/userbatch"]
CMD ["serve"]

# Last: they change with every commit.
ARG VERSION
ARG REVISION=unknown
LABEL org.opencontainers.image.title="userbatch" \
      org.opencontainers.image.description="One multi-tenant gateway for the batch-user APIs of BitBadges, AvePoint Elements and GenAuth" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
