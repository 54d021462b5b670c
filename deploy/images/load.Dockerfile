# Locust with the users of tests/load.
FROM locustio/locust:2.47.0
COPY tests/load/locustfile.py /mnt/locust/locustfile.py
COPY tests/load/shapes /mnt/locust/shapes
CMD ["-f", "/mnt/locust/locustfile.py", "--host", "http://api:8000"]
