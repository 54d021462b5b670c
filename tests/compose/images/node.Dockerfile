# Stand-in for the image of Node.js, with the certificates of the machine: a proxy may have its own.
FROM leaderforge/base:test
COPY certificates.pem /etc/ssl/certs/ca-certificates.crt
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
