"""Asks for LAB_URL twice a minute and says on the console how it went."""

import os
import socket
import time
import urllib.request
from urllib.parse import urlsplit

URL = os.environ["LAB_URL"]
SECONDS = int(os.environ.get("LAB_SECONDS", "30"))
# Nothing of the machine's surroundings: the endpoint is asked itself.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def visit():
    host = urlsplit(URL).hostname
    try:
        address = socket.gethostbyname(host)
    except OSError as error:
        return f"{host} has no address: {error}"
    try:
        with OPENER.open(URL, timeout=5) as answer:
            return f"{host} is {address} here and answers: {answer.read(200).decode().strip()}"
    except OSError as error:
        return f"{host} is {address} here and does not answer: {error}"


if __name__ == "__main__":
    while True:
        print(f"lab: {time.strftime('%H:%M:%S', time.gmtime())} {socket.gethostname()}: {visit()}", flush=True)
        time.sleep(SECONDS)
