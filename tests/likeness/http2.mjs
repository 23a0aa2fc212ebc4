// A shop that speaks HTTP/2 only: prints its port, then the fields of each request, in their order, a line of JSON each.
import { createSecureServer } from "node:http2";
import { readFileSync } from "node:fs";

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const page = '<!doctype html><link rel=icon href=data:,><form id=f method=post action=/post><input name=a value=1></form><a id=l href=/next>x</a>';
const server = createSecureServer({ key, cert, allowHTTP1: false });
server.on("stream", (stream, headers, _, fields) => {
    stream.on("error", () => {});
    console.log(JSON.stringify(fields));
    const kind = headers[":path"] === "/api" ? "application/json" : "text/html; charset=utf-8";
    stream.respond({ ":status": 200, "content-type": kind, "set-cookie": ["a=1; Path=/", "b=2; Path=/", "c=3; Path=/"] });
    stream.end(headers[":path"] === "/page" ? page : kind.startsWith("text") ? "<link rel=icon href=data:,><p>x" : "{}");
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
