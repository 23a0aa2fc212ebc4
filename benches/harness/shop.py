"""The shop that every generator meets: nginx on one core, answering fixed bodies from memory, and counting.

`return` blocks instead of files lift the server's ceiling above every generator's; requests are counted here, by
stub_status, and never taken from what a tool says about itself.
"""

import collections
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from . import WORK, machine

CSRF = "c5f1e0d2b3a4"
SKU = "sku-20417"
# nginx refuses a word of its configuration above 4 KiB.
LONGEST_WORD = 3000


def page() -> str:
    """8 KiB of HTML with a hidden field in its middle, as a shop's page has it."""
    item = "<li class='tile'><a href='/product'>A thing to buy</a><span class='price'>12.90</span></li>\n"
    form = f"<form action='/cart'><input type='hidden' name='csrf' value='{CSRF}'></form>\n"
    half = item * (4000 // len(item))
    body = f"<!doctype html><html><body><ul>\n{half}</ul>{form}<ul>{half}"
    end = "</ul></body></html>"
    return body + "." * (8192 - len(body) - len(end)) + end


def product() -> str:
    """2 KiB of JSON with the product's number two levels down."""
    head = '{"product":{"id":"%s","name":"A thing to buy","price":1290},"offers":[' % SKU
    offer = '{"seller":"someone","price":1290,"stock":7,"tags":["new","blue"]},'
    body = head + offer * ((2000 - len(head)) // len(offer))
    tail = '{"seller":"last","note":"%s"}]}'
    return body + tail % ("." * (2048 - len(body) - len(tail) + 2))


def answers() -> dict[str, tuple[str, str]]:
    """Path to (content type, body)."""
    small = "ok " + "." * 1021
    return {
        "= /": ("text/html", page()),
        "= /product": ("application/json", product()),
        "= /cart": ("application/json", '{"ok":true}'),
        "= /checkout": ("application/json", '{"state":"paid"}'),
        "/orders/": ("application/json", '{"state":"paid","lines":[1,2,3]}'),
        "= /plain": ("text/plain", small),
        "= /thanks": ("text/html", small),
    }


def locations() -> str:
    """The locations of every server block."""
    blocks = []
    for number, (path, (kind, body)) in enumerate(answers().items()):
        parts = [body[at : at + LONGEST_WORD] for at in range(0, len(body), LONGEST_WORD)]
        names = [f"$part{number}x{i}" for i in range(len(parts))]
        sets = "".join('set %s "%s"; ' % (name, part.replace('"', '\\"')) for name, part in zip(names, parts))
        cookie = "add_header Set-Cookie 'session=9d2c7a; Path=/; HttpOnly'; " if path == "= /" else ""
        blocks.append(f"location {path} {{ default_type {kind}; {cookie}{sets}return 200 \"{''.join('${%s}' % n[1:] for n in names)}\"; }}")
    blocks.append("location = /closing { keepalive_timeout 0; return 200 ok; }")
    return "\n".join(blocks)


def free_ports(count: int) -> list[int]:
    """Ports that are free now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Shop:
    """A running nginx. Ports: plain, logged (writes a time per request), tls with and without session resumption."""

    def __init__(self, work: Path = WORK / "shop"):
        self.work = work
        work.mkdir(parents=True, exist_ok=True)
        self.log = work / "times.log"
        self.certificate = work / "cert.pem"
        plain, logged, resumed, fresh, status = free_ports(5)
        self.plain = f"http://127.0.0.1:{plain}"
        self.logged = f"http://127.0.0.1:{logged}"
        self.resumed = f"https://localhost:{resumed}"
        self.not_resumed = f"https://localhost:{fresh}"
        self.status = f"http://127.0.0.1:{status}/status"
        self.ports = (plain, logged, resumed, fresh, status)

    def __enter__(self):
        self._make_certificate()
        config = self.work / "nginx.conf"
        config.write_text(self._config(), encoding="utf-8")
        self.log.write_text("")
        core, _ = machine.cores()
        command = ["nginx", "-p", str(self.work), "-c", str(config), "-e", str(self.work / "error.log")]
        self.process = subprocess.Popen(machine.pinned(core, command), stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self._asked = self._total()
                return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.process.kill()
        raise RuntimeError(f"nginx does not answer; see {self.work / 'error.log'}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)

    def served(self) -> int:
        """Requests answered since the last time this was asked, without the askings."""
        before, self._asked = self._asked, self._total()
        return self._asked - before - 1

    def _total(self) -> int:
        with urllib.request.urlopen(self.status, timeout=5) as answer:
            return int(answer.read().split()[9])

    def forget_times(self):
        """Empties the log of times."""
        self._reopen()
        self.log.write_text("")
        self._reopen()

    def times(self) -> list[float]:
        """When each request at the logged port was answered, in seconds, to the millisecond."""
        self._reopen()
        return [float(line) for line in self.log.read_text().split()]

    def _reopen(self):
        """Makes nginx write out what it holds back."""
        os.kill(int((self.work / "nginx.pid").read_text()), 10)
        time.sleep(0.3)

    def _make_certificate(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
            + ["-keyout", str(self.work / "key.pem"), "-out", str(self.certificate), "-subj", "/CN=localhost"]
            + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"],
            check=True,
            capture_output=True,
        )

    def _config(self) -> str:
        plain, logged, resumed, fresh, status = self.ports
        tls = f"ssl_certificate {self.certificate}; ssl_certificate_key {self.work}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;"
        return f"""
daemon off; worker_processes 1; worker_rlimit_nofile 65536; pid {self.work}/nginx.pid; error_log {self.work}/error.log crit;
events {{ worker_connections 32000; }}
http {{
  access_log off; server_tokens off; keepalive_requests 2000000000; keepalive_timeout 300s; reset_timedout_connection on;
  client_body_temp_path {self.work}/tmp; proxy_temp_path {self.work}/tmp; fastcgi_temp_path {self.work}/tmp;
  uwsgi_temp_path {self.work}/tmp; scgi_temp_path {self.work}/tmp; tcp_nodelay on;
  log_format moment '$msec';
  server {{ listen 127.0.0.1:{plain} backlog=16384; {locations()} }}
  server {{ listen 127.0.0.1:{logged} backlog=16384; access_log {self.log} moment buffer=256k; {locations()} }}
  server {{ listen 127.0.0.1:{resumed} ssl backlog=16384; {tls} ssl_session_cache shared:tls:10m; ssl_session_tickets on; {locations()} }}
  server {{ listen 127.0.0.1:{fresh} ssl backlog=16384; {tls} ssl_session_cache off; ssl_session_tickets off; {locations()} }}
  server {{ listen 127.0.0.1:{status}; location = /status {{ stub_status; }} }}
}}
"""


def evenness(times: list[float], bucket: float = 1.0) -> dict:
    """How even the requests came: the worst whole bucket against the mean of them; the first and the last are cut off."""
    counts = collections.Counter(int(moment / bucket) for moment in times)
    if len(counts) < 4:
        return {"buckets": len(counts), "mean": 0.0, "worst_fraction": None}
    inner = [counts[at] for at in range(min(counts) + 1, max(counts))]
    mean = sum(inner) / len(inner)
    return {"buckets": len(inner), "mean": mean, "worst_fraction": max(abs(count - mean) for count in inner) / mean}
