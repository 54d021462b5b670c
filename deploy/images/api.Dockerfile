# Image for the API, the maintenance worker and the `leaderforge` command. The container's command selects one.
FROM python:3.13.9-slim-bookworm AS build
WORKDIR /build
COPY requirements/previews.txt ./
RUN python -m venv /opt/leaderforge \
    && /opt/leaderforge/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r previews.txt
COPY functions /opt/leaderforge/src/functions
COPY shared/leaderforge /opt/leaderforge/src/leaderforge
RUN /opt/leaderforge/bin/python -m compileall -q /opt/leaderforge/src

# The fonts of link previews. The packages take 145 MB, the files that previews use 57 MB: one weight of each script, and
# none of a second style of Chinese, Japanese and Korean.
FROM python:3.13.9-slim-bookworm AS fonts
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-noto-cjk fonts-noto-color-emoji fonts-noto-core \
    && rm -f /usr/share/fonts/opentype/noto/NotoSerifCJK-*
WORKDIR /fonts
COPY functions/previews/fonts.py /build/
RUN PYTHONPATH=/build python -c "import fonts, shutil; [shutil.copy(face.path, '.') for face in fonts.installed_faces()]" \
    && cat /usr/share/doc/fonts-noto-*/copyright > LICENSE

FROM python:3.13.9-slim-bookworm
# It shapes texts that run from right to left.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libfribidi0 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home leaderforge
COPY --from=fonts /fonts /usr/local/share/fonts/noto
COPY --from=build /opt/leaderforge /opt/leaderforge
COPY frontend/public/config.json /opt/leaderforge/config.json
ENV PATH=/opt/leaderforge/bin:$PATH PYTHONPATH=/opt/leaderforge/src PYTHONUNBUFFERED=1 \
    LEADERFORGE_WEB_CONFIG=/opt/leaderforge/config.json
USER leaderforge
EXPOSE 8000
CMD ["python", "-m", "functions.local"]
