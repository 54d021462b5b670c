# Stand-in for the image of Valkey. The real one, too, turns protected mode off.
FROM leaderforge/base:test
RUN install -d -o 999 -g 1000 /data
COPY valkey.sh /entrypoint.sh
VOLUME /data
WORKDIR /data
ENTRYPOINT ["sh", "/entrypoint.sh"]
