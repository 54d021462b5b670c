# Stand-in for the image of Python, with the certificates of the machine: a proxy may have its own.
FROM leaderforge/base:test
COPY certificates.pem /etc/ssl/certs/ca-certificates.crt
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt
RUN ln -s python3 /usr/bin/python
