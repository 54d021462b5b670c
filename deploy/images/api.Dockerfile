# Image for the API, the maintenance worker and the `leaderforge` command. The container's command selects one.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /build
COPY requirements/server.txt ./
RUN python -m venv /opt/leaderforge \
    && /opt/leaderforge/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r server.txt
COPY functions /opt/leaderforge/src/functions
COPY shared/leaderforge /opt/leaderforge/src/leaderforge
RUN /opt/leaderforge/bin/python -m compileall -q /opt/leaderforge/src

FROM python:3.13.9-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home leaderforge
COPY --from=build /opt/leaderforge /opt/leaderforge
ENV PATH=/opt/leaderforge/bin:$PATH PYTHONPATH=/opt/leaderforge/src PYTHONUNBUFFERED=1
USER leaderforge
EXPOSE 8000
CMD ["python", "-m", "functions.local"]
