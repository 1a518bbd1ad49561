"""The shop of the demo: a small backend that serves a PostgreSQL database and uploads over HTTP.

Usage: backend.py DIRECTORY, where DIRECTORY/backend.json says {"dsn": …, "port": …, "uploads": …}.
"""

import json
import pathlib
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import psycopg2


class Shop(BaseHTTPRequestHandler):
    """Serves /health, /orders and /uploads/NAME; POST /orders takes an order."""

    dsn = ""
    uploads = pathlib.Path()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            self.query(
                "SELECT count(*) FROM customers", lambda row: {"status": "ok", "customers": row[0]}
            )
        elif self.path == "/orders":
            self.query(
                "SELECT count(*), coalesce(max(id), 0), sum(amount) FROM orders",
                lambda row: {"orders": row[0], "newest": row[1], "amount": str(row[2])},
            )
        elif self.path.startswith("/uploads/"):
            file = self.uploads / pathlib.PurePosixPath(unquote(self.path)).name
            if file.is_file():
                self.reply(200, file.read_bytes(), "application/octet-stream")
            else:
                self.reply(404, b"no such upload", "text/plain")
        else:
            self.reply(404, b"not here", "text/plain")

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        # The answer is sent after the commit: whoever reads it may rely on the order being kept.
        self.query(
            "INSERT INTO orders (customer, item, amount) SELECT id, %s, %s FROM customers "
            "OFFSET %s LIMIT 1 RETURNING id",
            lambda row: {"id": row[0]},
            (order["item"], order["amount"], order["customer"]),
        )

    def query(self, text, shape, values=()) -> None:
        try:
            connection = psycopg2.connect(self.dsn, connect_timeout=2)
            with connection, connection.cursor() as cursor:
                cursor.execute(text, values)
                answer = shape(cursor.fetchone())
            connection.close()
            self.reply(200, json.dumps(answer).encode(), "application/json")
        except psycopg2.Error as problem:
            self.reply(
                503,
                json.dumps({"status": "down", "why": str(problem)}).encode(),
                "application/json",
            )

    def reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing: the demo talks."""


def main() -> None:
    settings = json.loads((pathlib.Path(sys.argv[1]) / "backend.json").read_text())
    Shop.dsn = settings["dsn"]
    Shop.uploads = pathlib.Path(settings["uploads"])
    ThreadingHTTPServer(("127.0.0.1", settings["port"]), Shop).serve_forever()


if __name__ == "__main__":
    main()
